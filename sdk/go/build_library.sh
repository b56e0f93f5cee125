#!/usr/bin/env bash
# Puts what the package carries beside it: include/sqlrite.h and lib/<platform>/libsqlrite_c.a, the engine as one stripped
# archive. Both are build products of this repository and are not committed; a release's module archive holds them.
#   build_library.sh [BUILD_FOLDER]     default: build/release, which is built first
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
build=${1:-}
if [[ -z $build ]]; then
  build=$root/build/release
  "$root/scripts/build.sh" release sqlrite_c_static
fi
platform=$(go env GOOS)_$(go env GOARCH)
archive=$build/lib/libsqlrite_c.a
target=lib/$platform/libsqlrite_c.a
mkdir -p include "lib/$platform"
cmp -s "$root/sdk/c/include/sqlrite.h" include/sqlrite.h || cp "$root/sdk/c/include/sqlrite.h" include/sqlrite.h
if [[ ! -e $target || $archive -nt $target ]]; then
  cp "$archive" "$target.new"
  strip --strip-unneeded "$target.new"
  # Objects need no names of their local symbols, and the archive needs no dates.
  ranlib -D "$target.new"
  mv "$target.new" "$target"
fi
echo "sdk/go/$target: $(stat -c %s "$target") bytes"
