//! Whether the subject of an incident is what a fault broke, by the injection.

use epmesh_common::{
    diagnosis::{Fault as Subject, ServerName},
    facts::{DnsName, RecordType},
};

use super::super::{
    attempt::LOGON_FAILURE,
    fault::{Fault, OUTSIDE},
    kind::Kind,
    own::site_name,
    world::World,
};

/// Whether the subject is what the fault broke, or the part of it that evidence shows.
pub(super) fn fits(world: &World, fault: &Fault, subject: &Subject) -> bool {
    let (source, client) = (&world.dcs[fault.source], &world.dcs[fault.destination]);
    let (s, d) = (&source.name, &client.name);
    let record = |of: &DnsName, kind: &[RecordType], wanted: &dyn Fn(Option<&str>) -> bool| {
        matches!(subject, Subject::DnsRecord { name, record, value }
            if name == of && kind.contains(record) && wanted(value.as_deref()))
    };
    let is_condition = matches!(subject, Subject::Condition { dc, .. } if dc == s);
    let is_service = matches!(subject, Subject::Service { dc, .. } if dc == s);
    let is_mapper = matches!(subject, Subject::EndpointMapper { dc } if dc == s);
    let is_registration = matches!(
        subject,
        Subject::Registration { dc, .. } | Subject::Application { dc } if dc == s
    );
    let is_port = matches!(subject, Subject::Port { dc, .. } if dc == s);
    match fault.kind {
        Kind::NeverStarted
        | Kind::Died
        | Kind::Hangs
        | Kind::RestoreMode
        | Kind::StartsForLong
        | Kind::NetlogonPaused => is_service || is_condition,
        Kind::ComesAndGoes | Kind::RegistrationComesAndGoes => is_service || is_registration,
        Kind::Unregistered | Kind::NeverRegistered | Kind::PipeOnly => {
            is_registration || is_condition
        }
        Kind::EndpointToNobody | Kind::EndpointToAnother => {
            is_port || is_registration || is_condition
        }
        Kind::HiddenByFilter => is_registration || is_condition || is_way_to(world, fault, subject),
        Kind::AccessDenied => is_mapper || is_condition,
        Kind::MapperDown | Kind::MapperDisabled | Kind::MapperReplaced | Kind::NeverAnswers => {
            is_mapper || is_service || is_condition || is_way_to(world, fault, subject)
        }
        Kind::HostDown
        | Kind::HostBlocksMapper
        | Kind::HostBlocksPort
        | Kind::HostBlocksAddress
        | Kind::LoneSiteBlocks => is_port || is_condition || is_way_to(world, fault, subject),
        kind if kind.is_between_sites() => is_way_between(world, fault, subject),
        Kind::FilteredForOne | Kind::PathInspected | Kind::PathReplacesMapper => {
            is_path(subject, d, s) || is_registration || is_condition || is_mapper
        }
        Kind::PathBlocksMapper | Kind::PathAlters | Kind::PathLosesLarge | Kind::PathCutsBind => {
            is_path(subject, d, s)
        }
        Kind::PortBalanced => is_mapper || is_port || is_way_to(world, fault, subject),
        Kind::AddressStaleOnOne | Kind::AddressStaleOnAll | Kind::AddressTwice => {
            let kind = RecordType::of(fault.wrong);
            let wrong = fault.wrong.to_string();
            // Where servers contradict each other, and nothing tells which is right, it is the record.
            record(s, &[kind], &|value| value.is_none_or(|value| value == wrong))
        }
        Kind::NameBalanced => {
            let kind = RecordType::of(fault.wrong);
            let wrong = fault.wrong.to_string();
            record(s, &[kind], &|value| value.is_none_or(|value| value == wrong))
                || is_mapper
                || is_way_to(world, fault, subject)
        }
        Kind::AliasWrong => {
            let other = &world.dcs[fault.other].name;
            record(&source.alias(), &[RecordType::Cname], &|value| value == Some(other.as_str()))
        }
        Kind::AliasDead => {
            let gone = format!("was-{s}");
            record(&source.alias(), &[RecordType::Cname], &|value| value == Some(gone.as_str()))
        }
        Kind::AliasMissingOnOne | Kind::AliasMissingOnAll => {
            record(&source.alias(), &[RecordType::Cname], &|value| value.is_none())
        }
        Kind::NameMissingOnOne => {
            record(s, &[RecordType::A, RecordType::Aaaa], &|value| value.is_none())
        }
        Kind::HostsLine | Kind::LmhostsLine => matches!(
            subject,
            Subject::HostsLine { dc, line, .. } if dc == d && *line == Some(fault.line())
        ),
        Kind::CacheStale => matches!(subject, Subject::Cache { dc } if dc == d),
        Kind::WinsStale => matches!(
            subject,
            Subject::DnsRecord { name, record: RecordType::Nb, .. } if name.host() == s.host()
        ),
        Kind::SettingsStale => {
            matches!(subject, Subject::NtdsSettings { source, .. } if source == s)
        }
        Kind::HostPortsUsedUp
        | Kind::DynamicPortsTaken
        | Kind::FewPorts
        | Kind::ListedPortsTaken
        | Kind::NoProtocols
        | Kind::EmptyLinkage
        | Kind::BadPorts
        | Kind::SamePortTwice => is_condition,
        // Who has not the right, or the old password, the error alone does not tell.
        Kind::SourceRefuses => matches!(
            subject,
            Subject::Refusal { error, .. }
                if [i64::from(fault.error.cast_signed()), i64::from(LOGON_FAILURE)].contains(error)
        ),
        Kind::DestinationRefuses => matches!(subject, Subject::Refusal { dc, .. } if dc == d),
        Kind::RolledBack => {
            is_service || is_condition || matches!(subject, Subject::Refusal { dc, .. } if dc == s)
        }
        Kind::OutsideServer => is_outside(world, d, subject),
        // The others lie on the way between two sites.
        _ => false,
    }
}

