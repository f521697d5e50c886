# shellcheck shell=bash
# Faults, each switched on for real. Source DC: dc2. Destination DC: dc1.

readonly SOURCE=dc2 DESTINATION=dc1

# name | expected cause id | side | what is done
readonly FAULTS=(
    "no-drsuapi|registration-failed|S|samba of dc2 restarted without the drsuapi interface"
    "restart-no-drsuapi|registration-failed|S|another name of no-drsuapi: Samba can lose an interface only by a restart"
    "not-started|service-not-started|S|dc2's host rebooted, samba not started"
    "stopped|service-died|S|samba stopped on dc2"
    "killed|service-died|S|every process of samba on dc2 killed with -9"
    "no-rpc|service-died|S|samba of dc2 restarted without its RPC server: nothing listens on 135 (1722)"
    "wrong-a-member|dns-a-stale|N|dc2's A record gives the address of member, whose endpoint mapper lacks drsuapi"
    "wrong-a-dc3|wrong-server-identity|N|dc2's A record gives dc3's address (root: dns-a-stale)"
    "wrong-a-dead|dns-a-stale|N|dc2's A record gives an address nobody has"
    "second-a-member|dns-a-duplicate|N|beside dc2's right A record stands one with the address of member"
    "second-a-dead|dns-a-duplicate|N|beside dc2's right A record stands one with an address nobody has"
    "wrong-cname|wrong-server-identity|N|dc2's GUID CNAME names dc3 (root: dns-cname-wrong)"
    "cname-nobody|dns-cname-wrong|N|dc2's GUID CNAME names a host that does not exist"
    "no-cname|dns-cname-missing|N|dc2's GUID CNAME is deleted"
    "hosts|hosts-file-override|N|dc1's hosts file gives dc2 the address of member"
    "hosts-dc3|hosts-file-override|N|dc1's hosts file gives dc3 the address of member; on the link from dc3"
    "135-reject|epm-unreachable|P,S|dc2's firewall resets connections to port 135"
    "135-passing|epm-unreachable|P,S|dc2's firewall resets the next 40 connections to port 135, then no more: it heals by itself"
    "135-drop|epm-unreachable|P,S|dc2's firewall drops packets to port 135"
    "dyn-reject|dynamic-port-blocked|P,S|dc2's firewall resets connections to ports 49152-65535"
    "dyn-drop|dynamic-port-blocked|P,S|dc2's firewall drops packets to ports 49152-65535"
    "all-drop|epm-unreachable|P,S|dc2's firewall drops everything, but for the operator's host"
    "large-lost|large-packets-lost|P|what dc2 answers from 135 and 49152-65535 is lost where a packet is longer than 900 bytes"
    "inspected|answer-altered|P|a device on everybody's way to dc2 puts a port where nobody listens into answers of ept_map"
    "inspected-one|answer-altered|P|the same, on dc1's way only"
    "inspected-other|answer-altered|P|a device on everybody's way puts another interface's port of dc2 into answers of ept_map"
    "silent|epm-unreachable|P,S|a device on everybody's way takes connections to dc2's port 135 and says nothing"
    "silent-one|epm-unreachable|P|the same, on dc1's way only"
    "http|answer-altered|P,S|a device on everybody's way to dc2's port 135 answers as a web server does"
    "http-one|answer-altered|P|the same, on dc1's way only"
    "rpc-frozen|service-hangs|S|samba's RPC processes on dc2 stand still: its ports take connections and say nothing"
    "other-rpc|stale-endpoint|S,P|behind dc2's drsuapi port another RPC interface answers"
    "forwarded|answer-altered|P,S|what goes to dc2's port 135 is forwarded to member"
    "duplicate-ip|answer-altered|P|member has dc2's address, too; the other domain controllers' frames come to it"
    "one-135-drop|epm-unreachable|P,S|dc2's firewall drops packets from dc1 to port 135"
    "one-dyn-drop|dynamic-port-blocked|P,S|dc2's firewall drops packets from dc1 to ports 49152-65535"
    "dns-dead|not-1753|N,P,D|the answers of all DNS servers to dc1, itself among them, are dropped (8524)"
    "stale-guid|ntds-settings-stale|A|dc2 rebuilt against dc3; dc1, its replication stopped, keeps the old GUID"
)

# Where samba of a DC serves drsuapi, and where it serves others.
readonly DRSUAPI_PORT=49153 OTHER_PORT=49154

