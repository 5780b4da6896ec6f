#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# argv-watch.sh PATTERNS OUT: until it is killed, note in OUT every process of this machine, so of every node, whose
# argument list holds a secret; only its name, never the arguments.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
patterns=$1 out=$2
: >"$out"
while :; do
  grep -laFf "$patterns" /proc/[0-9]*/cmdline 2>/dev/null | while read -r f; do
    p=${f%/cmdline}
    printf '%s in %s\n' "$(cat "$p/comm" 2>/dev/null)" "$(sed -n 's|.*-lab/\([^/]*\).*|\1|p' "$p/cgroup" 2>/dev/null | head -1)" >>"$out"
  done || true
  sleep 0.3
done
