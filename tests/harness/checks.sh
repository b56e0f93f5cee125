# Counts what succeeds and shows what does not: sourced by tests that are shell scripts, which set `log` (the file that
# takes a command's output) first and end with check_report.
passed=0
failed=0
check() {  # check NAME COMMAND...: the command succeeds
  local name=$1
  shift
  if "$@" >"$log" 2>&1; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "failed: $name"
    cat "$log"
  fi
}
check_report() {  # the line that scripts/test.sh adds up; fails where a check did
  echo "$passed passed, $failed failed"
  ((failed == 0))
}
