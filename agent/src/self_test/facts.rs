//! The facts of this host, each with whether it could be read.

use std::collections::BTreeMap;

use epmesh_common::facts::{Failure, ReasonKind, Section};
use serde_json::{Map, Value};

use super::{
    report::{Outcome, Row},
    right,
};

/// The rows of a self-test, one a fact; a fact of every element of a list is one row, the worst of them.
pub(super) fn rows(sections: &[Section]) -> Vec<Row> {
    let mut rows = Vec::new();
    for section in sections {
        let mut found = BTreeMap::new();
        if let Ok(Value::Object(mut whole)) = serde_json::to_value(section)
            && let Some(facts) = whole.remove("facts")
        {
            walk(section.kind().as_str(), &facts, &mut found);
        }
        rows.extend(found.into_iter().map(|(what, Found { outcome, said, kind })| {
            let failed = outcome == Outcome::Failed;
            let advice = failed.then(|| right::advice(kind, &what)).flatten().map(str::to_owned);
            Row { what, outcome, said, advice }
        }));
    }
    rows
}

/// How a fact was found: the outcome, with the words and the kind of the reason where it was not read.
#[derive(Debug)]
struct Found {
    outcome: Outcome,
    said: Option<String>,
    kind: ReasonKind,
}

impl Found {
    const fn plain(outcome: Outcome) -> Self {
        Self { outcome, said: None, kind: ReasonKind::Other }
    }
}

type Facts = BTreeMap<String, Found>;

fn walk(path: &str, value: &Value, found: &mut Facts) {
    match value {
        Value::Object(fields) => match (fields.get("reading"), fields.get("value")) {
            (Some(Value::String(kind)), value) => {
                let one = match kind.as_str() {
                    "value" => Found::plain(Outcome::Read),
                    "absent" => Found::plain(Outcome::Absent),
                    "not-applicable" => Found::plain(Outcome::NotApplicable),
                    _ => unread(fields),
                };
                let outcome = one.outcome;
                note(path, one, found);
                if let (Outcome::Read, Some(value)) = (outcome, value) {
                    inside(path, value, found);
                }
            }
            _ => match (fields.get("Ok"), fields.get("Err")) {
                (Some(_), None) => note(path, Found::plain(Outcome::Read), found),
                (None, Some(why)) => note(path, failed(why), found),
                _ => {
                    for (name, value) in fields {
                        walk(&format!("{path}.{name}"), value, found);
                    }
                }
            },
        },
        Value::Array(items) => {
            for item in items {
                walk(&format!("{path}[]"), item, found);
            }
        }
        // The words of a list's rows, or a fact that is always there.
        _ if path.contains("[]") => {}
        _ => note(path, Found::plain(Outcome::Read), found),
    }
}

/// Facts that have answers of their own inside one that was read: those of each service.
fn inside(path: &str, value: &Value, found: &mut Facts) {
    match value {
        Value::Object(fields) if fields.contains_key("reading") => walk(path, value, found),
        Value::Object(fields) => {
            for (name, value) in fields {
                inside(&format!("{path}.{name}"), value, found);
            }
        }
        Value::Array(items) => {
            for item in items {
                inside(&format!("{path}[]"), item, found);
            }
        }
        _ => {}
    }
}

/// The longest words of one row.
const LONGEST: usize = 800;

fn note(path: &str, one: Found, found: &mut Facts) {
    match found.get_mut(path) {
        // Each reason once: two event logs may lack two rights.
        Some(Found { outcome: Outcome::Failed, said: Some(before), kind })
            if one.outcome == Outcome::Failed =>
        {
            if let Some(said) = one.said
                && !before.contains(&said)
                && before.len() + said.len() < LONGEST
            {
                *before = format!("{before}; {said}");
            }
            if *kind == ReasonKind::Other {
                *kind = one.kind;
            }
        }
        Some(before) if before.outcome >= one.outcome => {}
        _ => {
            found.insert(path.to_owned(), one);
        }
    }
}

/// A fact that could not be seen.
fn unread(fields: &Map<String, Value>) -> Found {
    let name = fields.get("kind").and_then(Value::as_str).unwrap_or_default();
    let kind = ReasonKind::of_parts(name, fields.get("code").and_then(Value::as_i64));
    let said = fields.get("value").and_then(Value::as_str);
    let never = kind == ReasonKind::NeverReadHere;
    Found {
        outcome: if never { Outcome::Elsewhere } else { Outcome::Failed },
        kind,
        said: said.map(str::to_owned),
    }
}

/// A way to the endpoint map that failed.
fn failed(why: &Value) -> Found {
    let kind = match serde_json::from_value(why.clone()) {
        Ok(Failure::TimedOut | Failure::Unfinished) => ReasonKind::NoAnswer,
        Ok(Failure::Refused) => ReasonKind::NotRunning,
        Ok(Failure::Local(why)) => why.kind,
        _ => ReasonKind::Other,
    };
    Found { outcome: Outcome::Failed, said: Some(plain(why)), kind }
}

