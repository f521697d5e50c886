//! Search requests and the entries they return ([RFC 4511] 4.5).
//!
//! See also [RFC 4512].
//!
//! [RFC 4511]: https://www.rfc-editor.org/rfc/rfc4511
//! [RFC 4512]: https://www.rfc-editor.org/rfc/rfc4512

use epmesh_codec::{DecodeError, EncodeError};

use crate::{
    ber::{BOOLEAN, ENUMERATED, INTEGER, MAX_DEPTH, OCTET_STRING, Reader, SEQUENCE, SET, Writer},
    text::{self, MAX_NAME},
};

use super::bounds::MAX_TEXT;

const AND: u8 = 0xa0;
const OR: u8 = 0xa1;
const NOT: u8 = 0xa2;
const EQUALITY: u8 = 0xa3;
const PRESENT: u8 = 0x87;

/// Filters nest this deep; the message around them takes four levels.
const MAX_FILTER_DEPTH: usize = MAX_DEPTH as usize - 4;
const MAX_FILTERS: usize = 32;
const MAX_ATTRIBUTES: usize = 256;
const MAX_VALUES: usize = 1024;

/// SearchRequest (RFC 4511 4.5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchRequest {
    /// baseObject; empty for the rootDSE.
    pub base: String,
    /// How far below the base.
    pub scope: Scope,
    /// sizeLimit, 0 for none.
    pub size_limit: u32,
    /// timeLimit in seconds, 0 for none.
    pub time_limit: u32,
    /// Which entries.
    pub filter: Filter,
    /// Which attributes, at most 256; none means all.
    pub attributes: Vec<String>,
}

/// The scope of a search (RFC 4511 4.5.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The base alone.
    Base,
    /// What is directly below it.
    OneLevel,
    /// The base and everything below it.
    Subtree,
}

/// The kinds of filter that an LDAP ping and a rootDSE read use (RFC 4511 4.5.1.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Every one of them, at most 32.
    And(Vec<Filter>),
    /// Any one of them, at most 32.
    Or(Vec<Filter>),
    /// Not this one.
    Not(Box<Filter>),
    /// The attribute has this value.
    Equality {
        /// The attribute.
        attribute: String,
        /// The value.
        value: Vec<u8>,
    },
    /// The attribute is there.
    Present(String),
}

/// SearchResultEntry (RFC 4511 4.5.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchResultEntry {
    /// objectName; empty for the rootDSE.
    pub dn: String,
    /// The attributes, at most 256.
    pub attributes: Vec<Attribute>,
}

/// PartialAttribute (RFC 4511 4.1.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its name, in the case the server writes it.
    pub name: String,
    /// Its values, at most 1024.
    pub values: Vec<Vec<u8>>,
}

impl SearchRequest {
    /// Reads these attributes of the rootDSE.
    #[must_use]
    pub fn root_dse(attributes: &[&str]) -> Self {
        Self::base("", Filter::Present("objectClass".to_owned()), attributes)
    }

    /// A search of one entry.
    #[must_use]
    pub fn base(base: &str, filter: Filter, attributes: &[&str]) -> Self {
        Self {
            base: base.to_owned(),
            scope: Scope::Base,
            size_limit: 0,
            time_limit: 0,
            filter,
            attributes: attributes.iter().copied().map(str::to_owned).collect(),
        }
    }

    pub(super) fn decode(mut fields: Reader<'_>) -> Result<Self, DecodeError> {
        let base = octets(&mut fields, "base object", MAX_TEXT)?;
        let scope = fields.expect(ENUMERATED, "scope")?;
        let scope = match scope.unsigned("scope")? {
            0 => Scope::Base,
            1 => Scope::OneLevel,
            2 => Scope::Subtree,
            value => {
                return Err(DecodeError::Value {
                    field: "scope",
                    offset: scope.offset,
                    value: value.into(),
                    expected: "0, 1 or 2",
                });
            }
        };
        // A server without aliases has nothing to do with derefAliases.
        fields.expect(ENUMERATED, "deref aliases")?;
        let size_limit = fields.expect(INTEGER, "size limit")?.unsigned("size limit")?;
        let time_limit = fields.expect(INTEGER, "time limit")?.unsigned("time limit")?;
        fields.expect(BOOLEAN, "types only")?.boolean("types only")?;
        let filter = Filter::decode(&mut fields, 0)?;
        let mut list = fields.enter(SEQUENCE, "attribute selection")?;
        let mut attributes = Vec::new();
        while !list.is_empty() {
            check_count("selected attributes", attributes.len(), MAX_ATTRIBUTES, &list)?;
            attributes.push(octets(&mut list, "selected attribute", MAX_NAME)?);
        }
        Ok(Self { base, scope, size_limit, time_limit, filter, attributes })
    }

