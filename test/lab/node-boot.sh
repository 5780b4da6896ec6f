#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# First process of a node: builds the root file system in private namespaces, then becomes systemd.
# Called by start.sh as:  unshare --mount --uts --ipc --pid --cgroup --fork node-boot.sh NODE_STATE_DIR
set -euo pipefail
D=$1
# shellcheck source=/dev/null
. "$D/env"       # ROOTFS PAYLOAD PAYLOAD_MOUNT NODE DISK_GB
R=$D/merged
mount --make-rprivate /

# The node's disk: a sparse ext4 image on a loop device (freed with the last mount), so that the kubelet sees the free
# space of a disk of its own; with DISK_GB=0 a plain directory of the machine's disk.
mkdir -p "$D/disk" "$R"
if [ "$DISK_GB" != 0 ]; then
  if [ ! -e "$D/disk.img" ]; then truncate -s "${DISK_GB}G" "$D/disk.new"; mkfs.ext4 -q -F -m 0 "$D/disk.new"; mv "$D/disk.new" "$D/disk.img"; fi
  mount -o loop,discard "$D/disk.img" "$D/disk"
fi
mkdir -p "$D"/disk/{upper,work,vol/containerd,vol/kubelet}; chmod 755 "$D/disk/upper"
# Only a disk that never booted gets the seed: once a node has scrubbed it, a reboot must not bring it back.
if [ ! -e "$D/disk/seeded" ]; then
  s=$D/disk/upper/var/lib/cloud/seed/nocloud
  mkdir -p "$s"; cp "$D"/seed/* "$s/"; chmod 700 "$D/disk/upper/var/lib/cloud/seed"; touch "$D/disk/seeded"
fi
mount -t overlay overlay -o "lowerdir=$ROOTFS,upperdir=$D/disk/upper,workdir=$D/disk/work" "$R"
# Plain directories where overlayfs would be nested (containerd's snapshots) and where the kubelet measures its disk.
for v in containerd kubelet; do mkdir -p "$R/var/lib/$v"; mount --bind "$D/disk/vol/$v" "$R/var/lib/$v"; done
if [ -n "$PAYLOAD" ]; then
  mkdir -p "$R$PAYLOAD_MOUNT"; mount --bind "$PAYLOAD" "$R$PAYLOAD_MOUNT"; mount -o remount,bind,ro "$R$PAYLOAD_MOUNT"
fi

mount -t tmpfs -o mode=755,nosuid,nodev tmpfs "$R/run"; mkdir -p "$R/run/lock"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$R/tmp"

# /dev: only what a container needs, plus kmsg (kubelet), fuse and tun.
mount -t tmpfs -o mode=755,nosuid tmpfs "$R/dev"
mkdir "$R"/dev/{pts,shm,mqueue,net}
while read -r name maj min mode; do mknod -m "$mode" "$R/dev/$name" c "$maj" "$min"; done <<E
null 1 3 666
zero 1 5 666
full 1 7 666
random 1 8 666
urandom 1 9 666
tty 5 0 666
kmsg 1 11 644
fuse 10 229 600
net/tun 10 200 666
E
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$R/dev/pts"
ln -s pts/ptmx "$R/dev/ptmx"
ln -s /proc/self/fd "$R/dev/fd"; ln -s fd/0 "$R/dev/stdin"; ln -s fd/1 "$R/dev/stdout"; ln -s fd/2 "$R/dev/stderr"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$R/dev/shm"
mount -t mqueue mqueue "$R/dev/mqueue"
if t=$(tty); then touch "$R/dev/console"; mount --bind "$t" "$R/dev/console"; fi

# /proc, with the machine's kernel settings out of reach: everything under /proc/sys but net (which belongs to the
# node's network namespace) is a private copy. Writing works and reads back, and changes nothing outside.
mount -t proc -o nosuid,nodev,noexec proc "$R/proc"
mkdir "$D/sys.$$"; mount -t tmpfs tmpfs "$D/sys.$$"
for s in "$R"/proc/sys/*; do
  s=${s##*/}; [ "$s" = net ] && continue
  cp -r --no-preserve=all "$R/proc/sys/$s" "$D/sys.$$/$s" 2>/dev/null || true
done
cat /proc/sys/kernel/random/uuid >"$D/sys.$$/kernel/random/boot_id"      # every boot of every node has its own
for s in "$D/sys.$$"/*; do mount --bind "$s" "$R/proc/sys/${s##*/}"; done
REAL=$D/proc.$$; mkdir "$REAL"; mount -t proc proc "$REAL"
for s in kernel/hostname kernel/domainname kernel/random/uuid kernel/random/entropy_avail; do
  mount --bind "$REAL/sys/$s" "$R/proc/sys/$s"
done
umount "$REAL"; rmdir "$REAL"
umount -l "$D/sys.$$"; rmdir "$D/sys.$$"
if [ -e "$R/proc/sysrq-trigger" ]; then mount --bind "$R/dev/null" "$R/proc/sysrq-trigger"; fi

# /sys read-only: keeps udevd from starting, networkd then takes interfaces as they are.
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$R/sys"

# cgroup v1, seen from the node's own cgroup namespace. cgroup2 is left out (its controllers are in use by v1), so
# that systemd, runc and the kubelet all agree on v1.
mount -t tmpfs -o mode=755,nosuid,nodev,noexec tmpfs "$R/sys/fs/cgroup"
awk '$3=="cgroup"{print $2, $4}' /proc/mounts | while read -r mp opts; do
  case $mp in "$R"/*) continue ;; esac
  o=$(printf %s "$opts" | tr , '\n' | grep -vxE 'rw|ro|relatime|noatime|nosuid|nodev|noexec|seclabel' | paste -sd, -)
  mkdir -p "$R/sys/fs/cgroup/${mp##*/}"
  mount -t cgroup -o "$o" cgroup "$R/sys/fs/cgroup/${mp##*/}"
done
mount -o remount,ro "$R/sys/fs/cgroup"     # systemd shall not mount further v1 hierarchies of the machine

cd "$R"
mkdir -p .old
mount --make-rprivate "$R" 2>/dev/null || true
pivot_root . .old
cd /
umount -l /.old
rmdir /.old 2>/dev/null || true
mount --make-rshared /        # the kubelet wants shared propagation
hostname localhost
# No module loading, no clock setting (chrony must not touch the machine's clock).
exec setpriv --bounding-set=-sys_module,-sys_time,-wake_alarm --inh-caps=-all -- \
  env -i container=lxc TERM=dumb PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --log-target=journal
