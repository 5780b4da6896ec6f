#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# firewall.sh [nftables|ufw]: the proof of `firewall`. A cluster of closed machines comes up and is judged; a machine in
# another network, behind the nodes' router, asks every TCP port of a node of each role, and so does one in the nodes' network:
# what answers must be the table of ports, whether something listens there or not. Then the rules are flushed, a node loses its power, and the
# firewall is turned off in the one way that the README tells. For ufw a smaller cluster, of a rootfs that has it.
# One line per check, then "N passed, N failed".
# shellcheck disable=SC2317  # checks are called by their names
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=run.sh
. "$LAB_DIR/run.sh"
need_root
results=$LAB_OUT/results
outside=$LAB_NAME-outside inside=$LAB_NAME-inside
seconds() { echo $(( $(date +%s) - $(cut -d. -f1 "$LAB_STATE/up-at") )); }
said() { if [ "$1" = 0 ]; then printf 'ok    %s\n' "$2"; else printf 'FAIL  %s\n' "$2"; fi | tee -a "$results"; }
check() { local out code=0; out=$("$@") || code=$?; said $code "${out:-$* says nothing}"; }
address() { ip -n "$(node_ns "$1")" -o -4 addr show scope global | awk '$4 ~ /^10\.1\.10\./ {sub("/.*", "", $4); print $4; exit}'; }

# strangers: two machines that are no nodes, one in the nodes' network, one behind the gateway of the nodes.
strangers() {
  ip netns add "$inside"
  ip -n "$inside" link add eth0 type veth peer name inside netns "$SW"
  ip -n "$inside" addr add 10.1.10.250/24 dev eth0
  ip -n "$inside" link set eth0 up
  ip -n "$SW" link set inside master br0 up
  ip netns add "$outside"
  ip -n "$outside" link add eth0 type veth peer name outside netns "$SW"
  ip -n "$outside" addr add 10.77.0.2/24 dev eth0
  ip -n "$outside" link set eth0 up
  ip -n "$SW" addr add 10.77.0.1/24 dev outside
  ip -n "$SW" link set outside up
  ip -n "$outside" route add default via 10.77.0.1
  ip netns exec "$SW" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
}

# rootfs_ufw: the lab's rootfs with Debian's ufw, as an image that has it.
rootfs_ufw() {
  local r=$LAB_CACHE/rootfs-ufw d
  if [ "$r" -nt "$LAB_CACHE/rootfs/etc" ] && [ -x "$r/usr/sbin/ufw" ]; then return 0; fi
  d=$(mktemp -d)
  ( cd "$d" && apt-get download ufw ) >"$LAB_CACHE/build-ufw.log" 2>&1 || { cat "$LAB_CACHE/build-ufw.log" >&2; die "ufw cannot be downloaded"; }
  rm -rf "$r.new" "$r"; cp -a "$LAB_CACHE/rootfs" "$r.new"
  cp "$d"/ufw_*.deb "$r.new/ufw.deb"
  DEBIAN_FRONTEND=noninteractive chroot "$r.new" dpkg -i /ufw.deb >>"$LAB_CACHE/build-ufw.log" 2>&1 || { cat "$LAB_CACHE/build-ufw.log" >&2; die "ufw cannot be installed"; }
  rm -rf "$r.new/ufw.deb" "$d"; touch "$r.new"; mv "$r.new" "$r"
}

# What each role answers to, to whom: the table of docs/ports.md, in this script's own words.
to_outside() { case $1 in load-balancer) echo 22 6443 ;; control-plane) echo 22 ;; worker) echo 22 10256 30000-32767 ;; esac; }
to_inside() {
  case $1 in
    load-balancer) echo 22 6443 ;;
    control-plane) echo 22 2379-2380 6443 10250 10257 10259 ;;
    worker) echo 22 10250 10256 30000-32767 ;;
  esac
}

scan() { ip netns exec "$1" nice -n 5 python3 "$LAB_DIR/scan.py" "$(address "$2")" "${3:-1-65535}"; }

# answers outside|inside ROLE: what a node of the role answers to; a second look, because a busy machine may be silent.
answers() {
  local n want got
  n=$("$LAB_DIR/roles.sh" "$2" | head -1)
  want=$("to_$1" "$2")
  for _ in 1 2; do
    got=$(scan "$LAB_NAME-$1" "$n")
    if [ "$got" = "$want" ]; then echo "$n, a $2, answers the machine $1 on $got, and on no other of 65535 TCP ports"; return 0; fi
  done
  echo "$n, a $2, answers the machine $1 on ${got:-nothing}; the table has $want"; return 1
}

