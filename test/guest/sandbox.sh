#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# sandbox.sh ROOT COMMAND…: runs COMMAND in ROOT as on a guest: this machine's programs, ROOT's own /etc, /var, /run and
# /usr/local. Called in a mount namespace of its own, so that nothing of it is left and nothing outside ROOT is written.
set -eu
root=$1
shift
for dir in bin sbin lib lib64; do
	# where /usr is not merged, they are directories
	[ -L "/$dir" ] || [ ! -d "/$dir" ] || mount --rbind "/$dir" "$root/$dir"
done
mount --bind /usr "$root/usr"
mount -o remount,bind,ro "$root/usr"
mount --bind "$root/local" "$root/usr/local"
# where Debian's awk and others really are
mount --bind /etc/alternatives "$root/etc/alternatives"
mount -t proc proc "$root/proc"
# this machine's swap, memory and start are not the guest's
for file in swaps meminfo stat; do
	[ ! -e "$root/tmp/$file" ] || mount --bind "$root/tmp/$file" "$root/proc/$file"
done
for device in null zero urandom; do
	mount --bind "/dev/$device" "$root/dev/$device"
done
code=0
chroot "$root" "$@" || code=$?
# a machine stays on: what the command left running goes on until it has ended, or for 5 s
for _ in $(seq 50); do
	set -- "$root"/proc/[0-9]*
	[ $# -gt 1 ] || break
	sleep 0.1
done
exit "$code"
