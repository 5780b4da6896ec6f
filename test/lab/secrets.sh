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

# media_keys SEEDS_DIR OUT_DIR: the private keys that no store has and media hold, each a file: those of etcd's members.
media_keys() {
  local seed text n=0
  rm -rf "$2"; mkdir -p "$2"; chmod 700 "$2"
  for seed in "$1"/*.iso; do
    while read -r text; do
      n=$((n+1))
      if ! base64 -d <<<"$text" 2>/dev/null | grep -a 'PRIVATE KEY' -A9 >"$2/$n"; then rm -f "$2/$n"; fi
    done < <(bsdtar -xOf "$seed" user-data | grep -oE '[A-Za-z0-9+/]{120,}=*')
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

# write_patterns SECRETS_DIR OUT_DIR [KEYS_DIR]: OUT_DIR/all for everything, the keys of media in KEYS_DIR among it;
# OUT_DIR/control-plane for what only control planes may hold.
write_patterns() {
  local keys
  mkdir -p "$2"; chmod 700 "$2"
  mapfile -t keys < <(grep -rlE 'BEGIN.*PRIVATE KEY' "$1")
  [ ${#keys[@]} -ge 4 ] || die "$1: ${#keys[@]} private keys, at least 4 are expected"
  key_patterns "${keys[@]}" >"$2/control-plane"
  mapfile -t keys < <(find "${3:-$1}" -type f -exec grep -lE 'BEGIN.*PRIVATE KEY' {} +)
  { join_patterns "$1"; cat "$2/control-plane"; key_patterns "${keys[@]}"; } >"$2/all"
}
