#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# down.sh [--keep-logs]: stop all nodes and remove everything the lab made (namespaces, cgroups, loop devices, disks),
# also what a killed run or a lost state directory left behind.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need_root
case $LAB_STATE in ''|/|"$HOME") die "bad LAB_STATE" ;; esac
# Above 1 the variable belongs to every lab of the machine, so the last one puts it back.
restore_inotify() {
  local old=$LAB_CACHE/run/inotify.old ns
  [ -s "$old" ] || return 0
  for ns in /run/netns/*-sw; do if [ -e "$ns" ]; then return 0; fi; done
  cat "$old" >/proc/sys/fs/inotify/max_user_instances || true
  rm -f "$old"
}

for n in $(nodes); do "$LAB_DIR/kill.sh" "$n" || true; done
for ns in "/run/netns/$LAB_NAME"-*; do      # nodes whose state directory is gone
  ns=${ns##*/}
  if [ "$ns" = "$SW" ] || [ ! -e "/run/netns/$ns" ]; then continue; fi
  log "removing $ns, left by an earlier run"
  ip netns pids "$ns" | xargs -r kill -9 2>/dev/null || true
  ip netns del "$ns"
done
"$LAB_DIR/mirror/down.sh"
if [ -e "/run/netns/$SW" ]; then ip netns del "$SW"; fi
while IFS=$'\t' read -r mp own; do
  g=$mp${own%/}/$LAB_NAME-lab
  for _ in $(seq 20); do      # what was just killed may not be gone yet
    [ -d "$g" ] || break
    find "$g" -depth -type d -exec rmdir {} \; 2>/dev/null || sleep 0.2
  done
done < <(cgroup_mounts)
losetup -n -O NAME,BACK-FILE | while read -r dev file; do
  case $file in "$LAB_STATE"/nodes/*) losetup -d "$dev" || true ;; esac
done
restore_inotify
if [ "${1:-}" = --keep-logs ]; then
  for n in $(nodes); do rm -rf "$(node_dir "$n")"/disk{,.img}; done
else
  rm -rf "$LAB_STATE"
fi
log "lab $LAB_NAME is down"
