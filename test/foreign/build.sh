#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# build.sh: make the judges, once, in $CACHE/foreign:
#   rootfs/   Debian 12 with the programs that read the documents on a guest: cloud-init, netplan, haproxy, keepalived,
#             containerd, systemd, nft, ufw.
#             They are called with chroot and never installed on this machine, whose next boot they would change.
#   netplan-SUITE/   the netplan of each Ubuntu in $NETPLANS, with the libraries it needs, not installed
#   powershell/   a grammar of PowerShell (npm: tree-sitter-powershell, web-tree-sitter) for Node.js
#   bin/      kubectl, containerd and each kubeadm of $KUBEADMS, built from their unmodified Go modules with the flags of the
#             lab, so that the two builds share Go's build cache
# Needs root, a Debian mirror, for $NETPLANS one of Ubuntu ($UBUNTU_MIRROR), a Go module proxy, and npm with its registry.
set -euo pipefail
umask 022
DIR=${CACHE:-$HOME/.cache/hakube-test}/foreign
LAB=${LAB_CACHE:-$HOME/.cache/hakube-lab}
: "${KUBEADMS:?such as 1.30.14 1.37.2}"
SRC=$DIR/src BIN=$DIR/bin
mkdir -p "$SRC" "$BIN"
exec 9>"$DIR/.lock"; flock 9

log() { printf '%s %s\n' "$(date +%H:%M:%S)" "$*" >&2; }
die() { log "error: $*"; exit 1; }

# logged NAME COMMAND…: run COMMAND, which is chatty, and show what it said only when it fails.
logged() {
  local name=$1 start=$SECONDS; shift
  log "foreign: $name"
  "$@" >"$DIR/$name.log" 2>&1 || { tail -n 20 "$DIR/$name.log" >&2; die "$name failed; see $DIR/$name.log"; }
  log "foreign: $name took $((SECONDS - start)) s"
}

