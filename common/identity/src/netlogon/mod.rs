//! The LDAP ping: a search for the attribute `netlogon` of the rootDSE, and the
//! NETLOGON_SAM_LOGON_RESPONSE_EX that a domain controller answers ([MS-ADTS] 6.3.3, 6.3.1.9).
//!
//! [MS-ADTS]: https://learn.microsoft.com/openspecs/windows_protocols/ms-adts/d2435927-0999-4c62-8c6d-13ba31a52e1a

mod names;

use std::{fmt, net::Ipv4Addr};

use bitflags::bitflags;
use epmesh_codec::{ByteOrder, DecodeError, EncodeError, Reader};
use uuid::Uuid;

use super::{
    flags,
    ldap::{Filter, SearchRequest},
    text,
};
use names::{NameWriter, read_name};

/// Offset of the first name; compression offsets count from the start of the blob.
const NAMES: usize = 24;
/// NtVersion, LmNtToken and Lm20Token, at the very end.
const TRAILER: usize = 8;
const AF_INET: u16 = 2;

bitflags! {
    /// NETLOGON_NT_VERSION: the form of the answer (MS-ADTS 6.3.1.1).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct NtVersion: u32 {
        /// The form of Windows NT 4.0.
        const V1 = 0x01;
        /// The form without names of DNS.
        const V5 = 0x02;
        /// The EX form, which this decodes.
        const V5_EX = 0x04;
        /// The answer carries the server's address.
        const WITH_IP = 0x08;
        /// The answer carries the next closest site.
        const WITH_CLOSEST_SITE = 0x10;
        // Bits without a name are kept as they came.
        const _ = !0;
    }
}

impl NtVersion {
    /// What a probe asks for: the EX form.
    pub const EX: Self = Self::V5.union(Self::V5_EX);
}

bitflags! {
    /// DS_FLAG: what the answering server is (MS-ADTS 6.3.1.2).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct DcFlags: u32 {
        /// Holds the PDC emulator role.
        const PDC = 0x0000_0001;
        /// Is a global catalog server.
        const GC = 0x0000_0004;
        /// Serves LDAP.
        const LDAP = 0x0000_0008;
        /// Is a domain controller of Active Directory.
        const DS = 0x0000_0010;
        /// Is a Kerberos key distribution center.
        const KDC = 0x0000_0020;
        /// Runs the time service.
        const TIMESERV = 0x0000_0040;
        /// Is in the site of the client.
        const CLOSEST = 0x0000_0080;
        /// Holds a writable replica of the domain.
        const WRITABLE = 0x0000_0100;
        /// Its time service is a reliable source.
        const GOOD_TIMESERV = 0x0000_0200;
        /// The naming context asked for is an application one.
        const NDNC = 0x0000_0400;
        /// Is a read-only domain controller.
        const SELECT_SECRET_DOMAIN_6 = 0x0000_0800;
        /// Is a writable one of Windows Server 2008 or later.
        const FULL_SECRET_DOMAIN_6 = 0x0000_1000;
        /// Runs Active Directory Web Services.
        const WS = 0x0000_2000;
        /// Windows Server 2012 or later.
        const DS_8 = 0x0000_4000;
        /// Windows Server 2012 R2 or later.
        const DS_9 = 0x0000_8000;
        /// Windows Server 2016 or later.
        const DS_10 = 0x0001_0000;
        // Bits without a name are kept as they came.
        const _ = !0;
    }
}

impl DcFlags {
    /// The names of the bits that are set and have one, lowest bit first.
    pub fn names(&self) -> impl Iterator<Item = String> {
        flags::names(self)
    }
}

impl fmt::Display for DcFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        flags::write(self, f)
    }
}

/// The LDAP ping, what a DC is asked: the filter of an LDAP ping (MS-ADTS 6.3.3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ping {
    /// DnsDomain; none for the default domain of the server.
    pub dns_domain: Option<String>,
    /// Host: the name of the client.
    pub host: Option<String>,
    /// NtVer.
    pub nt_version: NtVersion,
}

impl Ping {
    /// The search that asks this.
    #[must_use]
    pub fn to_search(&self) -> SearchRequest {
        let equality = |attribute: &str, value: &[u8]| Filter::Equality {
            attribute: attribute.to_owned(),
            value: value.to_vec(),
        };
        let mut terms = Vec::new();
        if let Some(domain) = &self.dns_domain {
            terms.push(equality("DnsDomain", domain.as_bytes()));
        }
        if let Some(host) = &self.host {
            terms.push(equality("Host", host.as_bytes()));
        }
        terms.push(equality("NtVer", &self.nt_version.bits().to_le_bytes()));
        SearchRequest::base("", Filter::And(terms), &["Netlogon"])
    }

