#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# exec.sh NODE CMD…: run a command inside a node.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need_root
[ $# -ge 2 ] || die "usage: exec.sh NODE CMD…"
node_exec "$@"