/// A failure as JSON has it: a word, or a word with its value.
fn plain(why: &Value) -> String {
    match why {
        Value::String(text) => text.clone(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| match value {
                Value::String(text) => format!("{name}: {text}"),
                other => format!("{name}: {other}"),
            })
            .collect::<Vec<_>>()
            .join(", "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use epmesh_common::facts::{
        Blank, EndpointMap, MapView, Platform, Reading, Reason, Resolver, RpcSettings, Service,
        ServiceState, Services, StaticPort, StaticPortOwner, Through,
    };

    use super::*;
    use epmesh_agent_host::platform::{
        not_readable::{RESOLVED_BEHIND, RESOLVED_CACHE, RESOLVED_INTERFACES, never},
        unreadable,
        windows::dfsr_config::DFSR_ELSEWHERE,
    };

    /// No right that could be given would help, so that it does not count as one that is missing.
    #[test]
    fn what_the_agent_never_reads_is_no_failure() {
        let mut rpc = RpcSettings::blank(&Blank::Absent);
        rpc.static_ports = vec![
            StaticPort { owner: StaticPortOwner::Ntds, port: Reading::Absent },
            StaticPort {
                owner: StaticPortOwner::Dfsr,
                port: Reading::Unreadable(never(DFSR_ELSEWHERE)),
            },
        ];
        let row = |rpc: &RpcSettings| {
            let mut rows = rows(&[Section::RpcSettings(rpc.clone())]).into_iter();
            rows.find(|row| row.what.contains("static-ports")).expect("a row")
        };
        let elsewhere = row(&rpc);
        assert_eq!((elsewhere.outcome, elsewhere.advice.as_deref()), (Outcome::Elsewhere, None));
        assert!(elsewhere.said.is_some_and(|said| said.contains("Get-DfsrServiceConfiguration")));
        rpc.static_ports[0].port = Reading::unseen("(os error 5)");
        assert_eq!(row(&rpc).outcome, Outcome::Failed);
    }

    /// Behind systemd-resolved the agent looks into neither its cache nor its servers of each interface; that
    /// it does not know whom the service asks is another thing, and can be mended.
    #[test]
    fn what_systemd_resolved_has_is_elsewhere_and_what_it_hides_is_not() {
        let row = |what: &str, interfaces: Reason| {
            let resolver = Resolver {
                interfaces: Reading::Unreadable(interfaces),
                cache: Reading::Unreadable(never(RESOLVED_CACHE)),
                ..Resolver::blank(&Blank::Absent)
            };
            let mut rows = rows(&[Section::Resolver(resolver)]).into_iter();
            rows.find(|row| row.what == what).expect("a row")
        };
        let known = never(&format!("{RESOLVED_INTERFACES}{RESOLVED_BEHIND}"));
        let cache = row("resolver.cache", known.clone());
        assert_eq!((cache.outcome, cache.advice), (Outcome::Elsewhere, None));
        assert!(cache.said.is_some_and(|said| said.contains("resolvectl show-cache")));
        for interfaces in [known, never(RESOLVED_INTERFACES)] {
            assert_eq!(row("resolver.interfaces", interfaces).outcome, Outcome::Elsewhere);
        }
        #[cfg(unix)]
        for (kind, advice) in [
            (ReasonKind::NotRunning, "is it running"),
            (ReasonKind::NotConfigured, "resolvectl status"),
            (ReasonKind::System(13), "as root"),
        ] {
            let row = row("resolver.interfaces", Reason::of_kind(kind, RESOLVED_INTERFACES));
            assert_eq!(row.outcome, Outcome::Failed);
            assert!(row.advice.as_ref().is_some_and(|said| said.contains(advice)), "{row:?}");
        }
    }

    #[test]
    fn every_fact_of_every_section_has_a_row() {
        let name = "dc1.lab.test".parse().expect("a name");
        let sections: Vec<Section> = epmesh_common::facts::SectionKind::ALL
            .into_iter()
            .map(|kind| {
                let denied = Reason::of_kind(ReasonKind::System(13), "Permission denied");
                unreadable(kind, Platform::Samba, &name, denied)
            })
            .collect();
        let rows = rows(&sections);
        for kind in epmesh_common::facts::SectionKind::ALL {
            let of = rows.iter().filter(|row| row.what.starts_with(kind.as_str()));
            let failed: Vec<&Row> = of.filter(|row| row.outcome == Outcome::Failed).collect();
            assert!(!failed.is_empty(), "{kind}");
            assert!(failed.iter().all(|row| row.said.is_some() && row.advice.is_some()), "{kind}");
        }
    }

    #[test]
    fn the_worst_of_a_list_counts() {
        let service = |name: &str, account| Service {
            account,
            ..Service::blank(name, ServiceState::Running, &Blank::NotApplicable)
        };
        let list = vec![
            service("a", Reading::Value("root".to_owned())),
            service("b", Reading::unseen("no way")),
            service("c", Reading::unseen("another")),
            service("d", Reading::unseen("no way")),
        ];
        let views =
            vec![MapView { through: Through::Local, endpoints: Err(Failure::local("no socket")) }];
        let rows = rows(&[
            Section::Services(Services { list: Reading::Value(list) }),
            Section::EndpointMap(EndpointMap { views }),
        ]);
        let of = |what: &str| rows.iter().find(|row| row.what == what).expect("a row");
        assert_eq!(of("services.list").outcome, Outcome::Read);
        assert_eq!(of("services.list[].account").said.as_deref(), Some("no way; another"));
        assert_eq!(of("services.list[].start").outcome, Outcome::NotApplicable);
        assert_eq!(of("endpoint-map.views[].endpoints").outcome, Outcome::Failed);
    }
}
