#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# mirror/down.sh: the lab's gateway serves nothing any more.
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need_root
[ -e "/run/netns/$SW" ] || exit 0
for p in $(ip netns pids "$SW"); do
  if [ "$(cat "/proc/$p/comm" 2>/dev/null)" = mirror ]; then kill "$p"; fi
done
