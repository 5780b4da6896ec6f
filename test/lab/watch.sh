#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# watch.sh [NAME…]: what `hakube-seed watch` tells of real machines, from nothing but their serial consoles. Once of a whole
# cluster that comes up, then of a worker with each of five faults: watch must name node, step and cause within 10 s of the
# event. One line per check, then "N passed, N failed".
# shellcheck disable=SC2317  # scenes are called by their names
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=run.sh
. "$LAB_DIR/run.sh"
need_root
inventory=$LAB_PROJECT/test/inventories/lab.yaml
names=(clean gateway clock bundle image balancer)
worker=k8s-worker1
results=$LAB_OUT/results
said() { if [ "$1" = 0 ]; then printf 'ok    %s\n' "$2"; else printf 'FAIL  %s\n' "$2"; fi | tee -a "$results"; }
watch() { "$LAB_OUT/hakube-seed" watch "$inventory" --serial "*=$LAB_STATE/nodes/{}/console.log" "$@" 8>&-; }

begin() {
  clear
  "$LAB_DIR/media.sh" "$inventory" 2>"$LAB_OUT/gen.err" || { cat "$LAB_OUT/gen.err" >&2; return 1; }
  rack
}

# named STATE STEP CAUSE: power the worker on, and see what watch says of it: an event of that state, whose reason the regular
# expression CAUSE matches, at most 10 s after it stood in the worker's own history. This machine's clock judges both.
named() {
  local state=$1 step=$2 cause=$3 looker heard='' happened='' end late
  watch --json --keep-going --timeout 10m >"$LAB_OUT/watch.json" 2>"$LAB_OUT/watch.err" &
  looker=$!
  power_on "$worker" 2>/dev/null
  end=$(( $(date +%s) + 240 ))
  while [ -z "$heard" ] && [ "$(date +%s)" -lt $end ]; do
    sleep 0.5
    [ -n "$happened" ] || ! grep -qE ": $step: $state \(.*$cause" "$(node_root "$worker")/var/lib/hakube/events.log" 2>/dev/null || happened=$(date +%s)
    heard=$(jq -c --arg n "$worker" --arg s "$state" --arg t "$step" --arg c "$cause" \
      'select(.node == $n and .state == $s and .step == $t and (.reason | test($c)))' "$LAB_OUT/watch.json" 2>/dev/null | head -n 1) || true
  done
  kill $looker 2>/dev/null || true; wait $looker 2>/dev/null || true
  if [ -z "$heard" ]; then said 1 "$scene: nothing of $worker that is $state in $step for $cause: $(tail -n 2 "$LAB_OUT/watch.json" "$LAB_OUT/watch.err")"; return; fi
  late=$(( $(date -d "$(jq -r .time <<<"$heard")" +%s) - ${happened:-0} ))
  said $(( late > 10 )) "$scene: after $late s: $(jq -r '"\(.node): \(.step) \(.state): \(.reason)"' <<<"$heard")"
}

# ends CODE TEXT: watch, asked now, ends with this exit code and says TEXT.
ends() {
  local code=0
  watch --timeout 20s >"$LAB_OUT/watch.txt" 2>&1 || code=$?
  if [ "$code" = "$1" ] && grep -q -e "$2" "$LAB_OUT/watch.txt"; then said 0 "$scene: exit code $code: $(grep -e "$2" "$LAB_OUT/watch.txt" | tail -n 1)"
  else said 1 "$scene: exit code $code, wanted $1 and $2: $(tail -n 3 "$LAB_OUT/watch.txt")"; fi
}

