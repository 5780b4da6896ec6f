#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# apt.sh [cluster|wrong_key]: the proof of `software: apt`. Four machines without any of the software, and without the
# payload, become a cluster from the packages and images of a mirror at the gateway (mirror/), which is not there for the
# first minute, while the first 30 seconds of each node's packages step find the package manager locked. Then, in machines of
# their own, the same without the mirror's fingerprint in the inventory: nothing may be installed. One line per check, then
# "N passed, N failed".
# shellcheck disable=SC2317,SC2016  # checks are called by their names; ${Version} is for dpkg-query
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=run.sh
. "$LAB_DIR/run.sh"
need_root
inventory=$LAB_PROJECT/test/inventories/lab-apt.yaml
mirror=$LAB_CACHE/mirror
results=$LAB_OUT/results
community=DE15B14486CD377B9E876E1A234654DA9A296436      # the fingerprint that is expected of a repository by default

# begin INVENTORY: media, racked nodes, and their names by role.
begin() {
  clear
  rm -f "$LAB_OUT/requests"
  "$LAB_DIR/media.sh" "$1"
  rack
  mapfile -t all < <("$LAB_DIR/roles.sh")
  mapfile -t members < <("$LAB_DIR/roles.sh" control-plane worker)
}
seconds() { echo $(( $(date +%s) - $(cut -d. -f1 "$LAB_STATE/up-at") )); }
events() { cat "$(node_root "$1")/var/lib/hakube/events.log" 2>/dev/null; }

# lock NODE: hold dpkg's lock, as dpkg does, until the file /run/lab-unlock is there.
lock() {
  node_exec "$1" python3 -c '
import fcntl, os, time
lock = open("/var/lib/dpkg/lock-frontend", "a")
fcntl.lockf(lock, fcntl.LOCK_EX)
open("/run/lab-locked", "w").close()
while not os.path.exists("/run/lab-unlock"): time.sleep(0.1)
' 8>&- &
  for _ in $(seq 100); do
    if [ -e "$(node_root "$1")/run/lab-locked" ]; then return 0; fi
    sleep 0.1
  done
  die "$1: dpkg's lock was not to be had"
}

# silence: to every other address the mirror's machine does not even say that its ports are closed.
silence() {
  ip netns exec "$SW" nft -f - <<'N'
table ip silence {
  chain input {
    type filter hook input priority 0;
    ip saddr & 0.0.0.1 == 0.0.0.1 tcp dport { 80, 5000 } drop
  }
}
N
}
speak() { ip netns exec "$SW" nft delete table ip silence; }

