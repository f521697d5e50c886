//! The address of a coordinator, as people write it.

use epmesh_common::facts::DnsName;

/// Checks the address of a coordinator: `https://HOST:PORT`.
///
/// # Errors
/// What is wrong with it, in words.
pub fn coordinator_url(text: &str) -> Result<String, &'static str> {
    let rest = text.strip_prefix("https://").ok_or("it does not begin with https://")?;
    let (host, port) = rest.rsplit_once(':').ok_or("it has no port")?;
    if !port.parse::<u16>().is_ok_and(|port| port != 0) {
        return Err("its port is no number from 1 to 65535");
    }
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let valid = match bare {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => host.parse::<DnsName>().is_ok(),
    };
    if valid { Ok(text.to_owned()) } else { Err("its host is neither a name nor an address") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_coordinators() {
        for good in ["https://c.lab.test:7443", "https://10.0.0.1:1", "https://[fd00::1]:7443"] {
            assert!(coordinator_url(good).is_ok(), "{good}");
        }
        for bad in ["c:1", "https://c", "https://c:0", "https://c:x", "https://:1", "https://a b:1"]
        {
            assert!(coordinator_url(bad).is_err(), "{bad}");
        }
    }
}
