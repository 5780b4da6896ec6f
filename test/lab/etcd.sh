#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# etcd.sh ARGS…: etcdctl on the first member of etcd that runs.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
need_root
k=$(etcd_node) || die "no member of etcd runs"
etcd_on "$k" "$@"
