//! `epmesh incidents` and `epmesh incident`.

use epmesh::{cli::Exit, incident::Status};
use epmesh_tests::sim::Forest;

use crate::Operator;

/// With a stale address record: one incident, that an operator looks after and silences.
pub(crate) async fn broken(operator: &Operator, forest: &mut Forest) {
    let list = forest.incidents_until(|list| {
        list.incidents.iter().any(|row| row.status == Status::Open && row.subject.starts_with("A "))
    });
    let list = list.await.expect("an incident about the record");
    let is_it = |subject: &str| subject.starts_with("A dc2.lab.test = ");
    let row = list.incidents.iter().find(|row| is_it(&row.subject)).expect("it is about dc2");

    let (exit, json) = operator.json("incidents").await;
    assert_eq!(exit, Exit::Failing);
    let listed = json["incidents"].as_array().unwrap();
    assert!(listed.iter().any(|it| it["id"] == row.id.as_str()), "{json}");
    let (exit, text) = operator.ask("incidents --all").await;
    assert_eq!(exit, Exit::Failing);
    assert!(text.contains(&row.id) && text.contains("dns-a-stale"), "{text}");

    let (exit, text) = operator.ask(&format!("incident ack {} --note mine", &row.id[..5])).await;
    assert_eq!(exit, Exit::Healthy, "done is done: {text}");
    let silence = format!("incident silence {} --for 2h --why maintenance", row.id);
    assert_eq!(operator.ask(&silence).await.0, Exit::Healthy);
    let (exit, json) = operator.json(&format!("incident {}", row.id)).await;
    assert_eq!(exit, Exit::Failing, "it is open");
    assert_eq!(json["acknowledged"]["by"], "local");
    assert_eq!(json["acknowledged"]["note"], "mine");
    assert_eq!(json["silenced"]["why"], "maintenance");
    assert_eq!(json["root"]["kind"], "dns-record");
    let kinds: Vec<&str> = json["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["kind"].as_str().unwrap())
        .collect();
    let said = kinds.iter().filter(|kind| ["opened", "acknowledged", "silenced"].contains(kind));
    assert_eq!(said.copied().collect::<Vec<_>>(), ["opened", "acknowledged", "silenced"]);
    let (_, text) = operator.ask(&format!("incident {}", row.id)).await;
    for part in ["acknowledged by local", "silenced by local", "Timeline", "epmesh diagnose"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    for wrong in ["incident zz", "incident ack zz", "incident silence zz --for 1h --why x"] {
        assert_eq!(operator.ask(wrong).await, (Exit::Usage, String::new()), "{wrong}");
    }
}
