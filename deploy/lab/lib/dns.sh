# shellcheck shell=bash
# DNS records of the forest's own zones, changed through one DC and awaited on
# every DC's server: a fault must not depend on which server is asked.

dns_tool() {
    local action=$1 server=$2
    shift 2
    in_host "$server" samba-tool dns "$action" "$server.$DNS_DOMAIN" "$@" \
        -U"Administrator%$ADMIN_PASSWORD" >>"$LOG/dns.log" 2>&1
}

# What one DC's server holds, as it is written there, one value a line.
dns_query() { in_switch dig +short +tries=1 +time=1 "@$(host_ip "$1")" "$2" "$3" 2>/dev/null | sed 's/\.$//' | sort; }

# Names compare without case: samba registers DC2.lab.test.
dns_matches() {
    local found
    found=$(dns_query "$1" "$2" "$3")
    [ "${found,,}" = "$4" ]
}

# dns_set ZONE NAME TYPE [VALUE] : leaves exactly VALUE (or nothing) at NAME.
dns_set() {
    local zone=$1 name=$2 type=$3 want=${4:-} fqdn=$2.$1 have dc
    while read -r have; do
        if [ -n "$have" ] && [ "${have,,}" != "$want" ]; then
            dns_tool delete dc1 "$zone" "$name" "$type" "$have"
        fi
    done < <(dns_query dc1 "$fqdn" "$type")
    if [ -n "$want" ] && ! dns_matches dc1 "$fqdn" "$type" "$want"; then
        dns_tool add dc1 "$zone" "$name" "$type" "$want"
    fi
    for dc in $(dc_names); do
        wait_for 60 "$fqdn $type '$want' on the DNS server of $dc" \
            dns_matches "$dc" "$fqdn" "$type" "$want"
    done
}

dns_set_a() { dns_set "$DNS_DOMAIN" "$1" A "$2"; }

# The CNAME of a DC's NTDS Settings object.
dns_set_cname() { dns_set "_msdcs.$DNS_DOMAIN" "$(cat "$LAB_DIR/state/$1.guid")" CNAME "${2:+$2.$DNS_DOMAIN}"; }
