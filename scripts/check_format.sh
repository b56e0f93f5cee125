#!/usr/bin/env bash
# Checks that C and C++ sources look as clang-format writes them (.clang-format; the version is pinned here).
#   scripts/check_format.sh        fails for a file that is not formatted
#   scripts/check_format.sh --fix  formats the files that the check would fail for
set -euo pipefail
cd "$(dirname "$0")/.."
version=19.1.7
tools=build/format-tools
if [[ $("$tools/bin/clang-format" --version 2>/dev/null) != *" $version"* ]]; then
  python3 -m venv "$tools"
  "$tools/bin/pip" install --quiet --disable-pip-version-check "clang-format==$version"
fi

# The header of another product is kept as it came to be; nlohmann and the like are installed, never copied here.
sources() { git ls-files --cached --others --exclude-standard -- '*.h' '*.cc' '*.c' '*.cpp' ':!sdk/c/compat/sqlite3.h' | sort -u; }
existing() { while read -r file; do [[ -e $file ]] && echo "$file"; done; true; }
unformatted() {
  xargs -r -n 50 "$tools/bin/clang-format" --dry-run 2>&1 |
    sed -nE 's/^([^:]+):[0-9]+:[0-9]+: warning: .*-Wclang-format-violations.*/\1/p' | sort -u
}

bad=$(sources | existing | unformatted)
if [[ -n $bad && ${1:-} == --fix ]]; then
  echo "$bad" | xargs -n 20 "$tools/bin/clang-format" -i
elif [[ -n $bad ]]; then
  while read -r file; do echo "$file: not as clang-format writes it (scripts/check_format.sh --fix)"; done <<<"$bad"
  echo "check_format: $(wc -l <<<"$bad") files to format"
  exit 1
else
  echo "check_format: $(sources | wc -l) files, all formatted"
fi
