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

(cd $build && ctest -N | awk '/Test +#/ {print $3}') >$build/tests.txt
while read -r name; do
  suite "$name" ctest --test-dir $build -R "^$name\$" --output-on-failure --no-tests=error -Q -O $build/ctest.log
  grep -hE '^[0-9]+ passed, [0-9]+ failed' $build/Testing/Temporary/LastTest.log | tail -n 1 || true
done <$build/tests.txt

stock=$(ldconfig -p | awk '/libsqlite3\.so\.0 /{print $NF; exit}')
if [[ -n $stock && -e $library ]]; then
  cases=400
  if ((quick)); then cases=40; fi
  # Seeds depend on the commit, so that no two changes repeat the same cases.
  seed=$((16#$(git rev-parse --short=6 HEAD 2>/dev/null || echo 1)))
  suite "differential test against stock SQLite" $build/bin/differential_test --ours $library --stock "$stock" \
    --cases $cases --statements 60 --seed $seed
else
  echo "== differential test: skipped, no stock libsqlite3.so.0 on this machine"
fi
if ((quick == 0)); then suite "corpora of SQLite's behaviour" python3 scripts/corpus.py; fi

echo "== suites failed: $failures"
exit $((failures > 0))
