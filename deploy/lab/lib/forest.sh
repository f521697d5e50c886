# shellcheck shell=bash
# The forest as a whole: build once, keep a pristine copy, restore it at every
# start, and wait until it is really healthy.

pristine() { echo "$LAB_DIR/forest-$1.tar"; }

cmd_up() {
    [ $# -le 1 ] || wrong_usage "up [N]"
    local n=${1:-3} start=$SECONDS
    [[ $n =~ ^[1-9][0-9]?$ && $n -le $MAX_DCS ]] ||
        wrong_usage "N is a number from 1 to $MAX_DCS, not '$n'"
    if [ -n "$RUNNING_DIR" ] && [ -e "$RUN/ready" ]; then
        up_again "$n"
        return
    fi
    cmd_packages
    hosts_down
    check_machine

    LAB_DIR=$REQUESTED_DIR LOG=$REQUESTED_DIR/log
    mkdir -p "$LAB_DIR" "$LOG"
    rm -rf "$LAB_DIR/state"
    # From here on a killed run leaves `dir` without `ready`: the next `up`
    # clears it away.
    echo "$LAB_DIR" >"$RUN/dir"
    echo "$n" >"$RUN/count"
    if [ -s "$(pristine "$n")" ]; then
        tar -C "$LAB_DIR" --xattrs --xattrs-include='*' --acls -xf "$(pristine "$n")"
        lab_hosts_up "$n"
        forest_start "$n"
    else
        lab_hosts_up "$n"
        forest_build "$n"
    fi
    member_start
    : >"$RUN/ready"
    say "up: $n DCs, member, ops ($((SECONDS - start)) s)"
}

# The lab runs already: the same forest is made healthy, another is refused.
up_again() {
    [ "$RUNNING_DIR" = "$REQUESTED_DIR" ] ||
        die "a lab runs from $RUNNING_DIR: 'lab down' first"
    [ "$(dc_count)" = "$1" ] ||
        die "the lab runs with $(dc_count) DCs: 'lab down' first"
    cmd_heal
}

check_machine() {
    local probe
    for probe in ip nsenter unshare nft ss dig samba samba-tool tar; do
        command -v "$probe" >/dev/null || missing "the command '$probe' is missing"
    done
    ip netns add "$PREFIX-probe" 2>/dev/null ||
        missing "cannot make network namespaces here (ip netns add failed)"
    ip netns delete "$PREFIX-probe"
}

lab_hosts_up() {
    local host
    mount_points
    switch_up
    for host in $(all_hosts "$1"); do
        host_files "$host" "$1"
        host_up "$host"
    done
}

forest_build() {
    local n=$1 dc
    dc_provision_first
    dc_start dc1
    for dc in $(dc_names "$n"); do
        [ "$dc" != dc1 ] || continue
        dc_join "$dc" dc1
        dc_start "$dc"
    done
    say "waiting for the first replication"
    forest_await 300 1
    dns_registered
    # Kept as it was when healthy, with samba stopped and without its own DNS
    # updates.
    for dc in $(dc_names "$n"); do
        dc_stop "$dc"
        dc_configure "$dc" static
        guid_of "$dc" >"$LAB_DIR/state/$dc.guid"
    done
    tar -C "$LAB_DIR" --xattrs --xattrs-include='*' --acls --sparse \
        --warning=no-file-ignored --exclude='state/*/run' --exclude='state/*/var/log' \
        -cf "$(pristine "$n").new" state
    mv "$(pristine "$n").new" "$(pristine "$n")"
    forest_start "$n"
}

# The SRV record of every DC: the last names samba registers by itself. Two that
# register at one moment, each on its own server, change one object of the
# directory in two places: replication keeps one of the two, and samba comes
# back to it after ten minutes. So who is missing registers once more, one
# after the other.
dns_registered() {
    local dc all
    all=$(for dc in $(dc_names); do echo "0 100 389 $dc.$DNS_DOMAIN"; done | sort)
    for _ in 1 2 3; do
        wait_quietly 40 dns_registered_everywhere "$all" && return
        for dc in $(dc_names); do
            dns_registered_everywhere "0 100 389 $dc.$DNS_DOMAIN" has && continue
            say "$dc registers in DNS once more"
            in_host "$dc" /usr/sbin/samba_dnsupdate --use-samba-tool \
                >>"$LOG/$dc.dnsupdate" 2>&1 || true
        done
    done
    wait_for 40 "the SRV records of every DC on the DNS server of each" \
        dns_registered_everywhere "$all"
}

# dns_registered_everywhere RECORDS [has] : whether each DNS server has just these,
# or has this one among others.
dns_registered_everywhere() {
    local dc found name=_ldap._tcp.dc._msdcs.$DNS_DOMAIN
    for dc in $(dc_names); do
        found=$(dns_query "$dc" "$name" SRV)
        case ${2:-} in
            has) grep -qxF -- "$1" <<<"${found,,}" || return 1 ;;
            *) [ "${found,,}" = "$1" ] || return 1 ;;
        esac
    done
}

