#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# mkimage.sh OUT.tar REPO:TAG ENTRYPOINT-JSON ROOTDIR [BASE-LAYER.tar]
# Writes a docker-archive image (as `docker save`) without docker: an optional base layer and one layer of ROOTDIR.
set -euo pipefail
out=$1 ref=$2 entry=$3 root=$4 base=${5:-}
w=$(mktemp -d); trap 'rm -rf "$w"' EXIT
layers=() ids=()
if [ -n "$base" ]; then ln -s "$(readlink -f "$base")" "$w/base.tar"; layers+=(base.tar); ids+=("sha256:$(sha256sum <"$base" | cut -d' ' -f1)"); fi
tar -C "$root" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf "$w/layer.tar" .
layers+=(layer.tar); ids+=("sha256:$(sha256sum <"$w/layer.tar" | cut -d' ' -f1)")
q() { local IFS=,; printf '%s' "$*"; }
printf '{"architecture":"amd64","os":"linux","created":"1970-01-01T00:00:00Z","config":{"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],"Entrypoint":%s,"WorkingDir":"/"},"rootfs":{"type":"layers","diff_ids":[%s]}}' \
  "$entry" "$(q "${ids[@]/#/\"}" | sed 's/,/",/g; s/$/"/')" >"$w/config.json"
printf '[{"Config":"config.json","RepoTags":["%s"],"Layers":[%s]}]' "$ref" "$(q "${layers[@]/#/\"}" | sed 's/,/",/g; s/$/"/')" >"$w/manifest.json"
tar -C "$w" --dereference --mtime=@0 --owner=0 --group=0 -cf "$out.part" manifest.json config.json "${layers[@]}"
mv "$out.part" "$out"
