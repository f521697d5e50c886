//! The next failures: what else is wrong with a link, and would fail it again once the cause is gone.

use epmesh_facts::Source;

use super::{
    super::super::{
        case::{Owner, Reach, effective, goes_on, has_no_way, name_sources},
        cause::{Cause, Confidence, Side, State},
        culprit::Culprit,
        name_source::NameSource,
        rules::{Finding, alias_astray, behind_wrong_name, does_not_serve, not_serving, wrongs},
    },
    context::RemedyContext,
    foreign::leave,
    records,
    registering::register_alias,
};

/// One step for each further fault.
pub(super) fn steps(g: &RemedyContext<'_>) -> Vec<String> {
    let name_sources = name_sources(g.case);
    let mut steps = Vec::new();
    let mut named: Vec<Culprit> = g.culprit.cloned().into_iter().collect();
    // A cache has what its servers say, and is cleared with them.
    let own = |kind| !matches!(kind, Source::Cache | Source::System);
    for name_source in name_sources.iter().filter(|name_source| own(name_source.kind)) {
        for finding in wrongs(g.case, &name_sources, name_source) {
            let Some(culprit) = &finding.culprit else { continue };
            if !named.contains(culprit) {
                steps.push(format!(
                    "also wrong{}: {}, {}{}",
                    unless(g, &finding),
                    culprit.name(),
                    culprit.value(),
                    commands(g, culprit)
                ));
                named.push(Culprit::clone(culprit));
            }
        }
    }
    if let Some(astray) = dead_alias(g, &name_sources) {
        steps.push(astray);
    }
    // The addresses of the source from which a client goes on to one that answers, and is late.
    let used = effective(&name_sources).map_or(&[][..], |decides| decides.addresses);
    let answers = |reach: &Reach<'_>| !goes_on(reach) && *reach != Reach::NotSeen;
    let one_answers = used.iter().any(|mapped| answers(&g.case.reach(mapped.address)));
    for address in used.iter().filter(|_| one_answers).map(|mapped| mapped.address) {
        let reach = g.case.reach(address);
        if goes_on(&reach)
            && g.case.owner(address) == Owner::Source
            && !has_no_way(g.case, address, &reach)
            && g.culprit.and_then(Culprit::at_address) != Some(address)
        {
            steps.push(format!(
                "also, nothing gets through from {} to {address}, an address of {}: check the firewalls \
                 and routes there, or remove its record from DNS if it is not meant for this",
                g.dest, g.source
            ));
        }
    }
    // What was found on the way stands before it.
    if g.finding.cause != Cause::DestinationNotServing
        && let Some(Finding { state: State::Failing, culprit: Some(culprit), .. }) =
            not_serving(g.case)
    {
        steps.push(format!(
            "also wrong, and nothing replicates to {} while it is: {}, {}",
            g.dest,
            culprit.name(),
            culprit.value()
        ));
    }
    // A name that leads elsewhere hides what is wrong on the way to the source itself. A destination that does
    // not get to the source does not see that it does not serve. A source that has just started will.
    let behind = behind_wrong_name(g.case, &name_sources, g.finding);
    let hides = g.finding.state == State::Failing && g.finding.side != Side::Source;
    let unserved = || does_not_serve(g.case).filter(|lost| hides && lost.state == State::Failing);
    for culprit in behind.or_else(unserved).into_iter().filter_map(|next| next.culprit) {
        if !named.contains(&culprit) {
            steps.push(format!(
                "also wrong, and what would fail the link next: {}, {}",
                culprit.name(),
                culprit.value()
            ));
        }
    }
    steps
}

/// The alias that names a host without an address, where something else stops the destination as well.
fn dead_alias(g: &RemedyContext<'_>, name_sources: &[NameSource<'_>]) -> Option<String> {
    let is_blamed =
        g.culprit.and_then(Culprit::record).is_some_and(|record| record.trouble.is_dead_alias());
    let mut sources = name_sources.iter().filter(|_| !is_blamed);
    let found = sources.find_map(|source| alias_astray(g.case, name_sources, source))?;
    let culprit = found.culprit.as_deref()?;
    let again = register_alias(g);
    let (name, value, how) = (culprit.name(), culprit.value(), commands(g, culprit));
    Some(format!("also wrong: {name}, {value}{how}; then, on {}, {again}", g.source))
}

fn unless(g: &RemedyContext<'_>, finding: &Finding) -> String {
    if finding.confidence == Confidence::Proven {
        return String::new();
    }
    format!(", unless it leads to {} behind address translation", g.source)
}

fn commands(g: &RemedyContext<'_>, culprit: &Culprit) -> String {
    let Some(record) = culprit.record() else { return String::new() };
    let all = records::deletions(g.case, record);
    let delete =
        if all.is_empty() { String::new() } else { format!("; delete it, {}", all.join("; ")) };
    leave(g.case, record).into_iter().fold(delete, |all, step| format!("{all}; {step}"))
}
