# shellcheck shell=bash
# Names, addresses, messages and the lock shared by every part of the lab.

readonly REALM=LAB.TEST DOMAIN=LAB DNS_DOMAIN=lab.test
# The forest lives in namespaces only and is rebuilt at will: no secret.
readonly ADMIN_PASSWORD='Passw0rd.Lab1'
readonly PREFIX=epm NET=10.99.0 DEAD_IP=10.99.0.99
readonly MAX_DCS=30

# What runs now is machine-wide, because namespace names are: it is kept
# apart from the lab directory, so that any checkout can see and end it.
readonly RUN=/run/epmesh-lab

REPO="$(cd "$LAB_LIB/../../.." && pwd)"
REQUESTED_DIR="${EPMESH_LAB_DIR:-$REPO/.cache/lab}"
LAB_DIR=$REQUESTED_DIR
readonly REPO REQUESTED_DIR

say() { printf '[%(%H:%M:%S)T] %s\n' -1 "$*" >&2; }

die() {
    printf 'lab: %s\n' "$*" >&2
    exit 1
}

missing() {
    printf 'lab: %s\n' "$*" >&2
    exit 2
}

wrong_usage() {
    printf 'lab: %s (see lab --help)\n' "$*" >&2
    exit 2
}

# Root on Debian, or a clear word of what is missing. A lab that is running
# decides the lab directory, whichever user asks.
require_machine() {
    [ "$(id -u)" = 0 ] || missing "must be run as root (network and mount namespaces)"
    [ -r /etc/debian_version ] || missing "needs Debian: /etc/debian_version is missing"
    command -v apt-get >/dev/null || missing "needs Debian: apt-get is missing"
    mkdir -p "$RUN"
    if lab_is_running; then
        RUNNING_DIR=$(cat "$RUN/dir")
    else
        RUNNING_DIR=''
    fi
    LAB_DIR=${RUNNING_DIR:-$REQUESTED_DIR}
    LOG=$LAB_DIR/log
}

# One command at a time may change the lab. Children must not inherit the
# descriptor (9), or a daemon would hold the lock for ever.
take_lock() {
    exec 9>"$RUN/lock"
    if ! flock -n 9; then
        say "another lab command is running; waiting for it"
        flock -w 600 9 || die "another lab command holds $RUN/lock for more than 600 s"
        require_machine
    fi
    mkdir -p "$LAB_DIR" "$LOG"
}

# wait_for SECONDS WHAT COMMAND... : polls a condition. Returns 1 when it did
# not become true in time, after saying so.
wait_for() {
    local limit=$1 what=$2
    shift 2
    wait_quietly "$limit" "$@" || {
        say "gave up after $limit s: $what"
        return 1
    }
}

wait_quietly() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.1
    done
}

host_ip() {
    case $1 in
        dc[1-9] | dc[1-9][0-9]) echo "$NET.$((10 + ${1#dc}))" ;;
        ops) echo "$NET.5" ;;
        member) echo "$NET.60" ;;
        *) wrong_usage "unknown host '$1'" ;;
    esac
}

# The number of DCs of the running lab, and their names.
dc_count() { cat "$RUN/count" 2>/dev/null || echo 0; }

dc_names() {
    local i n
    n=${1:-$(dc_count)}
    for ((i = 1; i <= n; i++)); do echo "dc$i"; done
}

require_ready() {
    if [ ! -e "$RUN/ready" ] || ! lab_is_running; then die "the lab is not up (lab up)"; fi
}

require_dc() {
    [ $# -eq 1 ] || wrong_usage "needs the name of one DC"
    require_running "$1"
    case $1 in dc*) ;; *) wrong_usage "'$1' is no DC" ;; esac
}
