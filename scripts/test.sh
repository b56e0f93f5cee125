#!/usr/bin/env bash
# Builds the release preset and passes all tests. Every suite closes with "N passed, N failed".
#   scripts/test.sh            everything
#   scripts/test.sh --quick    without corpora and long random tests
set -euo pipefail
cd "$(dirname "$0")/.."
quick=0
if [[ ${1:-} == --quick ]]; then quick=1; fi
scripts/install_dependencies.sh
scripts/build.sh release
build=build/release
library=$build/lib/compat/libsqlite3.so.0

failures=0
suite() {  # suite NAME COMMAND...
  local name=$1
  shift
  echo "== $name"
  if ! "$@"; then
    echo "== $name FAILED"
    failures=$((failures + 1))
  fi
}
suite_with() {  # suite_with TOOL NAME COMMAND...: a suite that is left out where a tool chain is missing
  local tool=$1
  shift
  if command -v "$tool" >/dev/null 2>&1; then suite "$@"; else echo "== $1: skipped, $tool is not installed"; fi
}

(cd $build && ctest -N | awk '/Test +#/ {print $3}') >$build/tests.txt
while read -r name; do
  before=$failures
  suite "$name" ctest --test-dir $build -R "^$name\$" --output-on-failure --no-tests=error -Q -O $build/ctest.log
  # Programs without a closing line of their own count as one test.
  closing="1 passed, 0 failed"
  if ((failures > before)); then
    cat $build/ctest.log
    closing="0 passed, 1 failed"
  fi
  grep -hE '^[0-9]+ passed, [0-9]+ failed' $build/Testing/Temporary/LastTest.log | tail -n 1 | grep . || echo "$closing"
done <$build/tests.txt

quickstarts=(cpp=$build/bin/quickstart_cpp c=$build/bin/quickstart_c
  "shell=bash -c 'examples/quickstart/shell/quickstart.sh \$1 $build/bin/sqlrite' shell")
suite "quickstarts print the same" python3 examples/quickstart/compare.py "${quickstarts[@]}"

suite "Python package" sdk/python/tests/run.sh
suite_with node "Node.js package" sdk/nodejs/test.sh
suite_with go "Go package" sdk/go/test.sh $build

if scripts/stock_sqlite.sh build/stock; then
  suite "conformance scenarios on stock SQLite" $build/bin/conformance_sqlite3 --library build/stock/libsqlite_reference.so \
    tests/conformance/scenarios
  # The runners of Python and Node.js ask for nothing that the libraries do not do whose interfaces the packages have.
  mkdir -p build/stock/lib && ln -sf ../libsqlite_reference.so build/stock/lib/libsqlite3.so.0
  suite "conformance scenarios on Python's own module" env LD_LIBRARY_PATH=build/stock/lib \
    /usr/bin/python3 tests/conformance/python_runner.py --module sqlite3 tests/conformance/scenarios
  # sdk/nodejs/test.sh has compiled it.
  if [[ -e sdk/nodejs/node_modules/better-sqlite3/build/Release/better_sqlite3.node ]]; then
    suite "conformance scenarios on better-sqlite3" env -C sdk/nodejs \
      node ../../tests/conformance/node_runner.mjs --module better-sqlite3 ../../tests/conformance/scenarios
  fi
  cases=600
  if ((quick)); then cases=50; fi
  for seed in 1 2 3; do
    suite "differential test against stock SQLite, seed $seed" $build/bin/differential_test --ours $library \
      --stock build/stock/libsqlite_reference.so --cases $cases --statements 60 --seed $seed
  done
  if ((quick == 0)); then
    suite "power cuts and I/O errors through SQL, judged by stock SQLite" $build/bin/sql_crash_test --states 1500 --stride 29 \
      --stock build/stock/libsqlite_reference.so
    suite "allocations that fail, files judged by stock SQLite" $build/bin/oom_test --stride 101 --stock build/stock/libsqlite_reference.so
    suite "damaged files through SQL, compared with stock SQLite" $build/bin/file_fuzz --cases 2500 --stock build/stock/libsqlite_reference.so
  fi
else
  echo "== differential test: skipped, no reference SQLite"
fi
if ((quick == 0)); then
  suite "planted bugs are caught" python3 tests/crash/planted_bugs.py $build/bin/planted_bugs_test
  # Sanitizers: only what these tests need is built with them.
  if scripts/build.sh tsan stress_test stress_abi_test; then
    suite "threads under ThreadSanitizer, C++ interface" build/tsan/bin/stress_test --seconds 3
    suite "threads under ThreadSanitizer, sqlite3 ABI" build/tsan/bin/stress_abi_test --seconds 3
  else
    failures=$((failures + 1))
  fi
  if scripts/build.sh asan file_fuzz oom_test; then
    suite "damaged files under AddressSanitizer and UBSan" build/asan/bin/file_fuzz --cases 3000 --seed 2
    suite "allocations that fail under AddressSanitizer and UBSan" build/asan/bin/oom_test --stride 499
  else
    failures=$((failures + 1))
  fi
fi
if ((quick == 0)); then
  suite "packages, installed in empty places" python3 scripts/release.py --dry-run --skip-missing
  suite_with node "benchmark of the packages, at a fraction of its size" benchmarks/sdk/run.sh --quick
  suite "corpora of SQLite's behaviour" python3 scripts/corpus.py
fi

echo "== suites failed: $failures"
exit $((failures > 0))
