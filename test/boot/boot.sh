#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# boot.sh: hakube-seed's own ISOs as the CD-ROM of emulated machines with a real kernel, udev, cloud-init and systemd.
#   1. a load balancer: its sequence completes, HAProxy serves
#   2. a control plane: the sequence runs in order up to kubeadm, which is not a real one here, and says so
#   3. the load balancer's disk again, with the control plane's medium in the drive: nothing changes, and it says why
# Software comes from a second CD-ROM, which `bundle create` made.
# One line per check, then "N passed, N failed". What was seen stays in $BOOT_OUT.
# shellcheck disable=SC2016  # jq programs and a file of dollar signs
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=../lab/secrets.sh
. "$BOOT_PROJECT/test/lab/secrets.sh"
# shellcheck source=bundle.sh
. "$BOOT_DIR/bundle.sh"
"$BOOT_DIR/build.sh"
passed=0 failed=0
ok() { passed=$((passed+1)); printf 'ok    %s\n' "$1"; }
bad() { failed=$((failed+1)); printf 'FAIL  %s\n' "$1"; if [ -n "${2:-}" ]; then head -20 <<<"$2" | sed 's/^/      | /'; fi; }
# check NAME WANTED FILE: an extended regular expression that must match a line of the file.
check() { if grep -qE -e "$2" "$3"; then ok "$1"; else bad "$1: no line like $2" "$(cat "$3")"; fi; }
same() { if [ "$2" = "$3" ]; then ok "$1"; else bad "$1: $2, wanted $3"; fi; }

media() {
  rm -rf "${BOOT_OUT:?}"; mkdir -p "$BOOT_OUT"; chmod 700 "$BOOT_OUT"
  ( cd "$BOOT_PROJECT" && go build -o "$BOOT_OUT/hakube-seed" ./cmd/hakube-seed )
  "$BOOT_OUT/hakube-seed" gen "${BOOT_INVENTORY:-$BOOT_DIR/inventory.yaml}" -o "$BOOT_OUT/media" --secrets "$BOOT_OUT/secrets" >"$BOOT_OUT/gen.log" 2>&1 ||
    { cat "$BOOT_OUT/gen.log" >&2; die "gen did not make the media"; }
  write_patterns "$BOOT_OUT/secrets/" "$BOOT_OUT/patterns"
}

# machine NAME DISK CARDS ISO…: boot a disk with these media until it powers itself off; NAME.console and NAME.dump stay.
# CARDS are MAC addresses; all cards are on one cable, but for those written MAC@dhcp, which are on one with a DHCP server.
machine() {
  local name=$1 disk=$2 cards=$3 i=0 iso card n=0 drives=() nics=(); shift 3
  for card in $cards; do
    case $card in *@dhcp) nics+=(-netdev "user,id=n$n,restrict=on") ;; *) nics+=(-netdev "hubport,id=n$n,hubid=0") ;; esac
    nics+=(-device "virtio-net-pci,netdev=n$n,mac=${card%@dhcp}"); n=$((n+1))
  done
  for iso in "$@"; do drives+=(-drive "file=$iso,media=cdrom,if=ide,index=$i,readonly=on"); i=$((i+1)); done
  timeout -k 10 $((BOOT_TIMEOUT + 120)) qemu-system-x86_64 -name "$name" -machine pc -accel tcg -cpu "${BOOT_CPU:-Westmere}" -smp 1 -m "$BOOT_MEMORY" \
    -nodefaults -no-reboot -display none -rtc base=utc \
    -kernel "$BOOT_CACHE/vmlinuz" -initrd "$BOOT_CACHE/initrd" \
    -append "root=/dev/vda rw console=ttyS0 net.ifnames=1 quiet loglevel=4 boot_check_limit=$BOOT_TIMEOUT" \
    -drive "file=$disk,if=virtio,format=qcow2,cache=unsafe" "${drives[@]}" \
    "${nics[@]}" -device virtio-rng-pci \
    -serial "file:$BOOT_OUT/$name.console" -serial "file:$BOOT_OUT/$name.dump" >"$BOOT_OUT/$name.qemu" 2>&1 || true
  mkdir -p "$BOOT_OUT/$name"
  # one file per section
  tr -d '\r' <"$BOOT_OUT/$name.dump" | awk -v d="$BOOT_OUT/$name" '/^=== /{f=d "/" $2; printf "" >f; next} f{print >f}'
  tr -d '\r' <"$BOOT_OUT/$name.console" >"$BOOT_OUT/$name/console"
}
disk() { qemu-img create -q -f qcow2 -b "$BOOT_CACHE/disk.raw" -F raw "$BOOT_OUT/$1.qcow2"; }

