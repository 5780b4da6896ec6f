#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# cluster.sh [INVENTORY]: the proof. hakube-seed makes the media of all nodes of the inventory, all nodes are powered on at
# once with those very media, nobody logs in, and then the cluster is judged from outside. Exit code 0: it is the cluster
# that was asked for. On failure the logs are collected; LAB_KEEP=1 leaves the lab running.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=run.sh
. "$LAB_DIR/run.sh"
need_root
inventory=${1:-${LAB_INVENTORY:-$LAB_PROJECT/test/inventories/lab.yaml}}
claim
build
clear
trap 'finish $? "$LAB_OUT/logs"' EXIT
"$LAB_DIR/media.sh" "$inventory"
rack
mapfile -t all < <("$LAB_DIR/roles.sh")
power_on "${all[@]}"
rc=0
"$LAB_DIR/wait.sh" || rc=1
if [ $rc = 0 ]; then "$LAB_DIR/judge.sh" || rc=1; fi
"$LAB_DIR/report.sh" || true
echo "$(( 1 - rc )) passed, $rc failed"
exit $rc
