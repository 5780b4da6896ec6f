# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# How the tests make a package repository like pkgs.k8s.io's: flat, and signed by a key made for it. Sourced. Needs dpkg-dev
# and gnupg.

# deb NAME VERSION DEPENDS DESCRIPTION: out of the tree in ./NAME, which is below the repository's scratch directory.
deb() {
  local d=$1
  mkdir -p "$d/DEBIAN"
  printf '%s\n' "Package: $1" "Version: $2" "Architecture: amd64" "Maintainer: Kubernetes Authors <dev@kubernetes.io>" \
    "Section: admin" "Priority: optional" "Homepage: https://kubernetes.io" ${3:+"$3"} "Description: $4" >"$d/DEBIAN/control"
  ( cd "$d" && find etc -type f ! -name '.*' -printf '/%p\n' 2>/dev/null >DEBIAN/conffiles ) || true
  dpkg-deb --root-owner-group -Zgzip -z1 --build "$d" "deb/amd64/${1}_${2}_amd64.deb"
}

# sign DIR: the indices of a flat repository, signed by a key that is gone when the repository is finished.
sign() {
  local h f list
  ( cd "$1" && dpkg-scanpackages --multiversion . >Packages && sed -i 's|^Filename: \./|Filename: |' Packages && gzip -9kn Packages )
  for h in MD5Sum:md5sum SHA256:sha256sum; do
    list+="${h%%:*}:"$'\n'
    for f in Packages Packages.gz; do list+=" $("${h#*:}" <"$1/$f" | cut -d' ' -f1) $(stat -c %s "$1/$f") $f"$'\n'; done
  done
  printf '%s\n' "Origin: obs://build.opensuse.org/isv:kubernetes:core:stable/deb" "Label: isv:kubernetes:core:stable" "Archive: deb" \
    "Codename: deb" "Date: $(LC_ALL=C date -uR | sed 's/+0000/UTC/')" "Architectures: amd64" "Description: the lab's, not the community's" "${list%$'\n'}" >"$1/Release"
  GNUPGHOME=$(mktemp -d); export GNUPGHOME
  gpg --batch --quiet --passphrase '' --quick-generate-key 'hakube-seed lab <lab@example.invalid>' rsa2048 sign 2y
  gpg --batch --with-colons --list-keys | awk -F: '$1 == "fpr" { print $10; exit }' >fingerprint
  gpg --batch --armor --export >"$1/Release.key"
  gpg --batch --armor --detach-sign --output "$1/Release.gpg" "$1/Release"
  gpg --batch --clearsign --output "$1/InRelease" "$1/Release"
  gpgconf --kill all; rm -rf "$GNUPGHOME"
}
