#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# when.sh NODE STEP [FILE]: return at the moment when the node runs the step, and FILE (if given) exists there; for
# pulling the plug in the middle of it. Gives up after $WHEN_TIMEOUT seconds (default: LAB_TIMEOUT), or when the step is over.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need_root
[ $# -ge 2 ] || die "usage: when.sh NODE STEP [FILE]"
node=$1 step=$2 file=${3:-}
end=$(( $(date +%s) + ${WHEN_TIMEOUT:-${LAB_TIMEOUT:-900}} ))
while :; do
  if r=$(node_root "$node"); then
    state='' json=''
    # no fork, because it is asked ten times a second
    { read -r json <"$r/var/lib/hakube/status.json"; } 2>/dev/null || true
    if [[ $json =~ \"name\":\"$step\",\"state\":\"([a-z]+)\" ]]; then state=${BASH_REMATCH[1]}; fi
    case $state in
      running) if [ -z "$file" ] || [ -e "$r$file" ]; then exit 0; fi ;;
      done) die "$node has already done $step" ;;
      failed) die "$node failed in $step" ;;
    esac
  fi
  [ "$(date +%s)" -lt "$end" ] || die "$node did not come to $step${file:+ with $file}; it is at: $(node_status "$node" | jq -c '[.state,.step,.message]' || echo nothing)"
  sleep 0.1
done