clean() {
  local all looker n code=0 rc
  begin
  mapfile -t all < <("$LAB_DIR/roles.sh")
  watch --timeout 15m >"$LAB_OUT/watch.txt" 2>&1 &
  looker=$!
  power_on "${all[@]}" 2>/dev/null
  wait $looker || code=$?
  said $code "clean: exit code $code: $(tail -n 1 "$LAB_OUT/watch.txt")"
  rc=0; [ "$(cluster_state)" = complete ] || rc=1
  said $rc "clean: the keeper says $(cluster_state)"
  cp "$LAB_OUT/watch.txt" "$LAB_OUT/watch-clean.txt"
  for n in "${all[@]}"; do grep -q " $n: complete (" "$LAB_OUT/watch.txt" || said 1 "clean: no word of $n being complete"; done
}

gateway() {
  inventory=$LAB_OUT/no-gateway.yaml
  sed "s|file: \.\./|file: $LAB_PROJECT/test/|" "$LAB_PROJECT/test/inventories/lab-apt.yaml" >"$inventory"
  LAB_PAYLOAD_MOUNT='' begin
  ip -n "$SW" addr flush dev br0
  named failed preflight 'gateway 10.1.10.1'
  ends 1 "$worker: preflight failed"
}

# The machines share this machine's clock, so the worker's idea of it is changed: `date` says another year.
clock() {
  begin
  cp -a "$LAB_ROOTFS" "$LAB_OUT/rootfs-clock"
  printf '#!/bin/sh\nexec /usr/bin/date -d "2 years ago" "$@"\n' >"$LAB_OUT/rootfs-clock/usr/local/sbin/date"
  chmod 755 "$LAB_OUT/rootfs-clock/usr/local/sbin/date"
  LAB_ROOTFS=$LAB_OUT/rootfs-clock named failed preflight "before this cluster's certificates were made"
  ends 1 "$worker: preflight failed"
}

bundle() {
  export LAB_PAYLOAD_MOUNT=''
  begin
  named failed packages 'no bundle: neither .* nor a disk labelled HAKUBE'
  ends 1 "$worker: packages failed"
}

# An image that is no image, though it is the file that SHA256SUMS lists.
image() {
  local f
  export LAB_PAYLOAD=$LAB_OUT/payload-image
  rm -rf "$LAB_PAYLOAD"; cp -al "$LAB_BUILD/payload" "$LAB_PAYLOAD"
  f=$(cd "$LAB_PAYLOAD" && find images/node -type f | sort | head -n 1)
  rm "$LAB_PAYLOAD/$f"; head -c 100000 /dev/urandom >"$LAB_PAYLOAD/$f"
  sed "s|^[0-9a-f]*  \./$f\$|$(sha256sum <"$LAB_PAYLOAD/$f" | cut -d' ' -f1)  ./$f|" "$LAB_BUILD/payload/SHA256SUMS" >"$LAB_OUT/sums"
  rm "$LAB_PAYLOAD/SHA256SUMS"; mv "$LAB_OUT/sums" "$LAB_PAYLOAD/SHA256SUMS"
  begin
  named failed images "${f##*/}"
  ends 1 "$worker: images failed"
}

balancer() {
  begin
  named waiting wait 'the API at k8s-lb:6443'
  ends 3 'k8s-lb'
}

if [ "${1:-}" = --one ]; then
  trap 'finish $? "$LAB_OUT/logs-watch-'"$2"'"; rm -rf "$LAB_OUT/rootfs-clock" "$LAB_OUT/payload-image"' EXIT
  scene=$2
  "$2"
  exit 0
fi

if [ $# -gt 0 ]; then names=("$@"); fi
for scene in "${names[@]}"; do [ "$(type -t "$scene")" = function ] || die "no such scene: $scene"; done
claim
build
mkdir -p "$LAB_OUT"; : >"$results"
for scene in "${names[@]}"; do
  timeout -k 60 1200 "$LAB_DIR/watch.sh" --one "$scene" 8>&- || said 1 "$scene: broke off"
done
failed=$(grep -c '^FAIL' "$results" || true)
echo "$(grep -c '^ok' "$results" || true) passed, $failed failed"
[ "$failed" = 0 ]
