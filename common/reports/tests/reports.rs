//! Every fixture beside what is read from it; no line of any is lost, wherever it is cut off.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test panics where it is wrong"
)]

use std::{collections::BTreeSet, fs, path::PathBuf};

use epmesh_reports::{Party, Report, decode, explain, read, read_text};
use expect_test::expect_file;
use proptest::prelude::*;

mod support;

use self::support::listing;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/reports")
}

fn fixtures() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder())
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|kind| kind != "told" && kind != "md"))
        .collect();
    files.sort();
    assert!(files.len() > 25, "{files:?}");
    files
}

/// Every line has its place, and no error is a heading.
fn nothing_is_lost(text: &str, report: &Report) {
    support::nothing_is_lost(text, report);
    let error = ["(1753)", "(0x6d9)", "(1722)", "(0x6ba)"];
    for at in &report.frame {
        for number in at.first_line..=at.last_line {
            let line = text.lines().nth(number as usize - 1).expect("a line");
            assert!(!error.iter().any(|code| line.contains(code)), "an error as a heading: {line}");
        }
    }
}

#[test]
fn every_fixture_says_what_stands_beside_it() {
    for path in fixtures() {
        let report = read(&fs::read(&path).expect("the file")).expect("text");
        let told = listing(&report);
        let golden =
            path.with_file_name(format!("{}.told", path.file_name().unwrap().to_str().unwrap()));
        expect_file![golden].assert_eq(&told);
    }
}

#[test]
fn the_articles_sample_is_a_case_where_the_server_did_answer() {
    // As it is published, with its markup, and as somebody writes it down.
    for file in ["dcdiag-article.txt", "article-replication.xml"] {
        let report = read(&fs::read(folder().join(file)).unwrap()).unwrap();
        let pairs = explain::pairs(&report);
        assert_eq!(
            pairs[0].says,
            [
                "DsBindWithSpnEx() failed: There are no more endpoints available from the endpoint \
                 mapper",
                "location 500: the server returned 1 endpoint, last tried 1025",
                "asked for over ncacn_ip_tcp at <source DC object GUID>._msdcs.contoso.com: interface \
                 drsuapi (-481213899 is e3514235)",
                "so the endpoint mapper did know the interface: the call failed on the port behind \
                 it, not for want of a registration",
            ],
            "{file}"
        );
        assert_eq!(pairs[0].code, Some(1753));
        let named = |party: &Option<Party>| party.as_ref().map(Party::label);
        assert_eq!(named(&pairs[1].destination).as_deref(), Some("<DC Name>"));
        assert_eq!(named(&pairs[1].source).as_deref(), Some("<source DC>"));
    }
}

#[test]
fn the_article_on_replication_is_read_with_its_markup() {
    let report = read(&fs::read(folder().join("article-replication.xml")).unwrap()).unwrap();
    let pairs = explain::pairs(&report);
    let named = |party: &Option<Party>| party.as_ref().map_or("?".to_owned(), Party::label);
    let all: Vec<_> = pairs
        .iter()
        .map(|pair| (named(&pair.destination), named(&pair.source), pair.code, pair.lines.clone()))
        .collect();
    let text = |words: &str| words.to_owned();
    assert_eq!(
        all,
        [
            (text("?"), text("<DC Name>"), Some(1753), (12..=29).collect::<Vec<u32>>()),
            (text("<DC Name>"), text("<source DC>"), Some(1753), (30..=40).collect()),
            (text("CONTOSO-DC1"), text("CONTOSO-DC2"), Some(1753), (49..=55).collect()),
        ]
    );
    assert_eq!(pairs[2].naming_contexts, ["DC=contoso,DC=com"]);
    let lists = explain::lists(&report);
    assert_eq!(lists.len(), 1);
    assert!(lists[0].contains("lists 5 endpoints"), "{lists:?}");
    assert!(lists[0].contains("drsuapi is registered on ncacn_ip_tcp: 49156"), "{lists:?}");
    // What is left is prose.
    for unread in &report.unread {
        let sample = ["Error Record", "Last attempt @", "UUID:", "Status is"];
        assert!(!sample.iter().any(|start| unread.text.starts_with(start)), "{unread:?}");
    }
}

#[test]
fn the_article_on_joins_has_two_logs() {
    let report = read(&fs::read(folder().join("article-join.txt")).unwrap()).unwrap();
    let pairs = explain::pairs(&report);
    let named = |party: &Option<Party>| party.as_ref().map_or("?".to_owned(), Party::label);
    let ends: Vec<_> =
        pairs.iter().map(|pair| (named(&pair.destination), named(&pair.source))).collect();
    assert_eq!(
        ends,
        [
            ("<computername>".to_owned(), "<DC_name>.<domain>.<tld>".to_owned()),
            ("APP_SRV".to_owned(), "DC1.CONTOSO.COM".to_owned()),
        ]
    );
    for pair in &pairs {
        assert_eq!((pair.code, pair.error.as_deref()), (Some(1753), Some("EPT_S_NOT_REGISTERED")));
        assert!(pair.says[0].contains("could not bind to the directory"), "{:?}", pair.says);
        assert!(
            pair.ask.as_ref().is_some_and(|ask| ask.contains("check --join")),
            "{:?}",
            pair.ask
        );
    }
    assert_eq!(pairs[0].lines, (14..=33).collect::<Vec<u32>>());
    assert_eq!(pairs[1].lines, (53..=56).collect::<Vec<u32>>());
}

