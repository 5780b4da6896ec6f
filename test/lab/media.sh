#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# media.sh INVENTORY: build hakube-seed and let it make the media: $LAB_OUT/seeds (ISOs), $LAB_OUT/kubeconfig, $LAB_OUT/secrets.
# They are for the Kubernetes that the lab has, whichever the inventory says.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
inventory=$(realpath "${1:?usage: media.sh INVENTORY}")
case $LAB_OUT in ''|/|"$HOME"|"$LAB_PROJECT") die "bad LAB_OUT" ;; esac
rm -rf "${LAB_OUT:?}/media" "$LAB_OUT/secrets" "$LAB_OUT/seeds" "$LAB_OUT/kubeconfig"
mkdir -p "$LAB_OUT"; chmod 700 "$LAB_OUT"
( cd "$LAB_PROJECT" && go build -o "$LAB_OUT/hakube-seed" ./cmd/hakube-seed )
# beside the inventory, from where it names other files
edited=$(mktemp "$(dirname "$inventory")/.lab-XXXXXX"); trap 'rm -f "$edited"' EXIT
sed "s/^kubernetesVersion:.*/kubernetesVersion: ${LAB_K8S_VERSION#v}/" "$inventory" >"$edited"
"$LAB_OUT/hakube-seed" gen "$edited" -o "$LAB_OUT/media" --secrets "$LAB_OUT/secrets" >"$LAB_OUT/gen.log" || die "gen did not make the media"
k=$(find "$LAB_OUT/media" -name kubeconfig | head -1)
[ -n "$k" ] || die "gen wrote no kubeconfig"
ln -s "$(dirname "$k")" "$LAB_OUT/seeds"
install -m 600 "$k" "$LAB_OUT/kubeconfig"
log "media of $("$LAB_DIR/roles.sh" | wc -l) nodes for Kubernetes $LAB_K8S_VERSION in $LAB_OUT/seeds"
