# shellcheck shell=bash
# Runs steps, keeps their output, counts. Sourced by tests/run.

# A step that cannot run here ends with this status, through skip.
readonly SKIPPED=77

PASSED_COUNT=0
FAILED_COUNT=0
SKIPPED_COUNT=0
LAST=""          # outcome of the last step: passed, failed, skipped
SUMMARY=()       # one line per step
SKIPPED_NAMES=() # everything skipped, with its reason

start_report() {
  LOGS=$CACHE/logs
  NOTES=$CACHE/logs/.notes # what the running step has to say: see skip, count_cases
  mkdir -p "$LOGS"
}

# skip REASON: for a step; ends it.
skip() {
  printf 'reason %s\n' "$*" >>"$NOTES"
  printf 'skipped: %s\n' "$*"
  exit "$SKIPPED"
}

# add_cases OUTCOME NUMBER: for a step; test cases that it ran.
add_cases() { printf '%s %s\n' "$1" "$2" >>"$NOTES"; }

# run_step NAME: calls step_NAME (dashes as underscores) in a shell of its own.
run_step() {
  local name=$1 log=$LOGS/$1.log status=0 begin=$SECONDS
  : >"$NOTES"
  printf '%-14s ' "$name"
  # Not in a condition: bash would switch "set -e" off inside.
  set +e
  (
    set -e
    "step_${name//-/_}"
  ) >"$log" 2>&1 </dev/null
  status=$?
  set -e
  record "$name" "$status" "$((SECONDS - begin))"
}

record() {
  local name=$1 status=$2 seconds=$3 reason="" passed=0 failed=0 skipped=0 word rest cases=""
  while read -r word rest; do
    case $word in
      reason) reason=$rest ;;
      passed) passed=$((passed + rest)) ;;
      failed) failed=$((failed + rest)) ;;
      ignored)
        skipped=$((skipped + 1))
        SKIPPED_NAMES+=("$name: $rest")
        ;;
    esac
  done <"$NOTES"
  case $status in
    0) LAST=passed; PASSED_COUNT=$((PASSED_COUNT + 1)) ;;
    "$SKIPPED")
      LAST=skipped
      SKIPPED_COUNT=$((SKIPPED_COUNT + 1))
      SKIPPED_NAMES+=("$name: ${reason:-no reason given}")
      ;;
    *) LAST=failed; FAILED_COUNT=$((FAILED_COUNT + 1)) ;;
  esac
  PASSED_COUNT=$((PASSED_COUNT + passed))
  FAILED_COUNT=$((FAILED_COUNT + failed))
  SKIPPED_COUNT=$((SKIPPED_COUNT + skipped))
  if ((passed + failed + skipped > 0)); then
    cases="$passed cases passed, $failed failed, $skipped skipped"
  fi
  local line
  line=$(printf '%-8s %5s   %s' "$LAST" "$(clock "$seconds")" "${reason:-$cases}")
  printf '%s\n' "$line"
  SUMMARY+=("$(printf '%-14s %s' "$name" "$line")")
  if [[ $LAST == failed ]]; then show_log "$name" "$status"; fi
}

show_log() {
  local log=$LOGS/$1.log
  printf -- '---- %s ended with status %s; the end of %s:\n' "$1" "$2" "$log"
  tail -n 40 "$log" | sed 's/^/  | /'
  printf -- '----\n'
}

clock() { printf '%d:%02d' "$(($1 / 60))" "$(($1 % 60))"; }

# Prints the table and the closing line; the status says whether anything failed.
finish_report() {
  printf '\n%-14s %-8s %5s\n' step outcome time
  printf '%s\n' "${SUMMARY[@]}"
  printf '\n%s in all\n' "$(clock "$SECONDS")"
  if ((${#SKIPPED_NAMES[@]} > 0)); then
    printf '\nskipped:\n'
    printf '  %s\n' "${SKIPPED_NAMES[@]}"
  fi
  printf '\n%d passed, %d failed, %d skipped\n' "$PASSED_COUNT" "$FAILED_COUNT" "$SKIPPED_COUNT"
  ((FAILED_COUNT == 0))
}
