#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# run.sh [ARGS…]: judge the rendered documents of every example inventory by the tools that read them on the guest; ARGS go
# to go test. What the judges need is made by build.sh, once. A judge that is missing is a failure.
set -euo pipefail
cd "$(dirname "$0")"
export CACHE=${CACHE:-$HOME/.cache/hakube-test}
# the last release that reads v1beta3, and the newest
export KUBEADMS=${KUBEADMS:-1.30.14 1.37.2}
# Ubuntu's oldest netplans in use, where they are asked for: their mirror is another one than everything else's
export NETPLANS=${NETPLANS:-}
tags=foreign${NETPLANS:+,ubuntu}
./build.sh
go vet -tags "$tags" .
go test -tags "$tags" -count=1 "$@" .
