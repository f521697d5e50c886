//! LDAP messages ([RFC 4511]) as far as a rootDSE read and an LDAP ping need them, both ways.
//!
//! Over TCP, [`message_len`] tells where a message ends; a UDP datagram (CLDAP, [MS-ADTS] 6.3.3)
//! holds whole messages, one after the other, and [`Message::decode_all`] reads them.
//!
//! [MS-ADTS]: https://learn.microsoft.com/openspecs/windows_protocols/ms-adts/d2435927-0999-4c62-8c6d-13ba31a52e1a
//! [RFC 4511]: https://www.rfc-editor.org/rfc/rfc4511

mod bounds;
mod search;

pub use bounds::{MAX_MESSAGE, MAX_TEXT};
pub use search::{Attribute, Filter, Scope, SearchRequest, SearchResultEntry};

use epmesh_codec::{DecodeError, EncodeError};

use super::{
    ber::{self, BOOLEAN, ENUMERATED, INTEGER, LengthForm, OCTET_STRING, Reader, SEQUENCE, Writer},
    text,
};

/// Bound of the messages in one datagram.
const MAX_MESSAGES: usize = 16;
/// Bound of the controls of one message.
const MAX_CONTROLS: usize = 16;

/// LDAP_SERVER_EXTENDED_DN_OID (MS-ADTS 3.1.1.3.4.1.5).
pub const EXTENDED_DN_OID: &str = "1.2.840.113556.1.4.529";

const BIND_REQUEST: u8 = 0x60;
const BIND_RESPONSE: u8 = 0x61;
const UNBIND_REQUEST: u8 = 0x42;
const SEARCH_REQUEST: u8 = 0x63;
const SEARCH_RESULT_ENTRY: u8 = 0x64;
const SEARCH_RESULT_DONE: u8 = 0x65;
const CONTROLS: u8 = 0xa0;
const SIMPLE: u8 = 0x80;

/// The length of the next message of a stream in octets; `None` where more octets are needed to know.
///
/// # Errors
/// What cannot be the start of an LDAP message, and a message over [`MAX_MESSAGE`].
pub fn message_len(stream: &[u8]) -> Result<Option<usize>, DecodeError> {
    if let Some(&tag) = stream.first().filter(|tag| **tag != SEQUENCE) {
        return Err(DecodeError::Value {
            field: "ldap message",
            offset: 0,
            value: tag.into(),
            expected: "a SEQUENCE (0x30)",
        });
    }
    let Some(header) = ber::header(stream, "ldap message", 0)? else { return Ok(None) };
    let len = header.header_len.saturating_add(header.value_len);
    DecodeError::bound("ldap message", 0, len, MAX_MESSAGE)?;
    Ok(Some(len))
}

/// LDAPMessage (RFC 4511 4.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The answer carries the id of the question. 0 to 2^31-1.
    pub id: u32,
    /// What is asked or answered.
    pub op: Op,
    /// Controls, at most 16.
    pub controls: Vec<Control>,
}

/// protocolOp (RFC 4511 4.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// BindRequest (4.2).
    BindRequest(BindRequest),
    /// BindResponse (4.2.2).
    BindResponse(LdapResult),
    /// UnbindRequest (4.3).
    UnbindRequest,
    /// SearchRequest (4.5.1).
    SearchRequest(SearchRequest),
    /// SearchResultEntry (4.5.2).
    SearchResultEntry(SearchResultEntry),
    /// SearchResultDone (4.5.2).
    SearchResultDone(LdapResult),
    /// An operation that is not needed here, by its tag: 0x78, an ExtendedResponse, is what a
    /// server sends before it hangs up (4.4.1).
    Other {
        /// The identifier octet.
        tag: u8,
    },
}

/// BindRequest (RFC 4511 4.2). Only an anonymous one can be written, and of another one nothing
/// secret is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindRequest {
    /// The protocol version, 3.
    pub version: u32,
    /// Whether name and password of a simple bind are empty.
    pub anonymous: bool,
}

/// LDAPResult (RFC 4511 4.1.9), without referrals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LdapResult {
    /// resultCode; 0 is success, 1 operationsError is how Windows refuses an anonymous read.
    pub code: u32,
    /// matchedDN.
    pub matched_dn: String,
    /// diagnosticMessage, cut at [`MAX_TEXT`].
    pub diagnostic: String,
}

