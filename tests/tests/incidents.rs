//! Incidents end to end: simulated domain controllers, real agents, a real coordinator.
#![cfg(test)]

use epmesh::incident::{IncidentList, IncidentRow, Status};
use epmesh_common::{diagnosis::Side, incident::Shape};
use epmesh_tests::sim::{Forest, Scenario};

fn open(list: &IncidentList) -> Vec<&IncidentRow> {
    list.incidents.iter().filter(|row| row.status == Status::Open).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_dead_service_is_one_incident_that_ends_and_comes_back() {
    let mut forest = Forest::start(5).await.expect("the forest starts and is healthy");
    forest.fault(Scenario::ServiceDied).await.expect("it can be broken");
    let all_fail = |list: &IncidentList| {
        let open = open(list);
        // Until the source itself has said so, it may be something else. Whose directory does not run replicates
        // from nobody, and nobody from it.
        open.len() == 1 && open[0].failing == 8 && open[0].subject.starts_with("service ")
    };
    let list = forest.incidents_until(all_fail).await.expect("one incident of eight links");
    let row = open(&list)[0].clone();
    println!("{}: {} ({}), {}", row.id, row.subject, row.cause, row.pattern.words);
    assert_eq!((row.side, row.cause), (Side::Source, Scenario::ServiceDied.cause()));
    assert_eq!(row.pattern.shape, Shape::AllLinks);
    assert_eq!(list.unexplained, []);
    let incident = forest.incident(&row.id[..4]).await.expect("the beginning of the id will do");
    assert_eq!(incident.links.failing.len(), 8);
    assert!(!incident.timeline.is_empty());

    forest.heal().await.expect("it can be healed");
    let over = |list: &IncidentList| open(list).is_empty() && !list.incidents.is_empty();
    let list = forest.incidents_until(over).await.expect("it is over");
    assert!(list.incidents.iter().any(|it| it.id == row.id && it.status == Status::Resolved));

    forest.fault(Scenario::ServiceDied).await.expect("it can be broken again");
    let list = forest.incidents_until(all_fail).await.expect("it is back");
    // The same one, unless it was told as something else before the source spoke.
    println!("again: {:?}", open(&list)[0]);
    assert!(list.incidents.len() <= 2, "{list:?}");
    forest.stop().await.expect("everything ends without an error");
}
