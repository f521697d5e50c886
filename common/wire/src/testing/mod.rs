//! Arbitrary facts, for property tests.

mod own;

use std::net::IpAddr;

use epmesh_facts::{
    AddressProbe, Answer, Body, DnsName, Failure, IdentityMethod, IdentityProbe, InterfaceProbe,
    LookRequest, Lookup, MapAnswer, MapView, PeerObservation, Plan, PortProbe, Question, Reading,
    Reason, ReasonKind, Record, RecordData, RecordType, Report, SectionKind, Source, Stage,
    Statement, Target, Through, Timestamp, Transport, WellKnownPort,
};
use epmesh_identity::Identity;
use epmesh_rpc::{Binding, Endpoint, InterfaceId, ProtocolSequence};
use proptest::{collection::vec, option, prelude::*, sample::select};
use uuid::Uuid;

pub use self::own::section;

/// A text that may stand in any field.
pub fn text() -> impl Strategy<Value = String> + Clone {
    "[ -~äß\u{4e2d}\u{1f5a7}]{0,20}"
}

/// A DNS name.
pub fn name() -> impl Strategy<Value = DnsName> + Clone {
    "[a-z0-9_-]{1,12}(\\.[a-z0-9-]{1,12}){0,4}"
        .prop_filter_map("a DNS name", |text| text.parse().ok())
}

/// A UUID.
pub fn guid() -> impl Strategy<Value = Uuid> + Clone {
    any::<u128>().prop_map(Uuid::from_u128)
}

/// A moment.
pub fn moment() -> impl Strategy<Value = Timestamp> + Clone {
    any::<u64>().prop_map(Timestamp::from_millis)
}

/// An interface.
pub fn interface() -> impl Strategy<Value = InterfaceId> {
    (guid(), any::<u16>(), any::<u16>())
        .prop_map(|(uuid, major, minor)| InterfaceId::new(uuid, major, minor))
}

/// A reading of something.
pub fn reading<T: std::fmt::Debug + Clone>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = Reading<T>> {
    prop_oneof![
        4 => value.prop_map(Reading::Value),
        1 => Just(Reading::Absent),
        1 => Just(Reading::NotApplicable),
        2 => reason().prop_map(Reading::Unreadable),
    ]
}

/// A reason, of a kind or of none.
pub fn reason() -> impl Strategy<Value = Reason> + Clone {
    let kind = prop_oneof![
        Just(ReasonKind::Other),
        any::<i32>().prop_map(ReasonKind::System),
        Just(ReasonKind::NoAnswer),
    ];
    (kind, text()).prop_map(|(kind, words)| Reason { kind, words })
}

/// A failure.
pub fn failure() -> impl Strategy<Value = Failure> + Clone {
    prop_oneof![
        Just(Failure::Refused),
        Just(Failure::TimedOut),
        Just(Failure::Unfinished),
        Just(Failure::Reset),
        any::<i32>().prop_map(Failure::Unreachable),
        text().prop_map(Failure::Protocol),
        any::<u32>().prop_map(Failure::AccessDenied),
        any::<u32>().prop_map(Failure::Fault),
        any::<(u16, u16)>().prop_map(|(result, reason)| Failure::BindRejected { result, reason }),
        any::<u16>().prop_map(Failure::BindNak),
        any::<u32>().prop_map(Failure::Status),
        reason().prop_map(Failure::Local),
    ]
}

/// A binding of any protocol sequence.
pub fn binding() -> impl Strategy<Value = Binding> {
    let known = [
        "ncacn_ip_tcp",
        "ncacn_np",
        "ncacn_http",
        "ncadg_ip_udp",
        "ncalrpc",
        "ncacn_hvsocket",
        "ncacn_quic",
    ];
    let sequence = prop_oneof![
        select(known.to_vec()).prop_filter_map("a sequence", |text| text.parse().ok()),
        vec(any::<u8>(), 0..4).prop_map(|ids| ProtocolSequence::from_ids(&ids)),
    ];
    (sequence, text(), option::of(text())).prop_map(|(sequence, endpoint, host)| Binding {
        sequence,
        endpoint,
        host,
    })
}

