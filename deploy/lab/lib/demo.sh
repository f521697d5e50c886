# shellcheck shell=bash
# The whole story, on real domain controllers: a healthy forest, a coordinator
# and its agents, one fault, the verdict that names it, and the way back.

readonly COORDINATOR_PORT=7443 WEB_LISTEN=127.0.0.1:7480
readonly DEMO_FAULT=wrong-a-member

cmd_demo() {
    local stay='' output=text
    while [ $# -gt 0 ]; do
        case $1 in
            --stay) stay=yes ;;
            --output) shift; output=${1:-} ;;
            --output=*) output=${1#*=} ;;
            *) wrong_usage "demo [--stay] [--output text|json]" ;;
        esac
        shift
    done
    case $output in text | json) ;; *) wrong_usage "--output is text or json, not '$output'" ;; esac
    take_lock
    demo_build
    if [ -z "$stay" ]; then
        trap demo_end EXIT
        trap 'exit 130' INT
        trap 'exit 143' TERM
    fi

    cmd_up 3
    demo_coordinator
    demo_agents
    demo_await_healthy
    demo_diagnose "$output"

    cmd_fault "$DEMO_FAULT"
    demo_diagnose "$output" --now

    cmd_heal
    demo_await_healthy
    demo_diagnose "$output" --now
    [ -z "$stay" ] || say "the lab stays up: 'lab exec ops ...', 'lab down' ends it"
}

demo_end() {
    say "taking the lab down"
    cmd_down
}

demo_build() {
    if [ -z "${EPMESH_BIN_DIR:-}" ]; then
        command -v cargo >/dev/null || missing "cargo is missing, and EPMESH_BIN_DIR is not set"
        (cd "$REPO" && cargo build --quiet --release --bin epmesh --bin epmesh-agent 9>&-) >&2
    fi
    EPMESH=$(require_binary epmesh)
    AGENT=$(require_binary epmesh-agent)
}

demo_coordinator() {
    daemon_running ops coordinator ||
        daemon_start ops coordinator "$EPMESH" serve --data-dir /var/lib/epmesh \
            --listen "$(host_ip ops):$COORDINATOR_PORT" --web "$WEB_LISTEN"
    wait_for 30 "the coordinator (log: $LOG/ops.coordinator)" coordinator_listens
}

coordinator_listens() {
    # shellcheck disable=SC2016 # expanded inside the host
    in_host ops bash -c 'exec 3<>"/dev/tcp/$1/$2"' listens "$(host_ip ops)" "$COORDINATOR_PORT" 2>/dev/null
}

demo_agents() {
    local dc token
    for dc in $(dc_names); do
        agent_running "$dc" && continue
        say "enrolling $dc"
        token=$(in_host ops "$EPMESH" token create --dc "$dc.$DNS_DOMAIN" --output json | json_field token)
        in_host "$dc" "$AGENT" enroll --coordinator "https://$(host_ip ops):$COORDINATOR_PORT" \
            --token "$token" >&2
        agent_start "$dc"
    done
}

# json_field NAME : the value of a field of the object on stdin.
json_field() { /usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }

demo_await_healthy() {
    say "waiting until every link is healthy"
    wait_for 120 "every link healthy (log: $LOG/ops.coordinator)" links_healthy
}

# Every ordered pair of DCs is there and healthy. Shape: an array of links, or
# an object with it under `links`, each with a `status`.
links_healthy() {
    local n
    n=$(dc_count)
    in_host ops "$EPMESH" links --output json 2>/dev/null | /usr/bin/python3 -c '
import json, sys
links = json.load(sys.stdin)
if isinstance(links, dict):
    links = links["links"]
healthy = [link for link in links if link["status"] == "healthy"]
sys.exit(not (len(links) >= int(sys.argv[1]) and len(healthy) == len(links)))
' "$((n * (n - 1)))" 2>/dev/null
}

# The verdict alone goes to stdout; everything else of the demo is on stderr.
# `diagnose` may use its exit status to say that a link is broken.
demo_diagnose() {
    local output=$1 status=0
    shift
    say "epmesh diagnose $DESTINATION.$DNS_DOMAIN $SOURCE.$DNS_DOMAIN $*"
    in_host ops "$EPMESH" diagnose "$DESTINATION.$DNS_DOMAIN" "$SOURCE.$DNS_DOMAIN" "$@" \
        --output "$output" || status=$?
    [ "$status" -le 1 ] || die "epmesh diagnose ended with status $status"
}
