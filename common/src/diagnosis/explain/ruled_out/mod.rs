//! The causes that are ruled out, each with the fact that speaks against it.

mod destination;
mod reasons;
mod server;

use std::net::IpAddr;

use epmesh_facts::Source;
use epmesh_rpc::names;

use self::{destination::destination, reasons::reasons, server::server_ruled_out};
use super::super::{
    case::{Case, effective},
    cause::{Cause, State},
    name_source::{Alias, MappedAddress, NameSource},
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
    once(&mut all);
    all
}

/// Leaves each cause once, with the first fact that speaks against it.
fn once(all: &mut Vec<RuledOut>) {
    let mut seen = Vec::with_capacity(all.len());
    all.retain(|out| {
        let is_new = !seen.contains(&out.cause);
        seen.push(out.cause);
        is_new
    });
}

fn names_ruled_out(case: &Case<'_>, name_sources: &[NameSource<'_>], all: &mut Vec<RuledOut>) {
    let mut rule = |cause, why| all.push(RuledOut { cause, why });
    let hosts = name_sources.iter().find(|name_source| name_source.kind == Source::Hosts);
    if let Some(hosts) = hosts {
        // A file that could not be read may map the name.
        if hosts.addresses.is_empty() && hosts.answered {
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
    if every_server_answered(case, name_sources) {
        dns_ruled_out(case, name_sources, &mut rule);
    }
    for cause in [Cause::DnsCacheStale, Cause::LmhostsOverride, Cause::WinsStale] {
        let is_of = |source| match cause {
            Cause::DnsCacheStale => source == Source::Cache,
            Cause::LmhostsOverride => source == Source::Lmhosts,
            _ => matches!(source, Source::Wins(_)),
        };
        let asked = || name_sources.iter().filter(|name_source| is_of(name_source.kind));
        // An address whose owner is not known rules nothing out, nor does a server that is silent.
        let is_harmless = |name_source: &NameSource<'_>| {
            name_source.answered && (name_source.addresses.is_empty() || name_source.is_right(case))
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
    // The source's own word on its address does not say who answers there.
    if !effective.is_empty() && effective.iter().all(|address| case.is_answered_by_source(*address))
    {
        let why =
            format!("the name leads to {}, where {} answers", list(&effective), case.source());
        rule(Cause::WrongServerIdentity, why);
    }
}

/// Whether each DNS server that the destination asks has said what it has: a record on one that is silent was not
/// seen.
fn every_server_answered(case: &Case<'_>, name_sources: &[NameSource<'_>]) -> bool {
    let servers = case.dns_servers();
    let said = |server: &IpAddr| {
        let mut all = name_sources.iter();
        let said = all.find(|name_source| name_source.dns_server() == Some(*server));
        said.is_some_and(|said| said.answered && !matches!(said.alias, Alias::NoAnswer))
    };
    !servers.is_empty() && servers.iter().all(said)
}

/// The causes that the DNS servers' answers rule out, where each of them has answered.
fn dns_ruled_out(
    case: &Case<'_>,
    name_sources: &[NameSource<'_>],
    rule: &mut impl FnMut(Cause, String),
) {
    let dns = || name_sources.iter().filter(|name_source| name_source.is_dns());
    let has_alias = |name_source: &NameSource<'_>| {
        matches!(name_source.alias, Alias::Target(_) | Alias::Dead(_))
    };
    if let Some(alias) = case.alias_name().filter(|_| dns().all(has_alias)) {
        rule(Cause::DnsCnameMissing, format!("every DNS server has {alias}"));
    }
    let is_named = |name_source: &NameSource<'_>| matches!(name_source.alias, Alias::Target(target) if target == case.source());
    if dns().all(is_named) && alias_twice(case).is_none() {
        let why = format!("on every DNS server the CNAME names {}", case.source());
        rule(Cause::DnsCnameWrong, why);
    }
    if dns().all(|name_source| {
        *name_source.name == *case.source() && is_owned(case, name_source.addresses)
    }) {
        let given = dns().flat_map(|name_source| name_source.addresses);
        let mut given: Vec<IpAddr> = given.map(|mapped| mapped.address).collect();
        given.sort_unstable();
        given.dedup();
        let why =
            format!("every DNS server gives only addresses of {}: {}", case.source(), list(&given));
        rule(Cause::DnsAStale, why);
    }
    let mut said = dns().filter(|name_source| !name_source.addresses.is_empty());
    if let Some(first) = said.next()
        && dns().all(|name_source| {
            (name_source.addresses, name_source.alias) == (first.addresses, first.alias)
        })
    {
        let why = "every DNS server gives the same alias and the same addresses".to_owned();
        rule(Cause::DnsServersDisagree, why);
    }
}

/// Whether the source owns each of the addresses by its own word; where it says nothing, whether it answers at each.
/// One that it does not own may be an old address that leads to it, or to another machine of its name.
fn is_owned(case: &Case<'_>, addresses: &[MappedAddress]) -> bool {
    let is_silent = case.source_addresses().is_none();
    let is_owned = |address: IpAddr| {
        if is_silent { case.is_answered_by_source(address) } else { case.owns(address) }
    };
    !addresses.is_empty() && addresses.iter().all(|mapped| is_owned(mapped.address))
}

/// Addresses in a row.
fn list(addresses: &[IpAddr]) -> String {
    let all: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    all.join(", ")
}

/// The causes that the source's settings or the directory would show, and do not.
fn settings_ruled_out(case: &Case<'_>, all: &mut Vec<RuledOut>) {
    let mut rule = |cause, why| all.push(RuledOut { cause, why });
    let (source, destination) = (case.source(), case.destination());
    // Only the source itself knows which of its objects is the present one.
    if let Some(own) = case.stated_guid().filter(|own| case.destination_knows(*own)) {
        let why = format!(
            "the directory of {destination} has {source} under the objectGUID that {source} itself says it \
             runs on, {own}"
        );
        rule(Cause::NtdsSettingsStale, why);
    }
    // What inspects RPC on the way, and security software on the source, have filters that no list of the source
    // shows: where its own map has the interface, its RPC filters do not clear them.
    let unlisted = case.registered_ports().is_some_and(|ports| ports.is_empty());
    if let Some(filters) = case.source_filters.filter(|filters| unlisted && filters.rpc_is_whole())
    {
        let rows = filters.rpc.value().map(Vec::as_slice).unwrap_or_default();
        if !rows.iter().any(|filter| filter.blocks(case.interface().uuid)) {
            let interface = names::label(case.interface());
            let count = rows.len();
            let why = format!(
                "the endpoint map of {source} itself does not list {interface} on ncacn_ip_tcp, and none of its \
                 RPC filters ({count}) blocks it"
            );
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
