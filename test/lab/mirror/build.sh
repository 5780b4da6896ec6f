#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# mirror/build.sh: what nodes with `software: apt` fetch, once, in $LAB_CACHE/mirror; after ../build.sh:
#   www/core:/stable:/v1.37/deb/  a flat repository as pkgs.k8s.io has it: kubelet, kubeadm, kubectl, cri-tools, kubernetes-cni,
#                                 signed by a key made here; its fingerprint is in the file fingerprint
#   www/debian*/                  Debian's own signed indices, and of its packages those that a node lacks
#   images/                       an OCI layout of the payload's images
#   bin/mirror                    the server of all that (main.go)
# and $LAB_CACHE/rootfs-apt, the lab's rootfs without what such nodes install by themselves. Containerd and runc are Debian's.
# Needs: root, Debian packages, a Go module proxy.
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../steps.sh
. "$LAB_DIR/steps.sh"
# shellcheck source=repository.sh
. "$LAB_DIR/mirror/repository.sh"
need_root
CRICTL=${LAB_CRICTL_VERSION:-v1.36.0}        # the newest that the Go module proxy has, one minor behind the payload's
ORIGIN=${LAB_DEBIAN:-http://deb.debian.org}  # below it: debian, debian-security
MIRROR=$LAB_CACHE/mirror
SRC=$MIRROR/src STAMP=$MIRROR/stamps WWW=$MIRROR/www BIN=$MIRROR/bin
SUITES=(debian/bookworm debian/bookworm-updates debian-security/bookworm-security)
# What a node may install from Debian, and what therefore is not in the rootfs of such nodes.
INSTALL=(ca-certificates conntrack socat iptables ethtool ebtables haproxy keepalived containerd)
ABSENT=(conntrack socat iptables nftables ethtool ebtables ipset haproxy keepalived runc curl)
version() { sed -n "s/^$1 v//p" "$LAB_CACHE/payload/VERSIONS"; }
mkdir -p "$SRC" "$STAMP" "$WWW" "$BIN"
exec 9>"$MIRROR/.lock"; flock 9

host_packages() {
  local p miss=()
  for p in gnupg gpgv dpkg-dev xz-utils nftables; do
    dpkg -s "$p" >/dev/null 2>&1 || miss+=("$p")
  done
  [ ${#miss[@]} = 0 ] && return 0
  apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${miss[@]}"
}

# -mod=readonly: the versions are those of go.mod
server() { cd "$LAB_DIR/mirror"; gobuild -mod=readonly -ldflags '-s -w' -o "$BIN/mirror" .; }

crictl() {
  gomod crictl sigs.k8s.io/cri-tools "$CRICTL"
  gobuild -ldflags "-s -w -X sigs.k8s.io/cri-tools/pkg/version.Version=$CRICTL" -o "$BIN/crictl" sigs.k8s.io/cri-tools/cmd/crictl
}

rootfs() {
  local r=$LAB_CACHE/rootfs-apt
  rm -rf "$r.new"; cp -a "$LAB_CACHE/rootfs" "$r.new"
  DEBIAN_FRONTEND=noninteractive chroot "$r.new" apt-get purge -y --auto-remove "${ABSENT[@]}"
  rm -rf "$r"; mv "$r.new" "$r"
}

# Names, dependencies and places of files are those of the real packages; the binaries are the payload's.
packages() {
  local d k p=$LAB_CACHE/payload s=$LAB_DIR/payload-systemd unit=usr/lib/systemd/system
  k=$(version kubernetes)
  d=$(mktemp -d "$MIRROR/packages.XXXXXX"); cd "$d"
  mkdir -p deb/amd64
  install -D -m 755 "$p/bin/kubelet" kubelet/usr/bin/kubelet
  # the payload's unit waits for containerd, the package's does not
  mkdir -p "kubelet/$unit"; sed '/^After=/s/ containerd.service//' "$s/kubelet.service" >"kubelet/$unit/kubelet.service"
  # the real package brings this file, too: it empties whatever another drop-in has put into the variable
  mkdir -p kubelet/etc/default; echo KUBELET_EXTRA_ARGS= >kubelet/etc/default/kubelet
  install -D -m 644 /dev/null kubelet/var/lib/kubelet/.kubelet-keep
  install -D -m 644 /dev/null kubelet/etc/kubernetes/manifests/.kubelet-keep
  # it is not enabled by its package
  mkdir kubelet/DEBIAN
  printf '%s\n' '#!/bin/sh' 'if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi' >kubelet/DEBIAN/postinst
  chmod 755 kubelet/DEBIAN/postinst
  deb kubelet "$k-1.1" $'Depends: kubernetes-cni (>= 1.2.0), mount, util-linux\nRecommends: iptables (>= 1.8.4)' "Node agent for Kubernetes clusters"
  install -D -m 755 "$p/bin/kubeadm" kubeadm/usr/bin/kubeadm
  install -D -m 644 "$s/10-kubeadm.conf" "kubeadm/$unit/kubelet.service.d/10-kubeadm.conf"
  deb kubeadm "$k-1.1" '' "Command-line utility for administering a Kubernetes cluster"
  install -D -m 755 "$p/bin/kubectl" kubectl/usr/bin/kubectl
  deb kubectl "$k-1.1" '' "Command-line utility for interacting with a Kubernetes cluster"
  install -D -m 755 "$BIN/crictl" cri-tools/usr/bin/crictl
  deb cri-tools "${CRICTL#v}-1.1" '' "Command-line utility for interacting with a container runtime"
  mkdir -p kubernetes-cni/opt/cni/bin; install -m 755 "$p"/cni/* kubernetes-cni/opt/cni/bin/
  install -D -m 644 /dev/null kubernetes-cni/etc/cni/net.d/.kubernetes-cni-keep
  deb kubernetes-cni "$(version cni-plugins)-1.1" '' "Binaries required to provision kubernetes container networking"
  sign deb
  repository=$WWW/core:/stable:/v${k%.*}
  rm -rf "$repository"; mkdir -p "$repository"; mv deb "$repository/deb"
  mv fingerprint "$MIRROR/fingerprint"
  rm -rf "$d"
}

# resolve ARGS…: apt-get as a node would use it: with the rootfs's package list, and nothing of this machine's settings.
resolve() {
  local d=$MIRROR/apt s
  rm -f "$d/sources.list"; mkdir -p "$d"/{lists/partial,archives/partial,etc}
  for s in "${SUITES[@]}"; do
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $ORIGIN/${s%/*} ${s#*/} main" >>"$d/sources.list"
  done
  APT_CONFIG=/dev/null apt-get -o Dir::Etc="$d/etc" -o Dir::Etc::sourcelist="$d/sources.list" -o Dir::Etc::sourceparts=- \
    -o Dir::State::lists="$d/lists" -o Dir::State::status="$LAB_CACHE/rootfs-apt/var/lib/dpkg/status" \
    -o Dir::State::extended_states="$LAB_CACHE/rootfs-apt/var/lib/apt/extended_states" -o Dir::Cache="$d" \
    -o Acquire::Languages=none -o APT::Sandbox::User=root -o Debug::NoLocking=true "$@"
}

# Each index is fetched under its hash: Debian keeps those of yesterday, so that InRelease and index always fit together.
debian() {
  local s r hash uri path file w=$WWW.new
  rm -rf "$w" "$MIRROR/apt"
  resolve update
  for s in "${SUITES[@]}"; do
    r=$w/${s%/*}/dists/${s#*/}
    mkdir -p "$r/main/binary-amd64/by-hash/SHA256"
    cp "$MIRROR"/apt/lists/*_"${s%/*}_dists_${s#*/}_InRelease" "$r/InRelease"
    hash=$(sed -n '/^SHA256:/,/^[^ ]/s|^ \([0-9a-f]*\) *[0-9]* main/binary-amd64/Packages.xz$|\1|p' "$r/InRelease")
    [ -n "$hash" ] || { echo "$s: InRelease names no main/binary-amd64/Packages.xz"; return 1; }
    file=$r/main/binary-amd64/by-hash/SHA256/$hash
    curl -fsS --retry 3 -o "$file" "$ORIGIN/${s%/*}/dists/${s#*/}/main/binary-amd64/by-hash/SHA256/$hash"
    echo "$hash  $file" | sha256sum -c --quiet
    ln "$file" "$r/main/binary-amd64/Packages.xz"
  done
  resolve -qq --print-uris --no-install-recommends install "${INSTALL[@]}" >"$MIRROR/apt/uris"
  resolve -y --download-only --no-install-recommends install "${INSTALL[@]}"      # checks what it fetches
  while read -r uri file _; do
    path=${uri#"'$ORIGIN/"} path=${path%"'"}
    printf -v path %b "${path//%/\\x}"
    install -D -m 644 "$MIRROR/apt/archives/$file" "$w/$path"
  done <"$MIRROR/apt/uris"
  rm -rf "$WWW"/debian*
  mv "$w"/debian* "$WWW/"; rm -rf "$w" "$MIRROR/apt"
}

images() {
  rm -rf "$MIRROR/images.new"
  "$BIN/mirror" images "$MIRROR/images.new" "$LAB_CACHE"/payload/images/*/*.tar
  rm -rf "$MIRROR/images"; mv "$MIRROR/images.new" "$MIRROR/images"
}

# expires: when the first of Debian's signatures here does, in seconds; its security archive signs for a week.
expires() {
  sed -n 's/^Valid-Until: //p' "$WWW"/debian*/dists/*/InRelease | while read -r d; do date -d "$d" +%s; done | sort -n | head -1
}

scripts() { cat "$0" "$LAB_DIR/mirror/repository.sh" | cksum; }

step mirror-host-packages host_packages
again() { rm -f "${@/#/$STAMP/mirror-}"; }      # again STEP…: not done after all
if [ "$LAB_CACHE/stamps/payload" -nt "$STAMP/payload" ] || [ "$(cat "$STAMP/script" 2>/dev/null)" != "$(scripts)" ]; then
  again crictl rootfs packages debian images
fi
for s in "$LAB_CACHE"/stamps/rootfs*; do
  if [ "$s" -nt "$STAMP/mirror-rootfs" ]; then again rootfs debian; fi
done
program=$(cat "$LAB_DIR"/mirror/{main.go,go.mod,go.sum} | cksum)
if [ "$(cat "$STAMP/program" 2>/dev/null)" != "$program" ]; then again server; fi
if [ -e "$STAMP/mirror-debian" ] && [ "$(expires)" -lt "$(( $(date +%s) + 86400 ))" ]; then again debian; fi
step mirror-server server
step mirror-crictl crictl
step mirror-rootfs rootfs
step mirror-packages packages
step mirror-debian debian
step mirror-images images
echo "$program" >"$STAMP/program"; scripts >"$STAMP/script"; touch "$STAMP/payload"
log "ready: $MIRROR ($(du -sh "$WWW" | cut -f1) packages, $(du -sh "$MIRROR/images" | cut -f1) images, $(du -sh "$LAB_CACHE/rootfs-apt" | cut -f1) rootfs), signed by $(cat "$MIRROR/fingerprint")"
