# shellcheck shell=bash
# epmesh over the whole lab: a coordinator on ops, an agent on every DC.

readonly COORDINATOR_PORT=7353 WEB_LISTEN=127.0.0.1:7380 INTERVAL=5s

coordinator_url() { echo "https://$(host_ip ops):$COORDINATOR_PORT"; }

# ask ARGS... : epmesh as the operator on ops.
ask() {
    local epmesh
    epmesh=$(require_binary epmesh)
    in_host ops env EPMESH_COORDINATOR="$(coordinator_url)" "$epmesh" "$@"
}

cmd_ask() {
    require_running ops
    ask "$@"
}

# A file with webhooks and the like may be given; the addresses are the lab's.
cmd_mesh_start() {
    local config=()
    case ${1:-} in
        '') ;;
        --config) [ $# -eq 2 ] || wrong_usage "mesh-start [--config FILE]"; config=(--config "$2") ;;
        *) wrong_usage "mesh-start [--config FILE]" ;;
    esac
    require_ready
    mesh_coordinator ${config[@]+"${config[@]}"}
    mesh_agents
}

cmd_mesh_stop() {
    local dc
    [ $# -eq 0 ] || wrong_usage "mesh-stop takes no argument"
    for dc in $(dc_names); do daemon_stop "$dc" agent; done
    daemon_stop ops coordinator
}

# Ends the coordinator without a word, and starts it again: mesh-kill, then mesh-start.
cmd_mesh_kill() {
    local pid
    [ $# -eq 0 ] || wrong_usage "mesh-kill takes no argument"
    pid=$(daemon_pid ops coordinator) || die "no coordinator is running"
    in_host ops kill -KILL "$pid"
    wait_for 10 "the end of the coordinator" daemon_gone ops coordinator
}

mesh_coordinator() {
    local epmesh
    epmesh=$(require_binary epmesh)
    daemon_running ops coordinator ||
        daemon_start ops coordinator "$epmesh" serve "$@" --data-dir /var/lib/epmesh \
            --listen "$(host_ip ops):$COORDINATOR_PORT" --web "$WEB_LISTEN" --interval "$INTERVAL"
    wait_for 30 "the coordinator (log: $LOG/ops.coordinator)" coordinator_ready
}

coordinator_ready() {
    # shellcheck disable=SC2016 # expanded inside the host
    in_host ops bash -c '
        exec 3<>"/dev/tcp/${1%:*}/${1#*:}" || exit 1
        printf "GET /readyz HTTP/1.0\r\n\r\n" >&3
        read -r _ status _ <&3 && [ "$status" = 200 ]' ready "$WEB_LISTEN" 2>/dev/null
}

mesh_agents() {
    local dc agent
    agent=$(require_binary epmesh-agent)
    for dc in $(dc_names); do
        agent_running "$dc" && continue
        if ! in_host "$dc" test -e /var/lib/epmesh-agent/identity.json; then
            say "enrolling $dc"
            ask token create --dc "$dc.$DNS_DOMAIN" --output json | json_field token |
                in_host "$dc" "$agent" enroll --coordinator "$(coordinator_url)" --token-file - >&2
        fi
        agent_start "$dc"
    done
}

# json_field NAME : the value of a field of the object on stdin.
json_field() { /usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }

# Every ordered pair of DCs is there and healthy.
links_healthy() {
    local n
    n=$(dc_count)
    ask links --output json 2>/dev/null | /usr/bin/python3 -c '
import json, sys
links = json.load(sys.stdin)
healthy = [link for link in links if link["state"] == "healthy"]
sys.exit(not (len(links) >= int(sys.argv[1]) and len(healthy) == len(links)))
' "$((n * (n - 1)))" 2>/dev/null
}
