# shellcheck shell=bash
# Hosts: a network namespace each, plus mount, UTS, IPC and PID namespaces held
# by a small init. When that init dies, the whole host is gone.

# Directories and files of a host that lie over the machine's own.
readonly HOST_DIRS=(
    /var/lib/samba /var/cache/samba /var/log/samba /run/samba /etc/samba
    /var/lib/epmesh-agent /etc/epmesh-agent /var/lib/epmesh /etc/epmesh
)
readonly HOST_FILES=(/etc/hosts /etc/resolv.conf /etc/krb5.conf /etc/hostname)

host_root() { echo "$LAB_DIR/state/$1"; }

all_hosts() {
    dc_names "$@"
    echo member
    echo ops
}

# The pid of a host's init. The pid file also holds the start time, so that a
# pid used again by something else is never taken for the host.
host_pid() {
    local pid started
    read -r pid started 2>/dev/null <"$RUN/$1.pid" || return 1
    [ -n "$started" ] && [ "$(process_start "$pid")" = "$started" ] || return 1
    echo "$pid"
}

# Prints nothing for a process that is gone, or dead and only not yet reaped.
process_start() {
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
    # Fields 3 and 22; the command (field 2) may hold blanks, so cut it off first.
    awk '$1 != "Z" {print $20}' <<<"${stat##*) }"
}

host_alive() { host_pid "$1" >/dev/null; }

lab_is_running() {
    local file host
    [ -s "$RUN/dir" ] || return 1
    for file in "$RUN"/*.pid; do
        [ -e "$file" ] || return 1
        host=${file##*/}
        if host_alive "${host%.pid}"; then return 0; fi
    done
    return 1
}

require_running() { host_alive "$1" || die "host '$1' is not up"; }

# in_host HOST CMD... : runs a command in all of a host's namespaces.
in_host() {
    local host=$1 pid
    shift
    pid=$(host_pid "$host") || die "host '$host' is not up"
    nsenter -t "$pid" -m -u -n -p -i -- "$@" 9>&-
}

cmd_exec() {
    [ $# -ge 2 ] || wrong_usage "exec HOST CMD..."
    require_running "$1"
    in_host "$@"
}

# The bridge has a namespace of its own: not even the switch is in the
# machine's network.
switch_up() {
    local ns=$PREFIX-sw
    ip netns add "$ns"
    ip netns exec "$ns" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
    ip -n "$ns" link set lo up
    ip -n "$ns" link add br0 type bridge
    ip -n "$ns" addr add "$NET.1/24" dev br0
    ip -n "$ns" link set br0 up
}

# Runs a command in the switch's network but with the machine's own files.
in_switch() { nsenter "--net=/run/netns/$PREFIX-sw" "$@" 9>&-; }

# Edited in place: the files are bind-mounted, a new inode would go unseen.
hosts_write() {
    printf '127.0.0.1 localhost\n%s %s.%s %s\n' "$(host_ip "$1")" "$1" "$DNS_DOMAIN" "$1" \
        >"$(host_root "$1")/etc/hosts"
}

# resolv_write HOST N : a DC asks itself first, by its own address, then dc1.
resolv_write() {
    local host=$1 n=$2 servers server
    case $host in
        dc1 | member | ops) servers=(dc1 dc2) ;;
        dc*) servers=("$host" dc1) ;;
    esac
    {
        echo "search $DNS_DOMAIN"
        for server in "${servers[@]}"; do
            if [ "${server#dc}" -le "$n" ]; then echo "nameserver $(host_ip "$server")"; fi
        done
        echo "options timeout:1 attempts:2"
    } >"$(host_root "$host")/etc/resolv.conf"
}

# host_files HOST N : the files of a host in a forest of N DCs.
host_files() {
    local host=$1 root dir
    root=$(host_root "$host")
    for dir in "${HOST_DIRS[@]}"; do mkdir -p "$root$dir"; done
    hosts_write "$host"
    resolv_write "$host" "$2"
    echo "$host" >"$root/etc/hostname"
    cat >"$root/etc/krb5.conf" <<KRB5
[libdefaults]
    default_realm = $REALM
    dns_lookup_realm = false
    dns_lookup_kdc = true
[domain_realm]
    .$DNS_DOMAIN = $REALM
KRB5
}

# Mount points must exist on the machine; the ones made here go at `down`.
mount_points() {
    local dir
    for dir in "${HOST_DIRS[@]}"; do
        if [ ! -d "$dir" ]; then
            mkdir -p "$dir"
            echo "$dir" >>"$RUN/made"
        fi
    done
    for dir in "${HOST_FILES[@]}"; do
        if [ ! -e "$dir" ]; then : >"$dir"; fi
    done
}

host_up() {
    local host=$1 ns=$PREFIX-$1 link=v-$1 ip mac pid
    ip=$(host_ip "$host")
    # A rebooted host keeps its MAC address, or its neighbours would talk to the
    # old one until their caches expire.
    printf -v mac '02:00:0a:63:00:%02x' "${ip##*.}"
    ip netns add "$ns"
    ip -n "$PREFIX-sw" link add "$link" type veth \
        peer name eth0 address "$mac" netns "$ns"
    ip -n "$PREFIX-sw" link set "$link" master br0 up
    ip netns exec "$ns" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
    ip -n "$ns" link set lo up
    ip -n "$ns" addr add "$ip/24" dev eth0
    ip -n "$ns" link set eth0 up

    rm -f "$RUN/$host.mounted"
    # unshare without --fork: the first child of that shell is pid 1 of the new
    # namespace, the shell itself ends, and nothing stays behind outside.
    # shellcheck disable=SC2016 # expanded by that shell
    pid=$(nsenter "--net=/run/netns/$ns" \
        unshare --mount --uts --ipc --pid --propagation private \
        bash -c 'setsid "$@" </dev/null >>"$0" 2>&1 & echo $!' \
        "$LOG/$host.init" "$LAB_LIB/host-init" "$host" "$(host_root "$host")" \
        "$RUN/$host.mounted" "${HOST_DIRS[*]}" "${HOST_FILES[*]}" 9>&-)
    echo "$pid $(process_start "$pid")" >"$RUN/$host.pid"
    wait_for 10 "namespaces of $host (see $LOG/$host.init)" test -e "$RUN/$host.mounted"
}

host_down() {
    local host=$1 pid
    if pid=$(host_pid "$host"); then
        kill -KILL "$pid" 2>/dev/null || true
        wait_for 10 "the end of $host" process_gone "$pid"
    fi
    rm -f "$RUN/$host".{pid,mounted,agent,coordinator}
    netns_delete "$PREFIX-$host"
}

process_gone() { [ ! -d "/proc/$1" ]; }

# Whatever still runs in a namespace of ours is left over from a killed run.
netns_delete() {
    local ns=$1 pid
    [ -e "/run/netns/$ns" ] || return 0
    for pid in $(ip netns pids "$ns" 2>/dev/null); do kill -KILL "$pid" 2>/dev/null || true; done
    ip netns delete "$ns"
}

hosts_down() {
    local file host dir
    for file in "$RUN"/*.pid; do
        [ -e "$file" ] || continue
        host=${file##*/}
        host_down "${host%.pid}"
    done
    for file in /run/netns/"$PREFIX"-*; do
        [ -e "$file" ] || continue
        netns_delete "${file##*/}"
    done
    if [ -e "$RUN/made" ]; then
        while read -r dir; do rmdir "$dir" 2>/dev/null || true; done <"$RUN/made"
    fi
    rm -f "$RUN"/{dir,count,ready,fault,made}
}
