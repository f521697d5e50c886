//! Facts for the tests of the rules.

use epmesh_facts::{
    Blank, DcFacts, Host, OsVersion, Platform, Reading, RpcSettings, Section, Timestamp,
};

use super::{About, ClientProtocolRule, notes};

/// A Windows host of this version, of which nothing else is known.
pub(super) fn facts(version: OsVersion) -> DcFacts {
    let name = "dc1.contoso.com".parse().expect("a name");
    let blank = Host::blank(name, Platform::Windows, "0.0.0", &Blank::Absent);
    let mut facts = DcFacts::default();
    let host = Host { version: Reading::Value(version), ..blank };
    facts.put(Timestamp::default(), Section::Host(host));
    facts
}

/// The healthy facts with RPC settings in which nothing is set.
pub(super) fn with_rpc(change: impl FnOnce(&mut RpcSettings)) -> DcFacts {
    let mut facts = facts(OsVersion { major: 10, minor: 0, build: 20_348 });
    let mut rpc = RpcSettings::blank(&Blank::Absent);
    change(&mut rpc);
    facts.put(Timestamp::default(), Section::RpcSettings(rpc));
    facts
}

/// What the rules about one thing say, as `severity subject: text`.
pub(super) fn said(facts: &DcFacts, about: About) -> Vec<String> {
    notes(facts, &ClientProtocolRule::default())
        .into_iter()
        .filter(|note| note.about == about)
        .map(|note| format!("{} {}: {}", note.severity, note.subject, note.text))
        .collect()
}
