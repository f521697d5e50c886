# shellcheck shell=bash
# Domain controllers and the member computer: configuration, provisioning,
# start and stop.

dc_conf() { echo "$(host_root "$1")/etc/samba/smb.conf"; }
fault_conf() { echo "$(host_root "$1")/etc/samba/fault.conf"; }

# Writes smb.conf of a DC. With `static` DNS (second argument) samba no longer
# registers its own names: it would quietly repair a record that a fault broke,
# at its next start or within ten minutes.
dc_configure() {
    local dc=$1 dns_update='/usr/sbin/samba_dnsupdate --use-samba-tool'
    [ "${2:-}" != static ] || dns_update=/bin/true
    : >>"$(fault_conf "$dc")"
    cat >"$(dc_conf "$dc")" <<CONF
[global]
    netbios name = ${dc^^}
    realm = $REALM
    workgroup = $DOMAIN
    server role = active directory domain controller

    # Fast replication and KCC cycles, so that a fault shows within seconds.
    dreplsrv:periodic_startup_interval = 3
    dreplsrv:periodic_interval = 10
    dreplsrv:notify_interval = 1
    kccsrv:periodic_startup_interval = 2
    kccsrv:periodic_interval = 20

    # Few processes, no key generation, no printers.
    prefork children = 1
    tls enabled = no
    load printers = no
    printcap name = /dev/null
    disable spoolss = yes

    # The operator's tools bind with a password on the lab's own network.
    ldap server require strong auth = no
    dns update command = $dns_update
    include = /etc/samba/fault.conf

[sysvol]
    path = /var/lib/samba/sysvol
    read only = no

[netlogon]
    path = /var/lib/samba/sysvol/$DNS_DOMAIN/scripts
    read only = no
CONF
}

dc_provision_first() {
    say "provisioning dc1"
    rm -f "$(dc_conf dc1)"
    in_host dc1 samba-tool domain provision --realm="$REALM" --domain="$DOMAIN" \
        --server-role=dc --dns-backend=SAMBA_INTERNAL --adminpass="$ADMIN_PASSWORD" \
        --host-name=dc1 --host-ip="$(host_ip dc1)" >"$LOG/dc1.provision" 2>&1 || {
        tail -n 5 "$LOG/dc1.provision" >&2
        die "provisioning dc1 failed (log: $LOG/dc1.provision)"
    }
    dc_configure dc1
}

# dc_join DC PARTNER : joins DC to the domain through PARTNER. Just after a
# DC's start its KDC or LDAP server may refuse once or twice: tried again.
dc_join() {
    local dc=$1 partner=$2 try
    say "joining $dc"
    for try in 1 2 3 4 5 6; do
        rm -f "$(dc_conf "$dc")"
        if in_host "$dc" samba-tool domain join "$DNS_DOMAIN" DC \
            -U"Administrator%$ADMIN_PASSWORD" --server="$partner.$DNS_DOMAIN" \
            --dns-backend=SAMBA_INTERNAL --option="interfaces=lo eth0" \
            >"$LOG/$dc.join.$try" 2>&1; then
            dc_configure "$dc"
            return 0
        fi
        sleep 1
    done
    grep -h ERROR "$LOG/$dc.join.$try" | tail -n 3 >&2
    die "joining $dc failed (log: $LOG/$dc.join.$try)"
}

# The pid of samba's root process, as the host numbers it.
dc_pid() {
    # shellcheck disable=SC2016 # expanded inside the host
    in_host "$1" sh -c 'read -r pid </run/samba/samba.pid && kill -0 "$pid" && echo "$pid"' 2>/dev/null
}

dc_running() { dc_pid "$1" >/dev/null; }

dc_launch() {
    dc_running "$1" && return 0
    in_host "$1" rm -f /run/samba/samba.pid
    in_host "$1" samba -D </dev/null >>"$LOG/$1.samba" 2>&1
}

# dc_await DC PORT... : until samba listens on every port given.
dc_await() {
    local dc=$1
    shift
    wait_for 60 "ports $* of $dc" ports_open "$dc" "$@"
}

ports_open() {
    local host=$1
    shift
    # shellcheck disable=SC2016 # expanded inside the host
    in_host "$host" bash -c 'for port; do exec 3<>"/dev/tcp/127.0.0.1/$port" || exit 1; done' \
        ports "$@" 2>/dev/null
}

readonly DC_PORTS=(53 88 135 389 445)

dc_start() {
    dc_launch "$1"
    dc_await "$1" "${DC_PORTS[@]}"
}

dc_stop() {
    local dc=$1 pid
    if pid=$(dc_pid "$dc"); then
        in_host "$dc" kill -TERM "$pid" || true
    fi
    wait_for 10 "the end of samba on $dc" samba_gone "$dc" && return 0
    dc_kill "$dc"
}

dc_kill() {
    local dc=$1 pid
    for pid in $(samba_pids "$dc"); do in_host "$dc" kill -KILL "$pid" 2>/dev/null || true; done
    wait_for 5 "the killed samba on $dc" samba_gone "$dc"
}

# By executable, because samba gives its processes other names; its scripts
# (the KCC, the DNS update) are python.
samba_pids() {
    # shellcheck disable=SC2016 # expanded inside the host
    in_host "$1" sh -c '
        for process in /proc/[0-9]*; do
            case $(readlink "$process/exe") in
                */sbin/samba | */smbd | */winbindd | */samba/*) ;;
                */python3*) grep -q /sbin/samba_ "$process/cmdline" || continue ;;
                *) continue ;;
            esac
            echo "${process#/proc/}"
        done' 2>/dev/null
}

# samba_signal DC SIGNAL [NAME] : to every process of samba, or to those of one of its services, whose title holds
# NAME.
samba_signal() {
    local dc=$1 signal=$2 name=${3:-} pid
    for pid in $(samba_pids "$dc"); do
        # shellcheck disable=SC2016 # expanded inside the host
        in_host "$dc" sh -c '[ -z "$3" ] || grep -q "$3" "/proc/$1/comm" && kill "-$2" "$1"' \
            signal "$pid" "$signal" "$name" 2>/dev/null || true
    done
}

samba_gone() { [ -z "$(samba_pids "$1")" ]; }

cmd_start() {
    require_dc "$@"
    dc_start "$1"
}

cmd_stop() {
    require_dc "$@"
    dc_stop "$1"
}

# The member computer: a live endpoint mapper without any Active Directory role.
member_start() {
    local root
    root=$(host_root member)
    cat >"$root/etc/samba/smb.conf" <<CONF
[global]
    workgroup = $DOMAIN
    netbios name = MEMBER
    server role = standalone server
    rpc start on demand helpers = no
    log level = 1
    load printers = no
CONF
    mkdir -p "$root/var/lib/samba/private" "$root/run/samba/ncalrpc"
    in_host member setsid --fork /usr/libexec/samba/samba-dcerpcd --libexec-rpcds -F \
        </dev/null >>"$LOG/member.samba-dcerpcd" 2>&1
    wait_for 20 "port 135 of member" ports_open member 135
}
