//! Remedies for RPC filters and devices that inspect RPC: an exception comes before anything is
//! deleted.

use epmesh_facts::{Platform, RpcFilter};

use super::{
    super::super::{
        cause::Side,
        culprit::{Culprit, FilterEffect, Obstacle},
    },
    context::RemedyContext,
    service::restart,
};

pub(super) fn steps(g: &RemedyContext<'_>) -> Vec<String> {
    let (dest, source, name, value) = (g.dest, g.source, &g.name, &g.value);
    if g.finding.side == Side::Network {
        return vec![
            format!(
                "{source} lists the interface and has no filter that hides it: {name}: {value}"
            ),
            format!(
                "find what inspects RPC between {dest} and {source}: capture TCP 135 at both ends while \
                 the endpoint mapper is asked ({}), and see which host answers",
                g.ask_mapper()
            ),
        ];
    }
    if g.source_platform() == Some(Platform::Samba) {
        return vec![format!(
            "{name}: {value}; Samba has no RPC filters: see on {source} what answers on TCP 135: ss \
             -tlnp 'sport = 135', and its log"
        )];
    }
    let blocks = |filter: &RpcFilter| filter.blocks(g.case.interface().uuid);
    let rows = g.case.source_filters.filter(|filters| filters.rpc_is_whole());
    if rows.is_some_and(|all| !all.rpc.value().into_iter().flatten().any(blocks)) {
        return vec![format!(
            "{name}: {value}; no RPC filter of {source} does that (netsh rpc filter show filter): find \
             what else answers on its TCP 135, or in front of it for everybody: netstat -ano | findstr \
             :135 there, security software that inspects RPC, a load balancer or a proxy"
        )];
    }
    let mut steps = vec![
        format!(
            "{name}: {value}; on {source}, keep the list of its RPC filters, which shows what each blocks: netsh \
             rpc filter show filter > rpc-filters.txt; find out who set the filter and why"
        ),
        exception(g),
        delete(g),
    ];
    // What was kept from registering does not try again by itself.
    if matches!(g.culprit, Some(Culprit::Obstacle { .. })) {
        steps.push(restart(g));
    }
    steps
}

/// The layers at which the filter may be, as netsh calls them.
const fn layers(g: &RemedyContext<'_>) -> &'static [&'static str] {
    match g.culprit {
        Some(Culprit::RpcFilter { effect: FilterEffect::Resolution, .. }) => &["epmap"],
        Some(Culprit::RpcFilter { effect: FilterEffect::Calls(_), .. }) => &["um"],
        Some(Culprit::Obstacle { .. }) => &["ep_add"],
        _ => &["epmap", "um"],
    }
}

/// The step that lets through what is needed, and leaves the filter in its place.
fn exception(g: &RemedyContext<'_>) -> String {
    let (dest, source, uuid) = (g.dest, g.source, g.case.interface().uuid);
    let at = g.culprit.and_then(Culprit::at_address);
    let local = at.and_then(|at| g.case.probe(at)?.local);
    let field = if local.is_some_and(|local| local.is_ipv6()) { "v6" } else { "v4" };
    let (local, named) = match local {
        Some(local) => (local.to_string(), String::new()),
        None => ("ADDRESS".to_owned(), format!(", ADDRESS is that of {dest}")),
    };
    let rule = |layer: &&str| {
        let conditions = if *layer == "ep_add" {
            format!("add condition field=process_with_if_uuid matchtype=equal data={uuid}")
        } else {
            format!(
                "add condition field=if_uuid matchtype=equal data={uuid}; add condition \
                 field=remote_addr_{field} matchtype=equal data={local}"
            )
        };
        format!("add rule layer={layer} actiontype=permit; {conditions}; add filter")
    };
    let rules: Vec<String> = layers(g).iter().map(rule).collect();
    format!(
        "before anything is deleted, add an exception for what is needed: have netsh -f FILE on {source} read a \
         file with these lines, each ends at a semicolon: rpc; filter; {}; quit (FILE is its name{named}); \
         then look again",
        rules.join("; ")
    )
}

/// The last resort. A filter with conditions protects something from somebody else: it is never to be deleted for this.
fn delete(g: &RemedyContext<'_>) -> String {
    let filter = match g.culprit {
        Some(
            Culprit::RpcFilter { filter, .. }
            | Culprit::Obstacle { obstacle: Obstacle::Filter(filter), .. },
        ) => Some(filter),
        _ => None,
    };
    // Without braces: PowerShell would take them for its own.
    match filter {
        Some(filter) => format!(
            "only where the exception does not help, and those who set the filter agree, delete it, which removes \
             the protection that it was made for: netsh rpc filter delete filter filterkey={}",
            filter.key
        ),
        None => "only where the exception does not help, have those who set the filter change it: with conditions \
                 other than interface and protocol it is a protection from others, and is not to be deleted"
            .to_owned(),
    }
}
