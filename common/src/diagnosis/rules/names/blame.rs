//! The record, line or cache that is to blame for a wrong address.

use std::net::IpAddr;

use epmesh_facts::{RecordType, Source};

use super::{
    super::super::{
        case::{Case, WrongAddress},
        cause::Cause,
        culprit::{AnswersThere, Culprit, DnsRecord, FileLine, LeadsTo, OtherHost, RecordTrouble},
        name_source::{Alias, NameSource},
    },
    alias::wrong_alias,
    holders::servers_where,
};

/// The cause where a source of names holds a wrong address, by the sort of source.
pub(super) fn mapping(case: &Case<'_>, name_source: &NameSource<'_>) -> Cause {
    match (name_source.kind, &name_source.alias) {
        (Source::Hosts, _) => Cause::HostsFileOverride,
        (Source::Cache, _) => Cause::DnsCacheStale,
        (Source::Lmhosts, _) => Cause::LmhostsOverride,
        (Source::Wins(_), _) => Cause::WinsStale,
        (_, Alias::Target(target)) if target != case.source() => Cause::DnsCnameWrong,
        _ => Cause::DnsAStale,
    }
}

/// The culprit where `name_source` gives an address of another host.
pub(super) fn culprit(
    case: &Case<'_>,
    name_sources: &[NameSource<'_>],
    name_source: &NameSource<'_>,
    wrong: &WrongAddress,
) -> Culprit {
    let there = match &wrong.owner {
        None => AnswersThere::NotKnown,
        Some(OtherHost::Named(name)) if is_translated(case, wrong.address, name) => {
            AnswersThere::Translated(name.clone())
        }
        Some(owner) => AnswersThere::Other(owner.clone()),
    };
    let (address, line) = (wrong.address, wrong.line);
    culprit_where(case, name_sources, name_source, (address, line), there)
}

/// The culprit where `name_source` gives an address, on a line where it is a file, at which `there` is found.
pub(super) fn culprit_where(
    case: &Case<'_>,
    name_sources: &[NameSource<'_>],
    name_source: &NameSource<'_>,
    (address, line): (IpAddr, Option<u32>),
    there: AnswersThere,
) -> Culprit {
    let dc = case.destination().clone();
    let leads = LeadsTo { address, wanted: case.source().clone(), there };
    match (name_source.kind, mapping(case, name_source)) {
        (Source::Hosts, _) => {
            let path = case.hosts_path().map(ToOwned::to_owned);
            Culprit::HostsLine(FileLine { dc, path, line, leads })
        }
        (Source::Lmhosts, _) => {
            let path = case.lmhosts_path().map(ToOwned::to_owned);
            Culprit::LmhostsLine(FileLine { dc, path, line, leads })
        }
        (Source::Wins(server), _) => Culprit::WinsRecord {
            dc: case.source().clone(),
            server: case.name_server(server),
            leads,
        },
        (Source::Cache, _) => {
            let is_own = *name_source.name == *case.source();
            let alias = case.alias_name().filter(|_| !is_own).cloned();
            Culprit::CachedName { dc, alias, name: name_source.name.clone(), leads }
        }
        (Source::System, _) => {
            Culprit::ResolverAnswer { dc, name: name_source.name.clone(), leads }
        }
        (Source::Dns(_), Cause::DnsCnameWrong) => {
            let trouble = RecordTrouble::WrongTarget { target: name_source.name.clone(), leads };
            wrong_alias(case, name_sources, name_source, trouble)
        }
        (Source::Dns(_), _) => {
            let holds =
                |other: &NameSource<'_>| other.name == name_source.name && other.gives(address);
            Culprit::DnsRecord(DnsRecord {
                name: name_source.name.clone(),
                record: RecordType::of(address),
                servers: servers_where(case, name_sources, holds),
                trouble: RecordTrouble::WrongAddress(leads),
            })
        }
    }
}

/// Whether a domain controller answers at an address that it does not have, by its own word.
pub(super) fn is_translated(case: &Case<'_>, address: IpAddr, name: &str) -> bool {
    let owners = &case.evidence.owners;
    let speaks = || owners.values().any(|owner| owner.as_str().eq_ignore_ascii_case(name));
    !owners.contains_key(&address) && speaks()
}
