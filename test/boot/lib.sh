# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034  # settings are read by the scripts that source this file
# Settings of the QEMU boots; sourced by their scripts.
set -euo pipefail
umask 022

BOOT_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
BOOT_PROJECT=$(cd "$BOOT_DIR/../.." && pwd)
BOOT_CACHE=${BOOT_CACHE:-$HOME/.cache/hakube-boot}    # disk, kernel, initrd: made once by build.sh
BOOT_OUT=${BOOT_OUT:-$BOOT_CACHE/out}                 # media, disks, consoles and dumps of the last run
BOOT_MEMORY=${BOOT_MEMORY:-1024}                      # MiB per machine
BOOT_TIMEOUT=${BOOT_TIMEOUT:-1800}                    # seconds per boot, on emulated processors: 800 on two idle ones, 1000 on busy ones
log() { printf '%s %s\n' "$(date +%H:%M:%S)" "$*" >&2; }
die() { log "error: $*"; exit 1; }
