#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# build.sh: make everything the lab needs, once, in $LAB_CACHE:
#   rootfs/   Debian 12 with cloud-init and the packages a prepared VM template would have (a stand-in for the template)
#   bin/      Kubernetes, containerd, CoreDNS, etcd, CNI plugins, built from their unmodified Go modules; lab-cni from cni/
#   payload/  the offline payload: bin/ cni/ images/{node,control-plane}/ manifests/ systemd/ VERSIONS SHA256SUMS
# With LAB_K8S_VERSION, bin/ and payload/ of that Kubernetes in $LAB_CACHE/$LAB_K8S_VERSION.
# Every step leaves a stamp and is skipped next time. Needs: root, Debian packages, a Go module proxy.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=steps.sh
. "$LAB_DIR/steps.sh"
need_root
K8S=$LAB_K8S_VERSION
CONTAINERD=${LAB_CONTAINERD_VERSION:-v2.4.2}
CNI=${LAB_CNI_VERSION:-v1.9.1}
SUITE=${LAB_SUITE:-bookworm}
SRC=$LAB_CACHE/src BIN=$LAB_CACHE/bin STAMP=$LAB_CACHE/stamps
mkdir -p "$SRC" "$BIN/cni" "$STAMP"
exec 9>"$LAB_CACHE/.build.lock"; flock 9

