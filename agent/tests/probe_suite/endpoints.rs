//! `endpoints`: the map of one host as the program prints it, and how it ends.

use std::{
    process::{Command, Output},
    sync::atomic::Ordering,
};

use serde_json::Value;

use crate::{
    fixture::closed_ports,
    server::{Behaviour, endpoints, start},
};

async fn run(port: u16, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_epmesh-agent"));
    command.args(["endpoints", "127.0.0.1", "--port", &port.to_string()]);
    command.args(more);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn the_whole_map_is_printed_in_every_form() {
    let mapper = start(Behaviour::Mapper { port: 49_664, page: 2 }).await;
    let json = run(mapper.port, &["--output", "json"]).await;
    assert_eq!(json.status.code(), Some(0), "{json:?}");
    assert_eq!(mapper.connections.load(Ordering::SeqCst), 1, "one connection, and no other look");
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    let listed = json["endpoints"].as_array().unwrap();
    assert_eq!((listed.len(), json["entries"].as_u64()), (endpoints().len(), Some(5)));
    for (entry, known) in listed.iter().zip(endpoints()) {
        assert_eq!(entry["uuid"], known.interface.uuid.to_string());
        assert_eq!(entry["endpoint"], *known.binding.endpoint);
        assert_eq!(entry["annotation"], *known.annotation);
    }

    let csv = run(mapper.port, &["--output", "csv"]).await;
    let csv = text(&csv.stdout);
    assert!(
        csv.starts_with("address,name,uuid,version,object,sequence,endpoint,host,annotation\n")
    );
    assert_eq!(csv.lines().count(), 1 + listed.len());

    let table = run(mapper.port, &[]).await;
    let table = text(&table.stdout);
    assert!(table.starts_with("endpoint map of 127.0.0.1: 5 entries\n"), "{table}");
    for known in endpoints() {
        assert!(table.contains(&*known.binding.endpoint), "{table}");
    }
}

#[tokio::test]
async fn an_interface_that_is_not_there_is_1753_and_a_map_that_cannot_be_read_is_not_known() {
    let mapper = start(Behaviour::Mapper { port: 49_664, page: 500 }).await;
    let there = run(mapper.port, &["-i", "drsuapi"]).await;
    assert_eq!(there.status.code(), Some(0), "{there:?}");
    assert!(text(&there.stdout).contains("of what was asked for"), "{there:?}");

    let gone = run(mapper.port, &["-i", "drsuapi", "-i", "dfsr", "--output", "json"]).await;
    assert_eq!(gone.status.code(), Some(1), "{gone:?}");
    assert!(text(&gone.stderr).contains("1753"), "{gone:?}");
    let gone: Value = serde_json::from_slice(&gone.stdout).unwrap();
    assert_eq!(gone["missing"].as_array().map(Vec::len), Some(1));

    let nobody = run(closed_ports().endpoint_mapper, &[]).await;
    assert_eq!(nobody.status.code(), Some(4), "{nobody:?}");
    assert!(text(&nobody.stderr).contains("connection refused"), "{nobody:?}");
    let silent = start(Behaviour::Silent).await;
    let silent = run(silent.port, &["--timeout", "0.3"]).await;
    assert_eq!((silent.status.code(), silent.stdout.len()), (Some(4), 0), "{silent:?}");
    assert!(text(&silent.stderr).contains("is not known"), "{silent:?}");
}
