#!/usr/bin/env bash
# stock_sqlite.sh OUT: builds the reference SQLite (3.53 or newer) as OUT/libsqlite_reference.so from the amalgamation that
# the npm package better-sqlite3 carries. Exits with 1, saying so, where npm or the package cannot be had.
set -euo pipefail
mkdir -p "$1"
cd "$1"
library=libsqlite_reference.so
if [[ -e $library ]]; then exit 0; fi
if ! command -v npm >/dev/null 2>&1; then echo "stock_sqlite: no npm on this machine" >&2; exit 1; fi
if ! npm pack --silent better-sqlite3@13 >/dev/null 2>&1; then echo "stock_sqlite: the package cannot be had" >&2; exit 1; fi
tar xzf better-sqlite3-*.tgz package/deps/sqlite3
cc -O1 -w -shared -fPIC -fno-semantic-interposition -Wl,-Bsymbolic -DSQLITE_ENABLE_MATH_FUNCTIONS -DSQLITE_ENABLE_COLUMN_METADATA \
  -Ipackage/deps/sqlite3 package/deps/sqlite3/sqlite3.c -o "$library.tmp" -lm -lpthread -ldl
mv "$library.tmp" "$library"
