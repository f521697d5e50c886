//! Decoders of identities (NTLM, LDAP, NetBIOS), and of what a directory stores of DNS.

use std::convert::Infallible;

use epmesh_common::identity::{
    Identity,
    ber::{self, LengthForm},
    dn, dnsp,
    ldap::{Message, Op, message_len},
    nbns, nbstat,
    netlogon::{Ping, SamLogonResponseEx},
    ntlm::{Challenge, Negotiate},
    rootdse::RootDse,
    text as names,
};

use super::property::{comes_back, keeps_form, text};

/// Names that a peer gives itself can be printed, and are no longer than names are.
fn is_clean(identity: &Identity) {
    let Identity { dns_name, netbios_name, domain, forest, site, .. } = identity;
    for name in [dns_name, netbios_name, domain, forest, site].into_iter().flatten() {
        assert_eq!(&names::clean(name, names::MAX_NAME), name);
    }
}

pub(super) fn negotiate(bytes: &[u8]) {
    comes_back(bytes, Negotiate::decode, |negotiate| Ok::<_, Infallible>(negotiate.encode()));
}

pub(super) fn challenge(bytes: &[u8]) {
    let challenge = keeps_form(bytes, Challenge::decode, Challenge::encode);
    challenge.iter().for_each(|challenge| is_clean(&Identity::from(challenge)));
}

pub(super) fn dns_record(bytes: &[u8]) {
    comes_back(bytes, dnsp::Record::decode, dnsp::Record::encode);
}

pub(super) fn dns_property(bytes: &[u8]) {
    comes_back(bytes, dnsp::Property::decode, dnsp::Property::encode);
}

pub(super) fn ldap(bytes: &[u8]) {
    let known = message_len(bytes);
    if let Ok((message, used)) = Message::decode(bytes) {
        assert!(used <= bytes.len(), "{used} of {} bytes", bytes.len());
        assert_eq!(known, Ok(Some(used)));
        for form in [LengthForm::Shortest, LengthForm::FourOctets] {
            let decode = |bytes: &[u8]| Message::decode(bytes).map(|(message, _)| message);
            keeps_form(bytes, decode, |message: &Message| message.encode_as(form));
        }
        for control in &message.controls {
            let _ = control.extended_dn_form();
        }
    }
    let _ = Message::decode_all(bytes);
}

pub(super) fn ping(bytes: &[u8]) {
    let decode = |bytes: &[u8]| {
        let (message, _) = Message::decode(bytes).map_err(|error| error.to_string())?;
        let Op::SearchRequest(search) = message.op else { return Err("no search".to_owned()) };
        Ping::from_search(&search).ok_or_else(|| "no ping".to_owned())
    };
    comes_back(bytes, decode, |ping: &Ping| {
        Message::new(1, Op::SearchRequest(ping.to_search())).encode()
    });
}

pub(super) fn netlogon(bytes: &[u8]) {
    let response = keeps_form(bytes, SamLogonResponseEx::decode, SamLogonResponseEx::encode);
    response.iter().for_each(|response| is_clean(&Identity::from(response)));
}

pub(super) fn root_dse(bytes: &[u8]) {
    for message in Message::decode_all(bytes).into_iter().flatten() {
        if let Op::SearchResultEntry(entry) = &message.op {
            is_clean(&Identity::from(&RootDse::from_entry(entry)));
        }
    }
}

/// Whatever nests in whatever: every value lies within the bytes.
pub(super) fn ber(bytes: &[u8]) {
    fn walk(mut reader: ber::Reader<'_>, depth: u8) {
        while !reader.is_empty() {
            let before = reader.offset();
            let Ok(value) = reader.any("value") else { return };
            assert!(reader.offset() > before, "nothing was read");
            let _ = (value.unsigned("number"), value.boolean("boolean"));
            if depth > 0
                && let Ok(children) = value.children()
            {
                walk(children, depth - 1);
            }
        }
    }
    walk(ber::Reader::new(bytes), 8);
}

pub(super) fn nbns(bytes: &[u8]) {
    let request = keeps_form(bytes, nbns::Request::decode, nbns::Request::encode);
    let asked = nbns::Request { transaction: 7, name: "DC2".to_owned(), suffix: 0 };
    for request in request.into_iter().chain([asked]) {
        keeps_form(bytes, |bytes| request.read_reply(bytes), |reply| request.reply(reply));
    }
}

pub(super) fn nbstat(bytes: &[u8]) {
    comes_back(bytes, nbstat::Request::decode, |request| Ok::<_, Infallible>(request.encode()));
    let reply = keeps_form(bytes, nbstat::Reply::decode, nbstat::Reply::encode);
    reply.iter().for_each(|reply| is_clean(&Identity::from(reply)));
}

pub(super) fn distinguished_name(bytes: &[u8]) {
    let text = text(bytes);
    let _ = dn::ExtendedDn::parse(&text);
    let _ = (dn::rdns(&text), dn::dns_name(&text), dn::server_and_site(&text));
}
