# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What must not be found: patterns for `grep -F -f`, so that no secret is ever in an argument list. Sourced.

# Every base64 form that a string takes inside of a longer base64 text: one for each of its three alignments.
base64_forms() {
  local s=$1 pad=0 cut=(0 2 3) b
  for pad in 0 1 2; do
    b=$(printf '%*s%s' "$pad" '' "$s" | base64 -w0)
    b=${b:0:$(( (pad + ${#s}) * 8 / 6 ))}
    printf '%s\n' "${b:${cut[$pad]}}"
  done
}

# key_patterns FILE…: of each private key the first line of its body, which has the private encoding's header, and the last
# whole one; a certificate has neither.
key_patterns() {
  local f body
  for f in "$@"; do
    mapfile -t body < <(sed -n '/BEGIN.*PRIVATE KEY/,/END.*PRIVATE KEY/p' "$f" | grep -v -e '-----' | grep -E '^.{64}$')
    [ ${#body[@]} -gt 0 ] || die "$f: no private key to look for"
    printf '%s\n' "${body[0]}"; base64_forms "${body[0]}"
    if [ ${#body[@]} -gt 1 ]; then printf '%s\n' "${body[-1]}"; base64_forms "${body[-1]}"; fi
  done
}

# join_patterns DIR: the bootstrap token's secret half and the certificate key, wherever the store keeps them.
join_patterns() {
  local token key s
  token=$(grep -rhoE '\b[a-z0-9]{6}\.[a-z0-9]{16}\b' "$1" | sort -u)
  key=$(grep -rhoE '\b[0-9a-f]{64}\b' "$1" | sort -u)
  [ -n "$token" ] || die "$1: no bootstrap token to look for"
  [ -n "$key" ] || die "$1: no certificate key to look for"
  for s in $token; do printf '%s\n' "${s#*.}"; base64_forms "${s#*.}"; done
  for s in $key; do printf '%s\n' "$s"; base64_forms "$s"; done
}

# write_patterns SECRETS_DIR OUT_DIR: OUT_DIR/all for everything, OUT_DIR/control-plane for what only control planes may hold.
write_patterns() {
  local keys
  mkdir -p "$2"; chmod 700 "$2"
  mapfile -t keys < <(grep -rlE 'BEGIN.*PRIVATE KEY' "$1")
  [ ${#keys[@]} -ge 4 ] || die "$1: ${#keys[@]} private keys, at least 4 are expected"
  key_patterns "${keys[@]}" >"$2/control-plane"
  { join_patterns "$1"; cat "$2/control-plane"; } >"$2/all"
}
