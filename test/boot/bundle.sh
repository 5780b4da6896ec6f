# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The bundle of the emulated machines, as a user makes one: `bundle create` with Debian's own repositories and with a
# repository and a registry on this machine. Kubernetes' packages have the real ones' names and dependencies, its images the
# real ones' names; its kubeadm knows its version and ends there. Sourced by boot.sh.
# shellcheck source=../lab/mirror/repository.sh
. "$BOOT_PROJECT/test/lab/mirror/repository.sh"
VERSION=1.37.2
IMAGES=(registry.k8s.io/kube-{apiserver,controller-manager,scheduler,proxy}":v$VERSION"
  registry.k8s.io/coredns/coredns:v1.14.6 registry.k8s.io/pause:3.10.2 registry.k8s.io/etcd:3.7.0-0)
MIRROR_ADDRESS=127.0.0.78 # the registry's port is 5000, and the lab's mirror has 127.0.0.77

program() { install -D -m 755 /dev/stdin "$1" <<<"$2"; }

# kubernetes_packages: in the current directory.
kubernetes_packages() {
  local unit=usr/lib/systemd/system
  mkdir -p deb/amd64
  program kubeadm/usr/bin/kubeadm $'#!/bin/sh\nif [ "$1" = version ]; then echo v'"$VERSION"$'; exit; fi\necho "the boot test ends here" >&2\nexit 1'
  install -D -m 644 "$BOOT_PROJECT/test/lab/payload-systemd/10-kubeadm.conf" "kubeadm/$unit/kubelet.service.d/10-kubeadm.conf"
  program kubelet/usr/bin/kubelet $'#!/bin/sh\nexit 1'
  install -D -m 644 "$BOOT_PROJECT/test/lab/payload-systemd/kubelet.service" "kubelet/$unit/kubelet.service"
  program kubectl/usr/bin/kubectl $'#!/bin/sh\nexit 1'
  program cri-tools/usr/bin/crictl $'#!/bin/sh\nexit 1'
  program kubernetes-cni/opt/cni/bin/bridge $'#!/bin/sh\nexit 1'
  deb kubelet $VERSION-1.1 $'Depends: kubernetes-cni (>= 1.2.0), mount, util-linux\nRecommends: iptables (>= 1.8.4)' "Node agent"
  deb kubeadm $VERSION-1.1 '' "Bootstrap"
  deb kubectl $VERSION-1.1 '' "Command line"
  deb cri-tools 1.37.0-1.1 '' "Runtime command line"
  deb kubernetes-cni 1.8.0-1.1 '' "Network plugins"
  sign deb
}

# make_bundle: $BOOT_OUT/bundle.iso
make_bundle() {
  local w=$BOOT_OUT/mirror server code=0
  mkdir -p "$w/www/core"
  ( cd "$BOOT_PROJECT/test/lab/mirror" && CGO_ENABLED=0 go build -mod=readonly -o "$w/mirror" . ) || return 1
  ( set -e; cd "$w"; kubernetes_packages; mv deb www/core/ ) >"$w/packages.log" 2>&1 || { tail "$w/packages.log" >&2; return 1; }
  "$w/mirror" placeholders "$w/images" "${IMAGES[@]}" || return 1
  "$w/mirror" serve $MIRROR_ADDRESS "$w/www" "$w/images" >"$w/mirror.log" 2>&1 &
  server=$!
  until (exec 3<>"/dev/tcp/$MIRROR_ADDRESS/5000") 2>/dev/null || ! kill -0 $server; do sleep 0.2; done
  "$BOOT_OUT/hakube-seed" bundle create "${BOOT_INVENTORY:-$BOOT_DIR/inventory.yaml}" -o "$BOOT_OUT/bundle.iso" --base "$BOOT_CACHE/packages-of-image" \
    --kubernetes-repository "http://$MIRROR_ADDRESS/core/deb" --kubernetes-fingerprint "$(cat "$w/fingerprint")" \
    --registry-mirror "registry.k8s.io=http://$MIRROR_ADDRESS:5000" --cache "$BOOT_CACHE/bundle" >"$BOOT_OUT/create.log" 2>&1 || code=$?
  kill $server; wait $server 2>/dev/null || true
  [ $code = 0 ] || { cat "$BOOT_OUT/create.log" >&2; return 1; }
  "$BOOT_OUT/hakube-seed" bundle verify "$BOOT_OUT/bundle.iso" "${BOOT_INVENTORY:-$BOOT_DIR/inventory.yaml}" --base "$BOOT_CACHE/packages-of-image" >"$BOOT_OUT/verify.log" 2>&1 ||
    { cat "$BOOT_OUT/verify.log" >&2; return 1; }
  log "$(grep MiB "$BOOT_OUT/create.log")"
}
