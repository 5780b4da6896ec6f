# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the scripts that build share: steps that run once, and Go programs out of modules. Sourced after lib.sh, by scripts
# that set STAMP (the directory of the stamps) and SRC (that of the modules).

# step NAME COMMAND…: run once; the stamp holds the seconds it took.
step() {
  local name=$1 s; shift
  [ -e "$STAMP/$name" ] && return 0
  log "build: $name"
  s=$(date +%s)
  # a subshell with -e on its own: `if`/`||` around it would switch -e off
  set +e; ( set -e; "$@" ) >"$LAB_CACHE/build-$name.log" 2>&1; local rc=$?; set -e
  [ $rc = 0 ] || { tail -20 "$LAB_CACHE/build-$name.log" >&2; die "$name failed; see $LAB_CACHE/build-$name.log"; }
  echo "$(( $(date +%s) - s ))" >"$STAMP/$name"
  log "build: $name took $(cat "$STAMP/$name") s"
}

# gomod DIR MODULE VERSION: a module of our own that requires MODULE; go fills in the rest.
gomod() {
  local dir=$SRC/$1 gv
  mkdir -p "$dir"; cd "$dir"
  go mod download "$2@$3" 2>/dev/null || ( cd / && GOFLAGS=-mod=mod go mod download "$2@$3" )
  gv=$(awk '$1=="go"{print $2; exit}' "$(go env GOMODCACHE)/cache/download/$(esc "$2")/@v/$3.mod")
  printf 'module lab/%s\n\ngo %s\n\nrequire %s %s\n' "$1" "$gv" "$2" "$3" >go.mod
}
esc() { printf %s "$1" | sed 's/[A-Z]/!\L&/g'; }
gobuild() { CGO_ENABLED=0 GOFLAGS="-mod=mod -buildvcs=false" nice -n 10 go build -trimpath "$@"; }
