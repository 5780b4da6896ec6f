# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# One run of a cluster from media to verdict, in the parts that cluster.sh and faults.sh put together. Sourced after lib.sh.
# shellcheck source=secrets.sh
. "$LAB_DIR/secrets.sh"

# Two runs under one name would pull each other's plugs. Nodes must not inherit the lock: they outlive a killed run.
claim() {
  mkdir -p "$LAB_CACHE/run"
  exec 8>"$LAB_CACHE/run/.$LAB_NAME.lock"
  flock -n 8 || die "another run uses the lab $LAB_NAME; set LAB_NAME for one beside it"
}

build() {
  command -v go >/dev/null || die "go is needed"
  if [ ! -e "$LAB_PAYLOAD/SHA256SUMS" ] || [ ! -d "$LAB_ROOTFS" ]; then log "building the lab, once: about 25 minutes"; fi
  "$LAB_DIR/build.sh" 2>"$LAB_CACHE/build.out" 8>&- || { cat "$LAB_CACHE/build.out" >&2; die "the lab could not be built"; }
}

# clear: nothing of an earlier run is left, however it ended.
clear() {
  "$LAB_DIR/down.sh" 2>/dev/null || die "the earlier lab $LAB_NAME could not be taken down"
  rm -f "${LAB_OUT:?}/since" "$LAB_OUT/argv"
}

# rack: all nodes of the media, powered off; from here on every argument list of the machine is watched for secrets.
rack() {
  media_keys "$LAB_OUT/seeds" "$LAB_OUT/keys"
  write_patterns "$LAB_OUT/secrets/" "$LAB_OUT/patterns" "$LAB_OUT/keys"
  "$LAB_DIR/prepare.sh" "$LAB_OUT/seeds" >/dev/null 8>&-
  "$LAB_DIR/argv-watch.sh" "$LAB_OUT/patterns/all" "$LAB_OUT/argv" 8>&- &
  watcher=$!
}

# power_on NODE…: the clock of the run starts with the first.
power_on() {
  [ -e "$LAB_STATE/up-at" ] || date +%s.%N >"$LAB_STATE/up-at"
  "$LAB_DIR/start.sh" "$@" 8>&-
  log "powered on: $*"
}

# finish STATUS LOGS: after a failure keep the logs; leave nothing running.
finish() {
  if [ "$1" != 0 ] && [ -d "$LAB_STATE/nodes" ]; then rm -rf "$2"; "$LAB_DIR/collect.sh" "$2" || true; fi
  if [ -n "${watcher:-}" ]; then kill "$watcher" 2>/dev/null || true; wait "$watcher" 2>/dev/null || true; fi
  if [ -n "${LAB_KEEP:-}" ]; then log "the lab $LAB_NAME keeps running: $LAB_DIR/status.sh, $LAB_DIR/down.sh"; else "$LAB_DIR/down.sh" 2>/dev/null || true; fi
}
