#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# wait.sh [--timeout SECONDS] [NODE…]: until these nodes (default: all that are racked) say that their sequence is complete
# and the cluster's verdict is complete. Prints when each came true. Nodes try again after a failure: it is final at the
# third attempt, or when nothing has followed it for a minute.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need_root
timeout=${LAB_TIMEOUT:-900}
if [ "${1:-}" = --timeout ]; then timeout=$2; shift 2; fi
if [ $# = 0 ]; then mapfile -t wanted < <(nodes); else wanted=("$@"); fi
[ ${#wanted[@]} -gt 0 ] || die "no node is racked"
t0=$(cut -d. -f1 "$LAB_STATE/up-at"); end=$(( $(date +%s) + timeout ))
declare -A seen=() failed=()
mark() { [ -n "${seen[$1]:-}" ] || { seen[$1]=1; printf '%5d s  %s\n' $(( $(date +%s) - t0 )) "$1"; }; }
complain() {   # complain NODE
  log "error: $1 failed:"
  node_status "$1" | jq -r '"  step \(.step), attempt \(.attempt), exit code \(.exitCode): \(.message)", (.log[]? | "  | " + .)' >&2
}
while :; do
  left=()
  for n in "${wanted[@]}"; do
    case $(node_state "$n" || echo none) in
      complete) mark "complete: $n"; unset "failed[$n]" ;;
      failed)
        left+=("$n"); now=$(date +%s); failed[$n]=${failed[$n]:-$now}
        if [ "$(node_status "$n" | jq -r .attempt)" -ge 3 ] || [ $((now - failed[$n])) -ge 60 ]; then complain "$n"; exit 1; fi ;;
      *) unset "failed[$n]"; left+=("$n") ;;
    esac
  done
  case $(cluster_state) in
    complete) mark "complete: the cluster" ;;
    failed) log "error: the cluster's verdict: $(jq -r .message "$(node_root "$(keeper)")/var/lib/hakube/cluster.json")"; exit 1 ;;
    *) left+=("the cluster") ;;
  esac
  [ ${#left[@]} -gt 0 ] || exit 0
  if [ "$(date +%s)" -ge "$end" ]; then
    log "error: not complete within $timeout s: ${left[*]}"
    for n in "${left[@]}"; do
      [ "$n" = "the cluster" ] || log "  $n: $(node_status "$n" | jq -r '"\(.state) in \(.step), attempt \(.attempt): \(.message)"' || echo "no status")"
    done
    exit 1
  fi
  sleep 1
done
