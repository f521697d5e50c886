//! Tests of the printed tables against files of expected output.

use epmesh_common::{
    diagnosis::{
        Cause, Confidence, CulpritText, EvidenceItem, RuledOut, Share, Side, State, Step, Verdict,
        WindowsError,
    },
    facts::{DnsName, Platform, Timestamp},
    rpc::names,
};

use super::*;
use crate::{cli::golden::is_as_in, fleet::DcStatus, query::LinkRow};

fn now() -> Timestamp {
    Timestamp::from_millis(1_795_219_200_000)
}

fn name(text: &str) -> DnsName {
    text.parse().expect("a host name")
}

#[test]
fn a_verdict() {
    let item = |step, witness, fact: &str, raw: Option<&str>| EvidenceItem {
        step,
        witness: name(witness),
        fact: fact.to_owned(),
        at: now(),
        raw: raw.map(str::to_owned),
    };
    let failing = Verdict {
        destination: name("dc1.lab.test"),
        source: name("dc2.lab.test"),
        interface: "drsuapi".into(),
        state: State::Failing,
        cause: Cause::DnsAStale,
        side: Side::NameResolution,
        culprit: Some(
            CulpritText {
                kind: "dns-record".to_owned(),
                name: "A dc2.lab.test on DNS server 10.0.0.11 (dc1.lab.test)".to_owned(),
                value: "10.0.0.50, which is member.lab.test".to_owned(),
            }
            .into(),
        ),
        confidence: Confidence::Proven,
        intermittent: None,
        error: WindowsError { code: 1753, name: "EPT_S_NOT_REGISTERED".into() },
        evidence: vec![
            item(Step::Resolve, "dc1.lab.test", "A dc2.lab.test: 10.0.0.50", Some("NOERROR")),
            item(Step::Ask, "dc1.lab.test", "not registered", Some("0x16c9a0d6")),
            item(Step::Identity, "dc1.lab.test", "answers as member.lab.test", None),
        ],
        ruled_out: vec![RuledOut {
            cause: Cause::HostsFileOverride,
            why: "/etc/hosts on dc1.lab.test maps neither name".to_owned(),
        }],
        remedy: vec!["delete the wrong record".to_owned(), "then check".to_owned()],
        candidates: Vec::new(),
        works: epmesh_common::diagnosis::ProvenReachable::default(),
    };
    let silent = [name("dc3.lab.test")];
    is_as_in("verdict.txt", &verdict(&failing, &silent, now(), Some(120)));
    is_as_in("verdict-80.txt", &verdict(&failing, &silent, now(), Some(80)));
}

#[test]
fn lists() {
    let link = LinkRow {
        destination: name("dc1.lab.test"),
        source: name("dc2.lab.test"),
        interface: "drsuapi".to_owned(),
        state: State::Latent,
        cause: Cause::DnsAStale,
        side: Side::NameResolution,
        confidence: Confidence::Likely,
        intermittent: None,
        error: 1722,
    };
    let sometimes = LinkRow {
        cause: Cause::DnsADuplicate,
        intermittent: Some(Share { hit: 1, of: 2, what: "addresses".into() }),
        ..link.clone()
    };
    let both = [link, sometimes];
    is_as_in("links.txt", &links(&both, false, Some(140)));
    is_as_in("links-80.txt", &links(&both, false, Some(80)));
    let drsuapi = names::by_name("drsuapi").expect("it is known").id;
    let seen = DcStatus {
        name: name("dc1.lab.test"),
        agent: true,
        connected: true,
        agent_version: Some("0.1.0".to_owned()),
        last_seen: Some(now()),
        clock_skew_ms: Some(-1_200),
        addresses: vec![[10, 0, 0, 11].into()],
        site: Some("Default-First-Site-Name".to_owned()),
        domain: Some(name("lab.test")),
        forest: Some(name("lab.test")),
        platform: Some(Platform::Samba),
        os: None,
        registered: [(drsuapi, false)].into(),
        registered_at: Some(now()),
        dropped: 3,
        notes: vec!["the spool cannot be written".to_owned()],
    };
    let unseen = DcStatus {
        name: name("dc9.lab.test"),
        agent: false,
        connected: false,
        agent_version: None,
        last_seen: None,
        clock_skew_ms: None,
        addresses: Vec::new(),
        site: None,
        registered: [].into(),
        registered_at: None,
        dropped: 0,
        notes: Vec::new(),
        ..seen.clone()
    };
    let both = [seen, unseen];
    is_as_in("dcs.txt", &dcs(&both, now(), Some(140)));
    is_as_in("dcs-80.txt", &dcs(&both, now(), Some(80)));
}
