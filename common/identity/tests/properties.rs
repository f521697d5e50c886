//! Properties of the identity codecs: what was written reads back equal, and no octets, arbitrary
//! or mutated from a recorded answer, bring a decoder down.

use std::net::Ipv4Addr;

use epmesh_identity::{
    Identity,
    ber::LengthForm,
    dn,
    ldap::{
        Attribute, Control, ExtendedDnForm, Filter, LdapResult, Message, Op, Scope, SearchRequest,
        SearchResultEntry, message_len,
    },
    nbstat::{Name, NameFlags, Reply, Request},
    netlogon::{DcFlags, NtVersion, Opcode, Ping, SamLogonResponseEx},
    ntlm::{Challenge, Negotiate, NegotiateFlags, Version},
    rootdse::RootDse,
    text,
};
use proptest::{collection::vec, option, prelude::*};
use uuid::Uuid;

/// Every decoder over the same octets. What they make of them must be clean and bounded.
fn decode_everything(octets: &[u8]) {
    let mut identities = Vec::new();
    if let Ok(challenge) = Challenge::decode(octets) {
        identities.push(Identity::from(&challenge));
    }
    let _ = Negotiate::decode(octets);
    let _ = message_len(octets);
    let mut blobs = vec![octets.to_vec()];
    for message in Message::decode_all(octets).into_iter().flatten() {
        for control in &message.controls {
            let _ = control.extended_dn_form();
        }
        match &message.op {
            Op::SearchResultEntry(entry) => {
                identities.push(Identity::from(&RootDse::from_entry(entry)));
                blobs.extend(entry.values("netlogon").iter().cloned());
            }
            Op::SearchRequest(search) => drop(Ping::from_search(search)),
            _ => {}
        }
    }
    for blob in blobs {
        if let Ok(response) = SamLogonResponseEx::decode(&blob) {
            identities.push(Identity::from(&response));
        }
    }
    let _ = Request::decode(octets);
    if let Ok(reply) = Reply::decode(octets) {
        identities.push(Identity::from(&reply));
    }
    if let Ok(text) = std::str::from_utf8(octets) {
        let _ = dn::ExtendedDn::parse(text);
        let _ = dn::server_and_site(text);
    }
    for identity in identities {
        let Identity { dns_name, netbios_name, domain, forest, site, .. } = identity;
        for seen in [dns_name, netbios_name, domain, forest, site].into_iter().flatten() {
            assert_eq!(text::clean(&seen, text::MAX_NAME), seen);
        }
    }
}

fn recorded() -> Vec<Vec<u8>> {
    let octets = |hex: &str| -> Vec<u8> {
        let digits: Vec<u32> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
        digits
            .as_chunks::<2>()
            .0
            .iter()
            .filter_map(|[h, l]| u8::try_from(h << 4 | l).ok())
            .collect()
    };
    let bind_ack = octets(include_str!("data/ntlm_bind_ack.hex"));
    let token = bind_ack.get(bind_ack.len() - 0x9e..).unwrap_or_default().to_vec();
    vec![
        token,
        Negotiate::probe().encode(),
        octets(include_str!("data/ping.hex")),
        octets(include_str!("data/ping_answer.hex")),
        octets(include_str!("data/ping_answer_with_ip.hex")),
        octets(include_str!("data/root_dse_request.hex")),
        octets(include_str!("data/root_dse.hex")),
        octets(include_str!("data/node_status_request.hex")),
        octets(include_str!("data/node_status.hex")),
    ]
}

#[test]
fn every_cut_of_a_recorded_answer() {
    for octets in recorded() {
        assert!(octets.len() >= 39);
        for len in 0..=octets.len() {
            decode_everything(&octets[..len]);
        }
    }
}

#[test]
fn every_octet_of_a_recorded_answer_set_to_extremes() {
    for octets in recorded() {
        for at in 0..octets.len() {
            for value in [0, 1, 0x7f, 0x80, 0x84, 0xc0, 0xff] {
                let mut mutated = octets.clone();
                mutated[at] = value;
                decode_everything(&mutated);
            }
        }
    }
}

fn name() -> impl Strategy<Value = Option<String>> {
    option::of("[A-Za-z0-9_ é-]{1,30}(\\.[a-z0-9-]{1,30}){0,4}")
}

fn short() -> impl Strategy<Value = String> {
    "[A-Za-z0-9;=.-]{0,40}"
}

