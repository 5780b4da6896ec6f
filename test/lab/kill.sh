#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kill.sh NODE…: pull the plug. All processes die at once and the address falls silent (no RST to its peers).
# The disk stays: start.sh NODE boots it again.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need_root
[ $# -ge 1 ] || die "usage: kill.sh NODE…"

cut_cable() {
  local ns name
  ns=$(node_ns "$1")
  [ -e "/run/netns/$ns" ] || return 0
  while read -r name _; do ip -n "$ns" link del "$name" 2>/dev/null || true; done <"$(node_dir "$1")/interfaces"
}
stop() {
  local pid d
  d=$(node_dir "$1")
  if pid=$(node_pid "$1"); then
    kill -9 "$pid"
    for _ in $(seq 200); do [ -d "/proc/$pid" ] || break; sleep 0.1; done
  fi
  if [ -e "/run/netns/$(node_ns "$1")" ]; then ip netns del "$(node_ns "$1")"; fi
  cgroup_remove "$1"
  rm -f "$d/unshare.pid"
}
for n in "$@"; do [ -d "$(node_dir "$n")" ] || die "no such node: $n"; done
for n in "$@"; do cut_cable "$n"; done
for n in "$@"; do stop "$n"; done
