#!/usr/bin/env bash
# Checks that C and C++ sources look as clang-format writes them (.clang-format; the version is pinned here).
#   scripts/check_format.sh            fails for a file that is not formatted and not in scripts/format_pending.txt
#   scripts/check_format.sh --fix      formats the files that the check would fail for
#   scripts/check_format.sh --tighten  takes files that are formatted by now, or gone, off the list
#   scripts/check_format.sh --remember makes the list anew from the tree as it is; the commit that does so says why
set -euo pipefail
cd "$(dirname "$0")/.."
version=19.1.7
tools=build/format-tools
pending=scripts/format_pending.txt
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
fresh=$(comm -23 <(echo "$bad" | sed '/^$/d') <(sort "$pending"))
done_or_gone=$(comm -13 <(echo "$bad" | sed '/^$/d') <(sort "$pending"))
case ${1:-} in
  --fix)
    if [[ -n $fresh ]]; then echo "$fresh" | xargs -n 20 "$tools/bin/clang-format" -i; fi
    ;;
  --remember)
    sed '/^$/d' <<<"$bad" >"$pending"
    ;;
  --tighten)
    comm -12 <(echo "$bad" | sed '/^$/d') <(sort "$pending") >"$pending.new"
    mv "$pending.new" "$pending"
    ;;
  *)
    if [[ -n $done_or_gone ]]; then
      echo "check_format: $(wc -l <<<"$done_or_gone") files of $pending are formatted or gone; scripts/check_format.sh --tighten takes them off"
    fi
    if [[ -n $fresh ]]; then
      echo "$fresh" | sed 's/$/: not as clang-format writes it (scripts\/check_format.sh --fix)/'
      echo "check_format: $(wc -l <<<"$fresh") files to format"
      exit 1
    fi
    echo "check_format: $(sources | wc -l) files, $(wc -l <"$pending") of them still on the list of the unformatted"
    ;;
esac
