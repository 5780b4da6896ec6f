#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# faults.sh [NAME…]: what goes wrong in a machine room, each fault on a cluster of its own; default: all of them.
# One line per fault, then "N passed, N failed". The log of each run is in $LAB_OUT/faults.
# shellcheck disable=SC2317  # faults are called by their names
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=run.sh
. "$LAB_DIR/run.sh"
need_root
inventory=${LAB_INVENTORY:-$LAB_PROJECT/test/inventories/lab.yaml}
control_planes_only=${LAB_INVENTORY_CONTROL_PLANES:-$LAB_DIR/control-planes.yaml}
init_step=${FAULT_INIT_STEP:-init}           # names of steps in the engine
join_step=${FAULT_JOIN_STEP:-join}
rounds=${FAULT_ROUNDS:-10}                   # of `simultaneous`
declare -A limit=([lb-late]=1200 [cut-init]=1200 [cut-join]=1200 [rebuild-first]=1500 [simultaneous]=$((rounds * 900)) [cold-start]=1500 [lose-one]=1200 [same-address]=1200)
names=(lb-late cut-init cut-join rebuild-first simultaneous cold-start lose-one same-address)

# begin INVENTORY: media, racked nodes, and their names by role.
begin() {
  clear
  "$LAB_DIR/media.sh" "$1"
  rack
  mapfile -t all < <("$LAB_DIR/roles.sh")
  mapfile -t balancers < <("$LAB_DIR/roles.sh" load-balancer)
  mapfile -t planes < <("$LAB_DIR/roles.sh" control-plane)
  mapfile -t others < <("$LAB_DIR/roles.sh" control-plane worker)
}
complete() { "$LAB_DIR/wait.sh"; "$LAB_DIR/judge.sh"; "$LAB_DIR/report.sh"; }
seconds() { echo $(( $(date +%s) - $(cut -d. -f1 "$LAB_STATE/up-at") )); }
result() { echo "result: $*"; }
fingerprint() { kc get namespace kube-system -o jsonpath='{.metadata.uid}'; }
# etcd_cluster NODE: the id of the etcd cluster that the node's member is part of.
etcd_cluster() { etcd_on "$1" endpoint status -w json | jq -r '.[0].Status.header.cluster_id'; }

lb-late() {
  begin "$inventory"
  power_on "${others[@]}"
  sleep 120
  power_on "${balancers[@]}"
  complete
  result "complete $(seconds) s after the others' power-on, $(( $(seconds) - 120 )) s after the load balancer's"
}

cut-init() {
  begin "$inventory"
  power_on "${all[@]}"
  "$LAB_DIR/when.sh" "${planes[0]}" "$init_step" /etc/kubernetes/manifests/etcd.yaml
  sleep 2
  "$LAB_DIR/kill.sh" "${planes[0]}"
  log "plug of ${planes[0]} pulled in the middle of init"
  sleep 5
  power_on "${planes[0]}"
  complete
  result "cut and powered on again in the middle of init; complete after $(seconds) s"
}

cut-join() {
  local joiner members
  begin "$inventory"
  joiner=${planes[1]}
  power_on "${all[@]}"
  "$LAB_DIR/when.sh" "$joiner" "$join_step" /etc/kubernetes/manifests/etcd.yaml
  "$LAB_DIR/kill.sh" "$joiner"
  members=$(etcd_on "${planes[0]}" member list -w json | jq -r '[.members[] | "\(if (.name // "") == "" then "unstarted" else .name end) \(if .isLearner then "learner" else "voter" end)"] | join(", ")' || echo "etcd waits for $joiner")
  log "plug of $joiner pulled in the middle of its etcd join; members: $members"
  sleep 10
  power_on "$joiner"
  complete
  result "cut with members [$members]; complete after $(seconds) s"
}

rebuild-first() {
  local first id uid state message end
  begin "$inventory"
  first=${planes[0]}
  power_on "${all[@]}"
  complete
  id=$(etcd_cluster "${planes[1]}"); uid=$(fingerprint)
  "$LAB_DIR/kill.sh" "$first"; "$LAB_DIR/wipe.sh" "$first"
  log "the disk of $first is empty now; it boots from its medium again"
  sleep 5
  power_on "$first"
  end=$(( $(date +%s) + 600 ))
  while state=$(node_state "$first" || echo none); [ "$state" != complete ] && [ "$state" != failed ]; do
    [ "$(date +%s)" -lt $end ] || die "$first is still $state after 600 s: $(node_status "$first" | jq -r .message)"
    sleep 2
  done
  message=$(node_status "$first" | jq -r .message)
  node_status "$first" | jq .
  [ "$state" = complete ] || die "$first is $state: $message"
  [ "$(etcd_cluster "${planes[1]}")" = "$id" ] || die "the cluster id of etcd changed"
  [ "$(fingerprint)" = "$uid" ] || die "the API behind the load balancer is another cluster"
  [ "$(etcd_cluster "$first")" = "$id" ] || die "$first began a second etcd cluster"
  "$LAB_DIR/wait.sh"
  JUDGE_SECONDS=120 "$LAB_DIR/judge.sh"
  result "same cluster; $first took its old place in it: $message"
}

simultaneous() {
  local i times=()
  for i in $(seq "$rounds"); do
    log "round $i of $rounds"
    begin "$control_planes_only"
    power_on "${all[@]}"
    complete
    times+=("$(seconds)")
    kill "$watcher"; wait "$watcher" 2>/dev/null || true
  done
  result "$rounds of $rounds complete, after ${times[*]} s"
}

