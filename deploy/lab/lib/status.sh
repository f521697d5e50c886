# shellcheck shell=bash
# What runs, as it is now.

cmd_status() {
    [ $# -eq 0 ] || wrong_usage "status takes no argument"
    local host addresses
    if ! lab_is_running; then
        echo "the lab is down; forests kept in $LAB_DIR: $(kept_forests)"
        return 0
    fi
    printf 'directory   %s\n' "$LAB_DIR"
    printf 'ready       %s\n' "$([ -e "$RUN/ready" ] && echo yes || echo 'no (up was cut short)')"
    printf 'fault       %s\n\n' "$(cat "$RUN/fault" 2>/dev/null || echo none)"
    printf '%-8s %-12s %-8s %-10s %s\n' HOST ADDRESS INIT SERVICE AGENT
    for host in $(all_hosts); do
        printf '%-8s %-12s %-8s %-10s %s\n' "$host" "$(host_ip "$host")" \
            "$(host_pid "$host" || echo down)" "$(host_service "$host")" \
            "$(daemon_pid "$host" agent || echo -)"
    done
    echo
    mapfile -t addresses < <(forest_addresses)
    in_switch /usr/bin/python3 "$LAB_LIB/forest.py" summary "${addresses[@]}"
}

host_service() {
    host_alive "$1" || { echo -; return; }
    case $1 in
        dc*) if dc_running "$1"; then echo samba; else echo stopped; fi ;;
        member) if ports_open member 135; then echo dcerpcd; else echo stopped; fi ;;
        *) echo - ;;
    esac
}

kept_forests() {
    local file found=()
    for file in "$LAB_DIR"/forest-*.tar; do
        [ -e "$file" ] && found+=("${file##*/}")
    done
    echo "${found[*]:-none}"
}
