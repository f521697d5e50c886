//! `epmesh facts`: a domain controller's statements about itself, for people.

use std::fmt::Write as _;

use epmesh_common::facts::{SectionKind, Timestamp, listing};

use super::render::{ago, finish, table};
use crate::query::OwnFacts;

/// `epmesh facts`. Lines are not wrapped: they are read with `grep` as often as by eye.
#[must_use]
pub(super) fn render(document: &OwnFacts, now: Timestamp) -> String {
    let sections = document.facts.sections();
    let mut text = String::new();
    if sections.is_empty() {
        let _ = writeln!(
            text,
            "{} said nothing of itself: no agent, not enrolled, or no such section; see epmesh dcs",
            document.dc
        );
        return text;
    }
    let _ = writeln!(
        text,
        "{}   clock {:+} ms against the coordinator\n",
        document.dc, document.facts.clock_ahead_ms
    );
    for section in sections {
        let _ = writeln!(text, "{}   {}", section.fact.kind(), ago(section.at, now));
        // These types have no map with keys other than strings, the only way this can fail.
        for block in listing(&section.fact).unwrap_or_default() {
            let columns: Vec<&str> = block.columns.iter().map(String::as_str).collect();
            let mut rows = table(&columns, Some(u16::MAX));
            rows.add_rows(&block.rows);
            let _ = writeln!(text, "{}{}", block.heading(), finish(&rows));
        }
        if section.fact.kind() == SectionKind::Services && !document.facts.lasting.is_empty() {
            let mut rows = table(&[], Some(u16::MAX));
            for held in &document.facts.lasting {
                let for_long = ago(held.since, now);
                let whole = if held.came_then { "" } else { " or longer" };
                let told = format!("{}, first told {for_long}{whole}", held.state);
                rows.add_row([held.service.clone(), told]);
            }
            let _ = writeln!(text, "{}", finish(&rows));
        }
    }
    let _ = write!(text, "{}", document.remarks);
    text
}

#[cfg(test)]
mod tests {
    use epmesh_common::facts::{
        Blank, DcFacts, Host, LastingState, Platform, Ports, Reading, RpcSettings, Section,
        Service, ServiceState, Services,
    };

    use super::*;

    fn document() -> OwnFacts {
        let at = Timestamp::from_millis(1_795_219_100_000);
        let mut facts = DcFacts { clock_ahead_ms: -12, ..DcFacts::default() };
        facts.put(at, Section::RpcSettings(RpcSettings::blank(&Blank::NotApplicable)));
        facts.put(at, Section::Ports(Ports::blank(&Blank::unreadable("access denied (5)"))));
        OwnFacts::of("dc1.lab.test".parse().expect("a name"), facts)
    }

    #[test]
    fn three_answers_reach_the_screen() {
        let now = Timestamp::from_millis(1_795_219_130_000);
        let text = render(&document(), now);
        assert!(text.contains("clock -12 ms"), "{text}");
        assert!(text.contains("ports   30 s ago"), "{text}");
        assert!(text.contains("listeners  unreadable: access denied (5)"), "{text}");
        assert!(text.contains("client-protocols") && text.contains("not applicable"), "{text}");
        let mut one = document();
        one.keep(&[SectionKind::Ports]);
        assert!(!render(&one, now).contains("client-protocols"));
        one.keep(&[SectionKind::Host]);
        assert!(render(&one, now).contains("said nothing of itself"));
    }

    #[test]
    fn a_paused_service_is_told_with_its_time() {
        let at = Timestamp::from_millis(1_795_219_100_000);
        let state = ServiceState::Paused;
        let service = Service::blank("Netlogon", state, &Blank::Absent);
        let mut facts = DcFacts::default();
        facts.put(at, Section::Services(Services { list: Reading::Value(vec![service]) }));
        let service = "Netlogon".to_owned();
        facts.lasting = vec![LastingState { service, state, since: at, came_then: false }];
        let mut document = OwnFacts::of("dc1.lab.test".parse().expect("a name"), facts);
        document.keep(&[SectionKind::Services]);
        let text = render(&document, Timestamp::from_millis(1_795_219_130_000));
        assert!(text.contains("paused, first told 30 s ago or longer"), "{text}");
    }

    #[test]
    fn what_there_is_to_say_comes_last() {
        let at = Timestamp::from_millis(1_795_219_100_000);
        let mut facts = document().facts;
        let name = "dc1.lab.test".parse().expect("a name");
        let host = Host::blank(name, Platform::Windows, "0.0.0", &Blank::Absent);
        facts.put(at, Section::Host(host));
        facts.put(at, Section::RpcSettings(RpcSettings::blank(&Blank::Absent)));
        let mut document = OwnFacts::of("dc1.lab.test".parse().expect("a name"), facts);
        let text = render(&document, at);
        let (_, remarks) = text.split_once("\nnotes\n").expect("there are notes");
        assert!(
            remarks.starts_with("  fault    HKLM\\SOFTWARE\\Microsoft\\Rpc\\ClientProtocols"),
            "{text}"
        );
        let json = serde_json::to_value(&document).expect("a document is JSON");
        assert_eq!(json["notes"][0]["severity"], "fault");
        assert_eq!(serde_json::from_value::<OwnFacts>(json).expect("its own"), document);
        document.keep(&[SectionKind::Host]);
        assert!(!render(&document, at).contains("notes"));
    }
}