# node_port: a service of type NodePort on a pod of another node, asked from outside of the cluster.
node_port() {
  local port n want=lab-node-port
  kc create namespace lab-firewall >/dev/null
  n=$(tail -1 <<<"$workers")
  kc apply -f - >/dev/null <<Y
{apiVersion: v1, kind: Pod, metadata: {name: server, namespace: lab-firewall, labels: {app: server}}, spec: {
  nodeSelector: {kubernetes.io/hostname: $n}, terminationGracePeriodSeconds: 0, containers: [{name: main, image: "lab/cni:v1", imagePullPolicy: IfNotPresent,
  command: ["busybox", "sh", "-c", "mkdir -p /tmp/w && echo $want >/tmp/w/index.html && exec busybox httpd -f -p 8080 -h /tmp/w"]}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: server, namespace: lab-firewall}, spec: {type: NodePort, selector: {app: server}, ports: [{port: 80, targetPort: 8080}]}}
Y
  KC_TIMEOUT=90 kc -n lab-firewall wait pod/server --for=condition=Ready --timeout=80s >/dev/null || { echo "the pod on $n does not run"; return 1; }
  port=$(kc -n lab-firewall get service server -o jsonpath='{.spec.ports[0].nodePort}')
  for n in $workers; do
    for _ in 1 2 3 4 5; do
      if [ "$(ip netns exec "$outside" curl -s --max-time 3 "http://$(address "$n"):$port/")" = $want ]; then continue 2; fi
      sleep 1
    done
    echo "the machine outside does not reach the service on port $port of $n"; return 1
  done
  kc delete namespace lab-firewall --wait=false >/dev/null
  echo "the machine outside reaches a service on port $port of every worker, whose pod is on one"
}

logs() {
  local pod
  pod=$(kc -n kube-system get pods -l k8s-app=kube-proxy -o name | tail -1)
  [ "$(kc -n kube-system logs "$pod" | wc -l)" -gt 0 ] || { echo "the API does not get the log of $pod"; return 1; }
  echo "the API gets logs from kubelets"
}

closed_again() {   # closed_again NODE SECONDS WHAT
  local end=$(( $(date +%s) + $2 ))
  until [ -z "$(scan "$outside" "$1" 10248-10250)" ] && [ "$(scan "$outside" "$1" 22-22)" = 22 ]; do
    if [ "$(date +%s)" -ge "$end" ]; then echo "$3: $1 answers on $(scan "$outside" "$1" 10248-10250), on 22: $(scan "$outside" "$1" 22-22)"; return 1; fi
    sleep 1
  done
  echo "$3: $1 is closed but for what it was open to"
}

flushed() {   # flushed COMMAND…, on the last worker
  local n
  n=$(tail -1 <<<"$workers")
  node_exec "$n" nft "$@"
  closed_again "$n" 30 "after nft $*"
}

power_cut() {
  local n
  n=$(tail -1 <<<"$workers")
  "$LAB_DIR/kill.sh" "$n"
  "$LAB_DIR/start.sh" "$n" 8>&-
  closed_again "$n" 120 "after a power cut"
}

turned_off() {
  local n off
  n=$(tail -1 <<<"$workers")
  case $kind in nftables) off=(systemctl disable --now hakube-firewall) ;; ufw) off=(ufw disable) ;; esac
  node_exec "$n" "${off[@]}" >/dev/null 2>&1 || { echo "${off[*]} fails on $n"; return 1; }
  [ "$(scan "$outside" "$n" 10250-10250)" = 10250 ] || { echo "$n is closed after ${off[*]}"; return 1; }
  echo "${off[*]} opens $n again"
}

judged() { { "$LAB_DIR/judge.sh" "$@" || true; } | tee -a "$results"; }

cluster() {
  kind=$1
  clear
  cp "$LAB_PROJECT/test/inventories/lab-firewall.yaml" "$LAB_OUT/inventory.yaml"
  sed -i -e "s|file: \.\./|file: $LAB_PROJECT/test/|" -e "s/^  kind: .*/  kind: $kind/" "$LAB_OUT/inventory.yaml"
  if [ "$kind" = ufw ]; then
    rootfs_ufw
    export LAB_ROOTFS=$LAB_CACHE/rootfs-ufw
    sed -i '/k8s-master[23],/d; /k8s-worker2,/d' "$LAB_OUT/inventory.yaml"
  fi
  "$LAB_DIR/media.sh" "$LAB_OUT/inventory.yaml"
  rack
  strangers
  mapfile -t all < <("$LAB_DIR/roles.sh")
  workers=$("$LAB_DIR/roles.sh" worker)
  power_on "${all[@]}"
  if "$LAB_DIR/wait.sh"; then said 0 "$kind: ${#all[@]} nodes complete $(seconds) s after power-on"; else said 1 "$kind: not complete"; return 0; fi
  judged
  check logs
  check node_port
  scans=()
  for where in outside inside; do
    for role in load-balancer control-plane worker; do check answers $where $role & scans+=($!); done
  done
  wait "${scans[@]}"
  if [ "$kind" = nftables ]; then
    check flushed flush table inet hakube
    check flushed flush ruleset
  fi
  check power_cut
  judged nodes_ready leases coredns pods
  check turned_off
  "$LAB_DIR/report.sh" || true
}

case ${1:-} in '') kinds=(nftables ufw) ;; nftables | ufw) kinds=("$1") ;; *) die "usage: firewall.sh [nftables|ufw]" ;; esac
claim
build
mkdir -p "$LAB_OUT"
passed=0 failed=0
for k in "${kinds[@]}"; do
  trap 'finish $? "$LAB_OUT/logs/$k"' EXIT
  : >"$results"
  cluster "$k"
  trap - EXIT
  bad=$(grep -c '^FAIL ' "$results" || true)
  passed=$(( passed + $(grep -c '^ok ' "$results" || true) )) failed=$(( failed + bad ))
  finish "$bad" "$LAB_OUT/logs/$k"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