/// Control (RFC 4511 4.1.11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// Its object identifier.
    pub oid: String,
    /// Whether a server that does not know it must refuse the operation.
    pub critical: bool,
    /// Its value.
    pub value: Option<Vec<u8>>,
}

/// The form in which the extended-DN control has identifiers written (MS-ADTS 3.1.1.3.4.1.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtendedDnForm {
    /// Flag 0: the octets in hexadecimal.
    Hex,
    /// Flag 1: `8-4-4-4-12`.
    Dashed,
}

impl Control {
    /// The extended-DN control. It is the one that a rootDSE read may carry anonymously. Not
    /// critical: a server without it still says its plain name.
    #[must_use]
    pub fn extended_dn(form: ExtendedDnForm) -> Self {
        let flag = u8::from(form == ExtendedDnForm::Dashed);
        let value = vec![SEQUENCE, 3, INTEGER, 1, flag];
        Self { oid: EXTENDED_DN_OID.to_owned(), critical: false, value: Some(value) }
    }

    /// The form this control asks for, if it is an extended-DN control. Without a value it is
    /// [`ExtendedDnForm::Hex`].
    ///
    /// # Errors
    /// A value that is no sequence of one integer, 0 or 1. Offsets count from its start.
    pub fn extended_dn_form(&self) -> Result<Option<ExtendedDnForm>, DecodeError> {
        if self.oid != EXTENDED_DN_OID {
            return Ok(None);
        }
        let Some(value) = &self.value else { return Ok(Some(ExtendedDnForm::Hex)) };
        let mut flags = Reader::new(value).enter(SEQUENCE, "extended dn control")?;
        let flag = flags.expect(INTEGER, "extended dn flag")?;
        match flag.unsigned("extended dn flag")? {
            0 => Ok(Some(ExtendedDnForm::Hex)),
            1 => Ok(Some(ExtendedDnForm::Dashed)),
            other => Err(DecodeError::Value {
                field: "extended dn flag",
                offset: flag.offset,
                value: other.into(),
                expected: "0 or 1",
            }),
        }
    }
}

impl Message {
    /// A message without controls.
    #[must_use]
    pub const fn new(id: u32, op: Op) -> Self {
        Self { id, op, controls: Vec::new() }
    }

    /// An anonymous simple bind.
    #[must_use]
    pub const fn anonymous_bind(id: u32) -> Self {
        Self::new(id, Op::BindRequest(BindRequest { version: 3, anonymous: true }))
    }

    /// Reads the message at the start of `bytes`; returns it and its length.
    ///
    /// # Errors
    /// What is no LDAP message, exceeds a bound, or is cut short.
    pub fn decode(bytes: &[u8]) -> Result<(Self, usize), DecodeError> {
        message_len(bytes)?;
        let mut outer = Reader::new(bytes);
        let mut message = outer.enter(SEQUENCE, "ldap message")?;
        let id = message.expect(INTEGER, "message id")?.unsigned("message id")?;
        let op = message.any("protocol operation")?;
        let op = match op.tag {
            BIND_REQUEST => Op::BindRequest(BindRequest::decode(op.children()?)?),
            BIND_RESPONSE => Op::BindResponse(LdapResult::decode(op.children()?)?),
            UNBIND_REQUEST => Op::UnbindRequest,
            SEARCH_REQUEST => Op::SearchRequest(SearchRequest::decode(op.children()?)?),
            SEARCH_RESULT_ENTRY => {
                Op::SearchResultEntry(SearchResultEntry::decode(op.children()?)?)
            }
            SEARCH_RESULT_DONE => Op::SearchResultDone(LdapResult::decode(op.children()?)?),
            tag => Op::Other { tag },
        };
        let controls = match message.peek() {
            Some(CONTROLS) => decode_controls(message.enter(CONTROLS, "controls")?)?,
            // Fields added by a later version of the protocol are ignored (RFC 4511 4).
            _ => Vec::new(),
        };
        Ok((Self { id, op, controls }, outer.offset()))
    }

    /// Reads the messages of a datagram, at most 16.
    ///
    /// # Errors
    /// Those of [`Message::decode`], and more than 16 messages.
    pub fn decode_all(mut bytes: &[u8]) -> Result<Vec<Self>, DecodeError> {
        let mut messages = Vec::new();
        let mut offset = 0;
        while !bytes.is_empty() {
            DecodeError::bound("ldap messages", offset, messages.len() + 1, MAX_MESSAGES)?;
            let (message, len) = Self::decode(bytes)?;
            messages.push(message);
            offset += len;
            bytes = bytes.get(len..).unwrap_or_default();
        }
        Ok(messages)
    }

