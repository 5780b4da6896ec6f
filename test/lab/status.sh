#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# status.sh: what runs, how far each node's sequence is, memory, and what the cluster says.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need_root
printf '%-16s %-8s %-9s %-12s %-11s %s\n' NODE RUNNING STATE STEP 'MEMORY MiB' MESSAGE
for n in $(nodes); do
  if ! node_pid "$n" >/dev/null; then printf '%-16s %-8s\n' "$n" no; continue; fi
  s=$(node_status "$n" || echo '{}')
  g=$(grep /memory/ "$(node_dir "$n")/cgroups" || true)
  m=$(cat "$g/memory.usage_in_bytes" 2>/dev/null || echo 0)
  printf '%-16s %-8s %-9s %-12s %-11s %s\n' "$n" yes "$(jq -r '.state//"?"' <<<"$s")" "$(jq -r '.step//"-"' <<<"$s")" $((m>>20)) "$(jq -r '.message//""' <<<"$s")"
done
echo; echo "cluster: $(cluster_state)"
if [ -s "$LAB_KUBECONFIG" ] && [ -e "/run/netns/$SW" ]; then
  echo; kc get nodes -o wide || true
  echo; kc get pods -A -o wide || true
fi
