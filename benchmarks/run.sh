#!/usr/bin/env bash
# Builds the benchmark and two stock SQLite libraries from the amalgamation that the npm package better-sqlite3 carries,
# then runs the workloads. Arguments go to sqlrite_bench.
set -euo pipefail
cd "$(dirname "$0")/.."
out=build/stock
if [[ ! -e $out/libsqlite_tuned.so ]]; then
  mkdir -p $out
  (cd $out && npm pack --silent better-sqlite3@13 >/dev/null && tar xzf better-sqlite3-*.tgz package/deps/sqlite3)
  source_dir=$out/package/deps/sqlite3
  features="-DSQLITE_ENABLE_FTS5 -DSQLITE_ENABLE_MATH_FUNCTIONS"
  shared="-shared -fPIC -fno-semantic-interposition -Wl,-Bsymbolic"
  cc -O2 $features -DSQLITE_THREADSAFE=1 -DSQLITE_ENABLE_COLUMN_METADATA $shared -I$source_dir $source_dir/sqlite3.c \
    -o $out/libsqlite_dist.so -lm -lpthread -ldl
  cc -O3 -march=native $features -DSQLITE_THREADSAFE=2 -DSQLITE_DEFAULT_MEMSTATUS=0 -DSQLITE_LIKE_DOESNT_MATCH_BLOBS \
    -DSQLITE_MAX_EXPR_DEPTH=0 -DSQLITE_OMIT_DEPRECATED -DSQLITE_OMIT_PROGRESS_CALLBACK -DSQLITE_OMIT_SHARED_CACHE \
    -DSQLITE_USE_ALLOCA $shared -I$source_dir $source_dir/sqlite3.c -o $out/libsqlite_tuned.so -lm -lpthread -ldl
fi
cmake --preset release -DSQLRITE_BENCHMARKS=ON >/dev/null
cmake --build build/release --parallel "$(nproc)" >/dev/null
build/release/bin/sqlrite_bench --ours build/release/lib/compat/libsqlite3.so.0 --stock $out/libsqlite_dist.so \
  --stock $out/libsqlite_tuned.so "$@"