# reported NAME: did this machine come to its report at all?
reported() {
  if [ -e "$BOOT_OUT/$1/end" ]; then ok "$1: booted, reported and powered off, at $(cat "$BOOT_OUT/$1/uptime") s"; return 0; fi
  bad "$1: no report within $BOOT_TIMEOUT s" "$(tail -20 "$BOOT_OUT/$1/console"; cat "$BOOT_OUT/$1.qemu")"; return 1
}
state() { jq -r "$2" "$BOOT_OUT/$1/status" 2>/dev/null || echo "not JSON"; }

# What holds for every first boot of a node NAME with ADDRESS.
first_boot() {
  local n=$1 d=$BOOT_OUT/$1
  check "$n: cloud-init finds NoCloud on the CD-ROM" 'DataSourceNoCloud \[seed=/dev/sr[01]\]' "$d/datasource"
  # runcmd ends in an error when the sequence does; nothing else may
  same "$n: cloud-init has no error of its own" "$(jq -r '[.v1.errors[] | select(test("scripts-user") | not)] | join(" ")' "$d/datasource")" ""
  same "$n: host name" "$(cat "$d/hostname")" "$n"
  check "$n: address" "inet $2/24 " "$d/addresses"
  check "$n: default route" '^default via 10\.1\.10\.1 ' "$d/routes"
  check "$n: login user" '^hakube:x:[0-9]+:[0-9]+:.*:/home/hakube:/bin/bash$' "$d/users"
  check "$n: login user may become root" '^sudo:x:[0-9]+:.*hakube' "$d/users"
  check "$n: SSH key" ' boot@test$' "$d/keys"
  check "$n: netplan has the medium's address" "$2/24" "$d/netplan"
  check "$n: time zone" '/Asia/Seoul$' "$d/timezone"
  check "$n: extra file with its mode" '^640 root /root/boot-extra$' "$d/modes"
  same "$n: extra file with its content" "$(sed -n 's|  /root/boot-extra$||p' "$d/machine")" \
    "$(printf '"quoted" $HOME `id` {{ braces }} ünïcode\n' | sha256sum | cut -d' ' -f1)"
  if grep -qaFf "$BOOT_OUT/patterns/all" "$BOOT_OUT/$n.console" "$d/status" "$d/journal"; then bad "$n: a secret on the console, in the status or the journal"
  else ok "$n: no secret on the console, in the status or the journal"; fi
  same "$n: steps ran in the order of runcmd" "$(state "$n" '[.steps[] | select(.state == "done")] as $s | ($s | sort_by(.started) | map(.name)) == ($s | map(.name)) and ($s | length) > 3')" true
}