# Every interface of a Samba DC but drsuapi.
readonly ENDPOINTS_WITHOUT_DRSUAPI='epmapper, wkssvc, samr, netlogon, lsarpc, dssetup, unixinfo, browser, eventlog6, backupkey, dnsserver'

faults_list() {
    [ $# -eq 0 ] || wrong_usage "faults takes no argument"
    local row name cause side text
    for row in "${FAULTS[@]}"; do
        IFS='|' read -r name cause side text <<<"$row"
        printf '%-19s %-22s %-4s %s\n' "$name" "$cause" "$side" "$text"
    done
}

fault_known() {
    local row
    for row in "${FAULTS[@]}"; do
        [ "${row%%|*}" != "$1" ] || return 0
    done
    return 1
}

faults_on() { cat "$RUN/fault" 2>/dev/null || true; }

fault_is_on() { [[ " $(faults_on) " == *" $1 "* ]]; }

fault_needs() {
    case $1 in hosts-dc3 | wrong-a-dc3 | wrong-cname | stale-guid | *-one | one-*) echo 3 ;; *) echo 2 ;; esac
}

cmd_fault() {
    local name on more='' start=$SECONDS
    if [ "${1:-}" = --more ]; then more=yes; shift; fi
    [ $# -ge 1 ] || wrong_usage "fault [--more] NAME..."
    for name in "$@"; do fault_known "$name" || wrong_usage "unknown fault '$name' (lab faults)"; done
    require_ready
    [ -n "$more" ] || [ ! -e "$RUN/fault" ] || die "fault '$(cat "$RUN/fault")' is on: 'lab heal' first"
    for name in "$@"; do ! fault_is_on "$name" || die "fault '$name' is on already"; done
    for name in "$@"; do
        [ "$(dc_count)" -ge "$(fault_needs "$name")" ] ||
            die "fault '$name' needs $(fault_needs "$name") DCs: lab up $(fault_needs "$name")"
    done
    # Written first: a fault that was cut short is healed like one that is on.
    on=$(faults_on)
    echo "${on:+$on }$*" >"$RUN/fault"
    for name in "$@"; do fault_apply "$name"; done
    connections_cut
    say "fault $* is on ($((SECONDS - start)) s)"
}

# The hosts that call the source.
clients_names() { dc_names | grep -vxF $SOURCE; }

fault_apply() {
    local clients
    case $1 in
        no-drsuapi | restart-no-drsuapi)
            dc_reconfigure $SOURCE "dcerpc endpoint servers = $ENDPOINTS_WITHOUT_DRSUAPI"
            dc_start $SOURCE
            ;;
        no-rpc)
            dc_reconfigure $SOURCE "server services = -rpc"
            dc_launch $SOURCE
            dc_await $SOURCE 53 88 389
            ;;
        stopped) dc_stop $SOURCE ;;
        killed) dc_kill $SOURCE ;;
        not-started) host_reboot $SOURCE ;;
        wrong-a-member) dns_set_a $SOURCE "$(host_ip member)" ;;
        wrong-a-dc3) dns_set_a $SOURCE "$(host_ip dc3)" ;;
        wrong-a-dead) dns_set_a $SOURCE "$DEAD_IP" ;;
        second-a-member) dns_set_a $SOURCE "$(host_ip $SOURCE)" "$(host_ip member)" ;;
        second-a-dead) dns_set_a $SOURCE "$(host_ip $SOURCE)" "$DEAD_IP" ;;
        wrong-cname) dns_set_cname $SOURCE dc3 ;;
        cname-nobody) dns_set_cname $SOURCE nobody ;;
        no-cname) dns_set_cname $SOURCE ;;
        hosts) hosts_override $SOURCE ;;
        hosts-dc3) hosts_override dc3 ;;
        135-reject) firewall $SOURCE "$1" 'tcp dport 135 reject with tcp reset' ;;
        # By count and not by time: it lasts for as many looks however slow the machine is.
        135-passing) firewall $SOURCE "$1" 'tcp dport 135 quota until 2400 bytes reject with tcp reset' ;;
        135-drop) firewall $SOURCE "$1" 'tcp dport 135 drop' ;;
        dyn-reject) firewall $SOURCE "$1" 'tcp dport 49152-65535 reject with tcp reset' ;;
        dyn-drop) firewall $SOURCE "$1" 'tcp dport 49152-65535 drop' ;;
        # The operator's host stays reachable, or the agent of dc2 could not
        # state its own view.
        all-drop) firewall $SOURCE "$1" "ip saddr != $(host_ip ops) drop" ;;
        # Of answers only: ports of dc2's own calls to others are of the same range.
        large-lost)
            rules $SOURCE "$1" 'filter hook output priority 0' \
                'oifname "eth0" ct direction reply ip length > 900 tcp sport { 135, 49152-65535 } drop'
            ;;
        inspected) mapfile -t clients < <(clients_names); device "$1" alter "$(host_ip $SOURCE)" 50999 -- "${clients[@]}" ;;
        inspected-one) device "$1" alter "$(host_ip $SOURCE)" 50999 -- $DESTINATION ;;
        inspected-other)
            mapfile -t clients < <(clients_names)
            device "$1" alter "$(host_ip $SOURCE)" "$OTHER_PORT" -- "${clients[@]}"
            ;;
        silent | http) mapfile -t clients < <(clients_names); device "$1" "$1" -- "${clients[@]}" ;;
        silent-one | http-one) device "$1" "${1%-one}" -- $DESTINATION ;;
        rpc-frozen) samba_signal $SOURCE STOP 'rpc' ;;
        other-rpc)
            rules $SOURCE "$1" 'nat hook prerouting priority -100' \
                "iifname \"eth0\" tcp dport $DRSUAPI_PORT redirect to :$OTHER_PORT"
            ;;
        forwarded) mapfile -t clients < <(clients_names); led_away "$1" "$(host_ip member):135" "${clients[@]}" ;;
        duplicate-ip) address_take ;;
        one-135-drop) firewall $SOURCE "$1" "ip saddr $(host_ip $DESTINATION) tcp dport 135 drop" ;;
        one-dyn-drop)
            firewall $SOURCE "$1" "ip saddr $(host_ip $DESTINATION) ct direction original tcp dport 49152-65535 drop"
            ;;
        # Its own server's as well, which come over the loopback. Not on the way out: the kernel would tell whoever asks.
        dns-dead) rules $DESTINATION "$1" 'filter hook input priority 0' 'udp sport 53 drop' 'tcp sport 53 drop' ;;
        stale-guid) stale_guid ;;
        *) die "fault '$1' is listed but not built" ;;
    esac
}

