#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# build.sh: a Debian 12 disk as a VM template would have it, and its kernel and initrd, in $BOOT_CACHE; made anew only when
# this script or guest/ changed. Needs root and a Debian mirror.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" = 0 ] || die "root is needed"
mkdir -p "$BOOT_CACHE"
exec 9>"$BOOT_CACHE/.lock"; flock 9
stamp=$(cat "$BOOT_DIR/build.sh" "$BOOT_DIR"/guest/* | sha256sum | cut -d' ' -f1)
[ "$(cat "$BOOT_CACHE/stamp" 2>/dev/null)" != "$stamp" ] || exit 0

missing=()
for p in mmdebstrap qemu-system-x86 qemu-utils e2fsprogs libarchive-tools jq debian-archive-keyring dpkg-dev gnupg; do
  dpkg -s "$p" >/dev/null 2>&1 || missing+=("$p")
done
if [ ${#missing[@]} -gt 0 ]; then
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
fi

w=$(mktemp -d "$BOOT_CACHE/build.XXXXXX"); trap 'rm -rf "$w"' EXIT
packages=systemd,systemd-sysv,systemd-resolved,dbus,libpam-systemd,udev,cloud-init,netplan.io,linux-image-cloud-amd64
packages+=,initramfs-tools,zstd,kmod,e2fsprogs,mount,util-linux,procps,iproute2,ca-certificates,openssl,openssh-server,sudo
packages+=,python3,curl,less,tar,gzip,containerd,runc
if [ "$(cat "$BOOT_CACHE/packages" 2>/dev/null)" != "$packages" ]; then
  log "installing Debian 12 for the emulated machines: two minutes, more on a busy machine"
  sources=(/etc/apt/sources.list.d/debian.sources)
  [ -e "${sources[0]}" ] || sources=(/etc/apt/sources.list)
  [ -s "${sources[0]}" ] || sources=()
  # shellcheck disable=SC2016  # expanded by the hook's shell
  mmdebstrap --variant=minbase --components=main --aptopt='Acquire::Languages "none"' --aptopt='APT::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --essential-hook='mkdir -p "$1/etc/initramfs-tools/conf.d"; echo COMPRESS=zstd >"$1/etc/initramfs-tools/conf.d/boot"' \
    --include="$packages" bookworm "$w/rootfs.tar" "${sources[@]}" 2>"$BOOT_CACHE/build.log" ||
    { tail -20 "$BOOT_CACHE/build.log" >&2; die "mmdebstrap failed; see $BOOT_CACHE/build.log"; }
  mv "$w/rootfs.tar" "$BOOT_CACHE/rootfs.tar"
  echo "$packages" >"$BOOT_CACHE/packages"
fi
r=$w/rootfs
mkdir "$r"; tar -C "$r" --numeric-owner -xpf "$BOOT_CACHE/rootfs.tar"

# A template: no identity of its own, one root file system. containerd runs already, with its package's configuration, as it
# does in many images; everything else comes from the bundle.
: >"$r/etc/machine-id"; rm -f "$r/var/lib/dbus/machine-id" "$r"/etc/ssh/ssh_host_*
echo localhost >"$r/etc/hostname"
echo '/dev/vda / ext4 errors=remount-ro 0 1' >"$r/etc/fstab"
ln -sf ../run/systemd/resolve/stub-resolv.conf "$r/etc/resolv.conf"
chroot "$r" systemctl -q enable systemd-networkd systemd-resolved cloud-init-local cloud-init cloud-config cloud-final
echo 'locale: C.UTF-8' >"$r/etc/cloud/cloud.cfg.d/90-boot.cfg"
# An emulated processor should not spend its time on what has nothing to do with the boot.
for u in apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer dpkg-db-backup.timer getty@tty1.service; do
  ln -sf /dev/null "$r/etc/systemd/system/$u"
done
install -m 755 "$BOOT_DIR/guest/boot-check" "$r/usr/local/sbin/boot-check"
install -m 755 "$BOOT_DIR/guest/api-server.py" "$r/usr/local/sbin/boot-api-server"
install -m 644 "$BOOT_DIR/guest/boot-check.service" "$r/etc/systemd/system/boot-check.service"
chroot "$r" systemctl -q enable boot-check

cp "$r"/boot/vmlinuz-* "$w/vmlinuz"; cp "$r"/boot/initrd.img-* "$w/initrd"
cp "$r/var/lib/dpkg/status" "$w/packages-of-image"
truncate -s 4G "$w/disk.raw"
mke2fs -q -t ext4 -d "$r" "$w/disk.raw"
rm -rf "$BOOT_CACHE"/{vmlinuz,initrd,disk.raw,packages-of-image}
mv "$w"/{vmlinuz,initrd,disk.raw,packages-of-image} "$BOOT_CACHE/"
echo "$stamp" >"$BOOT_CACHE/stamp"
log "disk: $(du -h "$BOOT_CACHE/disk.raw" | cut -f1)"