load_balancer() {
  local d=$BOOT_OUT/boot-lb
  reported boot-lb || return 0
  first_boot boot-lb 10.1.10.100
  same "boot-lb: its sequence is complete" "$(state boot-lb .state)" complete
  same "boot-lb: every step is done" "$(state boot-lb '[.steps[] | select(.state != "done") | .name] | join(" ")')" ""
  same "boot-lb: cloud-init has no error at all" "$(jq -c .v1.errors "$d/datasource")" "[]"
  check "boot-lb: the console tells the end" 'hakube: boot-lb: complete \([0-9]+ s\)' "$d/console"
  check "boot-lb: HAProxy comes from the bundle" '^haproxy [^ ]+ install ok installed$' "$d/packages"
  check "boot-lb: HAProxy listens on 6443" '^LISTEN .*[*0]:6443 ' "$d/listening"
  check "boot-lb: no API server, no service" '^without a control plane: none' "$d/balanced"
  check "boot-lb: HAProxy serves an API server that appears" '^with a control plane: ok from behind the load balancer$' "$d/balanced"
  same "boot-lb: no user-data is left" "$(grep -E 'user-data|cloud-config|obj.pkl|scripts/runcmd' "$d/seed" || true)" ""
}

control_plane() {
  local d=$BOOT_OUT/boot-cp1
  reported boot-cp1 || return 0
  first_boot boot-cp1 10.1.10.101
  check "boot-cp1: the card is found by its MAC address" '52:54:00:0a:01:65' "$d/netplan"
  # hakube.service tries again every 30 s: the report may come in the middle of an attempt
  same "boot-cp1: the sequence stops at kubeadm" "$(state boot-cp1 .step)" init
  same "boot-cp1: every step before is done" "$(state boot-cp1 '[.steps[] | select(.state=="done") | .name] | join(" ")')" \
    "${BOOT_STEPS:-preflight identity hosts swap kernel time packages runtime images}"
  check "boot-cp1: the status says why" '"failure":"[^"]*kubeadm init did not succeed' "$d/status"
  check "boot-cp1: the console says why" 'hakube: boot-cp1: init: failed \(attempt [0-9]+, [0-9]+ s\): .*kubeadm init did not succeed' "$d/console"
  for p in kubelet kubeadm kubectl cri-tools kubernetes-cni conntrack socat iptables ethtool ebtables; do
    check "boot-cp1: $p is installed" "^$p [^ ]+ (install|hold) ok installed\$" "$d/packages"
  done
  same "boot-cp1: what is held" "$(paste -sd' ' "$d/held")" "containerd kubeadm kubectl kubelet"
  same "boot-cp1: images, all pinned" "$(sort -u "$d/images" | paste -sd' ')" "$(printf '%s pinned\n' "${IMAGES[@]}" | sort | paste -sd' ')"
  same "boot-cp1: one console line per step" "$(state boot-cp1 '.steps[] | select(.state=="done").name' | while read -r s; do grep -qE "hakube: boot-cp1: $s: done" "$d/console" || echo "no $s"; done)" ""
}

# The control plane's three cards, as the inventory wants them; QEMU's DHCP server gives 10.0.2.15 and a gateway.
networks() {
  local d=$BOOT_OUT/boot-cp1
  [ -e "$d/end" ] || return 0
  check "boot-cp1: the bond is active-backup" '^Bonding Mode: fault-tolerance \(active-backup\)' "$d/bonds"
  same "boot-cp1: members of the bond" "$(sed -n 's/^Permanent HW addr: //p' "$d/bonds" | sort | paste -sd' ')" "52:54:00:0a:01:65 52:54:00:0a:01:66"
  same "boot-cp1: the bond looks after its cables" "$(grep -c '^MII Status: up' "$d/bonds")" 3
  check "boot-cp1: VLAN 10" ' cluster@bond0: .* mtu 1400 .* vlan protocol 802.1Q id 10 ' "$d/vlans"
  check "boot-cp1: VLAN 20" ' storage@bond0: .* mtu 2000 .* vlan protocol 802.1Q id 20 ' "$d/vlans"
  check "boot-cp1: MTU of the bond" ' bond0: .* mtu 2000 ' "$d/links"
  same "boot-cp1: MTU of the cards" "$(sed -n 's/^[0-9]*: en[a-z0-9]*: .* mtu \([0-9]*\) .*/\1/p' "$d/links" | sort | paste -sd' ')" "1300 2000 2000"
  check "boot-cp1: IPv4 address on the VLAN" ' cluster +inet 10\.1\.10\.101/24 ' "$d/addresses"
  check "boot-cp1: IPv6 address on the VLAN" ' cluster +inet6 fd00:10::101/64 ' "$d/addresses"
  check "boot-cp1: address of the storage" ' storage +inet 10\.50\.0\.101/24 ' "$d/addresses"
  check "boot-cp1: address by DHCP" ' en[a-z0-9]+ +inet 10\.0\.2\.15/24 ' "$d/addresses"
  same "boot-cp1: every other address" "$(awk '$4 !~ /^fe80:/ && $2 != "lo" {print $2}' "$d/addresses" | wc -l)" 4
  same "boot-cp1: default routes" "$(sed -n 's/^\(default via [^ ]* dev [^ ]*\) .*/\1/p' "$d/routes" "$d/routes6" | paste -sd,)" \
    "default via 10.1.10.1 dev cluster,default via fe80::1 dev cluster"
  check "boot-cp1: static route" '^10\.60\.0\.0/16 via 10\.50\.0\.1 dev storage ' "$d/routes"
  same "boot-cp1: nameservers" "$(sed -n 's/^nameserver //p' "$d/names" | paste -sd' ')" 10.1.10.1
}

