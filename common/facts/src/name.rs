//! DNS host names.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A DNS name as Active Directory uses it: lower case, no trailing dot, 1 to 253 bytes, labels of
/// 1 to 63 bytes out of letters, digits, `-` and `_` (RFC 1123, and the `_msdcs` of MS-ADTS
/// 6.3.2). Domain controllers are known by it throughout epmesh, thousands of times over: a clone is
/// no copy.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DnsName(Arc<str>);

/// The text is not a DNS host name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("not a DNS host name: {text:?}: {reason}")]
pub struct NameError {
    /// The text, cut to 80 characters.
    pub text: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl DnsName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nobody else holds a clone of it.
    #[must_use]
    pub fn is_only_copy(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }

    /// The first label: for a domain controller its host name.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.split('.').next().unwrap_or(&self.0)
    }

    /// The name after the first label; `None` for a single label.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        self.0.split_once('.').map(|(_, rest)| Self(rest.into()))
    }

    /// Whether this name is `domain` or lies below it.
    #[must_use]
    pub fn is_within(&self, domain: &Self) -> bool {
        self == domain
            || self.0.strip_suffix(domain.as_str()).is_some_and(|head| head.ends_with('.'))
    }

    /// The name under which replication partners look for the DSA `guid` in the forest whose root
    /// domain is `self`: `<guid>._msdcs.<forest>` (MS-ADTS 6.3.2.3).
    ///
    /// # Errors
    /// When the forest's own name is so long that the result is no DNS name.
    pub fn dsa_alias(&self, guid: uuid::Uuid) -> Result<Self, NameError> {
        format!("{guid}._msdcs.{self}").parse()
    }
}

impl FromStr for DnsName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = |reason| Err(NameError { text: text.chars().take(80).collect(), reason });
        let name = text.strip_suffix('.').unwrap_or(text);
        if name.is_empty() {
            return refuse("it is empty");
        }
        if name.len() > 253 {
            return refuse("it is longer than 253 bytes");
        }
        for label in name.split('.') {
            if label.is_empty() || label.len() > 63 {
                return refuse("a label is empty or longer than 63 bytes");
            }
            if !label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
                return refuse("a label has a character other than letter, digit, - or _");
            }
        }
        Ok(Self(name.to_ascii_lowercase().into()))
    }
}

impl TryFrom<String> for DnsName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl TryFrom<&str> for DnsName {
    type Error = NameError;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<DnsName> for String {
    fn from(name: DnsName) -> Self {
        name.0.as_ref().to_owned()
    }
}

impl fmt::Display for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_active_directory_uses() {
        let name: DnsName = "DC1.Lab.Test.".parse().expect("a host name");
        assert_eq!(name.as_str(), "dc1.lab.test");
        assert_eq!(name.host(), "dc1");
        let forest: DnsName = "lab.test".parse().expect("a domain");
        assert!(name.is_within(&forest));
        assert!(!"dc1.slab.test".parse::<DnsName>().expect("a host name").is_within(&forest));
        assert_eq!(name.parent(), Some(forest));
        assert!("_ldap._tcp.lab.test".parse::<DnsName>().is_ok());
    }

    #[test]
    fn refuses_the_rest() {
        let long = "a".repeat(64);
        let deep = "a.".repeat(127) + "a";
        for text in ["", ".", "a..b", "a b", "dc1\n", "dç", long.as_str(), deep.as_str()] {
            assert!(text.parse::<DnsName>().is_err(), "{text:?}");
        }
    }
}
