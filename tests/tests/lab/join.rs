//! `check --join` and `self-test` on the real forest.

use std::path::Path;

use serde_json::Value;

use crate::lab::Lab;

/// Faults of dc2, and the cause that the drsuapi verdict on it must have; without an agent on dc2
/// nobody can tell why an interface is not registered.
const FAULTS: &[(&str, &str)] = &[
    ("no-drsuapi", "unknown"),
    ("135-drop", "epm-unreachable"),
    ("dyn-reject", "dynamic-port-blocked"),
];

pub(crate) fn a_join_is_judged_from_any_machine(lab: &Lab) {
    let healthy = join(lab, &["lab.test"], 0);
    let names: Vec<&str> = controllers(&healthy).map(|one| text(one, "name")).collect();
    assert_eq!(names, ["dc1.lab.test", "dc2.lab.test", "dc3.lab.test"]);
    for (fault, cause) in FAULTS {
        lab.run(&["fault", fault]);
        let found = join(lab, &["lab.test"], 1);
        for one in controllers(&found) {
            let verdicts = one["report"]["verdicts"].as_array().unwrap();
            let drsuapi = verdicts.iter().find(|one| one["interface"] == "drsuapi").unwrap();
            let expected = if text(one, "name") == "dc2.lab.test" { *cause } else { "healthy" };
            assert_eq!(drsuapi["cause"], expected, "{fault}: {drsuapi:#}");
        }
        println!("join with {fault}: dc2 {cause}, the others healthy");
        lab.run(&["heal"]);
    }
    // No domain controller; and nobody who could name one, which is not the same.
    let none = join(lab, &["nosuch.test"], 1);
    assert_eq!(none["lookups"][0]["answer"]["kind"], "no-such-name");
    let silent = join(lab, &["lab.test", "--dns", "10.99.0.99"], 4);
    assert_eq!(silent["lookups"][0]["answer"]["kind"], "failed");
    the_log_names_its_domain_controller(lab);
}

fn the_log_names_its_domain_controller(lab: &Lab) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let file = root.join("common/reports/tests/data/netsetup/timed.log");
    // In one domain DNS knows it too; in the other only the log does.
    for (domain, status, count) in [("lab.test", 0, 3), ("nosuch.test", 1, 1)] {
        let found = join(lab, &[domain, "--netsetup-log", file.to_str().unwrap()], status);
        assert_eq!(found["log"]["attempt"]["decisive"]["code"], 0x6ba);
        let names: Vec<&str> = controllers(&found).map(|one| text(one, "name")).collect();
        assert_eq!((names[0], names.len()), ("dc2.lab.test", count));
    }
}

fn join(lab: &Lab, arguments: &[&str], status: i32) -> Value {
    let agent = lab.binary("epmesh-agent");
    let start = ["exec", "ops", &agent, "check", "--output", "json", "--join"];
    let ran = lab.try_run(&[&start, arguments].concat());
    assert_eq!(ran.status, Some(status), "{arguments:?}: {}", ran.out);
    serde_json::from_str(&ran.out).unwrap()
}

fn controllers(found: &Value) -> impl Iterator<Item = &Value> {
    found["controllers"].as_array().unwrap().iter()
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap()
}

/// Root reads everything; nobody does not, and is told which right is missing for what.
pub(crate) fn the_self_test_names_the_missing_rights(lab: &Lab) {
    let agent = lab.binary("epmesh-agent");
    let test = [&agent, "self-test", "--output", "json"];
    let root: Value = rows(&lab.try_run(&[&["exec", "dc1"], &test[..]].concat()).out);
    let failed = |report: &Value| -> Vec<(String, bool)> {
        let rows = report["facts"].as_array().unwrap().clone();
        let failed = rows.into_iter().filter(|row| row["outcome"] == "failed");
        failed.map(|row| (text(&row, "what").to_owned(), row["advice"].is_string())).collect()
    };
    assert_eq!(failed(&root), []);
    let nobody = ["exec", "dc1", "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    let ran = lab.try_run(&[&nobody, &test[..]].concat());
    assert_eq!(ran.status, Some(1), "{}", ran.out);
    let failed = failed(&rows(&ran.out));
    for what in
        ["directory.settings", "host.dsa-guid", "replication.neighbours", "resolver.registered"]
    {
        assert!(failed.contains(&(what.to_owned(), true)), "{what}: {failed:?}");
    }
    println!("self-test as nobody: {} facts not read", failed.len());
}

fn rows(out: &str) -> Value {
    serde_json::from_str(out).unwrap_or_else(|error| panic!("{error}: {out}"))
}
