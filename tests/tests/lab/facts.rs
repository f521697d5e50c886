//! Every fact that a domain controller states of itself, beside what another program says of it.
//!
//! A row of the table is a fact; the witnesses and what they cover are in `facts_witness.py`. A fact
//! that no row covers must be named here with the reason, or the test fails: none can be forgotten.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use epmesh_common::facts::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::lab::Lab;

/// Facts that no other program tells, each with the reason.
const NO_WITNESS: &[(&str, &str)] = &[
    ("host.platform", "which code of the agent read it"),
    ("host.agent-version", "the agent's own"),
    ("services.list[].roles[]", "the agent's own names for what a service does"),
    ("port-use.ranges[].trend", "nothing else watches for five minutes; unit tests do"),
    ("port-use.rpc[].trend", "nothing else watches for five minutes; unit tests do"),
    ("resolver.lmhosts.lines[].suffix", "Samba's own lookup does not tell what it made of it"),
    ("resolver.lmhosts.lines[].preload", "a keyword of Windows, which Samba passes over"),
    ("resolver.lmhosts.lines[].domain", "a keyword of Windows, which Samba passes over"),
    ("resolver.lmhosts.includes[]", "a keyword of Windows, which Samba passes over"),
    ("rpc-settings.static-ports[].owner", "the names of the rows, whatever the platform"),
];

/// Facts that do not exist on this forest's hosts, and must be stated as such.
const NOT_APPLICABLE: &[(&str, &str)] = &[
    ("host.boot-mode", "a mode of Windows"),
    ("services.list[].start", "no systemd runs in the lab"),
    ("services.list[].delayed", "a start type of Windows"),
    ("services.list[].exit-code", "told to the parent process alone"),
    ("services.list[].dependencies", "tasks are parts of one service"),
    ("resolver.interfaces", "resolv.conf has no interfaces"),
    ("resolver.cache", "replication of Samba asks anew"),
    ("rpc-settings.client-protocols", "the registry of Windows"),
    ("rpc-settings.internet-ports", "the registry of Windows"),
    ("rpc-settings.internet-ports-available", "the registry of Windows"),
    ("rpc-settings.use-internet-ports", "the registry of Windows"),
    ("rpc-settings.bind", "the registry of Windows"),
    ("rpc-settings.static-ports[].port", "the registry of Windows"),
    ("rpc-settings.near-misses", "the registry of Windows"),
    ("rpc-settings.near-misses-left-out", "the registry of Windows"),
    ("rpc-settings.restrict-remote-clients", "the registry of Windows"),
    ("rpc-settings.enable-auth-ep-resolution", "the registry of Windows"),
    ("filters.profiles", "the firewall of Windows"),
    ("filters.rpc", "the firewall of Windows"),
    ("filters.rpc-left-out", "the firewall of Windows"),
    ("events.since", "the event log of Windows"),
    ("events.list", "the event log of Windows"),
    ("events.logs", "the event log of Windows"),
    ("events.left-out", "the event log of Windows"),
];

/// The agent and the witnesses look one after the other, and the host goes on in between: a round
/// in which something changed is repeated.
const LIMIT: Duration = Duration::from_secs(60);

#[derive(Deserialize)]
struct Row {
    witness: String,
    covers: Vec<String>,
    says: Vec<String>,
    order: bool,
    near: u64,
}

/// What a row came to.
struct Judged {
    facts: String,
    witness: String,
    ours: Vec<String>,
    theirs: Vec<String>,
    near: Duration,
    agree: bool,
}

pub(crate) fn every_fact_agrees_with_a_witness(lab: &Lab) {
    for dc in ["dc1", "dc2"] {
        prepare(lab, dc);
        let load = Load::start(lab, dc);
        let begun = Instant::now();
        let rows = loop {
            let rows = round(lab, dc);
            let wrong: Vec<&Judged> = rows.iter().filter(|row| !row.agree).collect();
            if wrong.is_empty() || begun.elapsed() > LIMIT {
                break rows;
            }
        };
        load.stop();
        restore(lab, dc);
        print(dc, &rows);
        let wrong: Vec<String> = rows.iter().filter(|row| !row.agree).map(text).collect();
        assert!(wrong.is_empty(), "{dc}: {} of {} rows: {wrong:#?}", wrong.len(), rows.len());
    }
}

/// Gives the host what it would not have by itself: LMHOSTS, WINS servers, an included file.
fn prepare(lab: &Lab, dc: &str) {
    lab.run(&["exec", dc, "sh", "-c", PREPARE]);
}