# dc_reconfigure DC [LINE...] : stops samba and replaces the fault's part of
# its configuration.
dc_reconfigure() {
    local dc=$1
    shift
    dc_stop "$dc"
    printf '%s\n' "[global]" "$@" >"$(fault_conf "$dc")"
}

# hosts_override DC: the destination's hosts file leads DC's names to the member host.
# The hosts file is bind-mounted: written in place, or the host would keep the
# old inode.
hosts_override() {
    printf '%s %s.%s %s %s._msdcs.%s\n' "$(host_ip member)" "$1" "$DNS_DOMAIN" "$1" \
        "$(cat "$LAB_DIR/state/$1.guid")" "$DNS_DOMAIN" \
        >>"$(host_root $DESTINATION)/etc/hosts"
}

# A reboot: everything that ran is gone, the disk stays. An agent starts by
# itself at boot, as an enabled service would.
host_reboot() {
    local host=$1 agent=''
    if agent_running "$host"; then agent=yes; fi
    dc_stop "$host"
    host_down "$host"
    host_up "$host"
    if [ -n "$agent" ]; then agent_start "$host"; fi
}

# dc2 is built again, with a new NTDS Settings object, against dc3, while dc1
# is off; dc1 comes back with replication stopped and so keeps the old object.
stale_guid() {
    local dir root
    root=$(host_root $SOURCE)
    dc_stop $DESTINATION
    dc_stop $SOURCE
    for dir in var/lib/samba var/cache/samba run/samba; do
        find "${root:?}/$dir" -mindepth 1 -delete
    done
    printf 'search %s\nnameserver %s\n' "$DNS_DOMAIN" "$(host_ip dc3)" >"$root/etc/resolv.conf"
    dc_join $SOURCE dc3
    dc_configure $SOURCE static
    resolv_write $SOURCE "$(dc_count)"
    # Without the replication task dc1 cannot learn of the new object, neither
    # by its own cycle nor when dc3 tells it to look; all else of it works.
    printf '%s\n' "[global]" "server services = -drepl -kcc" >"$(fault_conf $DESTINATION)"
    dc_start $SOURCE
    dc_start $DESTINATION
}

