//! What others see on the same wire.

use std::{collections::BTreeSet, path::Path, time::Duration};

use serde_json::Value;

use crate::lab::Lab;

/// UUID, major version, protocol sequence, endpoint.
type Row = (String, String, String, String);

pub(crate) fn check_lists_what_impacket_and_rpcclient_list(lab: &Lab) {
    let address = lab.run(&["ip", "dc2"]).trim().to_owned();
    let agent = lab.binary("epmesh-agent");
    let check = ["exec", "dc1", &agent, "check", &address, "--all", "--output", "json"];
    let ran = lab.try_run(&check);
    assert_eq!(ran.status, Some(0), "{}", ran.out);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    let listed = report["endpoints"].as_array().unwrap();
    let ours: BTreeSet<Row> = listed.iter().map(our_row).collect();
    assert_eq!(ours.len(), listed.len(), "an entry is listed twice");

    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/impacket_lookup.py");
    let theirs = ["exec", "dc1", "/usr/bin/python3", script.to_str().unwrap(), &address];
    let impacket: BTreeSet<Row> = lab.run(&theirs).lines().map(impacket_row).collect();
    assert_eq!(ours, impacket);

    let binding = format!("ncacn_ip_tcp:{address}[135]");
    let theirs = ["exec", "dc1", "rpcclient", "-N", "-U%", &binding, "-c", "epmlookup"];
    let text = lab.run(&theirs);
    let rpcclient: BTreeSet<Row> = text.lines().filter_map(rpcclient_row).collect();
    assert_eq!(ours, rpcclient);

    let dump = ["exec", "dc1", &agent, "endpoints", &address, "--output", "json"];
    let dumped: Value = serde_json::from_str(&lab.run(&dump)).unwrap();
    let dumped: BTreeSet<Row> =
        dumped["endpoints"].as_array().unwrap().iter().map(our_row).collect();
    assert_eq!(ours, dumped);
    println!("check, endpoints, impacket and rpcclient list the same {} entries", ours.len());
    let script = script.to_str().unwrap();
    let ways: [(&str, &[&str]); 3] = [
        ("endpoints", &[&agent, "endpoints", &address]),
        ("rpcclient", &["rpcclient", "-N", "-U%", &binding, "-c", "epmlookup"]),
        ("impacket", &["/usr/bin/python3", script, &address]),
    ];
    let times = ways.map(|(_, way)| median(lab, way));
    for ((name, _), time) in ways.iter().zip(&times) {
        println!("{name}: {:.1} times the time of endpoints", time.div_duration_f64(times[0]));
    }
}

/// The median time that a command takes on dc1 as a whole process, of nine runs.
fn median(lab: &Lab, command: &[&str]) -> Duration {
    let loud = r#"for _ in 1 2 3 4 5 6 7 8 9; do
s=$EPOCHREALTIME; "$@" >/dev/null 2>&1; e=$EPOCHREALTIME; echo $((${e/./} - ${s/./}))
done"#;
    let timed = [&["exec", "dc1", "bash", "-c", loud, "time"], command].concat();
    let said = lab.run(&timed);
    let mut times: Vec<u64> = said.lines().map(|line| line.parse().unwrap()).collect();
    times.sort_unstable();
    Duration::from_micros(times[times.len() / 2])
}

/// The comparison itself is `sim_samba`; here it is given a real domain controller.
pub(crate) fn the_simulated_domain_controller_answers_like_samba(lab: &Lab) {
    let address = lab.run(&["ip", "dc2"]).trim().to_owned();
    let own = std::env::current_exe().unwrap();
    let beside = own.parent().unwrap();
    let newest = std::fs::read_dir(beside)
        .unwrap()
        .filter_map(Result::ok)
        .filter(|file| {
            let name = file.file_name().into_string().unwrap_or_default();
            name.starts_with("sim_samba-") && !name.contains('.')
        })
        .max_by_key(|file| file.metadata().and_then(|data| data.modified()).ok())
        .expect("sim_samba is built with the workspace's tests");
    let test = newest.path().display().to_string();
    let set = format!("EPMESH_LAB_DC={address}");
    let ran = lab.try_run(&["exec", "ops", "env", &set, &test, "--include-ignored"]);
    assert_eq!(ran.status, Some(0), "{}", ran.out);
    assert!(!ran.out.contains("0 passed"), "{}", ran.out);
}

fn our_row(entry: &Value) -> Row {
    let text = |key: &str| entry[key].as_str().unwrap_or_default().to_lowercase();
    let major = text("version").split('.').next().unwrap_or_default().to_owned();
    (text("uuid"), major, text("sequence"), text("endpoint"))
}

/// `UUID MAJOR SEQUENCE ENDPOINT`, out of our own script.
fn impacket_row(line: &str) -> Row {
    let lower = line.to_lowercase();
    let parts: Vec<&str> = lower.splitn(4, ' ').collect();
    (parts[0].to_owned(), parts[1].to_owned(), parts[2].to_owned(), parts[3].to_owned())
}

/// `OBJECT SEQUENCE:HOST[ENDPOINT,abstract_syntax=UUID/0xVERSION]: ANNOTATION`.
fn rpcclient_row(line: &str) -> Option<Row> {
    let lower = line.to_lowercase();
    let (_, rest) = lower.split_once(' ')?;
    let (sequence, rest) = rest.split_once(':')?;
    let (_, rest) = rest.split_once('[')?;
    let (inside, _) = rest.rsplit_once("]:")?;
    let (endpoint, syntax) = inside.rsplit_once(",abstract_syntax=")?;
    let (uuid, version) = syntax.split_once("/0x")?;
    let major = u32::from_str_radix(version, 16).ok()? & 0xffff;
    Some((uuid.to_owned(), major.to_string(), sequence.to_owned(), endpoint.to_owned()))
}