forest_start() {
    local n=$1 since dc
    since=$(date +%s)
    for dc in $(dc_names "$n"); do dc_launch "$dc"; done
    for dc in $(dc_names "$n"); do dc_await "$dc" "${DC_PORTS[@]}"; done
    forest_await 120 "$since"
}

forest_addresses() {
    local dc
    for dc in $(dc_names); do host_ip "$dc"; done
}

# forest_await SECONDS SINCE : see forest.py for what healthy is. Who answers over
# NetBIOS only says so once samba has claimed its names, which takes it seconds.
forest_await() {
    local addresses dc
    mapfile -t addresses < <(forest_addresses)
    in_switch /usr/bin/python3 "$LAB_LIB/forest.py" wait "$1" "$2" "${addresses[@]}" >&2 ||
        die "the forest did not become healthy within $1 s"
    for dc in $(dc_names); do wait_for 60 "the NetBIOS names of $dc" netbios_claimed "$dc"; done
}

# netbios_claimed DC : whether it goes by its own name, and by that of a domain
# controller of its domain.
netbios_claimed() {
    local names
    names=$(in_host "$1" nmblookup -A "$(host_ip "$1")" 2>/dev/null)
    grep -qiE "^[[:space:]]*$1[[:space:]]+<00> .*<ACTIVE>" <<<"$names" &&
        grep -qiE "^[[:space:]]*$DOMAIN[[:space:]]+<1c> .*<ACTIVE>" <<<"$names"
}

cmd_down() {
    local file
    # A clean end of samba is not needed: the state is restored at `up`.
    hosts_down
    rm -rf "$LAB_DIR/state"
    for file in "$RUN"/*; do
        case $file in "$RUN/lock" | "$RUN/*") ;; *) rm -rf "$file" ;; esac
    done
}

cmd_wipe() {
    cmd_down
    rm -rf "$LAB_DIR"/forest-*.tar "$LAB_DIR"/forest-*.tar.new "$LOG"
}

# Read from the DC's own database: it needs no running samba.
guid_of() {
    local guid
    guid=$(in_host "$1" ldbsearch -H /var/lib/samba/private/sam.ldb \
        -b "CN=Configuration,DC=${DNS_DOMAIN/./,DC=}" \
        "(&(objectClass=nTDSDSA)(distinguishedName=CN=NTDS Settings,CN=${1^^},CN=Servers,CN=Default-First-Site-Name,CN=Sites,CN=Configuration,DC=${DNS_DOMAIN/./,DC=}))" \
        objectGUID 2>/dev/null | sed -n 's/^objectGUID: //p')
    [ -n "$guid" ] || die "no NTDS Settings object of $1 in its own directory"
    echo "$guid"
}

cmd_guid() {
    require_dc "$@"
    guid_of "$1"
}