fn challenge() -> impl Strategy<Value = Challenge> {
    let names = (name(), name(), name(), name(), name(), name());
    let version = option::of((any::<u8>(), any::<u8>(), any::<u16>(), any::<u8>()));
    (names, any::<u32>(), any::<[u8; 8]>(), option::of(any::<u64>()), version).prop_map(
        |(names, flags, server_challenge, timestamp, version)| {
            let version = version.map(|(major, minor, build, revision)| Version {
                major,
                minor,
                build,
                revision,
            });
            // The encoder decides these.
            let flags = NegotiateFlags::from_bits_retain(flags & !NegotiateFlags::VERSION.bits())
                .union(NegotiateFlags::UNICODE)
                .union(NegotiateFlags::TARGET_INFO)
                .union(NegotiateFlags::from_bits_retain(
                    version.map_or(0, |_| NegotiateFlags::VERSION.bits()),
                ));
            Challenge {
                target_name: names.0,
                flags,
                server_challenge,
                netbios_computer: names.1,
                netbios_domain: names.2,
                dns_computer: names.3,
                dns_domain: names.4,
                dns_tree: names.5,
                timestamp,
                version,
            }
        },
    )
}

fn sam_logon_response() -> impl Strategy<Value = SamLogonResponseEx> {
    let opcode =
        prop_oneof![Just(Opcode::Response), Just(Opcode::Paused), Just(Opcode::UserUnknown)];
    let names = (name(), name(), name(), name(), name(), name(), name(), name());
    let fixed = (opcode, any::<u32>(), any::<u128>(), any::<u32>());
    (fixed, names, any::<u32>(), name()).prop_map(|(fixed, names, address, next)| {
        let (opcode, flags, guid, nt_version) = fixed;
        let nt_version = NtVersion::from_bits_retain(nt_version);
        let has = |flag| nt_version.contains(flag);
        SamLogonResponseEx {
            opcode,
            flags: DcFlags::from_bits_retain(flags),
            domain_guid: Uuid::from_u128(guid),
            forest: names.0,
            dns_domain: names.1,
            dns_host: names.2,
            netbios_domain: names.3,
            netbios_computer: names.4,
            user: names.5,
            dc_site: names.6,
            client_site: names.7,
            address: has(NtVersion::WITH_IP).then_some(Ipv4Addr::from(address)),
            next_closest_site: next.filter(|_| has(NtVersion::WITH_CLOSEST_SITE)),
            nt_version,
        }
    })
}

fn filter() -> impl Strategy<Value = Filter> {
    let leaf = prop_oneof![
        short().prop_map(Filter::Present),
        (short(), vec(any::<u8>(), 0..200))
            .prop_map(|(attribute, value)| Filter::Equality { attribute, value }),
    ];
    leaf.prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Filter::And),
            vec(inner.clone(), 0..4).prop_map(Filter::Or),
            inner.prop_map(|filter| Filter::Not(Box::new(filter))),
        ]
    })
}

fn op() -> impl Strategy<Value = Op> {
    let id = 0..=0x7fff_ffff_u32;
    let result = (id.clone(), short(), short())
        .prop_map(|(code, matched_dn, diagnostic)| LdapResult { code, matched_dn, diagnostic })
        .boxed();
    let scope = prop_oneof![Just(Scope::Base), Just(Scope::OneLevel), Just(Scope::Subtree)];
    let search = (short(), scope, id.clone(), id, filter(), vec(short(), 0..5)).prop_map(
        |(base, scope, size_limit, time_limit, filter, attributes)| SearchRequest {
            base,
            scope,
            size_limit,
            time_limit,
            filter,
            attributes,
        },
    );
    let attribute = (short(), vec(vec(any::<u8>(), 0..300), 0..4))
        .prop_map(|(name, values)| Attribute { name, values });
    let entry = (short(), vec(attribute, 0..5))
        .prop_map(|(dn, attributes)| SearchResultEntry { dn, attributes });
    prop_oneof![
        Just(Message::anonymous_bind(0).op),
        Just(Op::UnbindRequest),
        result.clone().prop_map(Op::BindResponse),
        result.prop_map(Op::SearchResultDone),
        search.prop_map(Op::SearchRequest),
        entry.prop_map(Op::SearchResultEntry),
    ]
}

fn message() -> impl Strategy<Value = Message> {
    let control = (short(), any::<bool>(), option::of(vec(any::<u8>(), 0..40)))
        .prop_map(|(oid, critical, value)| Control { oid, critical, value });
    (0..=0x7fff_ffff_u32, op(), vec(control, 0..4)).prop_map(|(id, op, controls)| Message {
        id,
        op,
        controls,
    })
}

