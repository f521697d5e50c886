# shellcheck shell=bash
# DNS records of the forest's own zones, changed on every DC's server: a fault
# must not depend on which server is asked, nor its healing on replication
# that the fault itself holds up.

# Without Kerberos: the search for a KDC would try the address that is wrong. By address: the server's own name
# may lead elsewhere already, by the fault that is being made.
dns_tool() {
    local action=$1 server=$2
    shift 2
    in_host "$server" samba-tool dns "$action" "$(host_ip "$server")" "$@" \
        -U"Administrator%$ADMIN_PASSWORD" --use-kerberos=off >>"$LOG/dns.log" 2>&1
}

# What one DC's server holds, as it is written there, one value a line.
# A server that does not answer has no value to delete: dig prints that as a comment.
dns_query() {
    in_switch dig +short +tries=1 +time=1 "@$(host_ip "$1")" "$2" "$3" 2>/dev/null | sed '/^;/d; s/\.$//' | sort
}

# dns_matches DC NAME TYPE [VALUE...] : whether one DC's server holds just these.
# Names compare without case: samba registers DC2.lab.test.
dns_matches() {
    local found
    found=$(dns_query "$1" "$2" "$3")
    [ "${found,,}" = "$(printf '%s\n' "${@:4}" | sort)" ]
}

# dns_set ZONE NAME TYPE [VALUE...] : leaves exactly these values (or nothing) at NAME.
# Replication brings it from dc1 to the others; where it has not after two
# seconds, it is written there as well. Two servers that write at the same time can
# end with both values, and what a server was not asked in time is not deleted: it is
# written again until it stands.
dns_set() {
    local dc fqdn=$2.$1 type=$3 want=("${@:4}")
    dns_write dc1 "$@"
    for dc in $(dc_names); do
        wait_quietly 2 dns_matches "$dc" "$fqdn" "$type" "${want[@]}" || dns_write "$dc" "$@"
    done
    for dc in $(dc_names); do
        wait_for 60 "$fqdn $type '${want[*]}' on the DNS server of $dc" dns_settled "$dc" "$@"
    done
}

dns_settled() {
    local dc=$1 fqdn=$3.$2 type=$4 want=("${@:5}")
    wait_quietly 3 dns_matches "$dc" "$fqdn" "$type" "${want[@]}" && return 0
    dns_write "$dc" "${@:2}"
    dns_matches "$dc" "$fqdn" "$type" "${want[@]}"
}

# dns_write DC ZONE NAME TYPE [VALUE...] : on one DC. A record that replication
# changed in between is no failure: dns_set looks at the result.
dns_write() {
    local dc=$1 zone=$2 name=$3 type=$4 want=("${@:5}") fqdn=$3.$2 found value
    mapfile -t found < <(dns_query "$dc" "$fqdn" "$type")
    for value in "${found[@]}"; do
        [[ " ${want[*]} " == *" ${value,,} "* ]] ||
            dns_tool delete "$dc" "$zone" "$name" "$type" "$value" || true
    done
    for value in "${want[@]}"; do
        [[ " ${found[*],,} " == *" $value "* ]] ||
            dns_tool add "$dc" "$zone" "$name" "$type" "$value" || true
    done
}

# dns_set_a DC ADDRESS...
dns_set_a() { dns_set "$DNS_DOMAIN" "$1" A "${@:2}"; }

# dns_set_cname DC [HOST] : the CNAME of a DC's NTDS Settings object.
dns_set_cname() {
    dns_set "_msdcs.$DNS_DOMAIN" "$(cat "$LAB_DIR/state/$1.guid")" CNAME ${2:+"$2.$DNS_DOMAIN"}
}