host_packages() {
  local p missing=()
  for p in mmdebstrap debian-archive-keyring shellcheck openssl dash util-linux iproute2; do
    dpkg -s "$p" >/dev/null 2>&1 || missing+=("$p")
  done
  [ ${#missing[@]} = 0 ] && return
  logged apt-update apt-get update
  DEBIAN_FRONTEND=noninteractive logged apt-install apt-get install -y --no-install-recommends "${missing[@]}"
}

rootfs() {
  local packages=cloud-init,netplan.io,haproxy,keepalived,containerd,systemd,nftables,ufw,openssl,python3-yaml,ca-certificates
  [ "$(cat "$DIR/rootfs.stamp" 2>/dev/null)" != "$packages" ] || return 0
  local sources=(/etc/apt/sources.list.d/debian.sources)
  [ -e "${sources[0]}" ] || sources=(/etc/apt/sources.list)
  [ -s "${sources[0]}" ] || sources=()
  rm -rf "$DIR/rootfs"
  logged rootfs mmdebstrap --variant=minbase --components=main --aptopt='Acquire::Languages "none"' \
    --aptopt='APT::Install-Recommends "false"' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --include="$packages" bookworm "$DIR/rootfs" "${sources[@]}"
  echo "$packages" >"$DIR/rootfs.stamp"
}

# extract DIR PACKAGE SUITE SOURCE…: a package of Ubuntu and all that it needs, unpacked.
extract() {
  local dir=$1 package=$2 suite=$3; shift 3
  rm -rf "$dir" "$dir.new"
  mmdebstrap --variant=extract --aptopt='Acquire::Languages "none"' --aptopt='APT::Install-Recommends "false"' \
    --include="$package" "$suite" "$dir.new" "$@" && mv "$dir.new" "$dir"
}

# netplan SUITE: Debian has no package with Ubuntu's keys. They come unsigned, and are used only if they are the known ones:
# 790BC7277767219C42C86F933B4FE6ACC0B21F32 (2012), F6ECB3762474EDA9D21B7022871920D1991BC93C (2018).
netplan() {
  local mirror=${UBUNTU_MIRROR:-http://archive.ubuntu.com/ubuntu} keys=$DIR/ubuntu-keys/usr/share/keyrings/ubuntu-archive-keyring.gpg
  [ ! -e "$DIR/netplan-$1/lib/netplan/generate" ] || return 0
  [ -e "$keys" ] || logged ubuntu-keys extract "$DIR/ubuntu-keys" ubuntu-keyring focal "deb [trusted=yes] $mirror focal main"
  echo "1a4dd63e5c76728960a2edddae22e2e0fc53df8e8b87806deb971030ac704eb0  $keys" | sha256sum --quiet -c || die "these are not Ubuntu's keys"
  logged "netplan-$1" extract "$DIR/netplan-$1" netplan.io "$1" \
    "deb [signed-by=$keys] $mirror $1 main" "deb [signed-by=$keys] $mirror $1-updates main"
}

# The newest releases whose WebAssembly fits together; nothing of them is run at installation.
powershell() {
  local modules=(tree-sitter-powershell@0.26.4 web-tree-sitter@0.27.1)
  [ "$(cat "$DIR/powershell/stamp" 2>/dev/null)" != "${modules[*]}" ] || return 0
  mkdir -p "$DIR/powershell"
  command -v npm >/dev/null || logged npm apt-get install -qy --no-install-recommends nodejs npm
  logged powershell npm install --prefix "$DIR/powershell" --ignore-scripts --no-audit --no-fund "${modules[@]}"
  echo "${modules[*]}" >"$DIR/powershell/stamp"
}

# module NAME MODULE VERSION: a module of our own that requires MODULE, in $SRC/NAME; go fills in the rest.
module() {
  local go dir=$SRC/$1 mod
  mkdir -p "$dir"; cd "$dir"
  mod=$(cd / && GOFLAGS=-mod=mod go mod download -json "$2@$3" | sed -n 's/^\t"GoMod": "\(.*\)",$/\1/p')
  go=$(awk '$1 == "go" { print $2; exit }' "$mod")
  printf 'module lab/%s\n\ngo %s\n\nrequire %s %s\n' "${1%%-*}" "$go" "$2" "$3" >go.mod
  # Kubernetes' staging modules are "v0.0.0" inside its repository; their published versions replace them
  { echo; echo 'replace ('
    awk '$1 ~ /^k8s.io\// && $2 == "v0.0.0" { print $1 }' "$mod" | sort -u | while read -r staging; do
      echo "  $staging => $staging $(published "$staging" "v0.${3#v1.}")"
    done
    echo ')'; } >>go.mod
}

# published MODULE VERSION: VERSION, or the first of its minor where the proxy does not have it. Not every proxy has all of
# the thirty modules at every patch release; kubeadm uses types of most, if anything.
published() {
  if ( cd / && GOFLAGS=-mod=mod go mod download "$1@$2" ) >/dev/null 2>&1; then echo "$2"; else echo "${2%.*}.0"; fi
}
build() { CGO_ENABLED=0 GOFLAGS='-mod=mod -buildvcs=false' nice -n 10 go build -trimpath "$@"; }

# borrow PROGRAM MODULE VERSION: bin/PROGRAM-VERSION from a lab, where one has it of this version.
borrow() {
  local lab
  for lab in "$LAB/bin" "$LAB/$3/bin"; do
    if go version -m "$lab/$1" 2>/dev/null | grep -q "^.mod.$2.$3\b"; then cp "$lab/$1" "$BIN/$1-$3"; return; fi
  done
  return 1
}

# kubernetes VERSION PROGRAM…: bin/PROGRAM-VERSION
kubernetes() {
  local version=$1 p m minor=${1#v1.} flags; shift
  flags="-s -w"
  for m in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    flags+=" -X $m.gitVersion=$version -X $m.gitMajor=1 -X $m.gitMinor=${minor%%.*} -X $m.gitTreeState=clean"
  done
  for p in "$@"; do
    [ ! -x "$BIN/$p-$version" ] || continue
    if borrow "$p" k8s.io/kubernetes "$version"; then continue; fi
    [ -e "$SRC/kubernetes-$version/go.sum" ] || module "kubernetes-$version" k8s.io/kubernetes "$version"
    cd "$SRC/kubernetes-$version"
    logged "$p-$version" build -ldflags "$flags" -o "$BIN/$p-$version.new" "k8s.io/kubernetes/cmd/$p"
    mv "$BIN/$p-$version.new" "$BIN/$p-$version"
  done
}

containerd() {
  local version=$1 p=github.com/containerd/containerd/v2
  [ ! -x "$BIN/containerd-$version" ] || return 0
  if borrow containerd "$p" "$version"; then return; fi
  module containerd "$p" "$version"
  logged "containerd-$version" build -tags 'osusergo netgo static_build no_btrfs no_devmapper no_zfs' \
    -ldflags "-s -w -X $p/version.Version=$version" -o "$BIN/containerd-$version.new" "$p/cmd/containerd"
  mv "$BIN/containerd-$version.new" "$BIN/containerd-$version"
}

[ "$(id -u)" = 0 ] || die "root is needed"
command -v go >/dev/null || die "go is needed"
host_packages
rootfs
powershell
for suite in ${NETPLANS:-}; do netplan "$suite"; done
kubernetes v1.37.2 kubectl
for version in $KUBEADMS; do kubernetes "v$version" kubeadm; done
containerd v2.4.2
