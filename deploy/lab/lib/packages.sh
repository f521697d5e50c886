# shellcheck shell=bash
# Debian packages. Nothing they bring may start by itself on the machine.

readonly PACKAGES=(
    samba samba-ad-provision samba-dsdb-modules samba-vfs-modules winbind
    krb5-user smbclient ldb-tools ldap-utils bind9-dnsutils
    python3-samba python3-dnspython python3-impacket nftables iproute2 procps util-linux
)
# Services those packages would enable for the next boot.
readonly PACKAGE_UNITS=(samba-ad-dc smbd nmbd winbind nftables)

packages_missing() {
    local package
    for package in "${PACKAGES[@]}"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
            echo "$package"
    done
}

cmd_packages() {
    local wanted log=$LOG/packages.log
    mapfile -t wanted < <(packages_missing)
    [ ${#wanted[@]} -gt 0 ] || return 0
    say "installing ${#wanted[@]} packages (log: $log)"
    packages_install "${wanted[@]}" >"$log" 2>&1 || {
        tail -n 5 "$log" >&2
        missing "could not install: ${wanted[*]} (is the package index current? apt-get update)"
    }
}

# In a subshell, so that the policy file goes back whatever happens.
packages_install() (
    policy=/usr/sbin/policy-rc.d
    units=()
    for unit in "${PACKAGE_UNITS[@]}"; do
        # A unit that is already there belongs to the machine: left alone.
        [ -e "/lib/systemd/system/$unit.service" ] || units+=("$unit.service")
    done
    if [ -e "$policy" ]; then mv "$policy" "$policy.epmesh-lab"; fi
    # shellcheck disable=SC2317,SC2329 # called by the trap
    restore_policy() {
        rm -f "$policy"
        if [ -e "$policy.epmesh-lab" ]; then mv "$policy.epmesh-lab" "$policy"; fi
    }
    trap restore_policy EXIT
    # `set -e` does not hold here: the caller looks at the result.
    printf '#!/bin/sh\nexit 101\n' >"$policy" || exit 1
    chmod 755 "$policy"
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        -o DPkg::Lock::Timeout=300 "$@" 9>&- || exit 1
    if command -v systemctl >/dev/null && [ ${#units[@]} -gt 0 ]; then
        systemctl disable "${units[@]}" || true
    fi
)
