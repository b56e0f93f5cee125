#!/usr/bin/env bash
# Installs the build into an empty prefix and builds the examples from there in every way that is promised: pkg-config
# (shared, static) and find_package (C shared, C static, C++). install_test.sh BUILD_FOLDER SCRATCH_FOLDER
set -uo pipefail
build=$1
scratch=$2
source=$(cd "$(dirname "$0")/../../.." && pwd)
log=$scratch/log
. "$source/tests/harness/checks.sh"
runs_right() { "$@" | diff - "$scratch/expected"; }

rm -rf "$scratch"
mkdir -p "$scratch/tree"
check "install" cmake --install "$build" --prefix "$scratch/tree"
# The tree may be moved: nothing in it may know where it was installed.
mv "$scratch/tree" "$scratch/moved"
prefix=$scratch/moved
lib=$(dirname "$(find "$prefix" -name libsqlrite_c.a)")
check "no path of the build or the first prefix in the package files" \
  sh -c "! grep -rnE '$scratch/tree|$build|$source' '$lib/pkgconfig' '$lib/cmake'"
version=$(cat "$source/VERSION")
check "soname" sh -c "readelf -d '$lib/libsqlrite_c.so' | grep -q 'SONAME.*\\[libsqlrite_c\\.so\\.${version%%.*}\\]'"
check "the C++ runtime and the C library are all that is needed" \
  sh -c "! readelf -d '$lib/libsqlrite_c.so' | grep NEEDED | grep -vE 'libstdc\\+\\+|libm\\.|libgcc_s|libc\\.|ld-linux|libpthread'"

export PKG_CONFIG_PATH=$lib/pkgconfig
check "pkg-config knows the version" test "$(pkg-config --modversion sqlrite)" = "$version"
example=$source/examples/c/library_card.c
"$build/bin/example_c" >"$scratch/expected"
check "expected output" grep -q "refused: NOT NULL constraint failed: loan.reader" "$scratch/expected"
# shellcheck disable=SC2046
check "pkg-config, shared: build" cc -Wall -Werror -o "$scratch/shared" "$example" $(pkg-config --cflags --libs sqlrite)
check "pkg-config, shared: run" runs_right env LD_LIBRARY_PATH="$lib" "$scratch/shared"
# shellcheck disable=SC2046
check "pkg-config, static: build" cc -Wall -Werror -static -o "$scratch/static" "$example" $(pkg-config --static --cflags --libs sqlrite)
check "pkg-config, static: run" runs_right "$scratch/static"

# The program in the README does what it says.
awk '/^```c$/ {inside = 1; next} /^```$/ {inside = 0} inside' "$source/sdk/c/README.md" >"$scratch/readme.c"
# shellcheck disable=SC2046
check "README: build" cc -Wall -Werror -o "$scratch/readme" "$scratch/readme.c" $(pkg-config --cflags --libs sqlrite)
echo "1 Ada" >"$scratch/expected"
check "README: run" runs_right env -C "$scratch" LD_LIBRARY_PATH="$lib" "$scratch/readme"

mkdir "$scratch/project"
cat >"$scratch/project/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.16)
project(user C CXX)
find_package(sqlrite $version REQUIRED)
add_executable(c_shared $example)
target_link_libraries(c_shared PRIVATE sqlrite::c)
add_executable(c_static $example)
target_link_libraries(c_static PRIVATE sqlrite::c_static)
add_executable(cpp $source/examples/cpp/library_card.cc)
target_link_libraries(cpp PRIVATE sqlrite::cpp)
END
"$build/bin/example_c" >"$scratch/expected"
check "find_package: configure" cmake -S "$scratch/project" -B "$scratch/project/build" -DCMAKE_PREFIX_PATH="$prefix"
check "find_package: build" cmake --build "$scratch/project/build"
check "find_package, shared: run" runs_right "$scratch/project/build/c_shared"
check "find_package, static: run" runs_right "$scratch/project/build/c_static"
"$build/bin/example_cpp" >"$scratch/expected"
check "find_package, C++: run" runs_right "$scratch/project/build/cpp"
check "static program needs no libsqlrite_c.so" sh -c "! readelf -d '$scratch/project/build/c_static' | grep -q libsqlrite_c"

check_report
