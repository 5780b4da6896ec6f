#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# up.sh SEED_DIR: boot every new seed in SEED_DIR as a node, all at once, and return.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need_root
mapfile -t new < <("$LAB_DIR/prepare.sh" "${1:?usage: up.sh SEED_DIR}" || echo '!')
case " ${new[*]:-} " in *' ! '*) die "nothing was started" ;; esac
[ ${#new[@]} -gt 0 ] || { log "no new node in $1"; exit 0; }
date +%s.%N >"$LAB_STATE/up-at"
"$LAB_DIR/start.sh" "${new[@]}"
log "started: ${new[*]}"
