#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# pair.sh [INVENTORY]: the proof that no load balancer is a single point of failure. A cluster behind two that share a virtual
# IP comes up from its media; then, while a client outside asks the API every 100 ms, the plug of the active one is pulled,
# it comes back, its HAProxy is stopped, and an API server loses its etcd. One line per check with what was measured, then
# "N passed, N failed". Where control planes balance, PAIR_LIMIT (ms) must leave etcd time to elect a leader.
# shellcheck disable=SC2317  # checks are called by their names
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=run.sh
. "$LAB_DIR/run.sh"
need_root
inventory=${1:-${LAB_INVENTORY:-$LAB_PROJECT/test/inventories/lab-pair.yaml}}
limit=${PAIR_LIMIT:-3000} # ms without an answer
results=$LAB_OUT/results
said() { if [ "$1" = 0 ]; then printf 'ok    %s\n' "$2"; else printf 'FAIL  %s\n' "$2"; fi | tee -a "$results"; }
now() { local t=$EPOCHREALTIME; echo $(( ${t%.*} * 1000 + 10#${t#*.} / 1000 )); }

# holders: the machines that have the virtual IP.
holders() {
  local n
  for n in "${routers[@]}"; do
    if node_pid "$n" >/dev/null && ip -n "$(node_ns "$n")" -o -4 addr show 2>/dev/null | grep -qF " $vip/"; then echo "$n"; fi
  done
}
# holder SECONDS: the one machine that has it, as soon as there is exactly one.
holder() {
  local end=$(( $(date +%s) + $1 )) list
  while :; do
    list=$(holders)
    if [ "$(wc -w <<<"$list")" = 1 ]; then echo "$list"; return 0; fi
    [ "$(date +%s)" -lt "$end" ] || { echo "the virtual IP is at: $(paste -sd' ' <<<"$list")" >&2; return 1; }
    sleep 0.1
  done
}

# ask: one request on a connection of its own, as a client that has just been started does it.
ask() { ip netns exec "$SW" curl -sf -o /dev/null --connect-timeout 0.3 --max-time 1 --cacert "$LAB_OUT/ca.crt" "$url/readyz"; }

# client FILE: every 100 ms until FILE.stop is there; FILE gets the time of each answer, and of each failure with a minus.
client() {
  local t left
  rm -f "$1.stop"
  while [ ! -e "$1.stop" ]; do
    t=$(now)
    if ask; then now; else echo "-$(now)"; fi
    left=$(( t + 100 - $(now) ))
    if [ $left -gt 0 ]; then sleep "0.$(printf %03d $left)"; fi
  done >"$1"
}
# measured FILE: requests, failures, and the longest time without an answer, from the first request to the last.
measured() {
  awk '{ t = $1 < 0 ? -$1 : $1 } NR == 1 { last = t } t - last > longest { longest = t - last } $1 > 0 { last = t } $1 < 0 { failed++ }
    END { printf "%d %d %d\n", NR, failed, longest }' "$1"
}

# during NAME SECONDS COMMAND…: run COMMAND in the middle of a client's requests; asked, failed and longest say how it went.
during() {
  local file=$LAB_OUT/client-$1 seconds=$2 pid; shift 2
  client "$file" 8>&- & pid=$!
  sleep 3
  "$@"
  sleep "$seconds"
  touch "$file.stop"
  wait $pid
  read -r asked failed longest < <(measured "$file")
}
verdict() { # verdict TEXT
  local rc=0
  [ "$longest" -le "$limit" ] || rc=1
  said $rc "$1: nothing for $longest ms at most ($failed of $asked requests failed)"
}

unplug() {
  local old new rc=0
  old=$(holder 30)
  during unplug 15 "$LAB_DIR/kill.sh" "$old"
  new=$(holder 5) || rc=1
  verdict "plug of $old pulled: $new has the virtual IP"
  during return 40 power_on "$old"
  [ "$(holder 5)" = "$new" ] || { rc=1; new="not $new any more but $(holders | paste -sd' ')"; }
  said $rc "$old is back, and the virtual IP stays at $new (nopreempt)"
  verdict "$old powered on again"
}

no_haproxy() {
  local old new
  old=$(holder 30)
  during haproxy 12 node_exec "$old" systemctl stop haproxy
  new=$(holder 5)
  verdict "HAProxy of $old stopped: $new has the virtual IP"
  [ "$old" != "$new" ] || said 1 "$old has the virtual IP without HAProxy"
  grep -aq "$old: virtual-ip: cannot take the virtual IP" "$(node_dir "$old")/console.log" || said 1 "the console of $old does not say why"
  node_exec "$old" systemctl start haproxy
}

# logged NODE TEXT: what HAProxy of NODE has logged first about the control plane $ill with TEXT, since $since.
logged() { node_exec "$1" journalctl --no-pager -q -t haproxy -o cat --since "@$since" | grep -a "/$ill is $2" | head -n 1 || true; }
wait_logged() {
  local end=$(( $(date +%s) + $3 ))
  until [ -n "$(logged "$1" "$2")" ]; do [ "$(date +%s)" -lt "$end" ] || return 1; sleep 0.2; done
}
ill_api() {
  local n rc=0 root since
  n=$(holder 30)
  root=$(node_root "$ill")
  since=$(date +%s)
  mv "$root/etc/kubernetes/manifests/etcd.yaml" "$root/etc/kubernetes/etcd.yaml"
  during etcd 20 wait_logged "$n" DOWN 60 || rc=1
  said $rc "etcd of $ill stopped, $n says: $(logged "$n" DOWN)"
  [[ $(logged "$n" DOWN) == *"code: 500"* ]] || said 1 "the API server of $ill was not marked down by its answer 500"
  verdict "an API server that answers 500"
  since=$(date +%s)
  mv "$root/etc/kubernetes/etcd.yaml" "$root/etc/kubernetes/manifests/etcd.yaml"
  rc=0; wait_logged "$n" UP 180 || rc=1
  said $rc "etcd of $ill is back: $(logged "$n" UP)"
}

claim
build
clear
trap 'finish $? "$LAB_OUT/logs"' EXIT
"$LAB_DIR/media.sh" "$inventory"
rm -f "$results"
rack
mapfile -t all < <("$LAB_DIR/roles.sh")
mapfile -t planes < <("$LAB_DIR/roles.sh" control-plane)
mapfile -t routers < <("$LAB_DIR/roles.sh" load-balancer)
if [ ${#routers[@]} = 0 ]; then routers=("${planes[@]}"); fi
ill=${planes[-1]}
url=$(kc config view -o json | jq -r '.clusters[0].cluster.server')
vip=${url#https://}; vip=${vip%:*}
kc config view --raw -o json | jq -r '.clusters[0].cluster["certificate-authority-data"]' | base64 -d >"$LAB_OUT/ca.crt"
power_on "${all[@]}"
"$LAB_DIR/wait.sh"
vrrp='' keepalived=$(node_root "${routers[0]}")/etc/keepalived/keepalived.conf
if [ -e "$keepalived" ]; then
  vrrp=1
  # the adverts' password is no less a secret than the others
  sed -n 's/^ *auth_pass //p' "$keepalived" | while read -r password; do
    printf '%s\n' "$password"; base64_forms "$password"
  done >>"$LAB_OUT/patterns/all"
fi
judged=0; "$LAB_DIR/judge.sh" || judged=1
said $judged "the cluster behind $vip is the one that was asked for"
unplug
if [ -n "$vrrp" ]; then no_haproxy; ill_api; fi
again=0; "$LAB_DIR/judge.sh" nodes_ready etcd_voters pods no_leak || again=1
said $again "after all that the cluster is whole"
"$LAB_DIR/report.sh" || true
passed=$(grep -c '^ok' "$results" || true) bad=$(grep -c '^FAIL' "$results" || true)
echo "$passed passed, $bad failed"
[ "$bad" = 0 ]
