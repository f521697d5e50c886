//! A Windows destination's sources of names: which of them decides, and which is only latent.

use epmesh_common::{
    diagnosis::{Cause, Confidence, State, diagnose},
    facts::{Answer, Lookup, Question, Record, RecordData, RecordType, Source},
};

use crate::healthy::{FIRST, MEMBER, SECOND, Scenario, THIRD, address, name, now};

const BOTH: [&str; 2] = [FIRST, THIRD];

fn said_by(source: Source, of: &str, kind: RecordType, to: &str) -> Lookup {
    let data = RecordData::Address(address(to));
    let record = Record { name: name(of), data, ttl: Some(9), line: Some(3) };
    let question = Question { name: name(of), kind };
    Lookup::new(source, question, Answer::Records(vec![record]), 1)
}

fn cache(to: &str) -> Lookup {
    said_by(Source::Cache, "dc2.lab.test", RecordType::A, to)
}

fn lmhosts(to: &str) -> Lookup {
    said_by(Source::Lmhosts, "dc2", RecordType::Nb, to)
}

fn wins(to: &str) -> Lookup {
    said_by(Source::Wins(address("10.0.0.5")), "dc2", RecordType::Nb, to)
}

/// A Windows destination that also saw the member.
fn windows(change: impl FnOnce(&mut Scenario)) -> Scenario {
    let mut s = Scenario::healthy();
    s.windows_destination();
    s.also_member();
    change(&mut s);
    s
}

fn said(s: &Scenario) -> (State, Cause, Confidence) {
    let v = diagnose(&s.evidence, now());
    (v.state, v.cause, v.confidence)
}

fn share(s: &Scenario) -> Option<String> {
    diagnose(&s.evidence, now()).intermittent.map(|share| share.to_string())
}

#[test]
fn the_cache_decides_before_the_servers() {
    use Confidence::Proven;
    let s = windows(|s| s.lookups().push(cache(MEMBER)));
    assert_eq!(said(&s), (State::Failing, Cause::DnsCacheStale, Proven));
    // What the servers say too is theirs.
    let s = windows(|s| {
        s.lookups().push(cache(MEMBER));
        s.a_record(&BOTH, &[MEMBER]);
    });
    assert_eq!(said(&s), (State::Failing, Cause::DnsAStale, Proven));
    // A right cache in front of stale servers: until it runs out.
    let s = windows(|s| {
        s.lookups().push(cache(SECOND));
        s.a_record(&BOTH, &[MEMBER]);
    });
    assert_eq!(said(&s), (State::Latent, Cause::DnsAStale, Proven));
    // The hosts file is in the cache from the start.
    let s = windows(|s| {
        s.lookups().push(cache(MEMBER));
        s.hosts_line(4, MEMBER);
    });
    assert_eq!(said(&s), (State::Failing, Cause::HostsFileOverride, Proven));
    let s = windows(|s| s.lookups().push(cache(SECOND)));
    assert_eq!(said(&s), (State::Healthy, Cause::Healthy, Proven));
}

#[test]
fn netbios_decides_where_dns_has_no_answer() {
    use Confidence::Proven;
    type Row = (fn(&str) -> Lookup, Cause);
    let rows: [Row; 2] = [(lmhosts, Cause::LmhostsOverride), (wins, Cause::WinsStale)];
    for (source, cause) in rows {
        let s = windows(|s| s.lookups().push(source(MEMBER)));
        assert_eq!(said(&s), (State::Latent, cause, Proven), "not hit");
        let s = windows(|s| {
            s.lookups().push(source(MEMBER));
            s.a_record(&BOTH, &[]);
        });
        assert_eq!(said(&s), (State::Failing, cause, Proven), "no address in DNS");
        let s = windows(|s| {
            s.lookups().push(source(MEMBER));
            s.silence(FIRST);
            s.silence(THIRD);
        });
        assert_eq!(said(&s), (State::Failing, cause, Proven), "DNS silent");
        let s = windows(|s| s.lookups().push(source(SECOND)));
        assert_eq!(said(&s).0, State::Healthy);
    }
    let s = windows(|s| {
        s.lookups().extend([lmhosts(MEMBER), wins(MEMBER)]);
        s.silence(FIRST);
    });
    assert_ne!(said(&s).0, State::Failing, "one DNS server is enough");
}

#[test]
fn servers_that_differ_are_named() {
    let mut s = Scenario::healthy();
    s.a_record(&[FIRST], &[]);
    assert_eq!(said(&s), (State::Failing, Cause::DnsServersDisagree, Confidence::Proven));
    assert_eq!(share(&s).as_deref(), Some("1 of 2 DNS servers"));
    let mut s = Scenario::healthy();
    s.a_record(&[THIRD], &[]);
    assert_eq!(said(&s), (State::Latent, Cause::DnsServersDisagree, Confidence::Proven));
    // Silence is not "no record".
    let mut s = Scenario::healthy();
    s.silence(THIRD);
    assert_eq!(said(&s).0, State::Healthy);
}

