#!/usr/bin/env bash
# build.sh [PRESET [TARGET...]]: configures and builds a preset (release by default) into build/<preset>.
set -euo pipefail
cd "$(dirname "$0")/.."
# Paths are hashed relative to the tree, so that packages built from a copy of it find what is compiled here.
export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$PWD} CCACHE_NOHASHDIR=1
preset=${1:-release}
if (($# > 0)); then shift; fi
cmake --preset "$preset" >/dev/null
cmake --build "build/$preset" --parallel "$(nproc)" ${1:+--target "$@"}
