#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# etcd.sh ARGS…: etcdctl on the first control plane that runs.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need_root
k=$(kube_node) || die "no control plane runs"
etcd_on "$k" "$@"
