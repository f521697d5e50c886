use std::{net::SocketAddr, time::Duration};

use proptest::prelude::*;

use super::*;

const DAY: Duration = Duration::from_secs(86_400);

/// Reads every kind of key there is.
fn read(text: &str) -> Result<(), Problems> {
    let document = Document::parse("epmesh.toml", text)?;
    let root = document.root();
    root.require("listen");
    let _ = root.parse("listen", str::parse::<SocketAddr>);
    let _ = root.duration("ttl", Duration::from_secs(60)..=DAY);
    let _ = root.list("servers", str::parse::<std::net::IpAddr>);
    if let Some(probe) = root.table("probe") {
        let _ = probe.integer("interval-seconds", 5..=3600);
        let _ = probe.boolean("whole-map");
    }
    for webhook in root.array_of_tables("webhook") {
        webhook.require("url");
        let _ = webhook.text("url");
    }
    document.finish()
}

fn problems(text: &str) -> String {
    read(text).unwrap_err().to_string()
}

#[test]
fn values_are_read() {
    let text = "listen = '127.0.0.1:7135'\nttl = '90s'\nservers = ['10.0.0.1']\n\
                [probe]\ninterval-seconds = 60\nwhole-map = true\n\
                [[webhook]]\nurl = 'https://a/'\n[[webhook]]\nurl = 'https://b/'\n";
    assert_eq!(read(text), Ok(()));
    let document = Document::parse("epmesh.toml", text).unwrap();
    let root = document.root();
    assert_eq!(root.parse("listen", str::parse), Some(SocketAddr::from(([127, 0, 0, 1], 7135))));
    assert_eq!(root.duration("ttl", Duration::ZERO..=DAY), Some(Duration::from_secs(90)));
    assert_eq!(root.table("probe").and_then(|t| t.integer("interval-seconds", 5..=60)), Some(60));
    let urls: Vec<_> = root.array_of_tables("webhook").iter().map(|t| t.text("url")).collect();
    assert_eq!(urls, [Some("https://a/".to_owned()), Some("https://b/".to_owned())]);
    assert_eq!(root.text("name"), None);
}

#[test]
fn all_problems_come_at_once_by_line() {
    let text = "ttl = '25h'\nservers = ['10.0.0.1', 'ten', 5]\nuser = 'x'\n\
                [probe]\ninterval_seconds = 60\nwhole-map = 'yes'\n\
                [[webhook]]\nurl = 'https://a/'\n[[webhook]]\nurll = 'https://b/'\n";
    assert_eq!(
        problems(text),
        "epmesh.toml:1: `listen` is missing\n\
         epmesh.toml:1: `ttl`: 25h is not within 1m to 1d\n\
         epmesh.toml:2: `servers[1]`: invalid IP address syntax\n\
         epmesh.toml:2: `servers[2]` is an integer, not a string\n\
         epmesh.toml:3: unknown key `user`\n\
         epmesh.toml:5: unknown key `probe.interval_seconds`; did you mean `interval-seconds`?\n\
         epmesh.toml:6: `probe.whole-map` is a string, not a boolean\n\
         epmesh.toml:9: `webhook[1].url` is missing\n\
         epmesh.toml:10: unknown key `webhook[1].urll`; did you mean `url`?"
    );
}

#[test]
fn a_key_of_the_wrong_kind_is_said_once() {
    let listen = "listen = '127.0.0.1:1'\n";
    assert_eq!(
        problems(&format!("{listen}probe = 5\nwebhook = ['x']\n")),
        "epmesh.toml:2: `probe` is an integer, not a table\n\
         epmesh.toml:3: `webhook` is an array, not a list of tables"
    );
    assert_eq!(
        problems(&format!("{listen}[ttl]\nx = 1\n")),
        "epmesh.toml:2: `ttl` is a table, not a string"
    );
    assert_eq!(
        problems(&format!("{listen}probe = {{ interval-seconds = 4, x = 1 }}\n")),
        "epmesh.toml:2: `probe.interval-seconds`: 4 is not within 5 to 3600\n\
         epmesh.toml:2: unknown key `probe.x`"
    );
}

#[test]
fn an_empty_table_has_unknown_keys_too() {
    let document = Document::parse("f", "[probe]\nx = 1\n").unwrap();
    assert!(document.root().table("probe").is_some());
    assert_eq!(document.finish().unwrap_err().to_string(), "f:2: unknown key `probe.x`");
}

#[test]
fn what_is_not_toml_says_where() {
    for (text, line) in [("a = 1\nb = \n", 2), ("a = 1\n\na = 2\n", 3), ("[a]\n[b\n", 2)] {
        let problems = Document::parse("f", text).unwrap_err();
        assert_eq!(problems.list().iter().map(|p| p.line).collect::<Vec<_>>(), [line], "{text:?}");
        assert_eq!(problems.to_string().lines().count(), 1, "{problems}");
    }
}

#[test]
fn lengths_of_time() {
    let seconds = |text| duration::parse(text).map(|length| length.as_secs());
    assert_eq!(
        ["90s", "10m", "24h", "7d", "2000ms"].map(seconds),
        [90, 600, 86_400, 604_800, 2].map(Some)
    );
    for text in
        ["", "5", "s", "1.5h", "-1s", "5 s", "5S", "99999999999999999999s", "9999999999999999999d"]
    {
        assert_eq!(duration::parse(text), None, "{text:?}");
    }
}

proptest! {
    #[test]
    fn arbitrary_text_is_read_or_refused(text in "\\PC{0,80}") {
        let _ = read(&text);
    }

    #[test]
    fn arbitrary_toml_is_read_or_refused(lines in proptest::collection::vec(
        "(listen|ttl|probe|webhook|servers|url|x|\\[probe\\]|\\[\\[webhook\\]\\]|probe\\.x)\
         ( = ([0-9]{1,3}|'[a-z0-9.:]{0,9}'|\\[('a'|1|\\{\\})?\\]|\\{( x = 1 )?\\}|true))?",
        0..8,
    )) {
        if let Err(problems) = read(&lines.join("\n")) {
            prop_assert!(!problems.list().is_empty());
            prop_assert!(problems.list().is_sorted());
            prop_assert!(problems.list().iter().all(|problem| problem.line <= lines.len().max(1)));
        }
    }

    #[test]
    fn a_length_of_time_is_read_as_it_is_written(millis in any::<u32>()) {
        let length = Duration::from_millis(millis.into());
        prop_assert_eq!(duration::parse(&duration::text(length)), Some(length));
    }
}