# Samba's replication keeps its RPC connections: those of the source DC are
# cut, or a fault goes unseen. The links between the others, and the agents'
# own connections to the operator's host, stay.
connections_cut() {
    local host source_ip other
    source_ip=$(host_ip $SOURCE)
    for host in $(dc_names); do
        [ "$host" != $SOURCE ] || continue
        for other in "$source_ip" "$(host_ip member)" "$DEAD_IP"; do
            in_host "$host" ss -K dst "$other" >/dev/null 2>&1 || true
        done
        in_host $SOURCE ss -K dst "$(host_ip "$host")" >/dev/null 2>&1 || true
    done
}

cmd_heal() {
    require_ready
    local since host dc start=$SECONDS fault
    if [ $# -gt 0 ]; then
        heal_some "$@"
        return
    fi
    fault=$(faults_on)
    # Undone by looking at what is there, not by the name of the fault: a host
    # that was broken by hand heals as well.
    for host in $(all_hosts); do
        if ! host_alive "$host"; then
            host_down "$host"
            host_up "$host"
        fi
    done
    for dc in $(dc_names); do rules_clear "$dc"; done
    devices_end
    address_release
    if fault_is_on stale-guid; then
        forest_restore
    else
        services_heal
        for dc in $(dc_names); do hosts_write "$dc"; done
        names_heal
    fi
    connections_cut
    since=$(date +%s)
    forest_await 120 "$since"
    rm -f "$RUN/fault"
    say "healed: ${fault:-none} ($((SECONDS - start)) s)"
}

# Some of the faults that are on; the others stay, so nobody waits for a healthy forest.
heal_some() {
    local name dc left=" $(faults_on) " start=$SECONDS
    for name in "$@"; do fault_is_on "$name" || wrong_usage "fault '$name' is not on"; done
    for name in "$@"; do
        left=${left/ $name / }
        for dc in $(dc_names); do rules_clear "$dc" "$name"; done
        devices_end "$name"
        case $name in
            duplicate-ip) address_release ;;
            hosts | hosts-dc3)
                hosts_write $DESTINATION
                [[ "$left" != *" hosts "* ]] || hosts_override $SOURCE
                [[ "$left" != *" hosts-dc3 "* ]] || hosts_override dc3
                ;;
            wrong-* | second-a-* | cname-nobody | no-cname) names_heal ;;
            stale-guid) die "$name is healed with all others: lab heal" ;;
            *) services_heal ;;
        esac
    done
    connections_cut
    left=${left# }
    if [ -n "$left" ]; then echo "${left% }" >"$RUN/fault"; else rm -f "$RUN/fault"; fi
    say "healed: $*; still on: ${left:-none} ($((SECONDS - start)) s)"
}

services_heal() {
    local dc
    for dc in $(dc_names); do
        samba_signal "$dc" CONT
        if [ -s "$(fault_conf "$dc")" ]; then
            dc_stop "$dc"
            : >"$(fault_conf "$dc")"
        fi
        dc_launch "$dc"
    done
    for dc in $(dc_names); do dc_await "$dc" "${DC_PORTS[@]}"; done
    ports_open member 135 || member_start
}

names_heal() {
    local dc
    for dc in $(dc_names); do
        resolv_write "$dc" "$(dc_count)"
        dns_set_a "$dc" "$(host_ip "$dc")"
        dns_set_cname "$dc" "$dc"
    done
}

# A DC was rebuilt: all of them go back to the pristine copy, together.
forest_restore() {
    local dc dir
    for dc in $(dc_names); do dc_stop "$dc"; done
    for dc in $(dc_names); do
        for dir in var/lib/samba var/cache/samba run/samba; do
            find "$LAB_DIR/state/$dc/$dir" -mindepth 1 -delete
        done
        hosts_write "$dc"
        resolv_write "$dc" "$(dc_count)"
        dc_configure "$dc" static
        : >"$(fault_conf "$dc")"
        tar -C "$LAB_DIR" --xattrs --xattrs-include='*' --acls -xf "$(pristine "$(dc_count)")" \
            "state/$dc/var/lib/samba" "state/$dc/var/cache/samba" "state/$dc.guid"
        dc_launch "$dc"
    done
    for dc in $(dc_names); do dc_await "$dc" "${DC_PORTS[@]}"; done
}