/// A view of an endpoint map.
pub fn map_view() -> impl Strategy<Value = MapView> {
    let endpoint = (interface(), option::of(guid()), binding(), text()).prop_map(
        |(interface, object, binding, annotation)| Endpoint {
            interface,
            object,
            binding,
            annotation,
        },
    );
    let through = prop_oneof![Just(Through::Local), any::<IpAddr>().prop_map(Through::Address)];
    let endpoints = prop_oneof![vec(endpoint, 0..4).prop_map(Ok), failure().prop_map(Err)];
    (through, endpoints).prop_map(|(through, endpoints)| MapView { through, endpoints })
}

/// Arbitrary observations of a peer.
pub fn peer() -> impl Strategy<Value = PeerObservation> {
    (name(), option::of(guid()), vec(lookup(), 0..4), vec(address_probe(), 0..3)).prop_map(
        |(peer, dsa_guid, lookups, addresses)| PeerObservation {
            peer,
            dsa_guid,
            lookups,
            addresses,
        },
    )
}

/// The body of a statement.
pub fn body() -> impl Strategy<Value = Body> {
    prop_oneof![
        section().prop_map(|section| Body::Own(Box::new(section))),
        peer().prop_map(Body::Peer),
    ]
}

/// A statement, with its body or without.
pub fn statement() -> impl Strategy<Value = Statement> {
    (body(), moment(), any::<bool>()).prop_map(|(body, at, full)| {
        let mut statement = body.stated(at);
        statement.body = statement.body.filter(|_| full);
        statement
    })
}

/// A report.
pub fn report() -> impl Strategy<Value = Report> {
    (any::<u64>(), moment(), vec(statement(), 0..4), any::<u64>(), vec(text(), 0..3)).prop_map(
        |(sequence, at, statements, dropped, notes)| Report {
            sequence,
            at,
            statements,
            dropped,
            notes,
        },
    )
}

/// A plan.
pub fn plan() -> impl Strategy<Value = Plan> {
    (any::<u64>(), any::<u32>(), vec(target(), 0..4), vec(interface(), 0..4)).prop_map(
        |(version, interval_ms, targets, interfaces)| Plan {
            version,
            interval_ms,
            targets,
            interfaces,
        },
    )
}

/// A look.
pub fn look() -> impl Strategy<Value = LookRequest> {
    let own = vec(select(&SectionKind::ALL[..]), 0..4);
    (any::<u64>(), own, vec(target(), 0..4), vec(interface(), 0..4))
        .prop_map(|(id, own, targets, interfaces)| LookRequest { id, own, targets, interfaces })
}

fn target() -> impl Strategy<Value = Target> {
    (name(), option::of(guid()), option::of(name()), any::<bool>(), any::<bool>()).prop_map(
        |(name, dsa_guid, forest, whole_map, well_known)| Target {
            name,
            dsa_guid,
            forest,
            whole_map,
            well_known,
        },
    )
}

fn lookup() -> impl Strategy<Value = Lookup> {
    let source = prop_oneof![
        Just(Source::Hosts),
        any::<IpAddr>().prop_map(Source::Dns),
        Just(Source::System),
        Just(Source::Lmhosts),
        any::<IpAddr>().prop_map(Source::Wins),
        Just(Source::Cache),
    ];
    let kind = select(&[RecordType::Cname, RecordType::A, RecordType::Aaaa, RecordType::Nb][..]);
    let how = (any::<Option<i32>>(), any::<Option<IpAddr>>(), any::<u32>(), any::<bool>());
    (source, name(), kind, answer(), how).prop_map(
        |(source, name, kind, answer, (code, local, took_ms, retried))| Lookup {
            source,
            question: Question { name, kind },
            answer,
            code,
            local,
            took_ms,
            retried,
        },
    )
}

