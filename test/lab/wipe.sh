#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# wipe.sh NODE…: give stopped nodes new empty disks; start.sh then boots them from their media like machines never seen before.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need_root
[ $# -ge 1 ] || die "usage: wipe.sh NODE…"
for n in "$@"; do
  d=$(node_dir "$n")
  [ -e "$d/prepared" ] || die "no such node: $n"
  if node_pid "$n" >/dev/null; then die "$n runs: kill.sh $n first"; fi
  rm -rf "$d/disk" "$d/disk.img" "$d/disk.new" "$d/console.log"
done
