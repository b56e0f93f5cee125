#!/usr/bin/env bash
# Builds the add-on for this machine into prebuilds/ and packs the npm package into dist/. Needs Node.js with npm.
# Prints the path of the tarball.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
# Headers of Node-API and what the tests need; nothing of it becomes part of the package.
if ! cmp -s package-lock.json node_modules/.installed-lock.json; then
  npm ci --ignore-scripts --no-audit --no-fund >&2
  cp package-lock.json node_modules/.installed-lock.json
fi
"$root/scripts/build.sh" release sqlrite_node >&2
target=$(node -p 'const { platform, arch, report } = process; platform + "-" + arch + (platform === "linux" && !report.getReport().header.glibcVersionRuntime ? "-musl" : "")')
mkdir -p "prebuilds/$target" "$root/dist"
cp "$root/build/release/lib/sqlrite.node" "prebuilds/$target/sqlrite.node"
cp "$root/LICENSE" LICENSE
tarball=$(npm pack --silent --pack-destination "$root/dist")
echo "$root/dist/$tarball"
