#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# start.sh NODE…: power on prepared nodes, all at once; a node that ran before boots its old disk again.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need_root
[ $# -ge 1 ] || die "usage: start.sh NODE…"

# One namespace per node, one veth per interface of its network-config, all on the switch's bridge.
plug_in() {
  local node=$1 ns name mac port i=0
  ns=$(node_ns "$node")
  if [ -e "/run/netns/$ns" ]; then ip netns del "$ns"; fi
  ip netns add "$ns"
  while read -r name mac _; do
    port=$(printf 'p%s-%d' "$(printf %s "$node" | cksum | cut -d' ' -f1)" $i)
    ip -n "$SW" link del "$port" 2>/dev/null || true
    ip -n "$SW" link add "$port" type veth peer name "$name" netns "$ns" ${mac:+address "$mac"}
    ip -n "$SW" link set "$port" master br0 up
    i=$((i+1))
  done <"$(node_dir "$node")/interfaces"
}

power_on() {
  local node=$1 d p
  d=$(node_dir "$node")
  if node_pid "$node" >/dev/null; then log "$node already runs"; return 0; fi
  plug_in "$node"
  cat >"$d/env" <<ENV
NODE=$node
ROOTFS=$LAB_ROOTFS
PAYLOAD=$(if [ -d "$LAB_PAYLOAD" ] && [ -n "$LAB_PAYLOAD_MOUNT" ]; then echo "$LAB_PAYLOAD"; fi)
PAYLOAD_MOUNT=$LAB_PAYLOAD_MOUNT
DISK_GB=$LAB_DISK_GB
ENV
  date +%s.%N >"$d/started"
  rm -f "$d/unshare.pid"
  # `script` gives the node a console (a pty) and keeps its output; setsid detaches it from the caller.
  LAB_NODE=$node setsid nice -n "$LAB_NICE" script -qaf -c "'$LAB_DIR/launch.sh' '$d' '$(node_ns "$node")'" "$d/console.log" \
    </dev/null >/dev/null 2>&1 7>&- 8>&- 9>&- &
  for _ in $(seq 300); do
    if p=$(node_pid "$node") && [ "$(cat "/proc/$p/comm" 2>/dev/null)" = systemd ]; then return 0; fi
    sleep 0.1
  done
  tail -5 "$d/console.log" >&2
  die "$node did not start; see $d/console.log"
}

for n in "$@"; do [ -e "$(node_dir "$n")/prepared" ] || die "no such node: $n"; done
pids=()
for n in "$@"; do power_on "$n" & pids+=($!); done
for p in "${pids[@]}"; do wait "$p" || die "a node did not start"; done
