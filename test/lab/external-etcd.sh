#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# external-etcd.sh: the proof of etcd on machines of its own. Seven machines are powered on from their media in an order that
# nobody would choose; one etcd loses power and the cluster still writes, it comes back and catches up; another one loses its
# disk and takes its place again from the same medium. One line per check, then "N passed, N failed".
# shellcheck disable=SC2317  # checks are called by their names
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=run.sh
. "$LAB_DIR/run.sh"
need_root
inventory=${LAB_INVENTORY:-$LAB_PROJECT/test/inventories/lab-etcd.yaml}
results=$LAB_OUT/results
seconds() { echo $(( $(date +%s) - $(cut -d. -f1 "$LAB_STATE/up-at") )); }
said() { if [ "$1" = 0 ]; then printf 'ok    %s\n' "$2"; else printf 'FAIL  %s\n' "$2"; fi | tee -a "$results"; }
check() { local out code=0; out=$("$@") || code=$?; said $code "${out:-$1 says nothing}"; }

# status NODE: cluster id, member id, revision, raft index of the node's member, and whether it leads.
status() { etcd_on "$1" endpoint status -w json | jq -r '.[0].Status | [.header.cluster_id, .header.member_id, .header.revision, .raftIndex, .leader == .header.member_id] | @tsv'; }
# write N: N new objects through the API. A request that was on its way to the etcd that died is lost; clients ask again.
write() {
  local i end
  for i in $(seq "$1"); do
    end=$(( $(date +%s) + 20 ))
    until kc -n default create configmap "lab-write-$RANDOM$RANDOM-$i" --from-literal=n="$i" >/dev/null 2>&1; do
      [ "$(date +%s)" -lt $end ] || { echo "write $i of $1 failed for 20 s"; return 1; }
      sleep 0.5
    done
  done
}
leader() { local m; for m in "${members[@]}"; do if [ "$(status "$m" | cut -f5)" = true ]; then echo "$m"; fi; done; }

# any_order: everything else a while before the first etcd, and the last etcd when the API is there.
any_order() {
  local alone why api
  power_on "${others[@]}"
  until why=$(node_status "${planes[0]}" | jq -r '.step + ": " + .message') && [[ $why == wait-etcd:*"${members[0]}"*"${members[1]}"*"${members[2]}"* ]]; do
    [ "$(seconds)" -lt 240 ] || { echo "without etcd ${planes[0]} says: $why"; return 1; }
    sleep 1
  done
  power_on "${members[1]}"
  until alone=$(node_status "${members[1]}" | jq -r '.step + ": " + .message') && [[ $alone == etcd:*"${members[0]}"* ]]; do
    [ "$(seconds)" -lt 480 ] || { echo "${members[1]} alone says: $alone"; return 1; }
    sleep 1
  done
  power_on "${members[0]}"
  # the API comes with two of three
  until kc get --raw /readyz >/dev/null 2>&1; do
    [ "$(seconds)" -lt 600 ] || { echo "no API after 600 s"; return 1; }
    sleep 2
  done
  api=$(seconds)
  power_on "${members[2]}"
  "$LAB_DIR/wait.sh" >&2 || { echo "not complete"; return 1; }
  echo "complete $(seconds) s after power-on, the API after $api s with two etcd of three; before, ${planes[0]} said $why, and ${members[1]} $alone"
}

lose_one() {
  local victim before during
  victim=$(leader)
  before=$(status "$victim" | cut -f3,4)
  "$LAB_DIR/probe.sh" 30 >"$LAB_OUT/probe.log" 8>&- & probe=$!
  sleep 5
  "$LAB_DIR/kill.sh" "$victim"
  wait $probe || true
  write 20 || return 1
  during=$(status "$(leader)" | cut -f3,4)
  echo "$victim" >"$LAB_OUT/victim"
  echo "$victim (leader) lost at revision and index ${before//$'\t'/ }; others went on to ${during//$'\t'/ }; $(tail -1 "$LAB_OUT/probe.log")"
  [[ $(tail -1 "$LAB_OUT/probe.log") =~ writes\ ([0-9]+)\ ms ]] && [ "${BASH_REMATCH[1]}" -le 15000 ]
}