fn answer() -> impl Strategy<Value = Answer> {
    let data = prop_oneof![
        any::<IpAddr>().prop_map(RecordData::Address),
        name().prop_map(RecordData::Alias),
    ];
    let record = (name(), data, any::<Option<u32>>(), any::<Option<u32>>())
        .prop_map(|(name, data, ttl, line)| Record { name, data, ttl, line });
    prop_oneof![
        4 => vec(record, 1..4).prop_map(Answer::Records),
        1 => Just(Answer::NoSuchName),
        1 => Just(Answer::NoData),
        1 => Just(Answer::Refused),
        1 => Just(Answer::ServerFailure),
        1 => any::<u16>().prop_map(Answer::OtherCode),
        1 => Just(Answer::TimedOut),
        1 => text().prop_map(Answer::Unreachable),
        1 => text().prop_map(Answer::Malformed),
        1 => text().prop_map(Answer::NotAsked),
    ]
}

fn stage() -> impl Strategy<Value = Stage> + Clone {
    let outcome = prop_oneof![Just(Ok(())), failure().prop_map(Err)];
    (outcome, any::<Option<i32>>(), any::<u32>(), any::<bool>())
        .prop_map(|(outcome, code, took_ms, retried)| Stage { outcome, code, took_ms, retried })
}

fn address_probe() -> impl Strategy<Value = AddressProbe> {
    let interfaces = vec(interface_probe(), 0..3);
    let identity = vec(identity_probe(), 0..3);
    let stages = (stage(), option::of(stage()));
    let addresses = (any::<IpAddr>(), any::<Option<IpAddr>>());
    let well_known = vec(well_known(), 0..3);
    let map = (option::of(map_view()), any::<Option<i32>>(), any::<u32>(), option::of(stage()));
    (addresses, stages, interfaces, map, identity, well_known).prop_map(
        |((address, local), (connect, bind), interfaces, map, identity, well_known)| {
            let (map, map_code, map_took_ms, one_entry) = map;
            AddressProbe {
                address,
                local,
                connect,
                bind,
                interfaces,
                map,
                map_code,
                map_took_ms,
                one_entry,
                identity,
                well_known,
            }
        },
    )
}

fn well_known() -> impl Strategy<Value = WellKnownPort> {
    let transport = select(&[Transport::Tcp, Transport::Udp][..]);
    (any::<u16>(), transport, stage()).prop_map(|(port, transport, stage)| WellKnownPort {
        port,
        transport,
        stage,
    })
}

fn interface_probe() -> impl Strategy<Value = InterfaceProbe> {
    let answer = prop_oneof![
        vec(binding(), 1..3).prop_map(MapAnswer::Endpoints),
        any::<u32>().prop_map(MapAnswer::NotRegistered),
        failure().prop_map(MapAnswer::Failed),
    ];
    let port = (any::<u16>(), stage(), option::of(stage()), any::<bool>())
        .prop_map(|(port, connect, bind, altered)| PortProbe { port, connect, bind, altered });
    let how = (any::<Option<i32>>(), any::<u32>(), any::<bool>());
    (interface(), answer, vec(port, 0..3), how).prop_map(
        |(interface, answer, ports, (code, took_ms, retried))| InterfaceProbe {
            interface,
            answer,
            code,
            took_ms,
            ports,
            retried,
        },
    )
}

fn identity_probe() -> impl Strategy<Value = IdentityProbe> {
    let method = select(
        &[
            IdentityMethod::RootDse,
            IdentityMethod::NtlmChallenge,
            IdentityMethod::LdapPing,
            IdentityMethod::NodeStatus,
        ][..],
    );
    let outcome = prop_oneof![identity().prop_map(Ok), failure().prop_map(Err)];
    (method, outcome, any::<Option<i32>>(), any::<u32>(), any::<bool>()).prop_map(
        |(method, outcome, code, took_ms, retried)| IdentityProbe {
            method,
            outcome,
            code,
            took_ms,
            retried,
        },
    )
}

fn identity() -> impl Strategy<Value = Identity> {
    let some = || option::of(text());
    let rest = (option::of(guid()), any::<Option<bool>>());
    (some(), some(), some(), some(), some(), rest).prop_map(
        |(dns_name, netbios_name, domain, forest, site, (dsa_guid, is_domain_controller))| {
            Identity {
                dns_name,
                netbios_name,
                domain,
                forest,
                site,
                dsa_guid,
                is_domain_controller,
            }
        },
    )
}
