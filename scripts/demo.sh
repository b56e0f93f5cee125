#!/usr/bin/env bash
# A tour: a database made by stock SQLite is queried and changed by SQLRite, then read back by stock SQLite.
# Needs nothing but this repository: missing packages are installed first. Fails if anything is off.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n=== %s\n' "$*"; }
fail() {
  printf 'FAILED: %s\n' "$*" >&2
  exit 1
}

step "1. Install what building needs (if anything is missing)"
scripts/install_dependencies.sh
step "2. Build SQLRite (release)"
scripts/build.sh release sqlrite_shell
shell=$PWD/build/release/bin/sqlrite
[[ -x $shell ]] || fail "no shell at $shell"
stock=$(command -v sqlite3) || fail "stock sqlite3 is not installed"
echo "sqlrite $("$shell" -version)  |  stock sqlite3 $("$stock" -version | cut -d' ' -f1)"

demo=$PWD/examples/demo
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
store=$work/music_store.db

step "3. Stock sqlite3 makes a music store"
"$stock" "$store" <"$demo/music_store.sql" >/dev/null
for table in artists albums tracks customers invoices invoice_lines; do
  printf '%7d %s\n' "$("$stock" "$store" "SELECT count(*) FROM $table")" "$table"
done

step "4. SQLRite opens the same file"
"$shell" "$store" .tables
for query in best_sellers genres_by_country quiet_days customers_to_write_to; do
  printf '\n'
  head -n 1 "$demo/$query.sql"
  "$shell" -box "$store" <"$demo/$query.sql"
  "$shell" -quote -header "$store" <"$demo/$query.sql" >"$work/ours"
  "$stock" -quote -header "$store" <"$demo/$query.sql" >"$work/theirs"
  if [[ ! -s $work/ours ]]; then fail "$query has no rows"; fi
  # Literals of reals differ in digits nobody wrote: both are read back as numbers before they are compared.
  python3 - "$work/ours" "$work/theirs" <<'PYTHON' || fail "$query: stock sqlite3 has other rows"
import re, sys
rows = [re.sub(r"-?\d+\.\d+(e[+-]\d+)?", lambda m: repr(float(m.group())), open(path).read()) for path in sys.argv[1:]]
sys.exit(rows[0] != rows[1])
PYTHON
  echo "(stock sqlite3 gives the same rows)"
done

step "5. SQLRite changes the file, in one transaction"
cp "$store" "$work/expected.db"
sed -n 's/^[A-Z].*/    &/p' "$demo/change.sql" | cut -c1-110
"$shell" -bail "$store" <"$demo/change.sql"

step "6. Stock sqlite3 reads it back"
check=$("$stock" "$store" "PRAGMA integrity_check")
echo "PRAGMA integrity_check: $check"
[[ $check == ok ]] || fail "integrity check"
check=$("$stock" "$store" "PRAGMA foreign_key_check")
[[ -z $check ]] || fail "foreign keys: $check"
echo "PRAGMA foreign_key_check: nothing to report"
"$stock" "$store" <"$demo/after.sql" | tee "$work/ours"
# Stock sqlite3 makes the same change to a copy; both files must then hold the same.
"$stock" -bail "$work/expected.db" <"$demo/change.sql"
"$stock" "$work/expected.db" <"$demo/after.sql" >"$work/theirs"
diff "$work/theirs" "$work/ours" || fail "the changed rows differ from what stock sqlite3 makes of the same change"
"$stock" "$store" .dump >"$work/ours"
"$stock" "$work/expected.db" .dump >"$work/theirs"
cmp -s "$work/ours" "$work/theirs" || fail "the files differ somewhere else"
echo "Every row equals what stock sqlite3 makes of the same change ($(wc -l <"$work/ours" | tr -d ' ') lines of dump compared)."

step "7. And SQLRite's own dump makes the same database again"
"$shell" "$store" .dump | "$stock" "$work/again.db"
"$stock" "$work/again.db" .dump >"$work/theirs"
cmp -s "$work/ours" "$work/theirs" || fail "the dump lost something"
echo "Dump, load, dump: equal."

printf '\nDemo passed.\n'
