#!/usr/bin/env bash
# A program in an empty folder, far from this repository, gets the package from the module archive and runs: nothing but
# the Go tool chain and a C compiler is there, no variable tells cgo anything.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
version=$(cat "$root/VERSION")
scratch=$(mktemp -d)
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
log=$scratch/log
. "$root/tests/harness/checks.sh"
bare() {  # bare COMMAND...: in the program's folder, with what a new shell has, and the module archive as the only proxy
  env -i -C "$scratch/program" HOME="$HOME" PATH="$PATH" GOCACHE="$(go env GOCACHE)" GOMODCACHE="$scratch/cache" \
    GOPROXY="file://$scratch/proxy" GONOSUMDB='*' GOFLAGS=-mod=mod GOTOOLCHAIN=local "$@"
}

check "pack" "$here/pack.py" --proxy "$scratch/proxy"
check "no tool chain's or other module's files in it" \
  sh -c "! python3 -m zipfile -l '$scratch/proxy/github.com/joaoh82/rust_sqlite/sdk/go/@v/v$version.zip' | grep -E 'compare/|\\.sh |\\.py |\\.o |_test\\.go '"
size=$(stat -c %s "$scratch/proxy/github.com/joaoh82/rust_sqlite/sdk/go/@v/v$version.zip")
check "the archive is small: $size bytes" test "$size" -lt 4000000

mkdir "$scratch/program"
cp "$root/examples/quickstart/go/main.go" "$scratch/program/"
check "go mod init" bare go mod init program
check "go get" bare go get "github.com/joaoh82/rust_sqlite/sdk/go@v$version"
check "go vet" bare go vet .
check "go build" bare go build -o program .
bare ./program quickstart.db >"$scratch/printed" 2>&1
check "the quickstart prints what it should" diff "$root/examples/quickstart/expected.txt" "$scratch/printed"
# The program in the README.
awk '/^```go$/ {inside = 1; next} /^```$/ {inside = 0} inside' "$here/README.md" >"$scratch/program/main.go"
bare go run . >"$scratch/printed" 2>&1
echo "1 Ada 36" >"$scratch/wanted"
check "the program in the README" diff "$scratch/wanted" "$scratch/printed"

check_report