    /// The ping in this search, for a simulated DC; `None` if it is no LDAP ping: another base, no attribute
    /// `netlogon`, another kind of filter, or no NtVer. Terms it does not know are passed over.
    #[must_use]
    pub fn from_search(search: &SearchRequest) -> Option<Self> {
        let asks = search.attributes.iter().any(|name| name.eq_ignore_ascii_case("netlogon"));
        let Filter::And(terms) = &search.filter else { return None };
        if !asks || !search.base.is_empty() {
            return None;
        }
        let value = |wanted: &str| {
            terms.iter().find_map(|term| match term {
                Filter::Equality { attribute, value } if attribute.eq_ignore_ascii_case(wanted) => {
                    Some(value.as_slice())
                }
                _ => None,
            })
        };
        let name = |wanted| value(wanted).map(|bytes| text::from_utf8(bytes, text::MAX_NAME));
        Some(Self {
            dns_domain: name("DnsDomain"),
            host: name("Host"),
            nt_version: NtVersion::from_bits_retain(u32::from_le_bytes(
                value("NtVer")?.try_into().ok()?,
            )),
        })
    }
}

/// The operation code of the answer (MS-ADTS 6.3.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    /// LOGON_SAM_LOGON_RESPONSE_EX (23): the DC is at work.
    Response,
    /// LOGON_SAM_PAUSE_RESPONSE_EX (24): it lives, but Netlogon is paused or the directory is not
    /// synchronised, so it does not advertise itself.
    Paused,
    /// LOGON_SAM_USER_UNKNOWN_EX (25): at work, but the user asked for is not there.
    UserUnknown,
}

impl Opcode {
    const fn code(self) -> u16 {
        match self {
            Self::Response => 23,
            Self::Paused => 24,
            Self::UserUnknown => 25,
        }
    }
}

/// NETLOGON_SAM_LOGON_RESPONSE_EX (MS-ADTS 6.3.1.9).
///
/// A name that is empty on the wire is `None`; each is at most 255 octets and free of control
/// characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SamLogonResponseEx {
    /// How the DC answers.
    pub opcode: Opcode,
    /// What the DC is.
    pub flags: DcFlags,
    /// DomainGuid: of the domain, not of the DC.
    pub domain_guid: Uuid,
    /// DnsForestName.
    pub forest: Option<String>,
    /// DnsDomainName.
    pub dns_domain: Option<String>,
    /// DnsHostName: who answers.
    pub dns_host: Option<String>,
    /// NetbiosDomainName.
    pub netbios_domain: Option<String>,
    /// NetbiosComputerName.
    pub netbios_computer: Option<String>,
    /// UserName, of the question.
    pub user: Option<String>,
    /// DcSiteName: the site of the DC.
    pub dc_site: Option<String>,
    /// ClientSiteName: the site the DC puts the client in, by its address.
    pub client_site: Option<String>,
    /// DcSockAddr. Only there if `nt_version` has [`NtVersion::WITH_IP`].
    pub address: Option<Ipv4Addr>,
    /// NextClosestSiteName. Only there if `nt_version` has [`NtVersion::WITH_CLOSEST_SITE`].
    pub next_closest_site: Option<String>,
    /// NtVersion: says which optional fields are there.
    pub nt_version: NtVersion,
}

impl SamLogonResponseEx {
    /// Reads the value of the attribute `netlogon`. Octets between the last known field and the
    /// trailer are ignored.
    ///
    /// # Errors
    /// Another operation code (the older forms have 19 to 21), a name that does not end, points
    /// forward or exceeds 255 octets, a message cut short.
    pub fn decode(blob: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(blob, ByteOrder::Little);
        let opcode = match reader.u16("opcode")? {
            23 => Opcode::Response,
            24 => Opcode::Paused,
            25 => Opcode::UserUnknown,
            value => {
                return Err(DecodeError::Value {
                    field: "opcode",
                    offset: 0,
                    value: value.into(),
                    expected: "23, 24 or 25",
                });
            }
        };
        reader.u16("sbz")?;
        let flags = DcFlags::from_bits_retain(reader.u32("flags")?);
        let domain_guid = reader.uuid("domain guid")?;

        // The trailer says which fields stand between the names and itself.
        let end = blob.len().saturating_sub(TRAILER).max(NAMES);
        let mut trailer = Reader::starting_at(blob, end, ByteOrder::Little);
        let nt_version = NtVersion::from_bits_retain(trailer.u32("nt version")?);
        for field in ["lm nt token", "lm 20 token"] {
            let token = trailer.u16(field)?;
            trailer.ensure(token == 0xffff, field, 2, token, "0xffff")?;
        }

        let body = blob.get(..end).unwrap_or(blob);
        let mut at = NAMES;
        let mut name = |field| read_name(body, &mut at, field);
        let mut response = Self {
            opcode,
            flags,
            domain_guid,
            forest: name("dns forest name")?,
            dns_domain: name("dns domain name")?,
            dns_host: name("dns host name")?,
            netbios_domain: name("netbios domain name")?,
            netbios_computer: name("netbios computer name")?,
            user: name("user name")?,
            dc_site: name("dc site name")?,
            client_site: name("client site name")?,
            address: None,
            next_closest_site: None,
            nt_version,
        };
        if nt_version.contains(NtVersion::WITH_IP) && at < end {
            let mut reader = Reader::starting_at(body, at, ByteOrder::Little);
            let size = reader.u8("dc sockaddr size")?;
            response.address = ipv4(reader.bytes("dc sockaddr", size.into())?);
            at = reader.offset();
        }
        if nt_version.contains(NtVersion::WITH_CLOSEST_SITE) && at < end {
            response.next_closest_site = read_name(body, &mut at, "next closest site name")?;
        }
        Ok(response)
    }

