#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kubectl.sh ARGS…: kubectl from outside of the nodes, with the kubeconfig in $LAB_KUBECONFIG.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need_root
KC_TIMEOUT=${KC_TIMEOUT:-600} kc "$@"