host_packages() {
  local p miss=()
  for p in mmdebstrap xorriso libarchive-tools iproute2 procps util-linux bsdutils libcap2-bin curl jq debian-archive-keyring ca-certificates; do
    dpkg -s "$p" >/dev/null 2>&1 || miss+=("$p")
  done
  [ ${#miss[@]} = 0 ] && return 0
  apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${miss[@]}"
}

debian() {   # debian VARIANT OUT PACKAGES: from this machine's own Debian sources, else mmdebstrap's default
  local src=(/etc/apt/sources.list.d/debian.sources)
  [ -e "${src[0]}" ] || src=(/etc/apt/sources.list)
  [ -s "${src[0]}" ] || src=()
  mmdebstrap --variant="$1" --components=main --aptopt='Acquire::Languages "none"' \
    --aptopt='APT::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --include="$3" "$SUITE" "$2" "${src[@]}"
}

rootfs() {
  debian minbase "$LAB_CACHE/rootfs.tar" systemd,systemd-sysv,systemd-resolved,dbus,libpam-systemd,udev,cloud-init,netplan.io,haproxy,keepalived,conntrack,socat,iptables,nftables,ipset,ebtables,ethtool,chrony,kmod,iproute2,iputils-ping,curl,ca-certificates,openssl,openssh-server,sudo,procps,jq,runc,less,util-linux,e2fsprogs,mount,tar,xz-utils,gzip,python3,netcat-openbsd
  rm -rf "$LAB_ROOTFS.new"; mkdir "$LAB_ROOTFS.new"
  tar -C "$LAB_ROOTFS.new" --numeric-owner -xpf "$LAB_CACHE/rootfs.tar"; rm "$LAB_CACHE/rootfs.tar"
  rm -rf "$LAB_ROOTFS"; mv "$LAB_ROOTFS.new" "$LAB_ROOTFS"
}

# What makes the rootfs a template, and what only the lab needs.
rootfs_setup() {
  local r=$LAB_ROOTFS u
  : >"$r/etc/machine-id"; rm -f "$r/var/lib/dbus/machine-id" "$r"/etc/ssh/ssh_host_*; : >"$r/etc/fstab"
  ln -sf ../run/systemd/resolve/stub-resolv.conf "$r/etc/resolv.conf"
  echo localhost >"$r/etc/hostname"
  chroot "$r" systemctl enable systemd-networkd systemd-resolved cloud-init-local cloud-init cloud-config cloud-final >/dev/null 2>&1
  chroot "$r" systemctl disable haproxy keepalived >/dev/null 2>&1 || true       # enabled by the seeds that want them
  # lab only: no real hardware, no package timers, and five journals need not read one kernel's log
  for u in getty.target console-getty.service getty@tty1.service apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer \
           fstrim.timer dpkg-db-backup.timer systemd-udev-trigger.service systemd-udevd.service sys-kernel-debug.mount \
           sys-kernel-tracing.mount systemd-remount-fs.service; do
    ln -sf /dev/null "$r/etc/systemd/system/$u"
  done
  mkdir -p "$r/etc/systemd/journald.conf.d"
  printf '[Journal]\nReadKMsg=no\nStorage=persistent\nSystemMaxUse=64M\n' >"$r/etc/systemd/journald.conf.d/lab.conf"
  # lab only: a veth has no permanent MAC address, which netplan's "match: macaddress" makes networkd ask for
  mkdir -p "$r/etc/systemd/system/systemd-networkd.service.d"
  printf '[Service]\nExecStartPre=+-/bin/sh -c "sed -i s/^PermanentMACAddress=/MACAddress=/ /run/systemd/network/*.network"\n' \
    >"$r/etc/systemd/system/systemd-networkd.service.d/lab.conf"
  # lab only: shims for cgroup v1 and for a missing CAP_SYS_RESOURCE, each only where this machine needs it
  rm -f "$r"/usr/local/sbin/{kubeadm,runc} "$r/etc/systemd/system/kubelet.service.d/99-lab.conf"
  if [ ! -e /sys/fs/cgroup/cgroup.controllers ]; then
    install -m 755 "$LAB_DIR/shims/kubeadm" "$r/usr/local/sbin/kubeadm"
    install -D -m 644 "$LAB_DIR/shims/kubelet.conf" "$r/etc/systemd/system/kubelet.service.d/99-lab.conf"
  fi
  if ! capsh --has-p=cap_sys_resource 2>/dev/null; then install -m 755 "$LAB_DIR/shims/runc" "$r/usr/local/sbin/runc"; fi
  # no other locale is installed; cloud-init's default en_US.UTF-8 would make its locale module fail
  echo 'locale: C.UTF-8' >"$r/etc/cloud/cloud.cfg.d/90-lab.cfg"
}

kubernetes() {
  gomod kubernetes k8s.io/kubernetes "$K8S"
  local lib=v0.${K8S#v1.} m ld minor=${K8S#v1.}
  # the staging modules are "v0.0.0" inside the repository; their published versions replace them
  { echo; echo 'replace ('
    awk '$1 ~ /^k8s.io\// && $2=="v0.0.0" {print $1}' "$(go env GOMODCACHE)/k8s.io/kubernetes@$K8S/go.mod" | sort -u |
      while read -r m; do echo "  $m => $m $lib"; done
    echo ')'; } >>go.mod
  ld="-s -w"
  for m in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    ld+=" -X $m.gitVersion=$K8S -X $m.gitMajor=1 -X $m.gitMinor=${minor%%.*} -X $m.gitTreeState=clean"
  done
  for m in kubeadm kubectl kubelet kube-proxy kube-scheduler kube-apiserver kube-controller-manager; do
    [ -x "$BIN/$m" ] || gobuild -ldflags "$ld" -o "$BIN/$m" "k8s.io/kubernetes/cmd/$m"
  done
}
etcd() {
  gomod etcd go.etcd.io/etcd/server/v3 "$ETCD"; gobuild -ldflags '-s -w' -o "$BIN/etcd" go.etcd.io/etcd/server/v3
  gomod etcdctl go.etcd.io/etcd/etcdctl/v3 "$ETCD"; gobuild -ldflags '-s -w' -o "$BIN/etcdctl" go.etcd.io/etcd/etcdctl/v3
}
containerd() {
  gomod containerd github.com/containerd/containerd/v2 "$CONTAINERD"
  local p=github.com/containerd/containerd/v2
  gobuild -tags 'osusergo netgo static_build no_btrfs no_devmapper no_zfs' -ldflags "-s -w -X $p/version.Version=$CONTAINERD" \
    -o "$BIN/" $p/cmd/containerd $p/cmd/containerd-shim-runc-v2 $p/cmd/ctr
}
coredns() {
  gomod coredns github.com/coredns/coredns "$COREDNS"
  gobuild -ldflags "-s -w -X github.com/coredns/coredns/coremain.GitCommit=$COREDNS" -o "$BIN/coredns" github.com/coredns/coredns
}
cni() {
  local p=github.com/containernetworking/plugins/plugins
  gomod cni github.com/containernetworking/plugins "$CNI"
  gobuild -ldflags '-s -w' -o "$BIN/cni/" $p/main/{bridge,loopback,ptp,host-device} $p/ipam/{host-local,static} $p/meta/{portmap,bandwidth,firewall,tuning}
}
# our own pod network; -mod=readonly: the versions are those of cni/go.mod
lab_cni() { cd "$LAB_DIR/cni"; gobuild -mod=readonly -ldflags '-s -w' -o "$BIN/lab-cni" .; }
pause() {
  mkdir -p "$SRC/pause"; cd "$SRC/pause"; cp "$LAB_DIR/pause.go.txt" main.go; printf 'module lab/pause\n\ngo 1.20\n' >go.mod
  gobuild -ldflags '-s -w' -o "$BIN/pause" .
}
imagebase() { debian extract "$LAB_CACHE/imagebase-in.tar" busybox-static,iptables,nftables,conntrack,ipset,libc6,ca-certificates
  # usable without dpkg's scripts: a shell, cp, and the iptables names (nft flavour, as Debian's default)
  local d; d=$(mktemp -d); tar -C "$d" -xpf "$LAB_CACHE/imagebase-in.tar"
  local c; for c in sh cp mkdir ls cat; do [ -e "$d/bin/$c" ] || ln -s busybox "$d/bin/$c"; done
  for c in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do ln -sf xtables-nft-multi "$d/usr/sbin/$c"; done
  rm -rf "$d"/usr/share/{doc,man,locale} "$d"/var/cache "$d"/var/lib/apt
  mkdir -p "$d"/{tmp,run,proc,sys,dev}
  tar -C "$d" --sort=name --mtime=@0 --owner=0 --group=0 -cf "$LAB_CACHE/imagebase.tar" .
  rm -rf "$d" "$LAB_CACHE/imagebase-in.tar"
}

# image NAME: as this kubeadm asks for it; that the version table agrees is what make versions is for.
image() { "$BIN/kubeadm" config images list --kubernetes-version "$K8S" 2>/dev/null | grep "/$1:"; }

img() {   # img DIR NAME REF ENTRYPOINT-JSON BASE FILE=PATH…
  local dir=$1 name=$2 ref=$3 entry=$4 base=$5 r f; shift 5
  r=$(mktemp -d)
  for f in "$@"; do install -D -m 755 "$BIN/${f%%=*}" "$r/${f#*=}"; done
  "$LAB_DIR/mkimage.sh" "$LAB_BUILD/payload.new/images/$dir/$name.tar" "$ref" "$entry" "$r" "$base"
  rm -rf "$r"
}
payload() {
  local p=$LAB_BUILD/payload.new n b=$LAB_CACHE/imagebase.tar
  rm -rf "$p"; mkdir -p "$p"/{bin,cni,images/node,images/control-plane,manifests,systemd}
  for n in kubeadm kubelet kubectl containerd containerd-shim-runc-v2 ctr etcdctl; do ln "$BIN/$n" "$p/bin/$n"; done
  ln "$BIN"/cni/* "$p/cni/"
  for n in apiserver controller-manager scheduler; do
    img control-plane "kube-$n" "$(image "kube-$n")" "[\"/usr/local/bin/kube-$n\"]" "" "kube-$n=usr/local/bin/kube-$n"
  done
  img control-plane etcd "$(image etcd)" '["/usr/local/bin/etcd"]' "" etcd=usr/local/bin/etcd etcdctl=usr/local/bin/etcdctl
  img node kube-proxy "$(image kube-proxy)" '["/usr/local/bin/kube-proxy"]' "$b" kube-proxy=usr/local/bin/kube-proxy
  img node coredns "$(image coredns)" '["/coredns"]' "" coredns=coredns
  img node pause "$(image pause)" '["/pause"]' "" pause=pause
  local plugins=(); for n in bridge host-local loopback portmap; do plugins+=("cni/$n=usr/lib/lab-cni/$n"); done
  img node lab-cni lab/cni:v1 '["/usr/local/bin/lab-cni"]' "$b" lab-cni=usr/local/bin/lab-cni "${plugins[@]}"
  install -m 644 "$LAB_DIR/cni/lab-cni.yaml" "$p/manifests/"
  cp "$LAB_DIR"/payload-systemd/* "$p/systemd/"
  printf 'kubernetes %s\netcd %s\ncontainerd %s\ncoredns %s\ncni-plugins %s\n' "$K8S" "$ETCD" "$CONTAINERD" "$COREDNS" "$CNI" >"$p/VERSIONS"
  ( cd "$p" && find . -type f | sort | xargs sha256sum >../SHA256SUMS.new && mv ../SHA256SUMS.new SHA256SUMS )
  rm -rf "$LAB_BUILD/payload"; mv "$p" "$LAB_BUILD/payload"
}

command -v go >/dev/null || die "go is needed"
step host-packages host_packages
step rootfs rootfs
# anew when a shim changed, also in a cache that an older checkout filled
step "rootfs-setup-$(cat "$LAB_DIR"/shims/* | cksum | cut -d' ' -f1)" rootfs_setup
step pause pause
step cni cni
step containerd containerd
step lab-cni lab_cni
step imagebase imagebase
made=("$STAMP"/{pause,cni,containerd,lab-cni,imagebase})
if [ "$LAB_BUILD" != "$LAB_CACHE" ]; then
  SRC=$LAB_BUILD/src BIN=$LAB_BUILD/bin STAMP=$LAB_BUILD/stamps
  mkdir -p "$SRC" "$BIN/cni" "$STAMP"
  ln -f "$LAB_CACHE"/bin/{pause,containerd,containerd-shim-runc-v2,ctr,lab-cni} "$BIN"
  ln -f "$LAB_CACHE"/bin/cni/* "$BIN/cni"
fi
step kubernetes kubernetes
ETCD=${LAB_ETCD_VERSION:-$(image etcd | sed 's/.*:/v/; s/-[0-9]*$//')}
COREDNS=${LAB_COREDNS_VERSION:-$(image coredns | sed 's/.*://')}
step etcd etcd
step coredns coredns
for s in "${made[@]}" "$STAMP"/{kubernetes,etcd,coredns}; do
  if [ "$s" -nt "$STAMP/payload" ]; then rm -f "$STAMP/payload"; fi
done
step payload payload
log "ready: $LAB_BUILD ($(du -sh "$LAB_BUILD/payload" | cut -f1) payload, $(du -sh "$LAB_ROOTFS" | cut -f1) rootfs)"
for s in "$STAMP"/*; do printf '  %-14s %5s s\n' "${s##*/}" "$(cat "$s")" >&2; done