    /// The value of the attribute `netlogon`, for a simulated DC.
    ///
    /// # Errors
    /// A name with an empty label, a label over 63 octets or more than 255 octets; an address or
    /// a next closest site whose bit in `nt_version` is not set.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let mut out = Vec::with_capacity(256);
        out.extend(self.opcode.code().to_le_bytes());
        out.extend([0; 2]);
        out.extend(self.flags.bits().to_le_bytes());
        out.extend(self.domain_guid.to_bytes_le());
        let mut names = NameWriter::new(out);
        for (field, name) in [
            ("dns forest name", &self.forest),
            ("dns domain name", &self.dns_domain),
            ("dns host name", &self.dns_host),
            ("netbios domain name", &self.netbios_domain),
            ("netbios computer name", &self.netbios_computer),
            ("user name", &self.user),
            ("dc site name", &self.dc_site),
            ("client site name", &self.client_site),
        ] {
            names.write(field, name.as_deref())?;
        }
        let has = |flag| self.nt_version.contains(flag);
        let no_bit = |field, value| EncodeError::Unencodable {
            field,
            value,
            reason: "its bit in nt version is not set",
        };
        match self.address {
            Some(address) if has(NtVersion::WITH_IP) => {
                names.out.push(16);
                names.out.extend(AF_INET.to_le_bytes());
                names.out.extend([0; 2]);
                names.out.extend(address.octets());
                names.out.extend([0; 8]);
            }
            Some(address) => return Err(no_bit("dc sockaddr", address.to_string())),
            None if has(NtVersion::WITH_IP) => names.out.push(0),
            None => {}
        }
        match &self.next_closest_site {
            Some(site) if !has(NtVersion::WITH_CLOSEST_SITE) => {
                return Err(no_bit("next closest site name", site.chars().take(80).collect()));
            }
            site if has(NtVersion::WITH_CLOSEST_SITE) => {
                names.write("next closest site name", site.as_deref())?;
            }
            _ => {}
        }
        let mut out = names.out;
        out.extend(self.nt_version.bits().to_le_bytes());
        out.extend([0xff; 4]);
        Ok(out)
    }
}

/// The address of a `sockaddr_in`; the family is in little-endian, the rest as on the network.
fn ipv4(sockaddr: &[u8]) -> Option<Ipv4Addr> {
    match sockaddr {
        [2, 0, _, _, a, b, c, d, ..] => Some(Ipv4Addr::new(*a, *b, *c, *d)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ping_is_found_in_its_search() {
        let ping = Ping {
            dns_domain: Some("lab.test".to_owned()),
            host: Some("probe".to_owned()),
            nt_version: NtVersion::EX,
        };
        assert_eq!(Ping::from_search(&ping.to_search()), Some(ping.clone()));
        assert_eq!(Ping::from_search(&SearchRequest::root_dse(&["netlogon"])), None);
        let other = SearchRequest { attributes: vec!["cn".to_owned()], ..ping.to_search() };
        assert_eq!(Ping::from_search(&other), None);
    }

    #[test]
    fn an_older_form_is_refused_with_its_code() {
        let error = SamLogonResponseEx::decode(&[19, 0, 0, 0]).unwrap_err();
        assert_eq!(error.to_string(), "opcode at offset 0 is 0x13, expected 23, 24 or 25");
    }

    #[test]
    fn flags_have_names() {
        let flags = DcFlags::PDC.union(DcFlags::DS).union(DcFlags::from_bits_retain(0x8000_0000));
        assert_eq!(flags.to_string(), "0x80000011 pdc ds");
    }
}
