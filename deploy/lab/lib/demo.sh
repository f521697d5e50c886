# shellcheck shell=bash
# The whole story, on real domain controllers: a healthy forest, a coordinator
# and its agents, one fault, the verdict that names it, and the way back.

readonly DEMO_FAULT=wrong-a-member

cmd_demo() {
    local stay='' output=table
    while [ $# -gt 0 ]; do
        case $1 in
            --stay) stay=yes ;;
            --output) shift; output=${1:-} ;;
            --output=*) output=${1#*=} ;;
            *) wrong_usage "demo [--stay] [--output table|json]" ;;
        esac
        shift
    done
    case $output in table | json) ;; *) wrong_usage "--output is table or json, not '$output'" ;; esac
    take_lock
    demo_build
    if [ -z "$stay" ]; then
        trap demo_end EXIT
        trap 'exit 130' INT
        trap 'exit 143' TERM
    fi

    cmd_up 3
    say "starting a coordinator on ops and an agent on every DC"
    cmd_mesh_start
    demo_await_healthy
    demo_diagnose "$output" 0

    cmd_fault "$DEMO_FAULT"
    demo_diagnose "$output" 1 --now

    cmd_heal
    demo_await_healthy
    demo_diagnose "$output" 0 --now
    [ -z "$stay" ] || say "the lab stays up: 'lab ask dcs', 'lab ask links'; 'lab down' ends it"
}

demo_end() {
    say "taking the lab down"
    cmd_down
}

demo_build() {
    [ -z "${EPMESH_BIN_DIR:-}" ] || return 0
    command -v cargo >/dev/null || missing "cargo is missing, and EPMESH_BIN_DIR is not set"
    (cd "$REPO" && cargo build --quiet --release --bin epmesh --bin epmesh-agent 9>&-) >&2
}

demo_await_healthy() {
    say "waiting until every link is healthy"
    wait_for 120 "every link healthy (log: $LOG/ops.coordinator)" links_healthy
}

# demo_diagnose OUTPUT STATUS [--now] : the verdict alone goes to stdout, everything else of the demo
# to stderr. The exit status has to be the one expected: 0 healthy, 1 failing.
demo_diagnose() {
    local output=$1 expected=$2 status=0
    shift 2
    say "epmesh diagnose $DESTINATION.$DNS_DOMAIN $SOURCE.$DNS_DOMAIN $*"
    ask diagnose "$DESTINATION.$DNS_DOMAIN" "$SOURCE.$DNS_DOMAIN" "$@" --output "$output" || status=$?
    [ "$status" -eq "$expected" ] || die "epmesh diagnose ended with status $status, not $expected"
}