    /// The message with lengths as short as possible.
    ///
    /// # Errors
    /// See [`Message::encode_as`].
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        self.encode_as(LengthForm::Shortest)
    }

    /// The message with lengths in this form.
    ///
    /// # Errors
    /// A bind that is not anonymous, an operation that is none of ours, a message over
    /// [`MAX_MESSAGE`], a filter nested too deep.
    pub fn encode_as(&self, form: LengthForm) -> Result<Vec<u8>, EncodeError> {
        let mut writer = Writer::new(form);
        writer.constructed(SEQUENCE, |w| {
            w.unsigned(INTEGER, self.id)?;
            self.op.encode(w)?;
            if self.controls.is_empty() {
                return Ok(());
            }
            EncodeError::bound("number of controls", self.controls.len(), MAX_CONTROLS)?;
            w.constructed(CONTROLS, |w| {
                self.controls.iter().try_for_each(|control| control.encode(w))
            })
        })?;
        let bytes = writer.finish();
        EncodeError::bound("ldap message", bytes.len(), MAX_MESSAGE)?;
        Ok(bytes)
    }
}

impl Op {
    fn encode(&self, w: &mut Writer) -> Result<(), EncodeError> {
        match self {
            Self::BindRequest(bind) => w.constructed(BIND_REQUEST, |w| bind.encode(w)),
            Self::BindResponse(result) => w.constructed(BIND_RESPONSE, |w| result.encode(w)),
            Self::UnbindRequest => w.value(UNBIND_REQUEST, &[]),
            Self::SearchRequest(search) => w.constructed(SEARCH_REQUEST, |w| search.encode(w)),
            Self::SearchResultEntry(entry) => {
                w.constructed(SEARCH_RESULT_ENTRY, |w| entry.encode(w))
            }
            Self::SearchResultDone(result) => {
                w.constructed(SEARCH_RESULT_DONE, |w| result.encode(w))
            }
            Self::Other { tag } => Err(EncodeError::Unencodable {
                field: "protocol operation",
                value: format!("{tag:#04x}"),
                reason: "its content was not kept",
            }),
        }
    }
}

impl BindRequest {
    fn decode(mut fields: Reader<'_>) -> Result<Self, DecodeError> {
        let version = fields.expect(INTEGER, "bind version")?.unsigned("bind version")?;
        let name = fields.expect(OCTET_STRING, "bind name")?;
        let credentials = fields.any("bind authentication")?;
        let anonymous =
            name.value.is_empty() && credentials.tag == SIMPLE && credentials.value.is_empty();
        Ok(Self { version, anonymous })
    }

    fn encode(&self, w: &mut Writer) -> Result<(), EncodeError> {
        if !self.anonymous {
            return Err(EncodeError::Unencodable {
                field: "bind request",
                value: "not anonymous".to_owned(),
                reason: "credentials are never sent",
            });
        }
        w.unsigned(INTEGER, self.version)?;
        w.value(OCTET_STRING, &[])?;
        w.value(SIMPLE, &[])
    }
}

impl LdapResult {
    fn decode(mut fields: Reader<'_>) -> Result<Self, DecodeError> {
        let code = fields.expect(ENUMERATED, "result code")?.unsigned("result code")?;
        let matched_dn = fields.expect(OCTET_STRING, "matched dn")?;
        let diagnostic = fields.expect(OCTET_STRING, "diagnostic message")?;
        // A referral may follow; nothing here follows one.
        Ok(Self {
            code,
            matched_dn: text::from_utf8(matched_dn.value, MAX_TEXT),
            // Active Directory ends it with a NUL.
            diagnostic: text::from_utf8(
                diagnostic.value.strip_suffix(&[0]).unwrap_or(diagnostic.value),
                MAX_TEXT,
            ),
        })
    }

    fn encode(&self, w: &mut Writer) -> Result<(), EncodeError> {
        w.unsigned(ENUMERATED, self.code)?;
        w.value(OCTET_STRING, self.matched_dn.as_bytes())?;
        w.value(OCTET_STRING, self.diagnostic.as_bytes())
    }
}

