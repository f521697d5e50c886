//! The records that a Samba domain controller wants in DNS: its `dns_update_list`, filled in.
//!
//! The file is a template with one record a line, `TYPE NAME DATA…`. `${NAME}` and `$IP` stand for
//! what the domain controller is; `${IF_…}` in front of a line makes it count only for one that is
//! that.

use std::net::IpAddr;

use epmesh_facts::{DnsName, InterfaceAddress, RegisteredName};
use epmesh_wire::limits::REGISTERED_NAMES;

use crate::platform::directory::Own;

/// The records of the template `text` for the domain controller `own` with these addresses.
///
/// Lines that begin with `RPC` are left out: they are of the parent's zone and are made through
/// another protocol.
///
/// # Errors
/// In words, with the line, where it has a variable or a form that is not known: a list with holes
/// would be taken for the whole.
pub fn expand(text: &str, own: &Own, addresses: &[IpAddr]) -> Result<Vec<RegisteredName>, String> {
    let mut all = Vec::new();
    for (number, line) in (1_u32..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let filled = fill(line, own).map_err(|why| format!("line {number}: {why}"))?;
        if let Some(filled) = filled {
            let records = records(&filled, addresses);
            all.extend(records.ok_or_else(|| format!("line {number} is no record: {line:?}"))?);
        }
        if all.len() > REGISTERED_NAMES {
            return Err(format!("it has more than {REGISTERED_NAMES} records"));
        }
    }
    all.sort_by(|a, b| (&a.name, &a.kind, &a.data).cmp(&(&b.name, &b.kind, &b.data)));
    all.dedup();
    Ok(all)
}

/// The line with its variables filled in; `None` where it does not count here.
fn fill(line: &str, own: &Own) -> Result<Option<String>, String> {
    let mut filled = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}').ok_or("a variable has no end")?;
        filled.push_str(before);
        if name.starts_with("IF_") {
            if !holds(name, own).ok_or_else(|| format!("unknown condition {name:?}"))? {
                return Ok(None);
            }
        } else {
            filled.push_str(&value(name, own).ok_or_else(|| format!("unknown variable {name:?}"))?);
        }
        rest = after;
    }
    filled.push_str(rest);
    Ok(Some(filled))
}

fn value(name: &str, own: &Own) -> Option<String> {
    Some(match name {
        "HOSTNAME" => own.host.to_string(),
        "DNSDOMAIN" => own.domain.to_string(),
        "DNSFOREST" => own.forest.to_string(),
        "DOMAINGUID" => own.domain_guid.to_string(),
        "NTDSGUID" => own.dsa_guid.to_string(),
        "SITE" => own.site.clone(),
        _ => return None,
    })
}

fn holds(condition: &str, own: &Own) -> Option<bool> {
    let (writes, gc) = (!own.read_only, own.global_catalog);
    Some(match condition {
        "IF_DC" => true,
        "IF_RWDC" => writes,
        "IF_RODC" => own.read_only,
        "IF_PDC" => own.pdc,
        "IF_GC" => gc,
        "IF_RWGC" => gc && writes,
        "IF_ROGC" => gc && own.read_only,
        "IF_DNS_DOMAIN" => own.dns_domain,
        "IF_RWDNS_DOMAIN" => own.dns_domain && writes,
        "IF_RODNS_DOMAIN" => own.dns_domain && own.read_only,
        "IF_DNS_FOREST" => own.dns_forest,
        "IF_RWDNS_FOREST" => own.dns_forest && writes,
        "IF_RODNS_FOREST" => own.dns_forest && own.read_only,
        _ => return None,
    })
}

/// The records of a line that is filled in: one an address where it has `$IP`.
fn records(line: &str, addresses: &[IpAddr]) -> Option<Vec<RegisteredName>> {
    let mut words = line.split_ascii_whitespace();
    let kind = words.next()?;
    if kind == "RPC" {
        return Some(Vec::new());
    }
    let name: DnsName = words.next()?.parse().ok()?;
    let data = words.collect::<Vec<_>>().join(" ");
    let record = |data: String| RegisteredName { name: name.clone(), kind: kind.to_owned(), data };
    match (data.as_str(), kind) {
        ("", _) => None,
        ("$IP", "A" | "AAAA") => {
            let fits = |address: &&IpAddr| address.is_ipv4() == (kind == "A");
            Some(addresses.iter().filter(fits).map(|one| record(one.to_string())).collect())
        }
        ("$IP", _) => None,
        _ => Some(vec![record(data)]),
    }
}

/// The own addresses of the host that Samba uses, by the words of its parameter `interfaces`: a network
/// interface, with `*` at its end any that begin so, an address, or a network.
///
/// # Errors
/// In words, where a word is none of these.
pub(super) fn selected(own: &[InterfaceAddress], words: &[String]) -> Result<Vec<IpAddr>, String> {
    let mut chosen = Vec::new();
    for one in own {
        for word in words {
            if takes(word, one)? && !chosen.contains(&one.address) {
                chosen.push(one.address);
            }
        }
    }
    Ok(chosen)
}

