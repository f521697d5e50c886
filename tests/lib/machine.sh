# shellcheck shell=bash
# What this machine is and can do. Sourced by tests/run and tests/campaign, which set REPO.

# The comment at the head of a script, as its help.
header_of() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$1"; }

absolute() { if [[ $1 == /* ]]; then printf '%s\n' "$1"; else printf '%s/%s\n' "$PWD" "$1"; fi; }

# Sets CACHE, TARGET_DIR and the environment of every command that follows; moves into the repository.
prepare_environment() {
  CACHE=$(absolute "${EPMESH_CACHE:-$REPO/.cache}")
  TARGET_DIR=$(absolute "${CARGO_TARGET_DIR:-$REPO/target}")
  export EPMESH_CACHE=$CACHE CARGO_TARGET_DIR=$TARGET_DIR
  export CARGO_TERM_COLOR=never RUST_BACKTRACE=${RUST_BACKTRACE:-1}
  mkdir -p "$CACHE"
  cd "$REPO"
}

have() { command -v "$1" >/dev/null 2>&1; }

is_root() { [[ $(id -u) == 0 ]]; }

is_debian() { [[ -e /etc/debian_version ]] && have apt-get; }

has_network_namespaces() { have unshare && unshare --net true 2>/dev/null; }

# Installs Debian packages. Only for root on Debian. Waits for another apt-get to finish.
apt_install() {
  local install=(apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@")
  export DEBIAN_FRONTEND=noninteractive
  "${install[@]}" || { apt-get -qq update && "${install[@]}"; }
}

# limit SECONDS COMMAND...: ends the command, and all it started, when its time is over or when we are
# interrupted ourselves. The status is 124 when the time was over.
limit() {
  local seconds=$1 child status=0
  shift
  timeout --kill-after=20 "$seconds" "$@" &
  child=$!
  # shellcheck disable=SC2064 # this child, not a later one
  trap "kill -TERM $child 2>/dev/null" INT TERM
  wait "$child" || status=$?
  trap - INT TERM
  if ((status == 124)); then printf 'not done after %s seconds: %s\n' "$seconds" "$*"; fi
  return "$status"
}