fn is_outside(world: &World, client: &DnsName, subject: &Subject) -> bool {
    let outside = world.strangers[OUTSIDE].address;
    match subject {
        Subject::DnsServer { server } => *server == ServerName::Address(outside),
        Subject::Resolver { dc } | Subject::Names { from: dc, .. } => dc == client,
        _ => false,
    }
}

/// Whether it is the path from the first to the second.
fn is_path(subject: &Subject, from: &DnsName, to: &DnsName) -> bool {
    match subject {
        Subject::Path { from: begin, to: end, .. } => (begin, end) == (from, to),
        Subject::Between { one, other, .. } => {
            [one, other].contains(&from) && [one, other].contains(&to)
        }
        _ => false,
    }
}

/// Whether it is the host of the source as others reach it: every way to it, or the one that is seen.
fn is_way_to(world: &World, fault: &Fault, subject: &Subject) -> bool {
    let source = &world.dcs[fault.source];
    let name = site_name(source.site);
    match subject {
        Subject::Dc { dc, .. } | Subject::Isolated { dc, .. } => *dc == source.name,
        Subject::Path { to, .. } => *to == source.name,
        Subject::Between { one, other, .. } => [one, other].contains(&&source.name),
        Subject::Site { site, .. } | Subject::SitePath { to: site, .. } => *site == name,
        Subject::BetweenSites { one, other, .. } => [one, other].contains(&&name),
        _ => false,
    }
}

/// Whether it is the way between the two sites of the fault, or one path on it.
fn is_way_between(world: &World, fault: &Fault, subject: &Subject) -> bool {
    let (from, to) = (world.dcs[fault.destination].site, world.dcs[fault.source].site);
    let is_in = |name: &DnsName, site: usize| {
        world.dcs.iter().any(|dc| dc.name == *name && dc.site == site)
    };
    let (begin, end) = (site_name(from), site_name(to));
    match subject {
        Subject::SitePath { from, to, .. } => (from, to) == (&begin, &end),
        Subject::BetweenSites { one, other, .. } => {
            [one, other].contains(&&begin) && [one, other].contains(&&end)
        }
        Subject::Site { site, .. } => [&begin, &end].contains(&site),
        Subject::Path { from: one, to: other, .. } => is_in(one, from) && is_in(other, to),
        Subject::Between { one, other, .. } => {
            is_in(one, from) && is_in(other, to) || is_in(one, to) && is_in(other, from)
        }
        // The only one of its site that takes part.
        Subject::Dc { dc, .. } | Subject::Port { dc, .. } => is_in(dc, to),
        Subject::Client { dc, .. } => is_in(dc, from),
        Subject::Isolated { dc, .. } => is_in(dc, from) || is_in(dc, to),
        _ => false,
    }
}