    pub(super) fn encode(&self, w: &mut Writer) -> Result<(), EncodeError> {
        EncodeError::bound("base object", self.base.len(), MAX_TEXT)?;
        EncodeError::bound("selected attributes", self.attributes.len(), MAX_ATTRIBUTES)?;
        w.value(OCTET_STRING, self.base.as_bytes())?;
        let scope = match self.scope {
            Scope::Base => 0,
            Scope::OneLevel => 1,
            Scope::Subtree => 2,
        };
        w.unsigned(ENUMERATED, scope)?;
        w.unsigned(ENUMERATED, 0)?; // never dereference aliases
        w.unsigned(INTEGER, self.size_limit)?;
        w.unsigned(INTEGER, self.time_limit)?;
        w.boolean(BOOLEAN, false)?;
        self.filter.encode(w, 0)?;
        w.constructed(SEQUENCE, |w| {
            self.attributes.iter().try_for_each(|name| {
                EncodeError::bound("selected attribute", name.len(), MAX_NAME)?;
                w.value(OCTET_STRING, name.as_bytes())
            })
        })
    }
}

impl Filter {
    fn decode(fields: &mut Reader<'_>, depth: usize) -> Result<Self, DecodeError> {
        let tlv = fields.any("filter")?;
        DecodeError::bound("filter depth", tlv.offset, depth, MAX_FILTER_DEPTH)?;
        match tlv.tag {
            AND | OR => {
                let mut inner = tlv.children()?;
                let mut filters = Vec::new();
                while !inner.is_empty() {
                    check_count("filters", filters.len(), MAX_FILTERS, &inner)?;
                    filters.push(Self::decode(&mut inner, depth + 1)?);
                }
                Ok(if tlv.tag == AND { Self::And(filters) } else { Self::Or(filters) })
            }
            NOT => Ok(Self::Not(Box::new(Self::decode(&mut tlv.children()?, depth + 1)?))),
            EQUALITY => {
                let mut inner = tlv.children()?;
                let attribute = octets(&mut inner, "filter attribute", MAX_NAME)?;
                let value = inner.expect(OCTET_STRING, "filter value")?.value.to_vec();
                Ok(Self::Equality { attribute, value })
            }
            PRESENT => {
                DecodeError::bound("filter attribute", tlv.offset, tlv.value.len(), MAX_NAME)?;
                Ok(Self::Present(text::from_utf8(tlv.value, MAX_NAME)))
            }
            tag => Err(DecodeError::Value {
                field: "filter",
                offset: tlv.offset,
                value: tag.into(),
                expected: "and, or, not, equality or present",
            }),
        }
    }

    fn encode(&self, w: &mut Writer, depth: usize) -> Result<(), EncodeError> {
        EncodeError::bound("filter depth", depth, MAX_FILTER_DEPTH)?;
        let mut list = |tag, filters: &[Self]| {
            EncodeError::bound("filters", filters.len(), MAX_FILTERS)?;
            w.constructed(tag, |w| filters.iter().try_for_each(|f| f.encode(w, depth + 1)))
        };
        match self {
            Self::And(filters) => list(AND, filters),
            Self::Or(filters) => list(OR, filters),
            Self::Not(filter) => w.constructed(NOT, |w| filter.encode(w, depth + 1)),
            Self::Equality { attribute, value } => w.constructed(EQUALITY, |w| {
                EncodeError::bound("filter attribute", attribute.len(), MAX_NAME)?;
                w.value(OCTET_STRING, attribute.as_bytes())?;
                w.value(OCTET_STRING, value)
            }),
            Self::Present(attribute) => {
                EncodeError::bound("filter attribute", attribute.len(), MAX_NAME)?;
                w.value(PRESENT, attribute.as_bytes())
            }
        }
    }
}