const PREPARE: &str = r"cd /etc/samba && cp smb.conf smb.conf.kept &&
printf '# a comment\n10.99.0.77 EPMESHLM #PRE\n' > lmhosts &&
printf 'wins server = 10.99.0.98 10.99.0.97\n' > more.conf &&
sed -i '/^\[global\]/a include = /etc/samba/more.conf' smb.conf";

fn restore(lab: &Lab, dc: &str) {
    let undo = "cd /etc/samba && mv smb.conf.kept smb.conf && rm lmhosts more.conf";
    lab.run(&["exec", dc, "sh", "-c", undo]);
}

/// A program on the host that holds many ports.
struct Load(Child);

impl Load {
    fn start(lab: &Lab, dc: &str) -> Self {
        let script = script();
        let mut command = lab.command(&["exec", dc, "/usr/bin/python3", &script, "load"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line.trim(), "ready");
        Self(child)
    }

    fn stop(mut self) {
        drop(self.0.stdin.take());
        assert!(self.0.wait().unwrap().success());
    }
}

fn script() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/facts_witness.py");
    path.to_str().unwrap().to_owned()
}

fn round(lab: &Lab, dc: &str) -> Vec<Judged> {
    let agent = lab.binary("epmesh-agent");
    let sections: Vec<Value> =
        serde_json::from_str(&lab.run(&["exec", dc, &agent, "collect", "--output", "json"]))
            .unwrap();
    let address = lab.run(&["ip", dc]).trim().to_owned();
    let said = lab.run(&["exec", dc, "/usr/bin/python3", &script(), "rows", &address]);
    let rows: Vec<Row> = serde_json::from_str(&said).unwrap();
    let facts: BTreeMap<String, Value> = sections
        .iter()
        .map(|section| {
            let name = section["section"].as_str().unwrap().to_owned();
            (name, plain(&section["facts"]))
        })
        .collect();
    let mut judged: Vec<Judged> = rows.into_iter().map(|row| judge(&facts, row)).collect();
    judged.extend(explained(&facts));
    judged.extend(forgotten(&facts, &judged));
    judged
}

/// A section with every reading replaced by its value, or by the name of the answer where there is
/// none.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(fields) => match (fields.get("reading"), fields.get("value")) {
            (Some(Value::String(kind)), Some(value)) if kind == "value" => plain(value),
            (Some(Value::String(kind)), Some(why)) => format!("{kind}: {why}").into(),
            (Some(Value::String(kind)), None) => kind.clone().into(),
            _ => fields.iter().map(|(name, value)| (name.clone(), plain(value))).collect(),
        },
        Value::Array(items) => items.iter().map(plain).collect(),
        other => other.clone(),
    }
}

/// The paths of all leaves, each with its values.
fn leaves<'v>(path: &str, value: &'v Value, to: &mut BTreeMap<String, Vec<&'v Value>>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                leaves(&format!("{path}.{name}"), value, to);
            }
        }
        Value::Array(items) => {
            for item in items {
                leaves(&format!("{path}[]"), item, to);
            }
        }
        leaf => to.entry(path.to_owned()).or_default().push(leaf),
    }
}

/// What stands at `path` below `value`; several values where the path goes through a list.
fn at<'v>(value: &'v Value, path: &str) -> Vec<&'v Value> {
    if path.is_empty() {
        return vec![value];
    }
    if let Some(rest) = path.strip_prefix("[]") {
        let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
        return items.iter().flat_map(|item| at(item, rest)).collect();
    }
    let path = path.strip_prefix('.').unwrap_or(path);
    let end = path.find(['.', '[']).unwrap_or(path.len());
    let (name, rest) = path.split_at(end);
    value.get(name).map(|inner| at(inner, rest)).unwrap_or_default()
}

