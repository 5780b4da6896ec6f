#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# ufw.sh ROOTFS SCRATCH GUEST: run the firewall step of the medium whose guest files lie in GUEST with the ufw of ROOTFS,
# and print the rules that the kernel then has. Called in mount, network and process namespaces of its own; ROOTFS
# stays as it is.
set -euo pipefail
rootfs=$1 scratch=$2 guest=$3
mount -t tmpfs tmpfs "$scratch"
mkdir "$scratch"/{upper,work,root}
root=$scratch/root
mount -t overlay overlay -o "lowerdir=$rootfs,upperdir=$scratch/upper,workdir=$scratch/work" "$root"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mkdir -p "$root/run/hakube" "$root/var/lib/hakube"
cp -r "$guest/." "$root/"
printf '#!/bin/sh\n' >"$root/usr/local/sbin/hakube"
printf '#!/bin/sh\n' >"$root/usr/local/sbin/systemctl"
chmod 755 "$root"/usr/local/sbin/*
ip link set lo up
in_guest() { chroot "$root" env -i PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
in_guest sh /usr/local/lib/hakube/steps/firewall >"$scratch/said" 2>&1 || { cat "$scratch/said"; exit 1; }
in_guest iptables -S
in_guest ip6tables -S
