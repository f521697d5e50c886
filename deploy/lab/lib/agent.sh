# shellcheck shell=bash
# epmesh inside the lab's hosts.

# The directory of the binaries: given, or made with cargo.
bin_dir() {
    local target
    if [ -n "${EPMESH_BIN_DIR:-}" ]; then
        echo "$EPMESH_BIN_DIR"
        return
    fi
    target=${CARGO_TARGET_DIR:-$REPO/target}
    echo "$target/release"
}

require_binary() {
    local path
    path=$(bin_dir)/$1
    [ -x "$path" ] || missing "$path is missing (set EPMESH_BIN_DIR, or build it: cargo build --release --bin $1)"
    echo "$path"
}

# daemon_start HOST NAME CMD... : runs a program in a host, in the background;
# its pid, as the host numbers it, is in $RUN/HOST.NAME.
daemon_start() {
    local host=$1 name=$2
    shift 2
    # shellcheck disable=SC2016 # expanded inside the host
    in_host "$host" setsid --fork sh -c 'echo $$ >&3; exec 3>&-; exec "$@"' "$name" "$@" \
        </dev/null >>"$LOG/$host.$name" 2>&1 3>"$RUN/$host.$name"
    wait_for 5 "$name of $host (log: $LOG/$host.$name)" daemon_running "$host" "$name"
}

daemon_pid() {
    local pid
    [ -s "$RUN/$1.$2" ] && host_alive "$1" || return 1
    pid=$(cat "$RUN/$1.$2")
    in_host "$1" kill -0 "$pid" 2>/dev/null && echo "$pid"
}

daemon_running() { daemon_pid "$1" "$2" >/dev/null; }
daemon_gone() { ! daemon_running "$1" "$2"; }

daemon_stop() {
    local host=$1 name=$2 pid
    if pid=$(daemon_pid "$host" "$name"); then
        in_host "$host" kill -TERM "$pid" 2>/dev/null || true
        if ! wait_for 15 "the end of $name on $host" daemon_gone "$host" "$name"; then
            in_host "$host" kill -KILL "$pid" 2>/dev/null || true
        fi
    fi
    rm -f "$RUN/$host.$name"
}

agent_running() { daemon_running "$1" agent; }

agent_start() {
    local agent
    agent=$(require_binary epmesh-agent)
    agent_running "$1" || daemon_start "$1" agent "$agent" run
}

cmd_agent_start() {
    [ $# -eq 1 ] || wrong_usage "agent-start HOST"
    require_running "$1"
    agent_start "$1"
}

cmd_agent_stop() {
    [ $# -eq 1 ] || wrong_usage "agent-stop HOST"
    require_running "$1"
    daemon_stop "$1" agent
}
