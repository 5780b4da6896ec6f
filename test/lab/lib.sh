# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034  # settings are read by the scripts that source this file
# Settings and functions of the lab; sourced by its scripts.
set -euo pipefail
umask 022

LAB_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB_PROJECT=$(cd "$LAB_DIR/../.." && pwd)
LAB_CACHE=${LAB_CACHE:-$HOME/.cache/hakube-lab}      # rootfs, binaries, payload: made once by build.sh
LAB_NAME=${LAB_NAME:-hakube}                         # prefix of namespaces, cgroups: two labs may run side by side
LAB_STATE=${LAB_STATE:-$LAB_CACHE/run/$LAB_NAME}     # per node: seed, disk image, console log, pids
LAB_OUT=${LAB_OUT:-$LAB_CACHE/out/$LAB_NAME}         # per run: media, secrets, kubeconfig, collected logs
LAB_K8S_VERSION=${LAB_K8S_VERSION:-v1.37.2}          # Kubernetes of payload and cluster
# what another version needs of its own lies beside what the usual one needs, not in its place
case $LAB_K8S_VERSION in v1.37.2) LAB_BUILD=$LAB_CACHE ;; *) LAB_BUILD=$LAB_CACHE/$LAB_K8S_VERSION ;; esac
LAB_PAYLOAD=${LAB_PAYLOAD:-$LAB_BUILD/payload}       # offered read-only to every node as the offline payload
LAB_PAYLOAD_MOUNT=${LAB_PAYLOAD_MOUNT-/opt/hakube-payload}   # empty: no node gets it
LAB_ROOTFS=${LAB_ROOTFS:-$LAB_CACHE/rootfs}
LAB_NICE=${LAB_NICE:-5}
LAB_DISK_GB=${LAB_DISK_GB:-20}                       # size of each node's sparse disk image; 0: the machine's own disk
LAB_KUBECONFIG=${LAB_KUBECONFIG:-$LAB_OUT/kubeconfig}
SW=$LAB_NAME-sw                                      # network namespace that plays the switch and the gateway
export LAB_CACHE LAB_K8S_VERSION LAB_NAME LAB_STATE LAB_OUT LAB_PAYLOAD LAB_PAYLOAD_MOUNT LAB_ROOTFS LAB_NICE LAB_DISK_GB LAB_KUBECONFIG

log()  { printf '%s %s\n' "$(date +%H:%M:%S)" "$*" >&2; }
die()  { log "error: $*"; exit 1; }
need_root() { [ "$(id -u)" = 0 ] || die "root is needed"; }
# Without a dash in the name, NAME-* matches the namespaces of this lab and of no other.
[[ $LAB_NAME =~ ^[a-z0-9]+$ ]] || die "LAB_NAME is $LAB_NAME: only lower-case letters and digits"
[[ $LAB_K8S_VERSION =~ ^v1(\.[0-9]+){2}$ ]] || die "LAB_K8S_VERSION is $LAB_K8S_VERSION: an exact version, such as v1.37.2"