fn takes(word: &str, one: &InterfaceAddress) -> Result<bool, String> {
    let unknown = || format!("smb.conf: a word of `interfaces` is not understood: {word:?}");
    if let Ok(address) = word.parse::<IpAddr>() {
        return Ok(address == one.address);
    }
    if let Some((network, mask)) = word.split_once('/') {
        let network: IpAddr = network.parse().map_err(|_| unknown())?;
        if network == one.address {
            return Ok(true);
        }
        let bits: u32 = mask.parse().map_err(|_| unknown())?;
        return within(network, one.address, bits).ok_or_else(unknown);
    }
    if word.contains([';', '.', ':', '?']) {
        return Err(unknown());
    }
    Ok(word.strip_suffix('*').map_or(one.interface == word, |head| one.interface.starts_with(head)))
}

/// Whether `network`, when it is the address of one, has `address`; `None` for an impossible mask.
fn within(network: IpAddr, address: IpAddr, bits: u32) -> Option<bool> {
    let (network, address, size) = match (network, address) {
        (IpAddr::V4(a), IpAddr::V4(b)) => {
            (u128::from(a.to_bits()), u128::from(b.to_bits()), 32_u32)
        }
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits(), b.to_bits(), 128),
        _ => return Some(false),
    };
    let host = size.checked_sub(bits)?;
    let low = if host == 128 { u128::MAX } else { (1 << host) - 1 };
    // With bits of a host in it, it is the address of an interface and not a network.
    Some(network & low == 0 && network & !low == address & !low)
}

#[cfg(test)]
mod tests {
    use epmesh_facts::FunctionalLevels;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn own() -> Own {
        Own {
            host: "dc1.lab.test".parse().expect("a name"),
            domain: "lab.test".parse().expect("a name"),
            forest: "lab.test".parse().expect("a name"),
            site: "Berlin".to_owned(),
            dsa_guid: Uuid::from_u128(1),
            domain_guid: Uuid::from_u128(2),
            invocation_id: Uuid::from_u128(3),
            levels: FunctionalLevels { forest: 4, domain: 4, controller: 4 },
            global_catalog: true,
            read_only: false,
            pdc: false,
            dns_domain: true,
            dns_forest: false,
        }
    }

    fn expanded(text: &str, own: &Own) -> Result<Vec<String>, String> {
        let addresses = ["10.0.0.1".parse().expect("ip"), "fd00::1".parse().expect("ip")];
        let line = |r: RegisteredName| format!("{} {} {}", r.kind, r.name, r.data);
        expand(text, own, &addresses).map(|all| all.into_iter().map(line).collect())
    }

    #[test]
    fn fills_in_what_it_is() {
        let text = "# a comment ${NO}\nA ${HOSTNAME} $IP\nAAAA ${HOSTNAME} $IP\n\
            ${IF_DC}CNAME ${NTDSGUID}._msdcs.${DNSFOREST} ${HOSTNAME}\n\
            ${IF_PDC}SRV _ldap._tcp.pdc._msdcs.${DNSDOMAIN} ${HOSTNAME} 389\n\
            ${IF_RWGC}SRV _gc._tcp.${SITE}._sites.${DNSFOREST}  ${HOSTNAME}   3268\n\
            ${IF_RWDNS_FOREST}RPC ${DNSFOREST} NS x y\n${IF_RWDNS_DOMAIN}RPC a NS b c\n";
        assert_eq!(
            expanded(text, &own()).expect("it is understood"),
            [
                "CNAME 00000000-0000-0000-0000-000000000001._msdcs.lab.test dc1.lab.test",
                "SRV _gc._tcp.berlin._sites.lab.test dc1.lab.test 3268",
                "A dc1.lab.test 10.0.0.1",
                "AAAA dc1.lab.test fd00::1",
            ]
        );
        let read_only = Own { read_only: true, pdc: true, ..own() };
        assert_eq!(expanded(text, &read_only).expect("it is understood").len(), 4);
    }

    #[test]
    fn what_is_not_known_is_no_list() {
        for bad in ["A ${WHAT} $IP", "${IF_MOON}A x $IP", "A ${HOSTNAME", "MX", "SRV x $IP", "A"] {
            assert!(expanded(bad, &own()).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_addresses_that_samba_uses() {
        let one = |interface: &str, address: &str| InterfaceAddress {
            interface: interface.to_owned(),
            address: address.parse().expect("ip"),
        };
        let all = [one("eth0", "10.0.0.1"), one("eth1", "10.1.0.1"), one("eth1", "fd00::1")];
        let chosen = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
            let chosen = selected(&all, &words);
            chosen.map(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        assert_eq!(chosen(&["lo", "eth0"]).expect("words"), ["10.0.0.1"]);
        assert_eq!(chosen(&["eth*"]).expect("words").len(), 3);
        assert_eq!(chosen(&["10.1.0.0/16", "fd00::/8"]).expect("words"), ["10.1.0.1", "fd00::1"]);
        assert_eq!(chosen(&["10.1.0.1/8"]).expect("words"), ["10.1.0.1"]);
        assert!(chosen(&["10.1.0.0/255.255.0.0"]).is_err());
        assert!(chosen(&["10.1.0.0/33"]).is_err());
    }

    proptest! {
        #[test]
        fn takes_any_text(text in "(\\$\\{[A-Z_]{0,12}\\}|\\$IP|SRV|A|[a-z. ]|\n|\\PC){0,40}") {
            let _ = expanded(&text, &own());
            let own = [InterfaceAddress { interface: "x".into(), address: [10, 0, 0, 1].into() }];
            let _ = selected(&own, &[text]);
        }
    }
}
