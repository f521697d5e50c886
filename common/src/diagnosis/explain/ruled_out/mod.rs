//! The causes that are ruled out, each with the fact that speaks against it.

mod destination;
mod reasons;
mod server;

use std::net::IpAddr;

use epmesh_facts::Source;
use epmesh_rpc::names;

use self::{destination::destination, reasons::reasons, server::server_ruled_out};
use super::super::{
    case::{Case, Owner, effective},
    cause::{Cause, State},
    name_source::{Alias, NameSource},
    rules::{Finding, alias_twice},
    verdict::RuledOut,
};

/// The causes that are ruled out, each with the fact that speaks against it.
pub(in crate::diagnosis) fn ruled_out(
    case: &Case<'_>,
    name_sources: &[NameSource<'_>],
    finding: &Finding,
) -> Vec<RuledOut> {
    if finding.state == State::Unknown {
        return Vec::new();
    }
    let mut all = Vec::new();
    names_ruled_out(case, name_sources, &mut all);
    server_ruled_out(case, name_sources, finding, &mut all);
    reasons(case, finding, &mut all);
    settings_ruled_out(case, &mut all);
    destination(case, &mut all);
    static_port(case, &mut all);
    all.retain(|out: &RuledOut| out.cause != finding.cause);
    all
}

fn names_ruled_out(case: &Case<'_>, name_sources: &[NameSource<'_>], all: &mut Vec<RuledOut>) {
    let mut rule = |cause, why| all.push(RuledOut { cause, why });
    let hosts = name_sources.iter().find(|name_source| name_source.kind == Source::Hosts);
    if let Some(hosts) = hosts {
        if hosts.addresses.is_empty() {
            let why = format!(
                "{} on {} maps neither the host name nor the alias",
                case.hosts_path().unwrap_or("hosts file"),
                case.destination()
            );
            rule(Cause::HostsFileOverride, why);
        } else if hosts.is_right(case) {
            rule(
                Cause::HostsFileOverride,
                format!("its line gives an address of {}", case.source()),
            );
        }
    }
    let dns = || name_sources.iter().filter(|name_source| name_source.is_dns());
    if dns().next().is_some() {
        if let Some(alias) = case.alias_name()
            && dns()
                .all(|name_source| matches!(name_source.alias, Alias::Target(_) | Alias::Dead(_)))
        {
            rule(Cause::DnsCnameMissing, format!("every DNS server has {alias}"));
        }
        let is_named = |name_source: &NameSource<'_>| matches!(name_source.alias, Alias::Target(target) if target == case.source());
        if dns().all(is_named) && alias_twice(case).is_none() {
            let why = format!("on every DNS server the CNAME names {}", case.source());
            rule(Cause::DnsCnameWrong, why);
        }
        let right = |name_source: &NameSource<'_>| {
            !name_source.addresses.is_empty()
                && *name_source.name == *case.source()
                && name_source
                    .addresses
                    .iter()
                    .all(|mapped| case.owner(mapped.address) == Owner::Source)
        };
        if dns().all(right) {
            let why = format!("every DNS server gives only addresses of {}", case.source());
            rule(Cause::DnsAStale, why);
        }
    }
    let mut said =
        dns().map(|name_source| name_source.addresses).filter(|addresses| !addresses.is_empty());
    if let Some(first) = said.next()
        && dns().all(|name_source| name_source.addresses == first)
    {
        rule(Cause::DnsServersDisagree, "every DNS server gives the same addresses".to_owned());
    }
    for cause in [Cause::DnsCacheStale, Cause::LmhostsOverride, Cause::WinsStale] {
        let is_of = |source| match cause {
            Cause::DnsCacheStale => source == Source::Cache,
            Cause::LmhostsOverride => source == Source::Lmhosts,
            _ => matches!(source, Source::Wins(_)),
        };
        let asked = || {
            name_sources
                .iter()
                .filter(|name_source| is_of(name_source.kind) && name_source.answered)
        };
        // An address whose owner is not known rules nothing out.
        let is_harmless = |name_source: &NameSource<'_>| {
            name_source.addresses.is_empty() || name_source.is_right(case)
        };
        if asked().next().is_none() || !asked().all(is_harmless) {
            continue;
        }
        let what = match cause {
            Cause::DnsCacheStale => format!("the DNS client's cache of {}", case.destination()),
            Cause::LmhostsOverride => format!("the LMHOSTS file of {}", case.destination()),
            _ => "every WINS server that was asked".to_owned(),
        };
        let why = if asked().all(|name_source| name_source.addresses.is_empty()) {
            format!("{what} has no address for the name")
        } else {
            format!("{what} gives only addresses of {}", case.source())
        };
        rule(cause, why);
    }
    let decides = effective(name_sources);
    let effective: Vec<IpAddr> =
        decides.map_or(Vec::new(), |by| by.addresses.iter().map(|mapped| mapped.address).collect());
    let is_source = |address: &IpAddr| case.owner(*address) == Owner::Source;
    if let Some(address) = effective.first().filter(|_| effective.iter().all(is_source)) {
        let why = format!("the name leads to {address}, which is {}", case.source());
        rule(Cause::WrongServerIdentity, why);
    }
}

/// The causes that the source's settings or the directory would show, and do not.
fn settings_ruled_out(case: &Case<'_>, all: &mut Vec<RuledOut>) {
    let mut rule = |cause, why| all.push(RuledOut { cause, why });
    let (source, destination) = (case.source(), case.destination());
    if let Some(own) = case.source_guid().filter(|own| case.destination_knows(*own)) {
        let why = format!(
            "the directory of {destination} has {source} under its present objectGUID, {own}"
        );
        rule(Cause::NtdsSettingsStale, why);
    }
    if let Some(filters) = case.source_filters.filter(|filters| filters.rpc_is_whole()) {
        let rows = filters.rpc.value().map(Vec::as_slice).unwrap_or_default();
        if !rows.iter().any(|filter| filter.blocks(case.interface().uuid)) {
            let interface = names::label(case.interface());
            let count = rows.len();
            let why = format!("none of the RPC filters of {source} ({count}) blocks {interface}");
            rule(Cause::RpcFiltered, why);
        }
    }
}

/// A static port is never the cause alone, and Microsoft's articles disagree on where it belongs.
fn static_port(case: &Case<'_>, all: &mut Vec<RuledOut>) {
    let range = case.source_range();
    let rows = case.source_rpc.into_iter().flat_map(|rpc| &rpc.static_ports);
    let set = rows.filter_map(|row| Some((row.owner, *row.port.value()?)));
    for (owner, port) in set.filter(|_| range.is_some()) {
        let inside =
            range.is_some_and(|r| (u32::from(r.first)..=u32::from(r.last)).contains(&port));
        let (cause, place) = if inside {
            (Cause::StaticPortInsideRange, "inside")
        } else {
            (Cause::StaticPortOutsideRange, "outside")
        };
        if all.iter().any(|out| out.cause == cause) {
            continue;
        }
        let why = format!(
            "the static port {port} of {owner} lies {place} the dynamic range; KB 2089874 wants it \
             inside, KB 154596 outside: by itself this breaks nothing"
        );
        all.push(RuledOut { cause, why });
    }
}