/// The elements that a row is about: its values for each of the last list that all paths share.
fn ours(facts: &BTreeMap<String, Value>, covers: &[String]) -> Vec<String> {
    let first = &covers[0];
    let (section, _) = first.split_once('.').unwrap();
    let shared = first.match_indices("[]").map(|(at, _)| &first[..at + 2]);
    let base = shared.filter(|base| covers.iter().all(|path| path.starts_with(base))).last();
    let base = base.unwrap_or(section);
    let inside = |path: &str| path.strip_prefix(section).unwrap().to_owned();
    at(&facts[section], &inside(base))
        .into_iter()
        .map(|element| {
            let value = |path: &String| {
                let found = at(element, path.strip_prefix(base).unwrap());
                let leaves = found.into_iter().filter(|value| !value.is_object());
                leaves.map(shown).collect::<Vec<_>>().join(",")
            };
            covers.iter().map(value).collect::<Vec<_>>().join(" | ")
        })
        .collect()
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn judge(facts: &BTreeMap<String, Value>, row: Row) -> Judged {
    let near = Duration::from_secs(row.near);
    let (mut ours, mut theirs) = (ours(facts, &row.covers), row.says);
    if !row.order {
        ours.sort();
        theirs.sort();
    }
    let agree =
        ours.len() == theirs.len() && ours.iter().zip(&theirs).all(|(a, b)| same(a, b, near));
    Judged { facts: row.covers.join(" "), witness: row.witness, ours, theirs, near, agree }
}

/// Equal part by part; moments may be `near` each other.
fn same(ours: &str, theirs: &str, near: Duration) -> bool {
    let moment = |text: &str| serde_json::from_value::<Timestamp>(text.into()).ok();
    let equal = |(a, b): (&str, &str)| match (moment(a), moment(b)) {
        (Some(a), Some(b)) => a.apart(b) <= near,
        _ => a.eq_ignore_ascii_case(b),
    };
    ours.split(" | ").count() == theirs.split(" | ").count()
        && ours.split(" | ").zip(theirs.split(" | ")).all(equal)
}

/// The facts that do not exist here: every one must say so itself.
fn explained(facts: &BTreeMap<String, Value>) -> Vec<Judged> {
    let all = all(facts);
    let row = |&(path, why): &(&str, &str)| {
        let said = all.get(path).into_iter().flatten().map(|value| shown(value));
        let ours: Vec<String> = said.collect::<BTreeSet<_>>().into_iter().collect();
        let agree = ours == ["not-applicable"];
        let theirs = vec!["not-applicable".to_owned()];
        let (facts, witness) = (path.to_owned(), format!("none: {why}"));
        Judged { facts, witness, ours, theirs, near: Duration::ZERO, agree }
    };
    NOT_APPLICABLE.iter().map(row).collect()
}

fn all(facts: &BTreeMap<String, Value>) -> BTreeMap<String, Vec<&Value>> {
    let mut all = BTreeMap::new();
    for (section, value) in facts {
        leaves(section, value, &mut all);
    }
    all
}

/// Facts that neither a row nor a reason covers, and reasons for facts that there are not.
fn forgotten(facts: &BTreeMap<String, Value>, judged: &[Judged]) -> Vec<Judged> {
    let covered: BTreeSet<&str> = judged.iter().flat_map(|row| row.facts.split(' ')).collect();
    let excused: BTreeSet<&str> = NO_WITNESS.iter().map(|(path, _)| *path).collect();
    let said = all(facts);
    let forgotten = said
        .iter()
        .filter(|(path, _)| !covered.contains(path.as_str()) && !excused.contains(path.as_str()));
    forgotten
        .map(|(path, values)| Judged {
            facts: path.clone(),
            witness: "neither a row nor a reason".to_owned(),
            ours: values.iter().map(|value| shown(value)).collect(),
            theirs: Vec::new(),
            near: Duration::ZERO,
            agree: false,
        })
        .collect()
}

fn print(dc: &str, rows: &[Judged]) {
    println!("facts of {dc}, with their witnesses:");
    for row in rows {
        println!("  {}", text(row));
    }
    for (path, why) in NO_WITNESS {
        println!("  {path}: no independent witness: {why}");
    }
    println!("  {} rows, {} without a witness", rows.len(), NO_WITNESS.len());
}

fn text(row: &Judged) -> String {
    let verdict = if row.agree { "agrees" } else { "DIFFERS" };
    let facts = &row.facts;
    let ours = cut(&row.ours);
    if row.agree {
        return format!("{facts}: {verdict} ({}): {ours}", row.witness);
    }
    let only = |these: &[String], those: &[String]| {
        let missing = |one: &&String| !those.iter().any(|other| same(one, other, row.near));
        these.iter().filter(missing).take(8).cloned().collect::<Vec<_>>()
    };
    let (we, they) = (only(&row.ours, &row.theirs), only(&row.theirs, &row.ours));
    let counts = (row.ours.len(), row.theirs.len());
    format!(
        "{facts}: {verdict} ({}): agent alone {we:?}, witness alone {they:?}, counts {counts:?}",
        row.witness
    )
}

fn cut(values: &[String]) -> String {
    match values {
        [] => "none".to_owned(),
        [one] => one.clone(),
        [first, rest @ ..] => format!("{first}; and {} more", rest.len()),
    }
}