impl SearchResultEntry {
    /// The values of an attribute; names are compared without case (RFC 4512 2.5).
    #[must_use]
    pub fn values(&self, name: &str) -> &[Vec<u8>] {
        self.attributes
            .iter()
            .find(|attribute| attribute.name.eq_ignore_ascii_case(name))
            .map_or(&[], |attribute| attribute.values.as_slice())
    }

    pub(super) fn decode(mut fields: Reader<'_>) -> Result<Self, DecodeError> {
        let dn = octets(&mut fields, "object name", MAX_TEXT)?;
        let mut list = fields.enter(SEQUENCE, "attributes")?;
        let mut attributes = Vec::new();
        while !list.is_empty() {
            check_count("attributes", attributes.len(), MAX_ATTRIBUTES, &list)?;
            let mut attribute = list.enter(SEQUENCE, "attribute")?;
            let name = octets(&mut attribute, "attribute name", MAX_NAME)?;
            let mut set = attribute.enter(SET, "attribute values")?;
            let mut values = Vec::new();
            while !set.is_empty() {
                check_count("attribute values", values.len(), MAX_VALUES, &set)?;
                values.push(set.expect(OCTET_STRING, "attribute value")?.value.to_vec());
            }
            attributes.push(Attribute { name, values });
        }
        Ok(Self { dn, attributes })
    }

    pub(super) fn encode(&self, w: &mut Writer) -> Result<(), EncodeError> {
        EncodeError::bound("object name", self.dn.len(), MAX_TEXT)?;
        EncodeError::bound("attributes", self.attributes.len(), MAX_ATTRIBUTES)?;
        w.value(OCTET_STRING, self.dn.as_bytes())?;
        w.constructed(SEQUENCE, |w| {
            self.attributes.iter().try_for_each(|attribute| {
                EncodeError::bound("attribute name", attribute.name.len(), MAX_NAME)?;
                EncodeError::bound("attribute values", attribute.values.len(), MAX_VALUES)?;
                w.constructed(SEQUENCE, |w| {
                    w.value(OCTET_STRING, attribute.name.as_bytes())?;
                    w.constructed(SET, |w| {
                        attribute.values.iter().try_for_each(|value| w.value(OCTET_STRING, value))
                    })
                })
            })
        })
    }
}

/// The next octet string as text of at most `max` octets.
fn octets(fields: &mut Reader<'_>, field: &'static str, max: usize) -> Result<String, DecodeError> {
    let tlv = fields.expect(OCTET_STRING, field)?;
    DecodeError::bound(field, tlv.offset, tlv.value.len(), max)?;
    Ok(text::from_utf8(tlv.value, max))
}

fn check_count(
    field: &'static str,
    count: usize,
    max: usize,
    at: &Reader<'_>,
) -> Result<(), DecodeError> {
    DecodeError::bound(field, at.offset(), count + 1, max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ldap::{Message, Op};

    fn nested(depth: usize) -> Message {
        let leaf = Filter::Present("objectClass".to_owned());
        let filter = (0..depth).fold(leaf, |filter, _| Filter::Not(Box::new(filter)));
        Message::new(1, Op::SearchRequest(SearchRequest::base("", filter, &[])))
    }

    #[test]
    fn filters_nest_only_so_deep() {
        let message = nested(MAX_FILTER_DEPTH);
        let bytes = message.encode().unwrap();
        assert_eq!(Message::decode(&bytes), Ok((message, bytes.len())));
        assert!(nested(MAX_FILTER_DEPTH + 1).encode().is_err());
    }

    #[test]
    fn a_deeper_filter_from_a_peer_is_refused() {
        let mut filter = vec![PRESENT, 1, b'x'];
        for _ in 0..500 {
            let mut writer = Writer::default();
            writer.value(NOT, &filter).unwrap();
            filter = writer.finish();
        }
        let error = Filter::decode(&mut Reader::new(&filter), 0).unwrap_err();
        assert!(matches!(error, DecodeError::TooLarge { .. }), "{error}");
    }

    #[test]
    fn values_are_found_without_case() {
        let attribute = Attribute { name: "DNSHostName".to_owned(), values: vec![b"dc1".to_vec()] };
        let entry = SearchResultEntry { dn: String::new(), attributes: vec![attribute] };
        assert_eq!(entry.values("dnsHostName"), [b"dc1".to_vec()]);
        assert!(entry.values("serverName").is_empty());
    }
}