# caught_up: every member is of one etcd cluster and has the same revision, at an index that differs by what is written meanwhile.
caught_up() {
  local end=$(( $(date +%s) + 120 )) m line lines
  while :; do
    lines=''
    for m in "${members[@]}"; do line=$(status "$m" 2>/dev/null) || line=none; lines+="$line"$'\n'; done
    if awk -F'\t' 'NF == 0 {next} NF < 5 {bad = 1} {c[$1]; r[$3]; n++; if (min == "" || $4 < min) min = $4; if ($4 > max) max = $4}
        END {exit !(!bad && n == '${#members[@]}' && length(c) == 1 && length(r) == 1 && max - min <= 2)}' <<<"$lines"; then
      echo "${#members[@]} members of one cluster, revision $(cut -f3 <<<"$lines" | head -1), raft index $(cut -f4 <<<"$lines" | grep . | paste -sd' ')"
      return 0
    fi
    [ "$(date +%s)" -lt $end ] || { echo "after 120 s: $(tr '\t\n' ' ;' <<<"$lines")"; return 1; }
    sleep 0.2
  done
}

come_back() { local t; t=$(date +%s); "$LAB_DIR/start.sh" "$(cat "$LAB_OUT/victim")" 8>&-; caught_up && echo "$(cat "$LAB_OUT/victim") has caught up $(( $(date +%s) - t )) s after power-on"; }

# reborn NODE: on an empty disk, booted from its medium again, until it is complete; SECONDS is how long that took.
reborn() {
  local state
  "$LAB_DIR/kill.sh" "$1"; "$LAB_DIR/wipe.sh" "$1"
  write 5 || return 1
  SECONDS=0
  "$LAB_DIR/start.sh" "$1" 8>&-
  until state=$(node_state "$1" || echo none); [ "$state" = complete ]; do
    [ $SECONDS -lt 600 ] || { echo "$1 is still $state after 600 s: $(node_status "$1" | jq -r .message)"; return 1; }
    sleep 1
  done
}
rebuild() {
  local victim=${members[1]} id old
  id=$(status "$victim" | cut -f1); old=$(status "$victim" | cut -f2)
  reborn "$victim" || return 1
  [ "$(status "$victim" | cut -f1)" = "$id" ] || { echo "$victim began a second etcd"; return 1; }
  [ "$(status "$victim" | cut -f2)" != "$old" ] || { echo "$victim came back as the member whose log it has lost"; return 1; }
  echo "$victim, on an empty disk, is a member of the same etcd again $SECONDS s after power-on"
}
rebuild_first() {
  local uid
  uid=$(kc get namespace kube-system -o jsonpath='{.metadata.uid}')
  reborn "${planes[0]}" || return 1
  [ "$(kc get namespace kube-system -o jsonpath='{.metadata.uid}')" = "$uid" ] || { echo "${planes[0]} began a second cluster"; return 1; }
  echo "${planes[0]}, on an empty disk, is in the same cluster again $SECONDS s after power-on"
}

# what a member's machine runs, and that it is no node of Kubernetes
only_etcd() {
  local m images
  for m in "${members[@]}"; do
    images=$(node_exec "$m" ctr -n k8s.io images ls -q | grep -v '^sha256:' | sed 's|.*/||' | sort -u | paste -sd' ')
    [[ $images =~ ^etcd:[^\ ]+\ pause:[^\ ]+$ ]] || { echo "$m has the images $images"; return 1; }
    if kc get node "$m" >/dev/null 2>&1; then echo "$m is a node of Kubernetes"; return 1; fi
  done
  echo "etcd nodes have the images $images and are no nodes of Kubernetes"
}

claim
build
mkdir -p "$LAB_OUT"
: >"$results"
trap 'finish $? "$LAB_OUT/logs/external-etcd"' EXIT
clear
"$LAB_DIR/media.sh" "$inventory"
rack
mapfile -t members < <("$LAB_DIR/roles.sh" etcd)
mapfile -t planes < <("$LAB_DIR/roles.sh" control-plane)
mapfile -t others < <("$LAB_DIR/roles.sh" load-balancer control-plane worker)
check any_order
if grep -q '^FAIL ' "$results"; then exit 1; fi
check caught_up
check only_etcd
{ "$LAB_DIR/judge.sh" || true; } | tee -a "$results"
"$LAB_DIR/report.sh" || true
check lose_one
check come_back
check rebuild
check caught_up
check rebuild_first
{ JUDGE_SECONDS=120 "$LAB_DIR/judge.sh" || true; } | tee -a "$results"
failed=$(grep -c '^FAIL ' "$results" || true)
echo "$(grep -c '^ok ' "$results" || true) passed, $failed failed"
[ "$failed" = 0 ]
