//! `epmesh explain` as a program: from a file and from standard input, without a coordinator.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test panics where it is wrong"
)]

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

fn report(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../common/reports/tests/data/reports").join(name)
}

fn epmesh() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_epmesh"));
    // No coordinator, and nobody's identity.
    command.env_remove("EPMESH_COORDINATOR").env("EPMESH_IDENTITY", "/nonexistent");
    command.env("COLUMNS", "80").stdin(Stdio::null());
    command
}

fn said(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8(output.stdout.clone()).expect("text"))
}

fn explain(arguments: &[&str]) -> (Option<i32>, String) {
    said(&epmesh().arg("explain").args(arguments).output().expect("it runs"))
}

/// Runs the program with a report over standard input.
fn piped(bytes: &[u8], arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = epmesh();
    command.args(["explain", "-"]).args(arguments);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut stdin = child.stdin.take().expect("its standard input");
    let bytes = bytes.to_vec();
    let writing = std::thread::spawn(move || {
        // Too much of it is not read to its end.
        let _ = stdin.write_all(&bytes);
    });
    let output = child.wait_with_output().expect("it ends");
    writing.join().expect("written");
    said(&output)
}

#[test]
fn a_file_and_standard_input_say_the_same() {
    for (name, status) in
        [("dcdiag-article.txt", 1), ("mixed.txt", 1), ("portqry.txt", 0), ("article-join.txt", 1)]
    {
        let path = report(name);
        let bytes = std::fs::read(&path).expect("the file");
        for output in ["table", "json"] {
            let words = ["--offline", "--output", output];
            let from_file = explain(&[&[path.to_str().unwrap()], &words[..]].concat());
            assert_eq!(from_file.0, Some(status), "{name}: {}", from_file.1);
            assert_eq!(piped(&bytes, &words), from_file, "{name}");
        }
    }
}

#[test]
fn the_report_in_microsofts_article_is_explained() {
    for name in ["dcdiag-article.txt", "article-replication.xml"] {
        let (status, text) = explain(&[report(name).to_str().unwrap(), "--offline"]);
        assert_eq!(status, Some(1));
        assert!(
            text.contains(
                "\n          location 500: the server returned 1 endpoint, last tried 1025\n"
            ),
            "{text}"
        );
        assert!(text.contains("(where dcdiag ran) <- <DC Name>   drsuapi\n"), "{text}");
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}

#[test]
fn a_coordinator_that_cannot_be_asked_is_said_and_the_report_is_told() {
    let path = report("showrepl.txt");
    let (status, text) = explain(&[path.to_str().unwrap()]);
    assert_eq!(status, Some(3), "{text}");
    assert!(text.contains("error     1753 EPT_S_NOT_REGISTERED"), "{text}");
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.contains("the operator's certificate cannot be read from /nonexistent/ca.pem"),
        "{text}"
    );
    assert!(flat.contains("The verdict of each link above is missing"), "{text}");
}

/// portqry's list of one endpoint.
fn endpoints(binding: &str, interface: &str, whole: bool) -> String {
    let end = if whole { "Total endpoints found: 1\n" } else { "" };
    format!(
        "Querying target system called:\n\n dc2\n\nTCP port 135 (epmap service): LISTENING\n\n\
         UUID: {interface}\n{binding}\n\n{end}"
    )
}

#[test]
fn what_a_report_does_not_tell_is_not_healthy() {
    // Cut off before the outcome, and before the numbers of a row.
    let neighbour = "HUB\\DC1\n==== INBOUND NEIGHBORS ====\nDC=contoso,DC=com\n HUB\\DC2 via RPC\n";
    let drsuapi = "e3514235-4b06-11d1-ab04-00c04fc2dcd2";
    let row = "showrepl_INFO,HUB,DC1,\"DC=contoso,DC=com\",HUB,DC2,RPC,3,2026-11-20 09:15:00\n";
    for (text, wanted) in [
        (neighbour.to_owned(), 4),
        (row.to_owned(), 4),
        (format!("{neighbour}  Last attempt @ 2026-11-20 09:15:00 was successful.\n"), 0),
        // No failure behind a limit is lost.
        (
            format!(
                "{}{}",
                row.replace("3,2026-11-20 09:15:00", "0,0,0,0").repeat(20_001),
                row.replace("00\n", "00,0,1753\n")
            ),
            1,
        ),
        (format!("{}{row}", "x\n".repeat(400_001)), 4),
        // An endpoint map: with drsuapi, with it for named pipes alone, without it, without its end.
        (endpoints("ncacn_ip_tcp:10.0.0.2[49667]", drsuapi, true), 0),
        (endpoints("ncacn_np:10.0.0.2[\\pipe\\lsass]", drsuapi, true), 1),
        (
            endpoints("ncacn_ip_tcp:10.0.0.2[49667]", "12345678-1234-abcd-ef00-01234567cffb", true),
            4,
        ),
        (endpoints("ncacn_np:10.0.0.2[\\pipe\\lsass]", drsuapi, false), 4),
    ] {
        let (status, said) = piped(text.as_bytes(), &["--offline"]);
        assert_eq!(status, Some(wanted), "{text:.200}\n{said:.2000}");
    }
}

#[test]
fn nothing_in_a_file_steers_the_terminal() {
    let text = "HUB\\DC1\x1b]0;mine\x07\n\x1b[2Jx\tUUID: \u{202e}txt.exe\r\nDC2\x08\n";
    let (_, said) = piped(text.as_bytes(), &["--offline"]);
    assert!(said.contains("       2  \u{fffd}[2Jx UUID: \u{fffd}txt.exe\n"), "{said}");
    assert!(!said.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}'), "{said:?}");
}

#[test]
fn files_that_cannot_be_explained_are_refused() {
    assert_eq!(explain(&["/nonexistent", "--offline"]), (Some(2), String::new()));
    assert_eq!(piped(b"", &["--offline"]), (Some(2), String::new()));
    let long = vec![b'x'; epmesh_common::reports::MAX_BYTES + 1];
    assert_eq!(piped(&long, &["--offline"]), (Some(2), String::new()));
    let (status, text) = piped(b"hello\n", &["--offline"]);
    assert_eq!(status, Some(4), "{text}");
    assert!(text.contains("       1  hello\n"), "{text}");
}
