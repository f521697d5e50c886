//! Distinguished names (RFC 4514), as far as they must be taken apart.

use epmesh_facts::DnsName;

/// The relative distinguished names of `dn`, leftmost first, as `(type, value)` with the type in
/// lower case and the escapes of the value undone; `None` when it is no distinguished name.
#[must_use]
pub fn rdns(dn: &str) -> Option<Vec<(String, String)>> {
    // Samba may put `<GUID=…>;` in front.
    let dn = dn.rsplit_once(">;").map_or(dn, |(_, plain)| plain);
    let mut parts = Vec::new();
    for part in pieces(dn) {
        let (kind, value) = part.split_once('=')?;
        parts.push((kind.trim().to_ascii_lowercase(), unescaped(value.trim())?));
    }
    Some(parts)
}

/// A distinguished name in a form in which two spellings of it are equal.
#[must_use]
pub fn folded(dn: &str) -> Option<String> {
    let parts = rdns(dn)?;
    Some(
        parts
            .iter()
            .map(|(kind, value)| format!("{kind}={}", value.to_lowercase().escape_debug()))
            .collect::<Vec<_>>()
            .join(","),
    )
}

/// The name of the object above, as it is written in `dn`.
#[must_use]
pub fn parent(dn: &str) -> Option<&str> {
    let first = *pieces(dn).first()?;
    dn.get(first.len() + 1..).filter(|rest| !rest.is_empty())
}

/// The DNS name of the naming context `DC=lab,DC=test`.
#[must_use]
pub fn dns_name(dn: &str) -> Option<DnsName> {
    let parts = rdns(dn)?;
    let labels: Vec<&str> =
        parts.iter().filter(|(kind, _)| kind == "dc").map(|(_, value)| value.as_str()).collect();
    labels.join(".").parse().ok()
}

/// The server and the site of `CN=DC1,CN=Servers,CN=Site,CN=Sites,…` or of an NTDS Settings object
/// below such a server.
#[must_use]
pub fn server_and_site(dn: &str) -> Option<(String, String)> {
    let parts = rdns(dn)?;
    let at = parts
        .iter()
        .position(|(kind, value)| kind == "cn" && value.eq_ignore_ascii_case("Servers"))?;
    let server = parts.get(at.checked_sub(1)?)?;
    let site = parts.get(at + 1)?;
    let sites = parts.get(at + 2)?;
    sites.1.eq_ignore_ascii_case("Sites").then(|| (server.1.clone(), site.1.clone()))
}

/// The parts between commas that are not escaped.
fn pieces(dn: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut escaped = false;
    for (at, c) in dn.char_indices() {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == ',' {
            found.extend(dn.get(start..at));
            start = at + 1;
        }
    }
    found.extend(dn.get(start..));
    found
}

/// Undoes `\,` and `\2C`.
fn unescaped(value: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes().peekable();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        let first = rest.next()?;
        match (hex(first), rest.peek().copied().and_then(hex)) {
            (Some(high), Some(low)) => {
                rest.next();
                bytes.push(high << 4 | low);
            }
            _ => bytes.push(first),
        }
    }
    String::from_utf8(bytes).ok()
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SETTINGS: &str = "CN=NTDS Settings,CN=DC1,CN=Servers,CN=Berlin\\, Mitte,CN=Sites,CN=Configuration,DC=lab,DC=test";

    #[test]
    fn takes_apart() {
        assert_eq!(server_and_site(SETTINGS), Some(("DC1".into(), "Berlin, Mitte".into())));
        let server = parent(SETTINGS).expect("it has a parent");
        assert!(server.starts_with("CN=DC1,"));
        assert_eq!(server_and_site(server), server_and_site(SETTINGS));
        assert_eq!(dns_name(SETTINGS).as_ref().map(DnsName::as_str), Some("lab.test"));
        assert_eq!(dns_name("DC=lab,DC=test").as_ref().map(DnsName::as_str), Some("lab.test"));
    }

    #[test]
    fn undoes_escapes() {
        let parts = rdns("cn=a\\2Cb\\\\c\\+,dc=x").expect("a name");
        assert_eq!(parts[0], ("cn".into(), "a,b\\c+".into()));
        assert_eq!(folded("CN=A\\,b, DC=X"), folded("cn=a\\2cB,dc=x"));
        assert_eq!(rdns("CN=a\\"), None);
        assert_eq!(rdns("no equals"), None);
        assert_eq!(server_and_site("CN=Servers,CN=x,CN=Sites"), None);
    }

    proptest! {
        #[test]
        fn takes_any_text(text in any::<String>()) {
            let _ = (rdns(&text), parent(&text), dns_name(&text), server_and_site(&text), folded(&text));
        }
    }
}
