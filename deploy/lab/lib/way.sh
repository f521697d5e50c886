# shellcheck shell=bash
# What stands between hosts: filters on a host, and devices on the way.

readonly WAY_PORT=10135

# rules HOST FAULT HOOK RULE... : packet rules of one fault on a host, in a table of their own. They bind
# nothing on the host's own loopback, unless the rule itself says so.
rules() {
    local host=$1 fault=$2 hook=$3
    shift 3
    {
        echo "table inet $(rules_table "$fault") {"
        echo "  chain rules { type $hook; policy accept;"
        printf '    %s\n' "$@"
        echo "  }"
        echo "}"
    } | in_host "$host" nft -f -
}

rules_table() { echo "epmesh_lab_${1//-/_}"; }

# rules_clear HOST [FAULT] : takes a fault's rules away, or those of all faults.
rules_clear() {
    local host=$1 table
    if [ $# -eq 2 ]; then
        in_host "$host" nft delete table inet "$(rules_table "$2")" 2>/dev/null || true
        return 0
    fi
    for table in $(in_host "$host" nft list tables | sed -n 's/^table inet \(epmesh_lab_.*\)$/\1/p'); do
        in_host "$host" nft delete table inet "$table"
    done
}

# firewall HOST FAULT RULE... : the host's firewall, for what comes in from others.
firewall() {
    local host=$1 fault=$2
    shift 2
    rules "$host" "$fault" 'filter hook input priority 0' "${@/#/iifname \"eth0\" }"
}

# led_away FAULT TARGET CLIENT... : what a client sends to the source's port 135 comes to TARGET instead, as
# over a device on the way; neither end sees anything of it.
led_away() {
    local fault=$1 target=$2 client
    shift 2
    for client in "$@"; do
        rules "$client" "$fault" 'nat hook output priority -100' \
            "ip daddr $(host_ip $SOURCE) tcp dport 135 dnat ip to $target"
    done
}

# device FAULT KIND [ARGUMENT...] -- CLIENT... : a device on the way of these clients to the source's port 135
# (way.py); it stands at the switch.
device() {
    local fault=$1 pid arguments=()
    shift
    while [ "$1" != -- ]; do arguments+=("$1"); shift; done
    shift
    # shellcheck disable=SC2016 # expanded by that shell
    pid=$(in_switch bash -c 'setsid "$@" </dev/null >>"$0" 2>&1 & echo $!' "$LOG/way" \
        /usr/bin/python3 "$LAB_LIB/way.py" "$WAY_PORT" "${arguments[@]}")
    echo "$pid $(process_start "$pid")" >"$RUN/$fault.device"
    wait_for 5 "the device on the way (log: $LOG/way)" device_listens
    led_away "$fault" "$NET.1:$WAY_PORT" "$@"
}

# shellcheck disable=SC2016 # expanded by that shell
device_listens() { in_switch bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$0"' "$WAY_PORT" 2>/dev/null; }

# devices_end [FAULT]
devices_end() {
    local file pid started
    # shellcheck disable=SC2231 # the star is a pattern
    for file in "$RUN"/${1:-*}.device; do
        [ -e "$file" ] || continue
        read -r pid started <"$file"
        if [ "$(process_start "$pid")" = "$started" ]; then kill -KILL "$pid"; fi
        rm -f "$file"
    done
}

# The member host takes the source's address, too, and the other domain controllers' frames come to it: who was
# heard last has the address. The operator's host still reaches the right one.
address_take() {
    local dc mac
    mac=$(in_host member cat /sys/class/net/eth0/address)
    in_host member ip addr add "$(host_ip $SOURCE)/32" dev eth0
    for dc in $(dc_names); do
        [ "$dc" != $SOURCE ] || continue
        in_host "$dc" ip neigh replace "$(host_ip $SOURCE)" lladdr "$mac" dev eth0 nud permanent
    done
}

address_release() {
    local dc
    in_host member ip addr del "$(host_ip $SOURCE)/32" dev eth0 2>/dev/null || true
    for dc in $(dc_names); do
        in_host "$dc" ip neigh del "$(host_ip $SOURCE)" dev eth0 2>/dev/null || true
    done
}