fn reply() -> impl Strategy<Value = Reply> {
    let name =
        ("[!-~][ -~]{0,13}[!-~]", any::<u8>(), any::<u16>()).prop_map(|(name, suffix, flags)| {
            let flags = NameFlags::from_bits_retain(flags);
            Name { name, suffix, flags }
        });
    (any::<u16>(), vec(name, 0..30), option::of(any::<[u8; 6]>()))
        .prop_map(|(transaction, names, mac)| Reply { transaction, names, mac })
}

proptest! {
    // A failure prints its input; worth keeping, it becomes a test of its own.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_octets(octets in vec(any::<u8>(), 0..600)) {
        decode_everything(&octets);
    }

    #[test]
    fn arbitrary_octets_behind_a_true_start(
        which in 0usize..9,
        keep in 1usize..80,
        tail in vec(any::<u8>(), 0..300),
    ) {
        let all = recorded();
        let mut octets: Vec<u8> = all[which].iter().copied().take(keep).collect();
        octets.extend(tail);
        decode_everything(&octets);
    }

    #[test]
    fn mutated_recorded_answers(
        which in 0usize..9,
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
    ) {
        let mut octets = recorded().swap_remove(which);
        for (at, value) in changes {
            let at = at.index(octets.len());
            octets[at] = value;
        }
        decode_everything(&octets);
    }

    #[test]
    fn challenge_reads_back(challenge in challenge()) {
        prop_assert_eq!(Challenge::decode(&challenge.encode().unwrap()), Ok(challenge));
    }

    #[test]
    fn negotiate_reads_back(flags in any::<u32>(), build in option::of(any::<u16>())) {
        let version = build.map(|build| Version { major: 10, minor: 0, build, revision: 15 });
        let sent = Negotiate { flags: NegotiateFlags::from_bits_retain(flags), version };
        let seen = Negotiate::decode(&sent.encode()).unwrap();
        let bit = NegotiateFlags::VERSION.bits();
        prop_assert_eq!(seen.version, version);
        prop_assert_eq!(seen.flags.bits() | bit, flags | bit);
    }

    #[test]
    fn ldap_message_reads_back(message in message(), windows in any::<bool>()) {
        let form = if windows { LengthForm::FourOctets } else { LengthForm::Shortest };
        let octets = message.encode_as(form).unwrap();
        prop_assert_eq!(message_len(&octets), Ok(Some(octets.len())));
        prop_assert_eq!(Message::decode(&octets), Ok((message, octets.len())));
        // No cut of it is taken for the whole.
        prop_assert!(Message::decode(&octets[..octets.len() - 1]).is_err());
    }

    #[test]
    fn sam_logon_response_reads_back(response in sam_logon_response()) {
        let octets = response.encode().unwrap();
        prop_assert_eq!(SamLogonResponseEx::decode(&octets), Ok(response));
    }

    #[test]
    fn ping_reads_back(dns_domain in name(), host in name(), nt_version in any::<u32>()) {
        let nt_version = NtVersion::from_bits_retain(nt_version);
        let ping = Ping { dns_domain, host, nt_version };
        prop_assert_eq!(Ping::from_search(&ping.to_search()), Some(ping));
    }

    #[test]
    fn node_status_reads_back(reply in reply()) {
        prop_assert_eq!(Reply::decode(&reply.encode().unwrap()), Ok(reply));
    }

    #[test]
    fn root_dse_reads_back(
        host in name(),
        guid in any::<u128>(),
        synchronized in option::of(any::<bool>()),
        functionality in option::of(any::<u32>()),
        form in prop_oneof![Just(ExtendedDnForm::Hex), Just(ExtendedDnForm::Dashed)],
    ) {
        let dse = RootDse {
            dns_host_name: host,
            ds_service_name: Some("CN=NTDS Settings,CN=DC1,CN=Servers,CN=A,CN=Sites".to_owned()),
            dsa_guid: Some(Uuid::from_u128(guid)),
            is_synchronized: synchronized,
            dc_functionality: functionality,
            ..RootDse::default()
        };
        prop_assert_eq!(RootDse::from_entry(&dse.to_entry(Some(form))), dse.clone());
        let without = RootDse { dsa_guid: None, ..dse.clone() };
        prop_assert_eq!(RootDse::from_entry(&dse.to_entry(None)), without);
    }
}
