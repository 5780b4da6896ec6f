#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# prepare.sh SEED_DIR: rack every seed in SEED_DIR as a node that is still powered off; prints the names of new nodes.
# A seed is <hostname>.iso (a NoCloud ISO) or a directory <hostname>/ with user-data, meta-data and network-config.
# A second call with another SEED_DIR adds nodes to the same lab; nodes that already exist are left alone.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need_root
seeds=${1:?usage: prepare.sh SEED_DIR}
[ -d "$seeds" ] || die "no such directory: $seeds"
[ -n "$(cgroup_mounts)" ] || die "no cgroup v1 hierarchies here: the lab does not do pure cgroup v2 yet"
[ -d "$LAB_ROOTFS" ] || die "no rootfs in $LAB_CACHE: run build.sh first"
mkdir -p "$LAB_STATE/nodes" "$LAB_CACHE/run"
exec 9>"$LAB_STATE/.lock"; flock 9

# network-config (version 1 or 2) -> "IF name mac" and "GW address/prefix" lines, read with the rootfs's own python.
parse_network() {
  chroot "$LAB_ROOTFS" /usr/bin/python3 -c '
import sys, yaml, ipaddress
d = yaml.safe_load(sys.stdin) or {}
d = d.get("network", d)
nets = []
def gateway(gw, addrs):
    for a in addrs:
        i = ipaddress.ip_interface(a)
        if ipaddress.ip_address(gw) in i.network: nets.append("%s/%d" % (gw, i.network.prefixlen))
if d.get("version") == 2:
    n = 0
    for key, e in (d.get("ethernets") or {}).items():
        e = e or {}; m = e.get("match") or {}
        name = e.get("set-name") or m.get("name") or key
        if any(c in name for c in "*?["): name = "eth%d" % n
        print("IF", name, (m.get("macaddress") or e.get("macaddress") or "").lower()); n += 1
        addrs = [a if isinstance(a, str) else list(a)[0] for a in e.get("addresses") or []]
        for r in e.get("routes") or []:
            if r.get("via"): gateway(r["via"], addrs)
        if e.get("gateway4"): gateway(e["gateway4"], addrs)
else:
    for c in d.get("config") or []:
        if c.get("type") == "physical":
            print("IF", c["name"], (c.get("mac_address") or "").lower())
            for s in c.get("subnets") or []:
                a = s.get("address")
                if a and s.get("gateway"):
                    gateway(s["gateway"], [a if "/" in a else "%s/%s" % (a, s.get("netmask", "24"))])
for n in nets: print("GW", n)
'
}

make_switch() {
  [ ! -e "/run/netns/$SW" ] || return 0
  ip netns add "$SW"
  ip -n "$SW" link set lo up
  ip -n "$SW" link add br0 type bridge forward_delay 0
  ip -n "$SW" link set br0 up
  # frames between nodes are not this namespace's packets to filter
  # shellcheck disable=SC2016  # expanded by the shell inside
  ip netns exec "$SW" sh -c 'for f in /proc/sys/net/bridge/bridge-nf-call-*; do echo 0 >"$f"; done' 2>/dev/null || true
}

# Each node needs about 25 inotify instances, and root has 128 of them on the whole machine by default. Without them
# the kubelet and systemd fail in odd ways. down.sh of the last lab puts the old value back.
raise_inotify() {
  local i=/proc/sys/fs/inotify/max_user_instances
  [ "$(cat $i)" -lt 1024 ] || return 0
  if [ ! -e "$LAB_CACHE/run/inotify.old" ]; then cat $i >"$LAB_CACHE/run/inotify.old"; fi
  echo 1024 >$i || log "cannot raise $i"
}

# This kernel may lack iso9660: what cloud-init would read from the mounted ISO is unpacked, for NoCloud's seed directory.
unpack() {   # unpack SEED DIR
  local l f
  if [ -d "$1" ]; then cp "$1"/* "$2/"; else
    l=$(blkid -p -o value -s LABEL "$1" || true)
    [ "${l,,}" = cidata ] || die "$1: volume label is '$l', NoCloud looks for 'cidata'"
    bsdtar -xf "$1" -C "$2"
  fi
  for f in user-data meta-data; do [ -e "$2/$f" ] || die "$1 has no $f"; done
}

rack() {   # rack NAME SEED
  local d gw
  [[ $1 =~ ^[a-z0-9]([a-z0-9-]*[a-z0-9])?$ ]] || die "not a host name: $1"
  d=$(node_dir "$1")
  rm -rf "$d"; mkdir -p "$d/seed"; chmod 700 "$d/seed"
  unpack "$2" "$d/seed"
  if [ -e "$d/seed/network-config" ]; then parse_network <"$d/seed/network-config" >"$d/network"; else echo 'IF eth0 ' >"$d/network"; fi
  sed -n 's/^IF //p' "$d/network" >"$d/interfaces"
  while read -r gw; do
    ip -n "$SW" addr add "$gw" dev br0 2>/dev/null || true
  done < <(sed -n 's/^GW //p' "$d/network" | sort -u)
  date +%s >"$d/prepared-at"; touch "$d/prepared"
}

make_switch
raise_inotify
for s in "$seeds"/*; do
  n=$(basename "$s" .iso)
  if [ -d "$s" ]; then [ -e "$s/user-data" ] || continue; else case $s in *.iso) ;; *) continue ;; esac; fi
  if [ -e "$(node_dir "$n")/prepared" ]; then continue; fi
  rack "$n" "$s"
  echo "$n"
done
