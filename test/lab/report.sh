#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# report.sh: seconds per step and node, from the nodes' own status files, and when each node was complete and Ready.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need_root
t0=$(cut -d. -f1 "$LAB_STATE/up-at")
ready=$(kc get nodes -o json 2>/dev/null | jq -c '[.items[] | {key: .metadata.name,
  value: ([.status.conditions[] | select(.type=="Ready" and .status=="True").lastTransitionTime | fromdate] | first)}] | from_entries' || echo '{}')
for n in $(nodes); do node_status "$n" || true; done |
  jq -rs --argjson t0 "$t0" --argjson ready "${ready:-{\}}" '
    # one order of all steps: a step that only some nodes have comes right after the one before it there
    def order: reduce .[] as $list ([]; reduce $list[] as $s ({all: ., at: -1};
      (.all | index($s)) as $i | if $i != null then .at = $i else .at += 1 | .at as $a | .all = .all[0:$a] + [$s] + .all[$a:] end) | .all);
    sort_by(.node) as $nodes
    | ([$nodes[] | [.steps[].name]] | order) as $steps
    | (["step (seconds)"] + [$nodes[].node]),
      ($steps[] as $s | [$s] + [$nodes[] | ([.steps[] | select(.name==$s)] | first) as $x
        | if $x == null then "" elif $x.state == "done" then ($x.seconds // 0 | tostring) else $x.state end]),
      (["sequence began"] + [$nodes[] | ([.steps[] | .started | select(. != null and . > 0)] | min) as $x | if $x then ($x - $t0 | floor | tostring) else "-" end]),
      (["sequence ended"] + [$nodes[] | ([.steps[] | select(.state=="done" and .started != null) | .started + (.seconds // 0)] | max) as $x
        | if $x then ($x - $t0 | floor | tostring) else "-" end]),
      (["node Ready"] + [$nodes[] | $ready[.node] as $x | if $x then ($x - $t0 | tostring) else "-" end])
    | @tsv' |
  awk -F'\t' '{ for (i = 1; i <= NF; i++) { c[NR, i] = $i; if (length($i) > w[i]) w[i] = length($i) } if (NF > m) m = NF }
    END { for (r = 1; r <= NR; r++) { l = sprintf("%-" w[1] "s", c[r, 1]); for (i = 2; i <= m; i++) l = l sprintf("  %" w[i] "s", c[r, i]); print l } }'
echo "(the last three: seconds since power-on of the cluster)"
