#!/usr/bin/env bash
# The packages against the community's libraries on stock SQLite: Python against the standard sqlite3 module, Node.js against
# better-sqlite3, Go against mattn/go-sqlite3. Each comparison runs both in one process, alternating, and compares answers;
# figures are medians of CPU time. One table at the end.
#   benchmarks/sdk/run.sh                      everything
#   benchmarks/sdk/run.sh --quick              small and with few repetitions: shows that it works, not how fast
#   benchmarks/sdk/run.sh --only python        one language (may be repeated): python, node, go
#   benchmarks/sdk/run.sh --json FILE          the table for machines, too
set -euo pipefail
cd "$(dirname "$0")/../.."
only=() json=() quick=0
while (($# > 0)); do
  case $1 in
    --quick) quick=1 ;;
    --only) only+=("$2"); shift ;;
    --json) json=(--json "$(realpath -m "$2")"); shift ;;
    *) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2 ;;
  esac
  shift
done
wanted() { ((${#only[@]} == 0)) || [[ " ${only[*]} " == *" $1 "* ]]; }
out=build/benchmarks-sdk
mkdir -p "$out"
rm -f "$out"/{python,node,go}.json
quietly() {  # quietly COMMAND...: what it prints is shown when it fails
  "$@" >"$out/build.log" 2>&1 || { cat "$out/build.log" >&2; exit 1; }
}
quietly scripts/install_dependencies.sh
quietly scripts/build.sh release

if wanted python; then
  # The package as it is installed: the wheel of this tree in a virtual environment of its own.
  quietly python3 -m venv "$out/python"
  quietly env CC=cc CXX=c++ "$out/python/bin/pip" install --quiet --force-reinstall --no-deps \
    -C cmake.define.SQLRITE_WARNINGS_AS_ERRORS=ON .
  sizes=()
  if ((quick)); then sizes=(--rows 20000 --runs 1); fi
  "$out/python/bin/python" benchmarks/sdk/python_bench.py "${sizes[@]}" --json "$out/python.json" >"$out/python.txt"
fi
if wanted node; then
  quietly sdk/nodejs/build.sh
  # The peer is compiled once, from the sources that its package carries.
  if [[ ! -e sdk/nodejs/node_modules/better-sqlite3/build/Release/better_sqlite3.node ]]; then
    quietly env -C sdk/nodejs CC="ccache gcc" CXX="ccache g++" npm rebuild better-sqlite3
  fi
  sizes=()
  if ((quick)); then sizes=(--rounds 1 --rows 20000); fi
  node --expose-gc benchmarks/sdk/node_bench.mjs "${sizes[@]}" --json "$out/node.json" >"$out/node.txt"
fi
if wanted go; then
  quietly sdk/go/build_library.sh "$PWD/build/release"
  sizes=()
  if ((quick)); then sizes=(-scale 0.02 -repetitions 1); fi
  (cd benchmarks/sdk/go && go run . "${sizes[@]}" -json) >"$out/go.json"
fi
python3 benchmarks/sdk/table.py "${json[@]}" "$out"/*.json
