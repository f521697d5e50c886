//! Whether a computer can join, asked of a coordinator that knows the domain controller.

use epmesh::cli::Exit;
use serde_json::{Value, json};

use super::{
    Operator,
    explain::{Written, flat},
};

/// The article's log: the account was made, the bind to the directory was not.
const LOG: &str = r"NetpManageMachineAccountWithSid: NetUserAdd on '\\dc2.lab.test' for 'APP1$' failed: 0x8b0
NetpJoinDomain: status of creating account: 0x0
NetpGetComputerObjectDn: Unable to bind to DS on '\\dc2.lab.test': 0x6d9
NetpDoDomainJoin: status: 0x6d9
";

/// What `dc1` saw of `dc2`, as `epmesh-agent check --output json` prints a look, with the well-known ports
/// that a join needs open but for `closed`.
async fn report(operator: &Operator, written: &Written, closed: &[u16]) -> Value {
    let mut look = whole_look(operator, written).await;
    let ports: Vec<Value> = [88_u16, 389, 445, 464]
        .iter()
        .map(|port| {
            let outcome = if closed.contains(port) {
                json!({"Err": {"failure": "timed-out"}})
            } else {
                json!({"Ok": null})
            };
            json!({"port": port, "transport": "tcp", "stage": {"outcome": outcome, "took-ms": 1}})
        })
        .collect();
    for probe in look["seen"]["addresses"].as_array_mut().expect("addresses") {
        probe["well-known"] = ports.clone().into();
    }
    json!({"observation": look["seen"]})
}

/// A look at `dc2` at every interface that a join needs: the agents' own rounds do not undo it.
async fn whole_look(operator: &Operator, written: &Written) -> Value {
    let file = written.file("bundle", "");
    operator.json("diagnose --join app1.lab.test dc2 --now").await;
    std::fs::remove_file(&file).expect("it was there");
    let (exit, _) = operator.ask(&format!("bundle export {file}")).await;
    assert_eq!(exit, Exit::Healthy);
    let bundle = std::fs::read_to_string(&file).expect("a bundle");
    let lines = bundle.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let looks =
        lines.flat_map(|line| line["dc"]["observations"].as_array().cloned().unwrap_or_default());
    let at_dc2: Vec<Value> = looks.filter(|look| look["seen"]["peer"] == "dc2.lab.test").collect();
    assert_eq!(at_dc2.len(), 2, "dc1's and dc3's");
    for look in &at_dc2 {
        let interfaces = look["seen"]["addresses"][0]["interfaces"].as_array();
        assert!(interfaces.is_some_and(|all| all.len() >= 4), "{look}");
    }
    at_dc2.into_iter().next().expect("one of two")
}

/// Nothing is wrong with dc2.
pub(super) async fn healthy(operator: &Operator) {
    let written = Written::new();
    // Nobody looked from the client.
    let (exit, json) = operator.json("diagnose --join app1.lab.test dc2 --now").await;
    assert_ne!(exit, Exit::Healthy, "nobody looked from it: {json}");
    assert_eq!(json["seen-from"], "witnesses");
    assert_eq!(json["silent"], json!([]), "that a new computer has no agent is no news");
    let names: Vec<_> = json["links"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| l["interface"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["lsarpc", "samr", "netlogon", "drsuapi"]);
    assert!(json["links"].as_array().unwrap().iter().all(|l| l["state"] != "failing"), "{json}");
    let (_, text) = operator.ask("diagnose --join app1.lab.test dc2").await;
    for words in [
        "app1.lab.test joins the domain at dc2.lab.test",
        "there is no look from app1.lab.test itself",
        "drsuapi: reached, as dc1, dc3 sees it",
        "there, epmesh-agent check --join lab.test --output json > client.json",
        "--netsetup-log FILE",
    ] {
        assert!(flat(&text).contains(words), "{words}\n{text}");
    }

    // The client looked, and brings what it saw.
    let file = written.file("client.json", &report(operator, &written, &[]).await.to_string());
    let line = format!("diagnose --join app1.lab.test dc2 --client-report {file}");
    let (exit, json) = operator.json(&line).await;
    assert_eq!((exit, &json["seen-from"]), (Exit::Healthy, &"client-report".into()), "{json}");
    let (_, text) = operator.ask(&line).await;
    assert!(text.contains("all that a join needs is reached"), "{text}");
    let closed = report(operator, &written, &[464]).await;
    let file =
        written.file("closed.json", &json!({"controllers": [{"report": closed}]}).to_string());
    let line = format!("diagnose --join app1.lab.test dc2 --client-report {file}");
    let (exit, json) = operator.json(&line).await;
    assert_eq!((exit, &json["verdict"]["port"]["port"]), (Exit::Failing, &464.into()), "{json}");

    // All is reached, and the client would never have found the domain controller.
    let seen = report(operator, &written, &[]).await;
    let lookups = json!([
        {"server": "10.0.0.52", "name": "_ldap._tcp.dc._msdcs.lab.test", "answer": {"kind": "failed", "value": "no answer"}},
        {"server": "10.0.0.53", "name": "_ldap._tcp.dc._msdcs.lab.test", "answer": {"kind": "no-such-name"}},
    ]);
    let denied = json!({"controllers": [{"report": seen}], "lookups": lookups}).to_string();
    let denied = written.file("denied.json", &denied);
    let line = format!("diagnose --join app1.lab.test dc2 --client-report {denied}");
    let (exit, text) = operator.ask(&line).await;
    assert_eq!(exit, Exit::Failing, "{text}");
    assert!(
        flat(&text).contains("DNS server 10.0.0.53, which the client asks, knows no"),
        "{text}"
    );

    // A client with an agent of its own.
    let (_, json) = operator.json("diagnose --join dc1 dc2 --now").await;
    assert_eq!(json["seen-from"], "client-agent");

    let other = written.file("other.json", "{\"observation\": 1}");
    let log = written.file("other.log", "nothing of a join\n");
    for line in [
        "diagnose --join app1.lab.test dc9".to_owned(),
        "diagnose --join dc2 dc2".to_owned(),
        format!("diagnose --join app1 dc2 --client-report {other}"),
        format!("diagnose --join app1 dc1 --client-report {file}"),
        format!("diagnose --join app1 dc2 --netsetup-log {log}"),
        "diagnose --join app1 dc2 --netsetup-log /nonexistent".to_owned(),
    ] {
        assert_eq!(operator.ask(&line).await, (Exit::Usage, String::new()), "{line}");
    }
}

/// dc2's service runs, and its registrations are gone.
pub(super) async fn unregistered(operator: &Operator) {
    let written = Written::new();
    let log = written.file("NETSETUP.LOG", LOG);
    let line = format!("diagnose --join app1.lab.test dc2 --netsetup-log {log}");
    let (exit, json) = operator.json(&line).await;
    assert_eq!(exit, Exit::Failing, "{json}");
    assert_eq!(json["verdict"]["link"]["interface"], "drsuapi", "{json}");
    assert_eq!(json["verdict"]["link"]["cause"], "endpoints-unregistered", "{json}");
    let (_, text) = operator.ask(&line).await;
    for words in [
        "by the log, the join could not bind to the directory",
        "line 3: it could not bind to the directory",
        "The interface that decides app1.lab.test <- dc2.lab.test drsuapi FAILING endpoints-unregistered",
        "What to do",
    ] {
        assert!(flat(&text).contains(words), "{words}\n{text}");
    }
}