impl Control {
    fn encode(&self, w: &mut Writer) -> Result<(), EncodeError> {
        w.constructed(SEQUENCE, |w| {
            w.value(OCTET_STRING, self.oid.as_bytes())?;
            if self.critical {
                w.boolean(BOOLEAN, true)?;
            }
            self.value.iter().try_for_each(|value| w.value(OCTET_STRING, value))
        })
    }
}

fn decode_controls(mut list: Reader<'_>) -> Result<Vec<Control>, DecodeError> {
    let mut controls = Vec::new();
    while !list.is_empty() {
        let control = list.expect(SEQUENCE, "control")?;
        let count = controls.len() + 1;
        DecodeError::bound("number of controls", control.offset, count, MAX_CONTROLS)?;
        let mut fields = control.children()?;
        let oid = fields.expect(OCTET_STRING, "control oid")?;
        let critical = match fields.peek() {
            Some(BOOLEAN) => {
                fields.expect(BOOLEAN, "control criticality")?.boolean("control criticality")?
            }
            _ => false,
        };
        let value = match fields.peek() {
            Some(_) => Some(fields.expect(OCTET_STRING, "control value")?.value.to_vec()),
            None => None,
        };
        let oid = text::from_utf8(oid.value, text::MAX_NAME);
        controls.push(Control { oid, critical, value });
    }
    Ok(controls)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_splitter_needs_the_header_alone() {
        let bytes = Message::anonymous_bind(1).encode().unwrap();
        assert_eq!(bytes, b"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00");
        assert_eq!(message_len(&[]), Ok(None));
        assert_eq!(message_len(&bytes[..1]), Ok(None));
        assert_eq!(message_len(&bytes[..2]), Ok(Some(bytes.len())));
        assert_eq!(message_len(&[0x30, 0x84, 0, 0, 0xff, 0xfa]), Ok(Some(MAX_MESSAGE)));
    }

    #[test]
    fn the_stream_splitter_refuses_what_is_no_ldap_and_what_is_too_long() {
        assert!(matches!(message_len(b"H"), Err(DecodeError::Value { value: 0x48, .. })));
        let error = message_len(&[0x30, 0x84, 0, 0, 0xff, 0xfb]).unwrap_err();
        assert_eq!(error.to_string(), "ldap message at offset 0 is 65537, the bound is 65536");
        assert!(message_len(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]).is_err());
    }

    #[test]
    fn the_extended_dn_control_has_the_value_of_the_specification() {
        let control = Control::extended_dn(ExtendedDnForm::Dashed);
        assert_eq!(control.value.as_deref(), Some(&[0x30, 3, 2, 1, 1][..]));
        assert_eq!(control.extended_dn_form(), Ok(Some(ExtendedDnForm::Dashed)));
        let bare = Control { value: None, ..control.clone() };
        assert_eq!(bare.extended_dn_form(), Ok(Some(ExtendedDnForm::Hex)));
        let wrong = Control { value: Some(vec![0x30, 3, 2, 1, 2]), ..control };
        assert!(wrong.extended_dn_form().is_err());
    }

    #[test]
    fn credentials_are_neither_kept_nor_written() {
        let bytes = b"\x30\x0e\x02\x01\x01\x60\x09\x02\x01\x03\x04\x00\x80\x02pw";
        let (message, len) = Message::decode(bytes).unwrap();
        assert_eq!(len, bytes.len());
        assert_eq!(message.op, Op::BindRequest(BindRequest { version: 3, anonymous: false }));
        assert!(matches!(message.encode(), Err(EncodeError::Unencodable { .. })));
    }

    #[test]
    fn an_operation_of_another_kind_is_named() {
        // Notice of disconnection: ExtendedResponse with result 52.
        let bytes = b"\x30\x0c\x02\x01\x00\x78\x07\x0a\x01\x34\x04\x00\x04\x00";
        assert_eq!(Message::decode(bytes).unwrap().0.op, Op::Other { tag: 0x78 });
    }

    #[test]
    fn a_datagram_holds_a_bounded_number_of_messages() {
        let one = Message::new(1, Op::UnbindRequest).encode().unwrap();
        assert_eq!(Message::decode_all(&one.repeat(16)).unwrap().len(), 16);
        assert!(Message::decode_all(&one.repeat(17)).is_err());
    }
}
