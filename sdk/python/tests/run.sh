#!/usr/bin/env bash
# Builds wheel and source distribution into build/python-dist, installs each in an empty virtual environment and runs the
# tests there: all of them on the wheel, the comparison with the standard module on what the source distribution gave.
set -euo pipefail
cd "$(dirname "$0")/../../.."
# Compiled as scripts/build.sh does, so that ccache has the objects already.
export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$PWD} CCACHE_NOHASHDIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
export CC=${CC:-cc} CXX=${CXX:-c++}  # the names that CMake finds by itself, for the same reason
python=${PYTHON:-python3}
dist=build/python-dist
rm -rf "$dist" build/python-venv build/python-sdist build/python-sdist-venv
options=(--no-deps --quiet -C cmake.define.SQLRITE_WARNINGS_AS_ERRORS=ON)

"$python" -m venv build/python-venv
build/python-venv/bin/pip install --quiet build pytest dbapi-compliance
build/python-venv/bin/pip wheel "${options[@]}" -w "$dist" .
build/python-venv/bin/python -m build --sdist --outdir "$dist" . >build/python-sdist.log
build/python-venv/bin/pip install --quiet --no-index "$dist"/sqlrite-*.whl

mkdir build/python-sdist
tar -C build/python-sdist -xf "$dist"/sqlrite-*.tar.gz
"$python" -m venv build/python-sdist-venv
build/python-sdist-venv/bin/pip install "${options[@]}" build/python-sdist/sqlrite-*/
build/python-sdist-venv/bin/pip install --quiet pytest
build/python-sdist-venv/bin/python -m pytest -q -p no:cacheprovider sdk/python/tests/test_oracle.py >build/python-sdist-tests.log ||
  { tail -40 build/python-sdist-tests.log; echo "the package made from the source distribution fails"; exit 1; }

build/python-venv/bin/python -m pytest -q -p no:cacheprovider sdk/python/tests
build/python-venv/bin/python tests/conformance/python_runner.py --module sqlrite tests/conformance/scenarios
python3 examples/quickstart/compare.py python="$PWD/build/python-venv/bin/python examples/quickstart/python/quickstart.py"
