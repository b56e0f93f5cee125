#!/usr/bin/env bash
# build.sh [PRESET [TARGET...]]: configures and builds a preset (release by default) into build/<preset>.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}
if (($# > 0)); then shift; fi
cmake --preset "$preset" >/dev/null
cmake --build "build/$preset" --parallel "$(nproc)" ${1:+--target "$@"}