#[test]
fn a_share_tells_what_part_is_hit() {
    let mut s = Scenario::healthy();
    s.a_record(&BOTH, &[SECOND, MEMBER]);
    s.also_member();
    assert_eq!(share(&s).as_deref(), Some("1 of 2 addresses"));
    let mut s = Scenario::healthy();
    s.a_record(&[FIRST], &[MEMBER]);
    s.also_member();
    assert_eq!((said(&s).0, said(&s).1), (State::Failing, Cause::DnsAStale));
    assert_eq!(share(&s).as_deref(), Some("1 of 2 DNS servers"));
    let mut s = Scenario::healthy();
    s.a_record(&BOTH, &[MEMBER]);
    s.also_member();
    assert_eq!(share(&s), None, "all of them");
}

#[test]
fn the_remedy_names_record_and_server() {
    let mut s = Scenario::healthy();
    s.a_record(&[FIRST], &[MEMBER]);
    s.also_member();
    let steps = diagnose(&s.evidence, now()).remedy.join("\n");
    assert!(steps.contains("samba-tool dns delete 10.0.0.11 lab.test dc2 A 10.0.0.50"), "{steps}");
    assert!(!steps.contains("delete 10.0.0.13"), "{steps}");
    assert!(steps.ends_with("then check: epmesh diagnose dc1.lab.test dc2.lab.test --now"));
}

/// Behind address translation the source owns another address than the one that leads to it.
#[test]
fn a_translated_address_is_not_stale() {
    let mut s = Scenario::healthy();
    s.a_record(&BOTH, &["192.0.2.12"]);
    s.probe().address = address("192.0.2.12");
    assert_eq!(said(&s).0, State::Healthy, "it says that it is the source");
    // The path is cut, and another witness still sees the source there, which may be mistaken; two are not.
    s.led("dc3.lab.test", "192.0.2.12");
    s.time_out_135();
    let cut = |sure| (State::Failing, Cause::EpmUnreachable, sure);
    assert_eq!(said(&s), cut(Confidence::Possible));
    s.led("dc4.lab.test", "192.0.2.12");
    assert_eq!(said(&s), cut(Confidence::Proven));
    // Hosts that no directory knows make no address the source's.
    for witness in &mut s.evidence.observations[1..] {
        witness.witness = name(&format!("stranger-{}", witness.witness));
    }
    assert_eq!(said(&s), (State::Failing, Cause::DnsAStale, Confidence::Likely));
}

/// Another source of names gives an address that the source does not state: a record for those behind a translation, or
/// a wrong one.
#[test]
fn an_address_that_one_witness_alone_makes_the_sources_is_in_doubt() {
    let led = |witnesses: &[&str]| {
        let mut s = windows(|s| s.lookups().push(wins("192.0.2.12")));
        witnesses.iter().for_each(|witness| s.led(witness, "192.0.2.12"));
        said(&s)
    };
    let (one, two) = ("dc3.lab.test", "dc4.lab.test");
    assert_eq!(led(&[]).1, Cause::WinsStale);
    let in_doubt = (State::Healthy, Cause::Healthy, Confidence::Likely);
    assert_eq!(led(&[one]), in_doubt);
    assert_eq!(led(&[one, two]), in_doubt);
}

#[test]
fn two_hosts_with_one_address_are_no_stale_record() {
    let mut s = Scenario::healthy();
    s.lead_to_member();
    s.probe().address = address(SECOND);
    let v = diagnose(&s.evidence, now());
    assert_eq!((v.cause, v.confidence), (Cause::WrongServerIdentity, Confidence::Likely));
    assert_eq!(v.side, epmesh_common::diagnosis::Side::Network);
}

#[test]
fn an_alias_to_a_name_without_address_is_wrong() {
    let mut s = Scenario::healthy();
    s.cname(Some("gone.lab.test"), MEMBER);
    for lookup in s.lookups() {
        if lookup.question.name == name("gone.lab.test") {
            lookup.answer = Answer::NoSuchName;
        }
    }
    assert_eq!(said(&s), (State::Failing, Cause::DnsCnameWrong, Confidence::Proven));
}

#[test]
fn a_server_that_was_not_asked_is_no_server_without_an_answer() {
    let mut s = Scenario::healthy();
    for lookup in s.lookups() {
        lookup.answer = Answer::TimedOut;
    }
    let silent = diagnose(&s.evidence, now());
    assert_eq!((silent.cause, silent.state), (Cause::NotError1753, State::Failing));
    for lookup in s.lookups() {
        lookup.answer = Answer::NotAsked("the agent's own budget is used up".to_owned());
    }
    let not_asked = diagnose(&s.evidence, now());
    assert_eq!(not_asked.state, State::Unknown);
}