wrong_medium() {
  local a=$BOOT_OUT/boot-lb b=$BOOT_OUT/boot-lb-again difference
  reported boot-lb-again || return 0
  difference=$(diff "$a/machine" "$b/machine" || true)
  if [ -z "$difference" ]; then ok "boot-lb-again: $(wc -l <"$a/machine") files of the machine are as they were"; else bad "boot-lb-again: files changed" "$difference"; fi
  same "boot-lb-again: host name" "$(cat "$b/hostname")" boot-lb
  same "boot-lb-again: addresses" "$(awk '/inet / {print $2, $4}' "$b/addresses" | grep -v cp0)" "$(awk '/inet / {print $2, $4}' "$a/addresses" | grep -v cp0)"
  same "boot-lb-again: users" "$(cat "$b/users")" "$(cat "$a/users")"
  same "boot-lb-again: still complete" "$(state boot-lb-again .state)" complete
  check "boot-lb-again: the status says why nothing changed" 'the medium in /dev/sr[01] is .*boot-cp1.*nothing was changed' "$b/status"
  check "boot-lb-again: the console says why nothing changed" 'hakube: boot-lb: medium: the medium in /dev/sr[01] is .*boot-cp1.*nothing was changed' "$b/console"
  check "boot-lb-again: HAProxy serves" '^with a control plane: ok from behind the load balancer$' "$b/balanced"
}

media
make_bundle || die "the bundle could not be made"
disk boot-lb
disk boot-cp1
log "booting a load balancer and a control plane"
machine boot-lb "$BOOT_OUT/boot-lb.qcow2" 52:54:00:0a:01:64 "$BOOT_OUT/media/boot-lb.iso" "$BOOT_OUT/bundle.iso" &
lb=$!
machine boot-cp1 "$BOOT_OUT/boot-cp1.qcow2" "52:54:00:0a:01:67@dhcp 52:54:00:0a:01:65 52:54:00:0a:01:66" "$BOOT_OUT/media/boot-cp1.iso" "$BOOT_OUT/bundle.iso" &
cp=$!
wait $lb
if [ -e "$BOOT_OUT/boot-lb/end" ]; then
  log "booting the load balancer's disk again, with the control plane's medium"
  machine boot-lb-again "$BOOT_OUT/boot-lb.qcow2" 52:54:00:0a:01:64 "$BOOT_OUT/media/boot-cp1.iso"
else mkdir -p "$BOOT_OUT/boot-lb-again"; : >"$BOOT_OUT/boot-lb-again/console"; fi
wait $cp
load_balancer
control_plane
networks
wrong_medium
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
