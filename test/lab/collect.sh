#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# collect.sh DIR: copy what explains a failure out of the lab: consoles, statuses, journals, logs of nodes and pods.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need_root
out=${1:?usage: collect.sh DIR}
mkdir -p "$out"; chmod 700 "$out"
"$LAB_DIR/status.sh" >"$out/status.txt" 2>&1 || true
for n in $(nodes); do
  mkdir -p "$out/$n"
  cp "$(node_dir "$n")/console.log" "$out/$n/" 2>/dev/null || true
  r=$(node_root "$n") || continue
  ( cd "$r" && find var/log/pods var/log/cloud-init* var/log/hakube* var/lib/hakube etc/haproxy etc/netplan \
      -type f -size -4M ! -name '*.iso' -print0 2>/dev/null | tar -c --null -T - 2>/dev/null ) | tar -x -C "$out/$n" 2>/dev/null || true
  node_exec "$n" timeout 20 journalctl --no-pager -a -o short-precise >"$out/$n/journal.log" 2>/dev/null || true
  node_exec "$n" timeout 10 ps axf -o pid,etimes,stat,args >"$out/$n/ps.txt" 2>/dev/null || true
  node_exec "$n" timeout 10 sh -c 'ip addr; ip route; ss -ltn; cat /etc/hosts' >"$out/$n/network.txt" 2>/dev/null || true
done
if [ -s "$LAB_KUBECONFIG" ]; then
  KC_TIMEOUT=20 kc describe nodes >"$out/nodes.txt" 2>&1 || true
  KC_TIMEOUT=20 kc get events -A --sort-by=.lastTimestamp >"$out/events.txt" 2>&1 || true
fi
log "logs are in $out"