cold-start() {
  local uid t
  begin "$inventory"
  power_on "${all[@]}"
  complete
  uid=$(fingerprint)
  "$LAB_DIR/kill.sh" "${all[@]}"
  log "everything is off"
  sleep 5
  date +%s >"$LAB_OUT/since"
  power_on "${all[@]}"
  t=$(date +%s)
  JUDGE_SECONDS=300 "$LAB_DIR/judge.sh"
  [ "$(fingerprint)" = "$uid" ] || die "another cluster came up"
  result "same cluster, pods and names work $(( $(date +%s) - t )) s after power came back"
}

lose-one() {
  local n victim='' probe line
  begin "$inventory"
  power_on "${all[@]}"
  complete
  for n in "${planes[@]}"; do
    if etcd_on "$n" endpoint status -w json | jq -e '.[0].Status | .leader == .header.member_id' >/dev/null; then victim=$n; fi
  done
  [ -n "$victim" ] || die "etcd has no leader"
  "$LAB_DIR/probe.sh" 60 >"$LAB_OUT/probe.log" 8>&- & probe=$!
  sleep 5
  "$LAB_DIR/kill.sh" "$victim"
  log "plug of $victim, the leader of etcd, pulled"
  wait $probe
  cat "$LAB_OUT/probe.log"
  line=$(tail -1 "$LAB_OUT/probe.log")
  [[ $line =~ reads\ ([0-9]+)\ ms,\ writes\ ([0-9]+)\ ms ]] || die "the probe said: $line"
  if [ "${BASH_REMATCH[1]}" -gt 10000 ] || [ "${BASH_REMATCH[2]}" -gt 10000 ]; then die "$line; at most 10000 ms are allowed"; fi
  result "$victim (etcd leader) lost: $line"
}

# Another machine has a worker's address already: the worker says so before it changes anything, and goes on when the
# other one is switched off.
same-address() {
  local worker address ns=$LAB_NAME-other end why root f found
  begin "$inventory"
  worker=$("$LAB_DIR/roles.sh" worker | head -1)
  address=$("$LAB_OUT/hakube-seed" inspect "$LAB_OUT/seeds/$worker.iso" --json | jq -r .address)
  ip netns add "$ns"
  ip -n "$SW" link add other type veth peer name eth0 address 02:00:00:00:00:0b netns "$ns"
  ip -n "$SW" link set other master br0 up
  ip -n "$ns" addr add "$address/24" dev eth0
  ip -n "$ns" link set eth0 up
  power_on "${all[@]}"
  end=$(( $(date +%s) + 180 ))
  until [ "$(node_state "$worker" || true)" = failed ]; do
    [ "$(date +%s)" -lt $end ] || die "$worker is $(node_state "$worker" || true) after 180 s: $(node_status "$worker" | jq -r .message || true)"
    sleep 1
  done
  found=$(seconds)
  why=$(node_status "$worker" | jq -r '.step + ": " + .failure')
  [ "$why" = "preflight: $address is in use by the machine with the MAC address 02:00:00:00:00:0b: switch that one off, or give this node another address" ] || die "$worker says: $why"
  grep -qE "$worker: preflight: failed \(attempt [0-9]+, [0-9]+ s\): $address is in use" "$(node_dir "$worker")/console.log" || die "the console of $worker does not say it"
  root=$(node_root "$worker")
  for f in etc/cloud/cloud-init.disabled var/lib/hakube/identity etc/modules-load.d/hakube.conf etc/containerd/config.toml usr/local/bin/kubeadm usr/bin/kubeadm; do
    [ ! -e "$root/$f" ] || [ -e "$LAB_ROOTFS/$f" ] || die "$worker has changed something: /$f"
  done
  if grep -q hakube "$root/etc/hosts"; then die "$worker has changed /etc/hosts"; fi
  ip netns del "$ns"
  log "the other machine with $address is off"
  complete
  result "found $found s after power-on, nothing was changed; complete after $(seconds) s"
}

if [ "${1:-}" = --one ]; then
  trap 'finish $? "$LAB_OUT/faults/'"$2"'-logs"' EXIT
  "$2"
  exit 0
fi

if [ $# -gt 0 ]; then names=("$@"); fi
for n in "${names[@]}"; do [ -n "${limit[$n]:-}" ] || die "no such fault: $n; there are: ${!limit[*]}"; done
claim
build
mkdir -p "$LAB_OUT/faults"
passed=0 failed=0
for n in "${names[@]}"; do
  t=$(date +%s) out=$LAB_OUT/faults/$n.log
  if timeout -k 180 "${limit[$n]}" "$LAB_DIR/faults.sh" --one "$n" >"$out" 2>&1 8>&-; then
    passed=$((passed+1))
    printf 'ok    %-14s %4d s  %s\n' "$n" $(( $(date +%s) - t )) "$(sed -n 's/^result: //p' "$out")"
  else
    failed=$((failed+1))
    printf 'FAIL  %-14s %4d s  %s\n' "$n" $(( $(date +%s) - t )) "$(grep -aE 'error: |^FAIL' "$out" | head -1)"
    tail -30 "$out" | sed 's/^/      | /'
    echo "      all of it: $out, $LAB_OUT/faults/$n-logs"
  fi
done
"$LAB_DIR/down.sh" 2>/dev/null || true
echo "$passed passed, $failed failed"
[ $failed = 0 ]
