//! A made log behind the trait, which counts the records that are looked at.

use std::{collections::BTreeMap, io};

use epmesh_facts::{Reading, Timestamp};

use super::*;
use crate::platform::windows::event_log::Page;

/// When the record of number 0 of a made log was written; each next one a millisecond later.
const EPOCH: u64 = 1_783_000_000_000;

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(EPOCH + millis)
}

/// The event of the log System that a made log has in some places.
fn event(record: u64, written: u64) -> String {
    format!(
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>\
         <Provider Name='NETLOGON'/><EventID Qualifiers='0'>5719</EventID>\
         <TimeCreated SystemTime='{}'/>\
         <EventRecordID>{record}</EventRecordID><Channel>System</Channel></System>\
         <EventData><Data>CONTOSO</Data></EventData></Event>",
        at(written)
    )
}

/// A log, of which only the numbers are there.
#[derive(Clone, Debug, Default)]
struct Log {
    oldest: u64,
    newest: u64,
    /// How much later than its number a record was written: it grows when the log is cleared.
    life: u64,
    /// The records that the query on NETLOGON selects.
    selected: Vec<u64>,
}

impl Log {
    fn to(newest: u64) -> Self {
        Self { oldest: 1, newest, ..Self::default() }
    }

    fn mark(&self, record: u64) -> Mark {
        Mark { bookmark: format!("at {record}"), record, at: at(record + self.life) }
    }
}

#[derive(Debug, Default)]
struct Made {
    logs: BTreeMap<&'static str, Log>,
    refused: Vec<&'static str>,
    audited: Option<bool>,
    /// The records that the service looks at in the time it has, where that is bounded.
    pace: Option<u64>,
    /// The records that were looked at, and the calls.
    looked_at: u64,
    queries: u64,
}

impl Made {
    fn system(log: Log) -> Self {
        Self { logs: BTreeMap::from([("System", log)]), ..Self::default() }
    }

    fn log(&mut self, log: &str) -> io::Result<Option<Log>> {
        if self.refused.contains(&log) {
            return Err(io::Error::from_raw_os_error(5));
        }
        self.looked_at += 1;
        Ok(self.logs.get(log).cloned())
    }

    fn grow(&mut self, by: u64) {
        self.logs.get_mut("System").expect("it is there").newest += by;
    }

    /// What was looked at since this was asked last.
    fn cost(&mut self) -> (u64, u64) {
        (std::mem::take(&mut self.looked_at), std::mem::take(&mut self.queries))
    }
}

/// The error of a made log.
#[derive(Debug)]
struct Refused(io::Error);

impl From<Refused> for Reason {
    fn from(Refused(error): Refused) -> Self {
        Self::of(&error)
    }
}

impl EventLog for Made {
    type Error = Refused;

    fn newest(&mut self, log: &str) -> Result<Newest, Refused> {
        Ok(match self.log(log).map_err(Refused)? {
            None => Newest::NoSuchLog,
            Some(log) if log.newest < log.oldest => Newest::Nothing,
            Some(log) => Newest::Record(log.mark(log.newest)),
        })
    }

    fn before_newest(&mut self, log: &str, back: u64) -> Result<Option<Mark>, Refused> {
        let log = self.log(log).map_err(Refused)?.expect("it is there");
        Ok(Some(log.mark(log.newest.saturating_sub(back).max(log.oldest))))
    }

    fn find(&mut self, log: &str, mark: &Mark) -> Result<Option<Mark>, Refused> {
        let log = self.log(log).map_err(Refused)?.expect("it is there");
        assert_eq!(mark.bookmark, format!("at {}", mark.record));
        let there = (log.oldest..=log.newest).contains(&mark.record);
        Ok(there.then(|| log.mark(mark.record)))
    }

    fn from(&mut self, query: &Query, mark: &Mark) -> Result<Page, Refused> {
        let log = self.log(query.log).map_err(Refused)?.expect("it is there");
        self.queries += 1;
        let all = log.newest - mark.record.min(log.newest) + 1;
        let seen = self.pace.map_or(all, |pace| pace.min(all));
        self.looked_at += seen;
        let mut selected = log.selected.clone();
        if !query.xpath.contains("NETLOGON") {
            selected.clear();
        }
        let mut found: Vec<u64> = selected.clone();
        found.retain(|record| (mark.record..mark.record + seen).contains(record));
        // As Windows does where nothing lies behind the mark.
        if found.is_empty()
            && seen == all
            && let Some(last) = selected.iter().rfind(|record| **record < mark.record)
        {
            found.push(*last);
        }
        Ok(Page {
            events: found.iter().map(|record| event(*record, record + log.life)).collect(),
            last: found.last().map(|record| log.mark(*record)),
            done: seen == all,
        })
    }

    fn audits_rpc(&mut self) -> Result<bool, Refused> {
        self.audited.ok_or_else(|| Refused(io::Error::from_raw_os_error(1314)))
    }
}