#[test]
fn no_line_is_lost_wherever_a_file_is_cut_off() {
    for path in fixtures() {
        let text = decode(&fs::read(&path).unwrap()).unwrap();
        let step = (text.len() / 100).max(1);
        for end in (0..=text.len()).step_by(step).chain([text.len()]) {
            if text.is_char_boundary(end) {
                let cut = &text[..end];
                nothing_is_lost(cut, &read_text(cut));
            }
        }
    }
}

/// What rows say, apart from their lines: who, whom, which error.
fn claims(report: &Report) -> BTreeSet<String> {
    let mut claims = BTreeSet::new();
    for told in &report.told {
        let roles = [&told.destination, &told.source, &told.observer];
        for (role, party) in ["destination", "source", "observer"].iter().zip(roles) {
            let party = party.clone().unwrap_or_default();
            // Which end it is may stand further down than the name.
            claims.extend(party.name.iter().map(|name| format!("observer {name}")));
            claims.extend(party.name.map(|name| format!("{role} {name}")));
            claims.extend(party.dsa_guid.map(|guid| format!("{role} {guid}")));
        }
        claims.extend(told.code.map(|code| format!("code {code}")));
    }
    claims
}

/// What parts of a file may say: records that lost their call speak for themselves.
fn sayable(report: &Report) -> BTreeSet<String> {
    let mut sayable = claims(report);
    let records = report.told.iter().flat_map(|told| &told.extended);
    for address in records.flat_map(|record| &record.parameters) {
        sayable.extend([format!("source {address}"), format!("observer {address}")]);
    }
    sayable
}

#[test]
fn a_number_that_a_console_broke_is_one_number() {
    let row = |end: &str| {
        format!(
            "showrepl_INFO,HUB,DC1,\"DC=a\",HUB,DC2,RPC,3,2026-1\n1-20 09:15:00,(never),{end}\n"
        )
    };
    for (end, code) in [("17\n53", 1753), ("-21468\n93022", -2_146_893_022), ("1722\nx", 1722)] {
        let report = read_text(&row(end));
        assert_eq!(report.told.len(), 1);
        assert_eq!(report.told[0].code, Some(code), "{report:?}");
        assert_eq!(report.told[0].when.as_deref(), Some("2026-11-20 09:15:00"));
    }
}

#[test]
fn a_file_that_is_cut_off_says_nothing_else() {
    let mut wrong = Vec::new();
    for path in fixtures() {
        let text = decode(&fs::read(&path).unwrap()).unwrap();
        let whole = sayable(&read_text(&text));
        let step = (text.len() / 250).max(1);
        for end in (0..text.len()).step_by(step).filter(|end| text.is_char_boundary(*end)) {
            for claim in claims(&read_text(&text[..end])).difference(&whole) {
                let from = text[..end].char_indices().rev().nth(40).map_or(0, |(at, _)| at);
                let name = path.file_name().unwrap();
                wrong.push(format!("{name:?}: {claim}, cut behind {:?}", &text[from..end]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Lines as a mail program breaks them, at blanks.
fn wrapped(text: &str, width: usize) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut column = 0;
        for word in line.split_inclusive(' ') {
            let length = word.trim_end().chars().count();
            if column > 0 && column + length > width {
                out.push('\n');
                column = 0;
            }
            out.push_str(word);
            column += word.chars().count();
        }
        out.push('\n');
    }
    out
}

#[test]
fn wrapped_lines_say_nothing_else() {
    let mut wrong = Vec::new();
    for path in fixtures() {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = decode(&fs::read(&path).unwrap()).unwrap();
        let whole = sayable(&read_text(&text));
        for width in [60, 66, 72, 76, 80] {
            for claim in claims(&read_text(&wrapped(&text, width))).difference(&whole) {
                wrong.push(format!("{name} at {width}: {claim}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Lines as a console breaks them, at a column.
fn broken(text: &str, width: usize) -> String {
    let mut out = String::new();
    for line in text.lines() {
        for (at, c) in line.chars().enumerate() {
            if at > 0 && at % width == 0 {
                out.push('\n');
            }
            out.push(c);
        }
        out.push('\n');
    }
    out
}

#[test]
fn broken_lines_say_nothing_else() {
    let mut wrong = Vec::new();
    for path in fixtures() {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = decode(&fs::read(&path).unwrap()).unwrap();
        let whole = sayable(&read_text(&text));
        for width in [80, 120] {
            for claim in claims(&read_text(&broken(&text, width))).difference(&whole) {
                wrong.push(format!("{name} at {width}: {claim}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn quoted_lines_say_the_same() {
    for path in fixtures() {
        let text = decode(&fs::read(&path).unwrap()).unwrap();
        // Quoted once, the marks of quotations in it are of the same kind.
        if text.lines().any(|line| line.starts_with('>')) || text.lines().count() < 2 {
            continue;
        }
        let end = if text.ends_with('\n') { "\n" } else { "" };
        let whole = read_text(&text);
        for mark in ["> ", "> > ", ">> "] {
            let quoted: Vec<String> = text.lines().map(|line| format!("{mark}{line}")).collect();
            let report = read_text(&format!("{}{end}", quoted.join("\n")));
            assert_eq!(report.told, whole.told, "{} {mark:?}", path.display());
        }
    }
}

proptest! {
    #[test]
    fn no_line_is_lost_of_shuffled_ones(
        picks in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..40),
    ) {
        let texts: Vec<String> = fixtures().iter().map(|path| decode(&fs::read(path).unwrap()).unwrap()).collect();
        let mut text = String::new();
        for (file, line) in &picks {
            let lines: Vec<&str> = file.get(texts.as_slice()).lines().collect();
            let picked: &&str = line.get(&lines[..]);
            text.push_str(picked);
            text.push('\n');
        }
        nothing_is_lost(&text, &read_text(&text));
    }
}
