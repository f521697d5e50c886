//! The causes that were considered and left, each with the fact that speaks against it.

mod reasons;
mod server;

use std::net::IpAddr;

use epmesh_facts::Source;

use self::{reasons::reasons, server::server_ruled_out};
use super::{
    super::{
        Cause, RuledOut, State,
        case::Case,
        finding::Finding,
        misled::{alias_name, alias_twice},
        naming::{Alias, View, effective},
        owner::Owner,
    },
    interface_name,
};

/// The causes that were considered and left, each with the fact that speaks against it.
pub(in super::super) fn ruled_out(
    case: &Case<'_>,
    views: &[View<'_>],
    finding: &Finding,
) -> Vec<RuledOut> {
    if finding.state == State::Unknown {
        return Vec::new();
    }
    let mut all = Vec::new();
    names_ruled_out(case, views, &mut all);
    server_ruled_out(case, views, finding, &mut all);
    reasons(case, finding, &mut all);
    settings_ruled_out(case, &mut all);
    static_port(case, &mut all);
    all.retain(|out: &RuledOut| out.cause != finding.cause);
    all
}

fn names_ruled_out(case: &Case<'_>, views: &[View<'_>], all: &mut Vec<RuledOut>) {
    let mut rule = |cause, why| all.push(RuledOut { cause, why });
    let hosts = views.iter().find(|view| view.source == Source::Hosts);
    if let Some(hosts) = hosts {
        if hosts.addresses.is_empty() {
            let why = format!("{} on {} maps neither name", case.hosts_path(), case.destination());
            rule(Cause::HostsFileOverride, why);
        } else if hosts.is_right(case) {
            rule(Cause::HostsFileOverride, "its line gives an address of the source".to_owned());
        }
    }
    let dns = || views.iter().filter(|view| matches!(view.source, Source::Dns(_)));
    if dns().next().is_some() {
        if dns().all(|view| matches!(view.alias, Alias::Target(_))) {
            let why = format!("every DNS server has {}", alias_name(case));
            rule(Cause::DnsCnameMissing, why);
        }
        let is_named = |view: &View<'_>| matches!(&view.alias, Alias::Target(target) if target == case.source());
        if dns().all(is_named) && alias_twice(case).is_none() {
            let why = format!("on every DNS server the CNAME names {}", case.source());
            rule(Cause::DnsCnameWrong, why);
        }
        let right = |view: &View<'_>| {
            !view.addresses.is_empty()
                && *view.name == *case.source()
                && view.addresses.iter().all(|(address, _)| case.owner(*address) == Owner::Source)
        };
        if dns().all(right) {
            let why = format!("every DNS server gives only addresses of {}", case.source());
            rule(Cause::DnsAStale, why);
        }
    }
    let mut said = dns().map(|view| view.addresses).filter(|addresses| !addresses.is_empty());
    if let Some(first) = said.next()
        && dns().all(|view| view.addresses == first)
    {
        rule(Cause::DnsServersDisagree, "every DNS server gives the same addresses".to_owned());
    }
    for cause in [Cause::DnsCacheStale, Cause::LmhostsOverride, Cause::WinsStale] {
        let is_of = |source| match cause {
            Cause::DnsCacheStale => source == Source::Cache,
            Cause::LmhostsOverride => source == Source::Lmhosts,
            _ => matches!(source, Source::Wins(_)),
        };
        let asked = || views.iter().filter(|view| is_of(view.source) && view.answered);
        // Whose an address is may not be known: that is no word for it.
        let is_harmless = |view: &View<'_>| view.addresses.is_empty() || view.is_right(case);
        if asked().next().is_none() || !asked().all(is_harmless) {
            continue;
        }
        let what = match cause {
            Cause::DnsCacheStale => format!("the DNS client's cache of {}", case.destination()),
            Cause::LmhostsOverride => format!("the LMHOSTS file of {}", case.destination()),
            _ => "every WINS server that was asked".to_owned(),
        };
        let why = if asked().all(|view| view.addresses.is_empty()) {
            format!("{what} has no address of the name")
        } else {
            format!("{what} gives only addresses of {}", case.source())
        };
        rule(cause, why);
    }
    let effective: Vec<IpAddr> =
        effective(views).map_or(Vec::new(), |view| view.addresses.iter().map(|a| a.0).collect());
    let is_source = |address: &IpAddr| case.owner(*address) == Owner::Source;
    if let Some(address) = effective.first().filter(|_| effective.iter().all(is_source)) {
        let why = format!("{address}, where the name leads, is {}", case.source());
        rule(Cause::WrongServerIdentity, why);
    }
}

/// What the source's settings and the directory would have to say, and do not.
fn settings_ruled_out(case: &Case<'_>, all: &mut Vec<RuledOut>) {
    let mut rule = |cause, why| all.push(RuledOut { cause, why });
    let (source, destination) = (case.source(), case.destination());
    if let Some(own) = case.source_guid().filter(|own| case.destination_knows(*own)) {
        let why =
            format!("the directory of {destination} has {source} under its own objectGUID, {own}");
        rule(Cause::NtdsSettingsStale, why);
    }
    if let Some(filters) = case.source_filters.filter(|filters| filters.rpc_is_whole()) {
        let rows = filters.rpc.value().map(Vec::as_slice).unwrap_or_default();
        if !rows.iter().any(|filter| filter.blocks(case.interface().uuid)) {
            let interface = interface_name(case.interface());
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
            "port {port} of {owner} lies {place} the dynamic range; KB 2089874 has it inside, KB \
             154596 outside: by itself it breaks nothing"
        );
        all.push(RuledOut { cause, why });
    }
}