fn state<'a>(events: &'a Events, log: &str) -> &'a Reading<Timestamp> {
    let logs = events.logs.value().expect("each log by itself");
    let mut found = logs.iter().filter(|one| one.log == log);
    let one = found.next().expect("it is watched");
    assert_eq!(found.next(), None, "each log once");
    &one.since
}

fn records(events: &Events) -> Vec<u64> {
    events.list.value().expect("a list").iter().map(|event| event.record).collect()
}

/// A million records, of which none is selected: the first look goes back a bounded way, and a round costs
/// what was added.
#[test]
fn no_read_grows_with_the_log() {
    for length in [1_000_000, 100_000_000] {
        let mut watch = Watch::from(at(0));
        let mut made = Made::system(Log::to(length));
        let events = watch.go_on(&mut made);
        let (first, queries) = made.cost();
        // Two queries are asked of the log System.
        assert_eq!(queries, 2);
        assert!(first <= 2 * (LOOK_BACK + 1) + 10, "{first}");
        assert_eq!(state(&events, "System"), &Reading::Value(at(length - LOOK_BACK)));
        for round in 1..=10 {
            made.grow(50);
            let events = watch.go_on(&mut made);
            let (looked_at, queries) = made.cost();
            assert!(looked_at <= 2 * 51 + 10, "{looked_at} in round {round}");
            assert_eq!(queries, 2);
            assert!(records(&events).is_empty());
        }
        // Nothing was added: nothing is asked for but the newest record.
        watch.go_on(&mut made);
        let (looked_at, queries) = made.cost();
        assert_eq!(queries, 0);
        assert!(looked_at <= 4, "{looked_at}");
    }
}

#[test]
fn what_is_selected_is_told_once() {
    let mut watch = Watch::from(at(0));
    let selected = vec![10, 999_990, 1_000_005];
    let mut made = Made::system(Log { selected, ..Log::to(1_000_000) });
    assert_eq!(records(&watch.go_on(&mut made)), [999_990]);
    // The last before the mark comes again, and is known.
    made.grow(3);
    assert_eq!(records(&watch.go_on(&mut made)), [999_990]);
    made.grow(7);
    assert_eq!(records(&watch.go_on(&mut made)), [999_990, 1_000_005]);
    // So it is after a restart of the agent.
    let kept = serde_json::to_string(&watch).expect("it can be kept");
    let mut watch: Watch = serde_json::from_str(&kept).expect("it can be read");
    made.cost();
    made.grow(1);
    assert_eq!(records(&watch.go_on(&mut made)), [999_990, 1_000_005]);
    assert!(made.cost().0 < 20);
}

#[test]
fn what_was_logged_before_the_watch_is_not_told() {
    let mut watch = Watch::from(at(500));
    let mut made = Made::system(Log { selected: vec![499, 500], ..Log::to(900) });
    let events = watch.go_on(&mut made);
    assert_eq!(records(&events), [500]);
    assert_eq!(state(&events, "System"), &Reading::Value(at(500)));
}

/// The time that the service was given was too short: what came is kept, and the log is not read yet.
#[test]
fn a_log_that_was_not_looked_through_is_not_read_and_keeps_what_came() {
    let mut watch = Watch::from(at(0));
    let selected = vec![920_000, 990_000];
    let mut made = Made::system(Log { selected, ..Log::to(1_000_000) });
    made.pace = Some(50_000);
    let events = watch.go_on(&mut made);
    assert!(matches!(state(&events, "System"), Reading::Unreadable(why)
        if why.kind == ReasonKind::NoAnswer && why.contains("not looked through it yet")));
    made.pace = None;
    let events = watch.go_on(&mut made);
    assert_eq!(state(&events, "System"), &Reading::Value(at(900_000)));
    assert_eq!(records(&events), [920_000, 990_000]);
}

/// A service that is always too slow: the log is watched from its end in time, and that is said.
#[test]
fn a_log_that_is_never_looked_through_is_watched_from_its_end() {
    let mut watch = Watch::from(at(0));
    let mut made = Made::system(Log::to(1_000_000));
    made.pace = Some(1000);
    for _ in 0..PATIENCE {
        let events = watch.go_on(&mut made);
        assert!(matches!(&events.list, Reading::Unreadable(_)), "no log was read: {events:?}");
    }
    made.grow(10);
    let events = watch.go_on(&mut made);
    assert_eq!(state(&events, "System"), &Reading::Value(at(1_000_000)));
}

/// Reading begins again at the oldest record, whether the mark stands behind the end of the log or its
/// number has been given again.
#[test]
fn a_log_that_was_cleared_is_read_from_its_oldest() {
    for newest in [40, 5000] {
        let mut watch = Watch::from(at(0));
        let mut made = Made::system(Log { selected: vec![900], ..Log::to(1000) });
        assert_eq!(records(&watch.go_on(&mut made)), [900]);
        let cleared = Log { selected: vec![20], life: 2000, ..Log::to(newest) };
        made.logs.insert("System", cleared);
        let events = watch.go_on(&mut made);
        assert_eq!(records(&events), [900, 20], "up to {newest}");
        assert_eq!(state(&events, "System"), &Reading::Value(at(2001)));
    }
}

