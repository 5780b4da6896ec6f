#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# mirror/up.sh: from now on the lab's gateway serves what mirror/build.sh made: repositories at port 80, images at port 5000.
# The nodes must be racked, for it is their media that name the gateway. $LAB_OUT/requests has one line per request.
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need_root
address=$(ip -n "$SW" -o -4 addr show br0 | awk '{sub("/.*", "", $4); print $4; exit}')
[ -n "$address" ] || die "the lab $LAB_NAME has no gateway: rack its nodes first"
mkdir -p "$LAB_OUT"
# nodes and mirror outlive the caller, and must not inherit its locks
setsid ip netns exec "$SW" "$LAB_CACHE/mirror/bin/mirror" serve "$address" "$LAB_CACHE/mirror/www" "$LAB_CACHE/mirror/images" \
  >>"$LAB_OUT/requests" 2>"$LAB_OUT/mirror.err" </dev/null 7>&- 8>&- 9>&- &
for _ in $(seq 100); do
  if ip netns exec "$SW" curl -fsS -o /dev/null "http://$address/" 2>/dev/null; then log "the mirror answers at $address"; exit 0; fi
  sleep 0.1
done
die "the mirror does not answer at $address: $(cat "$LAB_OUT/mirror.err")"
