//! Distinguished names, as far as a rootDSE needs them read ([RFC 4514]), and their extended form
//! ([MS-ADTS] 3.1.1.3.4.1.5).
//!
//! See also [MS-DTYP].
//!
//! [MS-ADTS]: https://learn.microsoft.com/openspecs/windows_protocols/ms-adts/d2435927-0999-4c62-8c6d-13ba31a52e1a
//! [MS-DTYP]: https://learn.microsoft.com/openspecs/windows_protocols/ms-dtyp/cca27429-5689-4a16-b2b4-9325d93e4ba2
//! [RFC 4514]: https://www.rfc-editor.org/rfc/rfc4514

use thiserror::Error;
use uuid::Uuid;

/// A distinguished name with the identifiers in front of it, `<GUID=...>;<SID=...>;CN=...`
/// (MS-ADTS 3.1.1.3.4.1.5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExtendedDn {
    /// objectGUID of the object.
    pub guid: Option<Uuid>,
    /// objectSid of the object, as it stands there.
    pub sid: Option<String>,
    /// The distinguished name.
    pub dn: String,
}

/// The identifiers in front of a distinguished name are not of the form that is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ExtendedDnError {
    /// `<` without its `>`.
    #[error("an identifier at offset {offset} does not end")]
    Unterminated {
        /// Offset of the `<`.
        offset: usize,
    },
    /// Neither 32 hexadecimal digits nor the dashed form.
    #[error("the guid at offset {offset} is {value:?}, neither 32 digits nor dashed")]
    Guid {
        /// Offset of the value.
        offset: usize,
        /// The value, shortened.
        value: String,
    },
}

impl ExtendedDn {
    /// Reads the extended form, or a plain distinguished name. Identifiers of other kinds are
    /// passed over.
    ///
    /// # Errors
    /// See [`ExtendedDnError`].
    pub fn parse(text: &str) -> Result<Self, ExtendedDnError> {
        let mut parsed = Self::default();
        let mut rest = text;
        while let Some(inside) = rest.strip_prefix('<') {
            let offset = text.len() - rest.len();
            let Some((identifier, after)) = inside.split_once('>') else {
                return Err(ExtendedDnError::Unterminated { offset });
            };
            rest = after.strip_prefix(';').unwrap_or(after);
            match identifier.split_once('=') {
                Some((kind, value)) if kind.eq_ignore_ascii_case("GUID") => {
                    let error = || ExtendedDnError::Guid {
                        offset: offset + 6,
                        value: value.chars().take(80).collect(),
                    };
                    parsed.guid = Some(parse_guid(value).ok_or_else(error)?);
                }
                Some((kind, value)) if kind.eq_ignore_ascii_case("SID") => {
                    parsed.sid = Some(value.to_owned());
                }
                _ => {}
            }
        }
        rest.clone_into(&mut parsed.dn);
        Ok(parsed)
    }
}

/// Reads a GUID: dashed, or its 16 octets in hexadecimal, which have the first three fields in
/// little-endian order (MS-DTYP 2.3.4.2).
fn parse_guid(text: &str) -> Option<Uuid> {
    let uuid = match text.len() {
        32 => Uuid::from_bytes_le(*Uuid::try_parse(text).ok()?.as_bytes()),
        36 => Uuid::try_parse(text).ok()?,
        _ => return None,
    };
    Some(uuid)
}

/// Splits a distinguished name (RFC 4514) into its RDNs, type and value, with escapes resolved.
/// `None` where an RDN has no `=` or an escape is cut short. A multi-valued RDN counts as one.
#[must_use]
pub fn rdns(dn: &str) -> Option<Vec<(String, String)>> {
    let mut rdns = Vec::new();
    if dn.is_empty() {
        return Some(rdns);
    }
    let (mut kind, mut value) = (None, Vec::new());
    let mut octets = dn.bytes();
    while let Some(octet) = octets.next() {
        match octet {
            b'\\' => {
                let first = octets.next()?;
                value.push(match char::from(first).to_digit(16) {
                    Some(high) => {
                        let low = char::from(octets.next()?).to_digit(16)?;
                        u8::try_from(high << 4 | low).ok()?
                    }
                    None => first,
                });
            }
            b'=' if kind.is_none() => kind = Some(text(&mut value)),
            b',' => rdns.push((kind.take()?, text(&mut value))),
            other => value.push(other),
        }
    }
    rdns.push((kind?, text(&mut value)));
    Some(rdns)
}

