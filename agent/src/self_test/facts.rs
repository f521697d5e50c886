//! The facts of this host, each with whether it could be read.

use std::collections::BTreeMap;

use epmesh_common::facts::{Failure, Reading, Reason, ReasonKind, Section};
use serde::{Deserialize as _, de::IgnoredAny};
use serde_json::Value;

use super::{
    report::{Outcome, Row},
    right,
};

/// The rows of a self-test, one a fact; a fact of every element of a list is one row, the worst of them.
pub(super) fn rows(sections: &[Section]) -> Vec<Row> {
    let mut rows = Vec::new();
    for section in sections {
        let kind = section.kind();
        let mut found = BTreeMap::new();
        if let Ok(Value::Object(mut whole)) = serde_json::to_value(section)
            && let Some(facts) = whole.remove("facts")
        {
            walk(&Place::of_section(kind.as_str()), &facts, &mut found);
        }
        rows.extend(found.into_iter().map(|(what, Found { outcome, said, reason })| {
            let failed = outcome == Outcome::Failed;
            let advice = failed.then(|| right::advice(reason, Some(kind))).flatten();
            Row { what, outcome, said, advice: advice.map(str::to_owned) }
        }));
    }
    rows
}

/// How a fact was found: the outcome, with the words and the kind of the reason where it was not read.
#[derive(Debug)]
struct Found {
    outcome: Outcome,
    said: Option<String>,
    reason: ReasonKind,
}

impl Found {
    const fn plain(outcome: Outcome) -> Self {
        Self { outcome, said: None, reason: ReasonKind::Other }
    }
}

type Facts = BTreeMap<String, Found>;

/// The place of a fact: its path, from the section on.
struct Place {
    path: String,
    /// Whether it is a row of a list, or in one.
    in_list: bool,
}

impl Place {
    fn of_section(section: &str) -> Self {
        Self { path: section.to_owned(), in_list: false }
    }

    fn field(&self, name: &str) -> Self {
        Self { path: format!("{}.{name}", self.path), in_list: self.in_list }
    }

    fn items(&self) -> Self {
        Self { path: format!("{}[]", self.path), in_list: true }
    }
}

/// Every value of a section is a reading, a way to the endpoint map, or holds some: each is taken back into its
/// type.
fn walk(place: &Place, value: &Value, found: &mut Facts) {
    if let Ok(reading) = Reading::<Value>::deserialize(value) {
        return read(place, reading, found);
    }
    if let Ok(way) = Result::<IgnoredAny, Failure>::deserialize(value) {
        let one = way.map_or_else(failed, |_| Found::plain(Outcome::Read));
        return note(place, one, found);
    }
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                walk(&place.field(name), value, found);
            }
        }
        Value::Array(items) => {
            for item in items {
                walk(&place.items(), item, found);
            }
        }
        // The words of a list's rows.
        _ if place.in_list => {}
        // A fact that is always there.
        _ => note(place, Found::plain(Outcome::Read), found),
    }
}

fn read(place: &Place, reading: Reading<Value>, found: &mut Facts) {
    match reading {
        Reading::Value(value) => {
            note(place, Found::plain(Outcome::Read), found);
            inside(place, &value, found);
        }
        Reading::Absent => note(place, Found::plain(Outcome::Absent), found),
        Reading::NotApplicable => note(place, Found::plain(Outcome::NotApplicable), found),
        Reading::Unreadable(reason) => note(place, unread(reason), found),
    }
}

/// Facts that have answers of their own inside one that was read: those of each service.
fn inside(place: &Place, value: &Value, found: &mut Facts) {
    if let Ok(reading) = Reading::<Value>::deserialize(value) {
        return read(place, reading, found);
    }
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                inside(&place.field(name), value, found);
            }
        }
        Value::Array(items) => {
            for item in items {
                inside(&place.items(), item, found);
            }
        }
        _ => {}
    }
}

/// The longest words of one row.
const LONGEST: usize = 800;

fn note(place: &Place, one: Found, found: &mut Facts) {
    match found.get_mut(&place.path) {
        // Each reason once: two event logs may lack two rights.
        Some(Found { outcome: Outcome::Failed, said: Some(before), reason })
            if one.outcome == Outcome::Failed =>
        {
            if let Some(said) = one.said
                && !before.contains(&said)
                && before.len() + said.len() < LONGEST
            {
                *before = format!("{before}; {said}");
            }
            if *reason == ReasonKind::Other {
                *reason = one.reason;
            }
        }
        Some(before) if before.outcome >= one.outcome => {}
        _ => {
            found.insert(place.path.clone(), one);
        }
    }
}

/// A fact that could not be seen.
fn unread(reason: Reason) -> Found {
    let never = reason.kind == ReasonKind::NeverReadHere;
    Found {
        outcome: if never { Outcome::Elsewhere } else { Outcome::Failed },
        reason: reason.kind,
        said: Some(reason.words),
    }
}

/// A way to the endpoint map that failed.
fn failed(why: Failure) -> Found {
    let said = Some(why.to_string());
    let reason = match why {
        Failure::TimedOut | Failure::Unfinished => ReasonKind::NoAnswer,
        Failure::Refused => ReasonKind::NotRunning,
        Failure::Local(why) => why.kind,
        _ => ReasonKind::Other,
    };
    Found { outcome: Outcome::Failed, said, reason }
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
