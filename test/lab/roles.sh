#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# roles.sh [ROLE…]: names of the nodes that the media in $LAB_OUT were made for, in the inventory's order; all without a role.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
m=$LAB_OUT/seeds/manifest.json
[ -s "$m" ] || die "no manifest.json beside the media; media.sh first"
jq -r '.nodes[] | select(($ARGS.positional|length)==0 or (.role as $r | $ARGS.positional | index($r))) | .node' "$m" --args "$@"
