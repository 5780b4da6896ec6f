#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Internal: enter the node's cgroups and network namespace, then unshare the rest.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
d=$1 ns=$2
cgroup_enter "$(basename "$d")" $$
echo $$ >"$d/unshare.pid"
exec nsenter --net="/run/netns/$ns" unshare --mount --uts --ipc --pid --cgroup --fork --kill-child "$LAB_DIR/node-boot.sh" "$d"