# hardship: the locks, and no mirror for a minute; nor before every node has met both and said so, for at most 3 minutes.
hardship() {
  local n quiet=()
  declare -A began=() released=()
  while [ ${#released[@]} -lt ${#all[@]} ] || [ "$(seconds)" -lt 60 ] || { [ ${#quiet[@]} -gt 0 ] && [ "$(seconds)" -lt 180 ]; }; do
    [ "$(seconds)" -lt 600 ] || die "not every node has come to its packages"
    quiet=()
    for n in "${all[@]}"; do
      if [ -z "${began[$n]:-}" ] && [ "$(node_status "$n" | jq -r .step)" = packages ]; then began[$n]=$(seconds); fi
      if [ -n "${began[$n]:-}" ] && [ -z "${released[$n]:-}" ] && [ "$(seconds)" -ge $((began[$n] + 30)) ]; then
        touch "$(node_root "$n")/run/lab-unlock"
        released[$n]=$(seconds)
        log "$n: packages since ${began[$n]} s after power-on, lock released after ${released[$n]} s"
      fi
      [ -n "$(absence_of_mirror "$n")" ] || quiet+=("$n")
    done
    sleep 0.5
  done
  speak
  "$LAB_DIR/mirror/up.sh" 8>&-
  log "the mirror is there after $(seconds) s"
}

# between NODE FIRST NEXT: seconds in the node's own words from the event that FIRST matches to the one that NEXT matches.
between() {
  local from to
  read -r from to < <(events "$1" | awk -v first="$2" -v next_="$3" '!from && $0 ~ first {from = $1; next} from && !to && $0 ~ next_ {to = $1} END {print from, to}')
  if [ -n "$to" ]; then echo $(( $(date -d "$to" +%s) - $(date -d "$from" +%s) )); fi
}
absence_of_mirror() { between "$1" ' packages: waiting .*: fetching' ' packages: .*10[.]1[.]10[.]1[ :].*'; }

# Each check prints one line, what it saw or what is wrong, and returns accordingly.

locks_waited_for() {
  local n t list=()
  for n in "${all[@]}"; do
    t=$(between "$n" ' packages: waiting .* holds the lock' .)
    [ -n "$t" ] || { echo "$n did not say that it waits for a lock"; return 1; }
    list+=("$n $t s")
  done
  echo "every node waited for the lock and said who holds it: ${list[*]}"
}

absence_named() {
  local n t list=()
  for n in "${all[@]}"; do
    t=$(absence_of_mirror "$n")
    [ -n "$t" ] || { echo "$n did not say that 10.1.10.1 does not answer"; return 1; }
    list+=("$n after $t s")
  done
  echo "every node said that 10.1.10.1 does not answer: ${list[*]}"
}

first_attempt() {
  local n
  for n in "${all[@]}"; do
    if events "$n" | grep -q ': failed ('; then echo "$n failed first: $(events "$n" | grep -m1 -o '[^ ]* failed (.*')"; return 1; fi
  done
  echo "no step of any node had to be tried twice"
}

packages_held() {
  local n have want='containerd kubeadm kubectl kubelet' version
  version=$(sed -n 's/^kubernetes v//p' "$LAB_PAYLOAD/VERSIONS")-1.1
  for n in "${members[@]}"; do
    have=$(node_exec "$n" apt-mark showhold | sort | paste -sd' ')
    [ "$have" = "$want" ] || { echo "$n holds: $have"; return 1; }
    have=$(node_exec "$n" dpkg-query -W -f '${Version}\n' kubelet kubeadm kubectl | sort -u)
    [ "$have" = "$version" ] || { echo "$n has kubelet, kubeadm and kubectl at $(paste -sd' ' <<<"$have")"; return 1; }
  done
  echo "on every node of the cluster $want are held, Kubernetes at $version"
}

# What runs is what the packages brought: Kubernetes from the flat repository, the runtime from Debian.
from_packages() {
  local n got f files=(/usr/bin/kubelet /usr/bin/kubeadm /usr/bin/kubectl /usr/bin/crictl /opt/cni/bin/bridge /usr/bin/containerd /usr/sbin/runc)
  for n in "${members[@]}"; do
    for f in "${files[@]}"; do
      node_exec "$n" dpkg -S "$f" >/dev/null 2>&1 || { echo "$n: $f is of no package"; return 1; }
    done
    if [ -e "$(node_root "$n")/opt/hakube-payload" ]; then echo "$n has the payload"; return 1; fi
  done
  got=$(kc get nodes -o json | jq -r '[.items[].status.nodeInfo.containerRuntimeVersion] | unique | join(" ")')
  f=$(node_exec "${members[0]}" dpkg-query -W -f '${Version}' containerd)
  if [ -z "$got" ] || [ "${got#containerd://}" != "${f%%[~-]*}" ]; then echo "the nodes run $got, and the package is $f"; return 1; fi
  echo "every program is of a package; the nodes run $got"
}

# Nothing that a node asked for was missing, and each got the key, its packages and the pause image, which all nodes need.
mirror_sufficed() {
  local n a what bad
  bad=$(awk '$6 >= 400 {print $2, $4, $5, $6}' "$LAB_OUT/requests" | sort -u | paste -sd';')
  if [ -n "$bad" ]; then echo "not answered: $bad"; return 1; fi
  for n in "${members[@]}"; do
    a=$(ip -n "$(node_ns "$n")" -o -4 addr show scope global | awk '{sub("/.*", "", $4); print $4; exit}')
    for what in 80.*/Release.key 80.*/kubelet_ 80.*/containerd_ 5000.*/v2/pause/; do
      grep -q "^[^ ]* $a ${what%%.*} GET .*${what#*.\*}" "$LAB_OUT/requests" || { echo "$n did not fetch ${what#*.\*}"; return 1; }
    done
  done
  echo "the mirror answered $(wc -l <"$LAB_OUT/requests") requests, and gave every node of the cluster key, packages and images"
}

stopped_at_key() {
  local n status key
  key=$(cat "$mirror/fingerprint")
  for n in "${members[@]}"; do
    status=$(node_status "$n") || { echo "$n has no status"; return 1; }
    [ "$(jq --arg a "$key" --arg b "$community" '.step == "packages" and (.failure | contains($a) and contains($b))' <<<"$status")" = true ] ||
      { echo "$n: $(jq -r '"\(.state) in \(.step): \(.message)"' <<<"$status")"; return 1; }
  done
  echo "the packages step of every node says: $(jq -r .failure <<<"$status")"
}

nothing_trusted() {
  local n r f
  for n in "${members[@]}"; do
    r=$(node_root "$n") || { echo "$n does not run"; return 1; }
    for f in usr/bin/kubelet usr/bin/kubeadm usr/bin/kubectl etc/apt/keyrings/kubernetes.asc etc/apt/sources.list.d/kubernetes.list; do
      if [ -e "$r/$f" ]; then echo "$n has /$f"; return 1; fi
    done
  done
  if grep -q 'kube[a-z]*_.*\.deb' "$LAB_OUT/requests"; then echo "a package of the repository was fetched"; return 1; fi
  echo "nothing of that repository is installed, fetched or trusted"
}

# check SECONDS CHECK: ask until the check is content, at most so long.
check() {
  local end=$(( $(date +%s) + $1 )) out
  while ! out=$("$2"); do
    if [ "$(date +%s)" -ge "$end" ]; then printf 'FAIL  %s: %s\n' "$2" "${out:-no answer}" | tee -a "$results"; return 0; fi
    sleep 2
  done
  printf 'ok    %s\n' "$out" | tee -a "$results"
}

cluster() {
  # the paths in the inventory are relative to where it lies
  sed -e "/^  kubernetes: /a\\  fingerprint: $(cat "$mirror/fingerprint")" -e "s|file: \.\./|file: $LAB_PROJECT/test/|" "$inventory" >"$LAB_OUT/lab-apt.yaml"
  begin "$LAB_OUT/lab-apt.yaml"
  silence
  power_on "${all[@]}"
  for n in "${all[@]}"; do lock "$n"; done
  hardship
  if "$LAB_DIR/wait.sh"; then echo "ok    complete $(seconds) s after power-on" | tee -a "$results"; else echo "FAIL  not complete" | tee -a "$results"; fi
  for c in locks_waited_for absence_named first_attempt packages_held from_packages mirror_sufficed; do check 0 "$c"; done
  { "$LAB_DIR/judge.sh" || true; } | tee -a "$results"
  "$LAB_DIR/report.sh" || true
}

wrong_key() {
  begin "$inventory"
  "$LAB_DIR/mirror/up.sh" 8>&-
  power_on "${members[@]}"
  check 300 stopped_at_key
  check 0 nothing_trusted
}

case ${1:-} in '') parts=(cluster wrong_key) ;; cluster | wrong_key) parts=("$1") ;; *) die "usage: apt.sh [cluster|wrong_key]" ;; esac
claim
build
"$LAB_DIR/mirror/build.sh" 8>&-
export LAB_ROOTFS=$LAB_CACHE/rootfs-apt LAB_PAYLOAD_MOUNT=
mkdir -p "$LAB_OUT"
passed=0 failed=0
for part in "${parts[@]}"; do
  trap 'finish $? "$LAB_OUT/logs/$part"' EXIT
  : >"$results"
  "$part"
  trap - EXIT
  bad=$(grep -c '^FAIL ' "$results" || true)
  passed=$(( passed + $(grep -c '^ok ' "$results" || true) )) failed=$(( failed + bad ))
  finish "$bad" "$LAB_OUT/logs/$part"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
