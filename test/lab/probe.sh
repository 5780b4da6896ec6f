#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# probe.sh SECONDS: read from and write to the API through the endpoint, from outside of all nodes, five times a second
# and each on a connection of its own; prints every outage, then "longest outage: reads N ms, writes N ms".
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need_root
secs=${1:?usage: probe.sh SECONDS}
w=$(mktemp -d); trap 'rm -rf "$w"' EXIT
config=$(kc config view --raw -o json)
for f in certificate-authority-data:.clusters[0].cluster client-certificate-data:.users[0].user client-key-data:.users[0].user; do
  jq -r "${f#*:}[\"${f%%:*}\"]" <<<"$config" | base64 -d >"$w/${f%%:*}"
done
url=$(jq -r '.clusters[0].cluster.server' <<<"$config")
kc -n default create configmap lab-probe >/dev/null 2>&1 || true

ask() {   # ask reads|writes; curl alone, so that one request is one process
  local a=(-sf -o /dev/null --max-time 2 --cacert "$w/certificate-authority-data" --cert "$w/client-certificate-data" --key "$w/client-key-data")
  case $1 in
    reads) ip netns exec "$SW" curl "${a[@]}" "$url/api/v1/namespaces/default/configmaps/lab-probe" ;;
    writes) ip netns exec "$SW" curl "${a[@]}" -X PATCH -H 'Content-Type: application/merge-patch+json' \
      -d "{\"data\":{\"at\":\"$EPOCHREALTIME\"}}" "$url/api/v1/namespaces/default/configmaps/lab-probe" ;;
  esac
}
now() { local t=$EPOCHREALTIME; echo $(( ${t%.*} * 1000 + 10#${t#*.} / 1000 )); }
watch() {
  local t good end n=0 failed=0 longest=0 d
  good=$(now); end=$(( good + secs * 1000 ))
  while t=$(now); [ "$t" -lt "$end" ]; do
    n=$((n+1))
    if ask "$1"; then
      d=$(( $(now) - good )); good=$(now)
      # between two good answers there are always the pause and the request itself
      if [ "$d" -gt 1500 ]; then echo "$(date +%T) $1: nothing for $d ms"; fi
    else failed=$((failed+1)); d=$(( $(now) - good )); fi
    if [ "$d" -gt "$longest" ]; then longest=$d; fi
    sleep 0.2
  done
  echo "$1: $n requests, $failed failed"
  echo "$longest" >"$w/$1"
}
watch reads & watch writes & wait
echo "longest outage: reads $(cat "$w/reads") ms, writes $(cat "$w/writes") ms"