/// After a long pause of the agent the records between are passed over, and the log is watched from later on.
#[test]
fn what_came_in_a_long_pause_is_passed_over_and_said() {
    let mut watch = Watch::from(at(0));
    let mut made = Made::system(Log { selected: vec![2000, 3000], ..Log::to(1000) });
    assert_eq!(state(&watch.go_on(&mut made), "System"), &Reading::Value(at(1)));
    made.cost();
    made.grow(5_000_000);
    let events = watch.go_on(&mut made);
    // The last before the place to which it was passed over comes by itself.
    assert_eq!(records(&events), [3000]);
    assert_eq!(state(&events, "System"), &Reading::Value(at(5_001_000 - LOOK_BACK)));
    assert!(made.cost().0 <= 2 * (LOOK_BACK + 1) + 10);
}

#[test]
fn security_is_asked_only_where_rpc_events_are_audited() {
    let mut made = Made::system(Log::to(10));
    made.logs.insert("Security", Log::to(1_000_000));
    made.audited = Some(false);
    let mut watch = Watch::from(at(0));
    let events = watch.go_on(&mut made);
    assert_eq!(state(&events, "Security"), &Reading::NotApplicable);
    assert!(made.cost().0 < 40, "the log was not touched");
    // Without the right to read the policy nobody knows.
    made.audited = None;
    let events = watch.go_on(&mut made);
    assert!(
        matches!(state(&events, "Security"), Reading::Unreadable(why)
        if why.kind == ReasonKind::System(1314) && why.contains("RPC Events")),
        "{events:?}"
    );
    assert!(made.cost().0 < 40, "the log was not touched");
    made.audited = Some(true);
    let events = watch.go_on(&mut made);
    assert_eq!(state(&events, "Security"), &Reading::Value(at(1_000_000 - LOOK_BACK)));
}

#[test]
fn a_log_that_cannot_be_read_is_named_and_the_others_go_on() {
    let mut watch = Watch::from(at(0));
    let mut made = Made::system(Log { selected: vec![5, 12], ..Log::to(10) });
    made.logs.insert("Directory Service", Log::to(10));
    made.refused = vec!["Directory Service"];
    let events = watch.go_on(&mut made);
    assert!(matches!(state(&events, "Directory Service"), Reading::Unreadable(why)
        if why.contains("\"Directory Service\"") && why.contains("os error 5")));
    assert_eq!(state(&events, "System"), &Reading::Value(at(1)));
    assert_eq!(records(&events), [5]);
    // The next time the other way round: nothing that was read is lost.
    made.refused = vec!["System"];
    made.grow(5);
    let events = watch.go_on(&mut made);
    assert_eq!(state(&events, "Directory Service"), &Reading::Value(at(1)));
    assert!(matches!(state(&events, "System"), Reading::Unreadable(_)));
    assert_eq!(records(&events), [5]);
    made.refused.clear();
    assert_eq!(records(&watch.go_on(&mut made)), [5, 12]);
}

#[test]
fn how_many_events_the_list_does_not_hold_is_said() {
    let mut watch = Watch::from(at(0));
    let mut made = Made::system(Log { selected: (1..=556).collect(), ..Log::to(256) });
    let mut told = |made: &mut Made| {
        let events = watch.go_on(made);
        let records = records(&events);
        (records.len(), records.last().copied(), events.left_out)
    };
    assert_eq!(told(&mut made).0, 256);
    made.grow(300);
    assert_eq!(told(&mut made), (256, Some(556), Reading::Value(300)));
    let mut watch = Watch::from(at(0));
    watch.add(&["<Event".to_owned()], None);
    assert_eq!(watch.left_out, 1);
}

#[test]
fn a_watch_kept_by_an_earlier_version_goes_on() {
    let kept = r#"{"since":"2026-07-03T12:00:00Z","bookmarks":{"System/1":"<B/>"},"events":[]}"#;
    let watch: Watch = serde_json::from_str(kept).expect("it can be read");
    assert_eq!((watch.left_out, watch.progress.len()), (0, 0));
}

#[test]
fn no_log_at_all_is_no_empty_list() {
    let mut watch = Watch::from(at(0));
    let mut made = Made { audited: Some(true), ..Made::default() };
    let none = watch.go_on(&mut made);
    assert!(matches!(&none.list, Reading::Unreadable(why) if why.contains("not even System")));
    made.refused = vec!["Directory Service", "System", "Security"];
    let refused = watch.go_on(&mut made);
    assert!(matches!(&refused.list, Reading::Unreadable(why)
        if why.contains("Directory Service") && why.contains("os error 5")));
    let mut empty = Made::system(Log { oldest: 1, ..Log::default() });
    assert_eq!(records(&watch.go_on(&mut empty)), [] as [u64; 0]);
}
