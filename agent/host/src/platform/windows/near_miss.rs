//! Values whose name is almost one that counts. The system ignores them, and the administrator who
//! wrote them believes that they work.

use epmesh_facts::NearMiss;

use super::{
    keys,
    registry::{Registry, RegistryError, Value},
    typed::shown,
};

/// The most that are reported.
const MAX: usize = 64;

/// The longest name that is compared.
const MAX_NAME: usize = 64;

/// A value that counts.
struct Known {
    key: &'static str,
    name: &'static str,
}

/// What is looked for, under its own key and under the others of this list.
const KNOWN: [Known; 9] = [
    Known { key: keys::NTDS, name: "TCP/IP Port" },
    Known { key: keys::NETLOGON, name: "DCTcpipPort" },
    Known { key: keys::NTFRS, name: "RPC TCP/IP Port Assignment" },
    Known { key: keys::RPC_INTERNET, name: "Ports" },
    Known { key: keys::RPC_INTERNET, name: "PortsInternetAvailable" },
    Known { key: keys::RPC_INTERNET, name: "UseInternetPorts" },
    Known { key: keys::RPC_LINKAGE, name: "Bind" },
    Known { key: keys::RPC_POLICY, name: "RestrictRemoteClients" },
    Known { key: keys::RPC_POLICY, name: "EnableAuthEpResolution" },
];

/// Keys in which a value ends up that was meant for one of the others: the key above it, and the
/// one where the same thing is set for another service.
const NEARBY: [&str; 5] = [
    "SYSTEM\\CurrentControlSet\\Services\\NTDS",
    "SYSTEM\\CurrentControlSet\\Services\\Netlogon",
    "SYSTEM\\CurrentControlSet\\Services\\NTFRS",
    "SYSTEM\\CurrentControlSet\\Services\\DFSR\\Parameters",
    "SOFTWARE\\Microsoft\\Rpc",
];

/// Every protocol sequence that has a name in Microsoft's list ("String Binding"): none of them is
/// another's misspelling.
const SEQUENCES: [&str; 14] = [
    "ncacn_ip_tcp",
    "ncacn_np",
    "ncacn_http",
    "ncadg_ip_udp",
    "ncacn_nb_tcp",
    "ncacn_nb_ipx",
    "ncacn_nb_nb",
    "ncacn_spx",
    "ncadg_ipx",
    "ncadg_mq",
    "ncacn_at_dsp",
    "ncacn_dnet_nsp",
    "ncacn_vns_spp",
    "ncalrpc",
];

/// Microsoft's own articles write it so (KB 2089874): not a misspelling, whatever it does.
const ARTICLE_SPELLING: &str = "ncacn_ip_udp";

/// The near misses, at most 64, and how many there are beyond those.
///
/// # Errors
/// When one of the keys is there and cannot be read.
pub fn find(registry: &dyn Registry) -> Result<(Vec<NearMiss>, u32), RegistryError> {
    let mut found = Vec::new();
    let mut own: Vec<&'static str> = KNOWN.iter().map(|known| known.key).collect();
    own.dedup();
    for key in own.into_iter().chain(NEARBY) {
        for value in registry.values(key)?.unwrap_or_default() {
            found.extend(judged(key, &value));
        }
    }
    for value in registry.values(keys::CLIENT_PROTOCOLS)?.unwrap_or_default() {
        found.extend(sequence(&value));
    }
    let left_out = found.len().saturating_sub(MAX);
    found.truncate(MAX);
    Ok((found, u32::try_from(left_out).unwrap_or(u32::MAX)))
}

fn judged(key: &str, value: &Value) -> Option<NearMiss> {
    let name = &value.name;
    if KNOWN.iter().any(|known| known.key == key && known.name.eq_ignore_ascii_case(name)) {
        return None;
    }
    let here = KNOWN.iter().find(|known| known.key == key && resembles(name, known.name));
    let meant = match here {
        Some(known) => known.name.to_owned(),
        None => {
            // In the wrong key only a name that is the very one tells anything.
            let elsewhere = |known: &&Known| known.key != key && plain(known.name) == plain(name);
            let known = KNOWN.iter().filter(|known| known.name != "Bind").find(elsewhere)?;
            format!("{} of HKLM\\{}", known.name, known.key)
        }
    };
    Some(miss(key, value, meant))
}

fn sequence(value: &Value) -> Option<NearMiss> {
    let name = &value.name;
    let is = |known: &&str| known.eq_ignore_ascii_case(name);
    if name.is_empty() || SEQUENCES.iter().chain([&ARTICLE_SPELLING]).any(is) {
        return None;
    }
    let meant = SEQUENCES.iter().find(|known| resembles(name, known))?;
    Some(miss(keys::CLIENT_PROTOCOLS, value, (*meant).to_owned()))
}

fn miss(key: &str, value: &Value, meant: String) -> NearMiss {
    NearMiss {
        key: format!("HKLM\\{key}"),
        name: value.name.chars().take(MAX_NAME).collect(),
        meant,
        data: shown(&value.data),
    }
}

/// Whether `name` is almost `known`: the same letters with other blanks and signs, something
/// before or after it, or at most two letters off (one, where the name is short).
fn resembles(name: &str, known: &str) -> bool {
    if name.chars().count() > MAX_NAME {
        return false;
    }
    let (name, known) = (plain(name), plain(known));
    let long = known.len() >= 8;
    name == known
        || (long && (name.starts_with(&known) || name.ends_with(&known)))
        || distance(&name, &known) <= if long { 2 } else { 1 }
}

/// Letters and digits only, in lower case.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The number of letters to change, add or leave out (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, cb) in row.iter_mut().skip(1).zip(&b) {
            let changed = diagonal + usize::from(ca != *cb);
            diagonal = *cell;
            left = changed.min(*cell + 1).min(left + 1);
            *cell = left;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn knows_what_is_close() {
        for (name, known) in [
            ("DCTcpipPort Port", "DCTcpipPort"),
            ("DCTcpipPort ", "DCTcpipPort"),
            ("DCTcpPort", "DCTcpipPort"),
            ("TCP-IP Port", "TCP/IP Port"),
            ("TCPIP Port", "TCP/IP Port"),
            ("PortInternetAvailable", "PortsInternetAvailable"),
            ("Port", "Ports"),
            ("ncacn_iptcp", "ncacn_ip_tcp"),
        ] {
            assert!(resembles(name, known), "{name} {known}");
        }
        for (name, known) in [
            ("DSA Database file", "TCP/IP Port"),
            ("SysVol", "DCTcpipPort"),
            ("DCRpcPort", "DCTcpipPort"),
            ("Export", "Bind"),
            ("Route", "Bind"),
        ] {
            assert!(!resembles(name, known), "{name} {known}");
        }
    }

    #[test]
    fn counts_letters() {
        for (a, b, n) in [("", "", 0), ("a", "", 1), ("kitten", "sitting", 3), ("ab", "ba", 2)] {
            assert_eq!(distance(a, b), n, "{a} {b}");
        }
    }

    proptest! {
        #[test]
        fn is_a_distance(a in ".{0,20}", b in ".{0,20}") {
            prop_assert_eq!(distance(&a, &b), distance(&b, &a));
            prop_assert_eq!(distance(&a, &a), 0);
        }
    }
}
