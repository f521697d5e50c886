//! What else is wrong with a link, beside its cause: it would fail the link again once the cause is
//! mended.

use epmesh_facts::Source;

use super::{
    super::{
        Confidence, Side, State,
        decide::{goes_on, has_no_way},
        finding::Finding,
        misled,
        naming::{effective, views},
        owner::Owner,
        path::Path,
        server,
    },
    records,
    remedy::Ground,
};

/// One step for each.
pub(super) fn steps(g: &Ground<'_>) -> Vec<String> {
    let views = views(g.case);
    let mut steps = Vec::new();
    let mut named = vec![(g.name.to_owned(), g.value.to_owned())];
    // A cache has what its servers say, and is cleared with them.
    for view in views.iter().filter(|view| !matches!(view.source, Source::Cache | Source::System)) {
        for finding in misled::wrongs(g.case, &views, view) {
            let Some(culprit) = &finding.culprit else { continue };
            let one = (culprit.name.clone(), culprit.value.clone());
            if !named.contains(&one) {
                named.push(one);
                steps.push(format!(
                    "also wrong{}: {}, {}{}",
                    unless(g, &finding),
                    culprit.name,
                    culprit.value,
                    commands(g, &finding)
                ));
            }
        }
    }
    // The addresses of the source from which a client goes on to one that answers, and is late.
    let used = effective(&views).map_or(&[][..], |view| view.addresses);
    let answers = |path: &Path<'_>| !goes_on(path) && *path != Path::NotSeen;
    let one_answers = used.iter().any(|(address, _)| answers(&g.case.path(*address)));
    for &(address, _) in used.iter().filter(|_| one_answers) {
        let path = g.case.path(address);
        if goes_on(&path)
            && g.case.owner(address) == Owner::Source
            && !has_no_way(g.case, address, &path)
            && !g.name.contains(&address.to_string())
        {
            steps.push(format!(
                "also, nothing gets through from {} to {address}, an address of {}: see the firewalls \
                 and routes there, or take its record out of DNS where it is not meant for this",
                g.dest, g.source
            ));
        }
    }
    // Whoever does not get to the source does not see that it does not serve. One that has just started
    // will.
    if g.finding.state == State::Failing
        && g.finding.side != Side::Source
        && let Some(Finding { state: State::Failing, culprit: Some(culprit), .. }) =
            server::does_not_serve(g.case)
    {
        steps.push(format!(
            "also wrong, and next to fail the link: {}, {}",
            culprit.name, culprit.value
        ));
    }
    steps
}

fn unless(g: &Ground<'_>, finding: &Finding) -> String {
    if finding.confidence == Confidence::Proven {
        return String::new();
    }
    format!(", unless it leads to {} behind address translation", g.source)
}

fn commands(g: &Ground<'_>, finding: &Finding) -> String {
    let record = finding.record.as_ref();
    let all: Vec<String> =
        record.into_iter().flat_map(|record| records::deletions(g.case, record)).collect();
    if all.is_empty() { String::new() } else { format!("; delete it, {}", all.join("; ")) }
}