node_dir() { printf '%s/nodes/%s' "$LAB_STATE" "$1"; }
node_ns()  { printf '%s-%s' "$LAB_NAME" "$1"; }
nodes() {
  local d
  for d in "$LAB_STATE"/nodes/*/; do
    if [ -d "$d" ]; then basename "$d"; fi
  done
}

# Host pid of the node's PID 1 (systemd); fails when the node is not running. No forks: it is asked all the time.
node_pid() {
  local d=$LAB_STATE/nodes/$1 u comm argv p run children=()
  { read -r u <"$d/unshare.pid"; } 2>/dev/null || return 1
  # the pid may have been reused since: it must still be our unshare
  { read -r comm <"/proc/$u/comm"; } 2>/dev/null || return 1
  [ "$comm" = unshare ] || return 1
  { mapfile -d '' -t argv <"/proc/$u/cmdline"; } 2>/dev/null || return 1
  [ "${argv[-1]:-}" = "$d" ] || return 1
  { read -ra children <"/proc/$u/task/$u/children"; } 2>/dev/null || [ ${#children[@]} -gt 0 ] || return 1
  for p in "${children[@]}"; do
    { read -r _ _ run _ <"/proc/$p/stat"; } 2>/dev/null || continue
    # launch.sh became unshare, and a helper of its may still be waited for
    if [ "$run" != Z ]; then printf '%s' "$p"; return 0; fi
  done
  return 1
}

# cgroup v1 controllers mounted on this machine: "mountpoint<TAB>own cgroup path" per line.
cgroup_mounts() {
  awk '$3=="cgroup"{print $2, $4}' /proc/mounts | while read -r mp opts; do
    awk -F: -v o=",$opts," '
      {n=split($2,c,","); for(i=1;i<=n;i++) if (c[i]!="" && index(o, "," c[i] ",")) {p=$0; sub(/^[^:]*:[^:]*:/,"",p); print p; exit}}
    ' /proc/self/cgroup | while read -r own; do printf '%s\t%s\n' "$mp" "$own"; done
  done
}

# Move process $2 into the cgroups of node $1 (made on first use), below the caller's own cgroup.
cgroup_enter() {
  local node=$1 pid=$2 mp own base g c list=()
  while IFS=$'\t' read -r mp own; do
    base=${own%/}; base=${base%"/$LAB_NAME-lab/"*}
    g=$mp$base/$LAB_NAME-lab
    for c in "$g" "$g/$node"; do
      [ -d "$c" ] || mkdir -p "$c"
      if [ -e "$c/cpuset.cpus" ] && [ -z "$(cat "$c/cpuset.cpus")" ]; then     # a new cpuset starts empty
        cat "${c%/*}/cpuset.cpus" >"$c/cpuset.cpus"; cat "${c%/*}/cpuset.mems" >"$c/cpuset.mems"
      fi
    done
    # seven machines count as seven beside whatever else runs here, not as one
    if [ -e "$g/cpu.shares" ]; then echo "${LAB_CPU_SHARES:-7168}" >"$g/cpu.shares"; fi
    echo "$pid" >"$g/$node/cgroup.procs"
    list+=("$g/$node")
  done < <(cgroup_mounts)
  c=$(node_dir "$node")/cgroups
  if [ ! -e "$c" ]; then printf '%s\n' "${list[@]}" >"$c.$pid"; mv "$c.$pid" "$c"; fi
}

# Remove the (empty) cgroup trees of a node, deepest first.
cgroup_remove() {
  local d g i
  d=$(node_dir "$1")
  [ -s "$d/cgroups" ] || return 0
  while read -r g; do
    case $g in */"$LAB_NAME"-lab/"$1") ;; *) continue ;; esac
    for i in 1 2 3; do
      find "$g" -depth -type d -exec rmdir {} \; 2>/dev/null || true
      [ -d "$g" ] || break
      sleep 0.3
    done
    rmdir "${g%/*}" 2>/dev/null || true
  done <"$d/cgroups"
}

# Run a command inside a node.
node_exec() {
  local node=$1 pid; shift
  pid=$(node_pid "$node") || die "node $node is not running"
  ( cgroup_enter "$node" "$BASHPID" 2>/dev/null || true
    exec nsenter -t "$pid" -m -u -i -n -p -C -- \
      env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LANG=C.UTF-8 "$@" )
}

# First control plane that runs and has an admin kubeconfig.
kube_node() {
  local n
  for n in $(nodes); do
    node_pid "$n" >/dev/null || continue
    if node_exec "$n" test -s /etc/kubernetes/admin.conf; then echo "$n"; return 0; fi
  done
  return 1
}

# First node that runs and has the certificate of an etcd server: one of the etcd nodes, or a control plane with its own.
etcd_node() {
  local n
  for n in $(nodes); do
    node_pid "$n" >/dev/null || continue
    if node_exec "$n" test -s /etc/kubernetes/pki/etcd/server.crt; then echo "$n"; return 0; fi
  done
  return 1
}

# The file system of a running node as seen from here.
node_root() { local p; p=$(node_pid "$1") && printf '/proc/%s/root' "$p"; }

# What the step engine of a node says about itself, as JSON; fails when it has not spoken yet.
node_status() {
  local r
  r=$(node_root "$1") || return 1
  jq -c . "$r/var/lib/hakube/status.json" 2>/dev/null
}
node_state() { node_status "$1" | jq -r .state; }

# Name of the node that keeps the verdict on the cluster, and the verdict's state.
keeper() {
  local n r
  for n in $(nodes); do
    r=$(node_root "$n") || continue
    if [ -e "$r/var/lib/hakube/cluster.json" ]; then echo "$n"; return 0; fi
  done
  return 1
}
cluster_state() {
  local k
  k=$(keeper) || { echo unknown; return 0; }
  jq -r .state "$(node_root "$k")/var/lib/hakube/cluster.json" 2>/dev/null || echo unknown
}

# kubectl from outside of all nodes, with the kubeconfig that was made before the cluster existed.
kc() { ip netns exec "$SW" timeout "${KC_TIMEOUT:-20}" "$LAB_BUILD/payload/bin/kubectl" --kubeconfig "$LAB_KUBECONFIG" "$@"; }

# etcdctl NODE ARGS…, with kubeadm's certificates. The program is this machine's, as a node need not have it.
etcd_on() {
  local n=$1 p r; shift
  r=$(node_root "$n") || die "node $n is not running"
  p=$r/etc/kubernetes/pki/etcd
  ip netns exec "$(node_ns "$n")" timeout 20 "$LAB_BUILD/payload/bin/etcdctl" --endpoints https://127.0.0.1:2379 \
    --cacert "$p/ca.crt" --cert "$p/server.crt" --key "$p/server.key" "$@"
}
