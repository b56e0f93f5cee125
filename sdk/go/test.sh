#!/usr/bin/env bash
# All tests of the Go package: formatting, vet, tests under the race detector, the comparison with mattn/go-sqlite3, and a
# fresh module built from the packed archive.
#   test.sh [BUILD_FOLDER]     default: build/release, which is built first
set -uo pipefail
build=${1:+$(realpath "$1")}
cd "$(dirname "$0")"
./build_library.sh ${build:+"$build"} || exit 1
log=$(mktemp)
trap 'rm -f "$log"' EXIT
. ../../tests/harness/checks.sh
count() {  # count NAME LOG: adds the tests that a verbose log tells of
  local good bad
  good=$(grep -cE '^ *--- PASS' "$2")
  bad=$(grep -cE '^ *--- FAIL' "$2")
  echo "$1: $good passed, $bad failed"
  passed=$((passed + good))
  failed=$((failed + bad))
}
run() {  # run NAME COMMAND...: a suite of go test; its log is shown when it fails
  local name=$1
  shift
  if ! "$@" >"$log" 2>&1; then
    cat "$log"
    # A build that broke or a crash has no line of its own.
    grep -qE '^ *--- FAIL' "$log" || failed=$((failed + 1))
  fi
  count "$name" "$log"
}

unformatted() { test -z "$(gofmt -l . | tee /dev/stderr)"; }
check "gofmt" unformatted
check "go vet" go vet ./...
run "tests, with the race detector" go test -race -count=1 -v ./...
check "go vet of the comparison" go -C compare vet ./...
run "comparison with mattn/go-sqlite3" go -C compare test -count=1 -v ./...
run "benchmark, at a hundredth of its size" sh -c 'go -C ../../benchmarks/sdk/go run . -scale 0.01 -repetitions 1 && echo "--- PASS"'
if ./fresh_module_test.sh >"$log" 2>&1; then
  passed=$((passed + $(tail -n 1 "$log" | cut -d " " -f 1)))
  echo "fresh module: $(tail -n 1 "$log")"
else
  cat "$log"
  failed=$((failed + 1))
fi
check_report
