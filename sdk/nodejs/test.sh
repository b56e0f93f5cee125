#!/usr/bin/env bash
# Tests the npm package as it is published: packs it, installs the tarball into an empty folder, and runs test/ there.
set -euo pipefail
cd "$(dirname "$0")"
tarball=$(./build.sh)
# The library whose interface the package has is what results are compared with; it is compiled once.
oracle=node_modules/better-sqlite3
if [[ ! -e $oracle/build/Release/better_sqlite3.node ]]; then
  wrap=""
  if command -v ccache >/dev/null; then wrap="ccache "; fi
  # Headers that came with Node.js need not be fetched.
  prefix=$(dirname "$(dirname "$(node -p process.execPath)")")
  if [[ -e $prefix/include/node/node.h ]]; then export npm_config_nodedir=$prefix; fi
  CC="${wrap}gcc" CXX="${wrap}g++" npm rebuild better-sqlite3 >/dev/null
fi
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cp -r test "$place/test"
echo '{ "private": true }' >"$place/package.json"
(cd "$place" && npm install --silent --no-audit --no-fund --offline "$tarball")
SQLRITE_DEVELOPMENT=$PWD
export SQLRITE_DEVELOPMENT
cd "$place"
node --expose-gc --test --test-reporter="$place/test/reporter.mjs" test/*.test.mjs