/// The DNS name of a naming context made of `DC=` alone: `DC=lab,DC=test` is `lab.test`.
#[must_use]
pub fn dns_name(dn: &str) -> Option<String> {
    let labels: Option<Vec<String>> = rdns(dn)?
        .into_iter()
        .map(|(kind, value)| {
            (kind.eq_ignore_ascii_case("DC") && !value.is_empty() && !value.contains('.'))
                .then_some(value)
        })
        .collect();
    let labels = labels?;
    (!labels.is_empty()).then(|| labels.join("."))
}

/// The server and the site in the name of an NTDS Settings object:
/// `CN=NTDS Settings,CN=<server>,CN=Servers,CN=<site>,CN=Sites,...`.
#[must_use]
pub fn server_and_site(ntds_settings: &str) -> Option<(String, String)> {
    let rdns = rdns(ntds_settings)?;
    let values: Vec<&str> = rdns
        .iter()
        .take_while(|(kind, _)| kind.eq_ignore_ascii_case("CN"))
        .map(|(_, value)| value.as_str())
        .collect();
    match values.as_slice() {
        [settings, server, servers, site, sites, ..]
            if settings.eq_ignore_ascii_case("NTDS Settings")
                && servers.eq_ignore_ascii_case("Servers")
                && sites.eq_ignore_ascii_case("Sites") =>
        {
            Some(((*server).to_owned(), (*site).to_owned()))
        }
        _ => None,
    }
}

fn text(octets: &mut Vec<u8>) -> String {
    let text = String::from_utf8_lossy(octets).trim().to_owned();
    octets.clear();
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUID: Uuid = Uuid::from_u128(0xd2da7e8b_c2b0_9541_a6a9_6194c2e7afc6);

    #[test]
    fn both_forms_of_a_guid_are_the_same_guid() {
        for text in [
            "<GUID=d2da7e8b-c2b0-9541-a6a9-6194c2e7afc6>;CN=NTDS Settings",
            "<GUID=8b7edad2b0c24195a6a96194c2e7afc6>;CN=NTDS Settings",
            "<guid=8B7EDAD2B0C24195A6A96194C2E7AFC6>;<SID=S-1-5-21-1>;CN=NTDS Settings",
        ] {
            let parsed = ExtendedDn::parse(text).unwrap();
            assert_eq!((parsed.guid, parsed.dn.as_str()), (Some(GUID), "CN=NTDS Settings"));
            assert_eq!(parsed.sid.is_some(), text.contains("SID"));
        }
        let plain = ExtendedDn::parse("CN=NTDS Settings").unwrap();
        assert_eq!((plain.guid, plain.dn.as_str()), (None, "CN=NTDS Settings"));
    }

    #[test]
    fn a_wrong_identifier_is_named() {
        let error = ExtendedDn::parse("<SID=S-1-5>;<GUID=12>;CN=x").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the guid at offset 18 is \"12\", neither 32 digits nor dashed"
        );
        assert_eq!(ExtendedDn::parse("<GUID=12"), Err(ExtendedDnError::Unterminated { offset: 0 }));
        // Braces and URN are forms the directory does not write.
        assert!(ExtendedDn::parse("<GUID={d2da7e8b-c2b0-9541-a6a9-6194c2e7afc6}>;CN=x").is_err());
    }

    #[test]
    fn naming_contexts_become_dns_names() {
        assert_eq!(dns_name("DC=lab,DC=test").as_deref(), Some("lab.test"));
        assert_eq!(dns_name("dc=lab, dc=test").as_deref(), Some("lab.test"));
        for none in ["", "CN=x,DC=test", "DC=lab,", "DC=", "lab", "DC=a\\", "DC=a\\2", "DC=a.b"] {
            assert_eq!(dns_name(none), None, "{none:?}");
        }
    }

    #[test]
    fn server_and_site_with_escapes() {
        let rest = "CN=Sites,CN=Configuration,DC=lab,DC=test";
        let dn = format!("CN=NTDS Settings,CN=DC1,CN=Servers,CN=Paris\\, 2\\c3\\a9,{rest}");
        assert_eq!(server_and_site(&dn), Some(("DC1".to_owned(), "Paris, 2\u{e9}".to_owned())));
        assert_eq!(server_and_site(&format!("CN=DC1,CN=Servers,CN=Paris,{rest}")), None);
    }
}
