#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# bundle.sh: the proof of `software: bundle` as `bundle create` makes it. The bundle is made from Debian's own repositories
# and from the lab's mirror (mirror/), verified, and its content is all that four machines without any of the software get.
# They become a cluster in a network where every packet to another one is dropped, counted and a failure. One line per check,
# then "N passed, N failed".
# shellcheck disable=SC2317  # checks are called by their names
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=run.sh
. "$LAB_DIR/run.sh"
need_root
mirror=$LAB_CACHE/mirror
results=$LAB_OUT/results
inventory=$LAB_OUT/lab-bundle.yaml
address=127.0.0.77 # of the mirror, while the bundle is made
seconds() { echo $(( $(date +%s) - $(cut -d. -f1 "$LAB_STATE/up-at") )); }
said() { if [ "$1" = 0 ]; then printf 'ok    %s\n' "$2"; else printf 'FAIL  %s\n' "$2"; fi | tee -a "$results"; }

# bundle_inventory: lab-apt.yaml with the bundle instead of repositories and registries.
bundle_inventory() {
  awk '/^software: apt/ {print "software: bundle\nbundle: {path: /opt/hakube-bundle}"; skip = 1; next} /^network:/ {skip = 0} !skip' \
    "$LAB_PROJECT/test/inventories/lab-apt.yaml" | sed "s|file: \.\./|file: $LAB_PROJECT/test/|" >"$inventory"
}

# make_bundle: create and verify; its content lies in $LAB_OUT/bundle, because this kernel cannot mount ISO 9660.
make_bundle() {
  local iso=$LAB_OUT/bundle.iso program=$LAB_OUT/hakube-seed code=0
  ( cd "$LAB_PROJECT" && go build -o "$program" ./cmd/hakube-seed )
  "$mirror/bin/mirror" serve $address "$mirror/www" "$mirror/images" >/dev/null 2>"$LAB_OUT/mirror.err" </dev/null 8>&- &
  server=$!
  "$program" bundle create "$inventory" -o "$iso" --base "$LAB_ROOTFS/var/lib/dpkg/status" \
    --kubernetes-repository "http://$address/core:/stable:/v1.37/deb" --kubernetes-fingerprint "$(cat "$mirror/fingerprint")" \
    --registry-mirror "registry.k8s.io=http://$address:5000" --registry-mirror "docker.io=http://$address:5000" >"$LAB_OUT/create.log" 2>&1 || code=$?
  kill "$server"; wait "$server" 2>/dev/null || true
  said $code "bundle create: $(tail -n 1 "$LAB_OUT/create.log")"
  [ $code = 0 ] || return 1
  "$program" bundle verify "$iso" "$inventory" --base "$LAB_ROOTFS/var/lib/dpkg/status" >"$LAB_OUT/verify.log" 2>&1 || code=$?
  said $code "bundle verify: $(tail -n 1 "$LAB_OUT/verify.log")"
  rm -rf "$LAB_OUT/bundle"; mkdir "$LAB_OUT/bundle"
  bsdtar -C "$LAB_OUT/bundle" -xf "$iso"
  chmod -R u+w "$LAB_OUT/bundle"
}

# border: what leaves the cluster's networks ends here. Services are no addresses of the nodes' network: before kube-proxy
# has its rules, a pod's packet to one takes the default route.
border() {
  ip netns exec "$SW" nft -f - <<'N'
table ip border {
  set asked { type ipv4_addr . ipv4_addr; flags dynamic; size 4096; }
  chain prerouting {
    type filter hook prerouting priority -300;
    ip daddr { 10.1.10.0/24, 192.168.0.0/22, 10.96.0.0/16, 224.0.0.0/4, 255.255.255.255 } accept
    add @asked { ip saddr . ip daddr } drop
  }
}
N
}

nobody_left() {
  local asked
  asked=$(ip netns exec "$SW" nft -j list set ip border asked | jq -r '[.nftables[].set? // empty | .elem[]? | .concat | join(" asked ")] | join(", ")')
  if [ -n "$asked" ]; then echo "packets to other networks: $asked"; return 1; fi
  echo "no node sent a packet to any other network"
}

from_bundle() {
  local n have
  for n in $("$LAB_DIR/roles.sh" control-plane worker); do
    for f in /usr/bin/kubelet /usr/bin/kubeadm /usr/bin/containerd /opt/cni/bin/bridge /usr/sbin/runc; do
      node_exec "$n" dpkg -S "$f" >/dev/null 2>&1 || { echo "$n: $f is of no package"; return 1; }
    done
    have=$(node_exec "$n" apt-mark showhold | sort | paste -sd' ')
    [ "$have" = 'containerd kubeadm kubectl kubelet' ] || { echo "$n holds: $have"; return 1; }
  done
  echo "every program is of a package of the bundle, and held"
}

check() { local out code=0; out=$("$1") || code=$?; said $code "${out:-$1 says nothing}"; }

claim
build
"$LAB_DIR/mirror/build.sh" 8>&-
command -v bsdtar >/dev/null || die "bsdtar is needed: apt-get install libarchive-tools"
export LAB_ROOTFS=$LAB_CACHE/rootfs-apt LAB_PAYLOAD=$LAB_OUT/bundle LAB_PAYLOAD_MOUNT=/opt/hakube-bundle
mkdir -p "$LAB_OUT"
: >"$results"
trap 'finish $? "$LAB_OUT/logs/bundle"' EXIT
clear
bundle_inventory
make_bundle
"$LAB_DIR/media.sh" "$inventory"
rack
border
mapfile -t all < <("$LAB_DIR/roles.sh")
power_on "${all[@]}"
if "$LAB_DIR/wait.sh"; then said 0 "complete $(seconds) s after power-on"; else said 1 "not complete"; fi
check nobody_left
check from_bundle
{ "$LAB_DIR/judge.sh" || true; } | tee -a "$results"
"$LAB_DIR/report.sh" || true
failed=$(grep -c '^FAIL ' "$results" || true)
echo "$(grep -c '^ok ' "$results" || true) passed, $failed failed"
[ "$failed" = 0 ]
