#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# dual.sh [INVENTORY]: a dual-stack cluster from its media; besides what every cluster must be, its nodes have addresses and
# podCIDRs of both families, and a service is reached over each. Exit code 0: it is that cluster.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=run.sh
. "$LAB_DIR/run.sh"
need_root
claim
build
clear
trap 'finish $? "$LAB_OUT/logs"' EXIT
"$LAB_DIR/media.sh" "${1:-$LAB_PROJECT/test/inventories/lab-dual.yaml}"
rack
mapfile -t all < <("$LAB_DIR/roles.sh")
power_on "${all[@]}"
rc=0
"$LAB_DIR/wait.sh" || rc=1
if [ $rc = 0 ]; then { "$LAB_DIR/judge.sh" dual_nodes dual_service && "$LAB_DIR/judge.sh"; } || rc=1; fi
"$LAB_DIR/report.sh" || true
echo "$(( 1 - rc )) passed, $rc failed"
exit $rc
