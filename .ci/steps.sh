# What .ci/run and .ci/nightly are made of: a step is a command, a suite is a command whose last line is a sum.
# shellcheck shell=bash
PATH=$PWD/build/tools/bin:$PATH # where bootstrap puts a newer CMake than the system's

passed=0
failed=0
skipped=0
failed_steps=()
export jobs
jobs=$(nproc)
log=$(mktemp) || exit 2

finish() {
  local text=
  rm -f "$log"
  if [ ${#failed_steps[@]} -gt 0 ]; then
    text=$(printf ', %s' "${failed_steps[@]}")
    printf '%s: failed: %s\n' "$0" "${text#, }"
  fi
  text=
  if [ "$skipped" -gt 0 ]; then text=", $skipped skipped"; fi
  printf '%s passed, %s failed%s\n' "$passed" "$failed" "$text"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
  exit
}

# A step is a command; what it prints is shown if it fails. Nothing depends on a step's output alone,
# so the rest runs all the same.
step() {
  local title=$1 start=$SECONDS
  shift
  if "$@" >"$log" 2>&1 </dev/null; then
    printf -- '-- %s: ok (%s s)\n' "$title" "$((SECONDS - start))"
  else
    cat "$log"
    printf -- '-- %s: failed (%s s)\n' "$title" "$((SECONDS - start))"
    failed_steps+=("$title")
    failed=$((failed + 1))
    return 1
  fi
}

# A suite is a command whose last line is "N passed, N failed[, N skipped]".
suite() {
  local title=$1 start=$SECONDS status last
  shift
  "$@" 2>&1 </dev/null | tee "$log" | sed '$d'
  status=${PIPESTATUS[0]}
  last=$(tail -n 1 "$log")
  if [[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed(,\ ([0-9]+)\ skipped)?$ ]]; then
    passed=$((passed + BASH_REMATCH[1]))
    failed=$((failed + BASH_REMATCH[2]))
    skipped=$((skipped + ${BASH_REMATCH[4]:-0}))
    if [ "$status" -ne 0 ] && [ "${BASH_REMATCH[2]}" -eq 0 ]; then failed=$((failed + 1)); fi
  else
    printf '%s\n' "$last"
    failed=$((failed + 1))
    status=1
  fi
  if [ "$status" -eq 0 ]; then
    printf -- '-- %s: ok (%s s)\n' "$title" "$((SECONDS - start))"
  else
    printf -- '-- %s: failed (%s s)\n' "$title" "$((SECONDS - start))"
    failed_steps+=("$title")
  fi
}
