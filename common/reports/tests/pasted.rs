//! Reports as people paste them: out of mails, tickets, pages, logs and other tools. What each says stands
//! beside it (`*.told`; `UPDATE_EXPECT=1` writes it anew). No change of the text around a report, and no line that is
//! lost, doubled or cut, makes a failure of what is none.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test panics where it is wrong"
)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use epmesh_reports::{Outcome, Party, Report, Told, about, decode, explain, read, read_text};
use expect_test::expect_file;
use proptest::prelude::*;

mod forms;
mod support;

use self::{
    forms::stands,
    support::{listing, nothing_is_lost},
};

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(folder);
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("one").path()).collect();
    files.retain(|path| {
        path.extension()
            .is_some_and(|kind| kind != "told" && path.file_name().unwrap() != "README.md")
    });
    files.sort();
    files
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn report(file: &str) -> Report {
    let path = files("pasted").into_iter().find(|path| name(path) == file).expect("the fixture");
    read(&fs::read(path).unwrap()).unwrap()
}

fn failed(report: &Report) -> Vec<&Told> {
    report.told.iter().filter(|told| told.outcome == Outcome::Failed).collect()
}

fn label(party: &Option<Party>) -> String {
    party.as_ref().map_or_else(String::new, Party::label)
}

#[test]
fn every_text_says_what_stands_beside_it() {
    for path in files("pasted") {
        let bytes = fs::read(&path).expect("the file");
        let report = read(&bytes).expect("text");
        nothing_is_lost(&decode(&bytes).expect("text"), &report);
        let golden = path.with_file_name(format!("{}.told", name(&path)));
        expect_file![golden].assert_eq(&listing(&report));
    }
}

/// Texts in which nothing fails, whatever numbers stand in them.
const NOTHING_FAILS: &[&str] = &[
    "a1-event-count-as-error.xml",
    "a2-netsetup-retry-succeeds.log",
    "a3-netsetup-restart-needed.log",
    "a10-portqry-udp.txt",
    "a10b-portqry-placeholder.txt",
    "a11-localised-healthy-then-prompt.txt",
    "a12-samba-never-tried.txt",
    "a13-documentation-table.md",
    "a13b-documentation-table.html",
    "a1d-information.xml",
    "a1e-count-as-text.txt",
    "a3b-already-joined.log",
    "a11b-italian-then-prose.txt",
    "a11c-german-then-prompt.txt",
    "e3-prose.txt",
    "b14-no-inbound-neighbours.txt",
    "c4-false-part.txt",
    "e2-prose.txt",
    "a15-looked-up.txt",
    "a16-another-programs-number.txt",
    "a16b-small-codes.txt",
    "a17-over.txt",
    "b19b-another-log.txt",
    "b22b-syncall-well.txt",
    "c5b-service-runs.txt",
    "c5c-service-never-started.txt",
    "c6-healthy-events.txt",
    "d5c-nltest-well.txt",
    "d8-portqry-not-a-dc.txt",
    "e4b-in-general.txt",
    "e7-notes-and-scripts.txt",
];

#[test]
fn no_failure_is_invented() {
    for file in NOTHING_FAILS {
        let report = report(file);
        assert_eq!(failed(&report), Vec::<&Told>::new(), "{file}");
        assert!(explain::failed_tests(&report).is_empty(), "{file}");
    }
}

#[test]
fn what_works_is_not_called_unclear() {
    for file in [
        "a2-netsetup-retry-succeeds.log",
        "a3-netsetup-restart-needed.log",
        "a10-portqry-udp.txt",
        "a10b-portqry-placeholder.txt",
        "a11-localised-healthy-then-prompt.txt",
        "a11b-italian-then-prose.txt",
        "a11c-german-then-prompt.txt",
    ] {
        let report = report(file);
        assert!(!report.told.is_empty(), "{file}");
        let unclear = report.told.iter().find(|told| told.outcome == Outcome::Unclear);
        assert_eq!(unclear, None, "{file}");
        let lists = explain::list_outcomes(&report);
        assert!(lists.iter().all(|outcome| *outcome == Outcome::Succeeded), "{file}");
    }
}

#[test]
fn documents_and_prose_are_no_reports() {
    for file in [
        "a13-documentation-table.md",
        "a13b-documentation-table.html",
        "c4-false-part.txt",
        "e2-prose.txt",
        "e3-prose.txt",
    ] {
        let report = report(file);
        assert!(report.told.is_empty() && report.parts.is_empty(), "{file}: {report:?}");
    }
}

#[test]
fn events_say_what_their_table_has() {
    let report = report("a1b-event-object-as-context.xml");
    let [lingering, password] = report.told.as_slice() else { panic!("two events") };
    assert_eq!((&lingering.naming_context, lingering.code), (&None, None));
    assert_eq!((password.code, password.interface), (Some(8995), None));
    // The count of attempts of 1308 is no error, and 1125 of another provider is another event.
    let report = self::report("a1c-other-providers.xml");
    assert!(report.told.iter().all(|told| told.code.is_none()));
}

#[test]
fn the_number_of_a_list_is_no_count() {
    for file in [
        "a6-html-br.html",
        "a6b-html-p.html",
        "a6c-html-li.html",
        "a6d-code-in-a-table.html",
        "a6e-one-cell.html",
        "a6f-html-div.html",
        "a9-numbered-list.txt",
        "a9b-bullets.txt",
        "a9c-numbered-and-quoted.txt",
        "b1-doubled-backslash.txt",
        "b11-grep-line-numbers.txt",
        "b11b-log-prefix.txt",
        "b11c-json-string.json",
        "b11d-docker-log.txt",
        "b11e-syslog.txt",
        "b11f-slashed-stamps.txt",
        "b11g-numbered-with-blanks.txt",
        "b12-nonbreaking-hyphen.txt",
    ] {
        let report = report(file);
        let rows: Vec<_> = failed(&report)
            .into_iter()
            .map(|told| {
                let site = told.source.as_ref().and_then(|source| source.site.clone());
                (
                    label(&told.destination),
                    label(&told.source),
                    site.unwrap_or_default(),
                    told.code,
                    told.failures,
                    told.when.clone().unwrap_or_default(),
                    told.last_success.clone().unwrap_or_default(),
                )
            })
            .collect();
        let row = |source: &str, site: &str, code, failures, when: &str, success: &str| {
            let text = str::to_owned;
            (
                text("DC2"),
                text(source),
                text(site),
                Some(code),
                Some(failures),
                text(when),
                text(success),
            )
        };
        let (first, second) = ("2026-10-02 12:35:32", "2026-10-02 12:36:02");
        assert_eq!(
            rows,
            [
                row("DC1", "HUB", 1753, 4, first, "2026-10-01 12:35:32"),
                row("DC3", "OST", 1722, 7, second, "2026-10-01 11:35:32"),
            ],
            "{file}"
        );
    }
}

#[test]
fn errors_by_themselves_have_an_answer() {
    for path in files("pasted").into_iter().filter(|path| name(path).starts_with("e1-")) {
        let pairs = explain::pairs(&read(&fs::read(&path).unwrap()).unwrap());
        assert_eq!(pairs.len(), 1, "{path:?}");
        assert_eq!(pairs[0].code, Some(1753), "{path:?}");
        let meaning = about(1753).unwrap().meaning;
        assert!(pairs[0].says.iter().any(|says| says == meaning), "{path:?}");
        let ask = pairs[0].ask.as_deref().unwrap_or_default();
        assert!(["First", "Second", "Third"].iter().all(|word| ask.contains(word)), "{ask}");
    }
}

#[test]
fn what_worked_stays_so_whatever_comes_behind_it() {
    for file in [
        "a14-healthy-row-then-error.txt",
        "a14b-samba-healthy-then-error.txt",
        "a14c-german-healthy-then-error.txt",
    ] {
        let report = report(file);
        let [row, error] = report.told.as_slice() else { panic!("{file}: a row and an error") };
        assert_eq!((row.outcome, row.code), (Outcome::Succeeded, None), "{file}");
        let named = error.destination.is_some() || error.source.is_some();
        assert!(error.outcome == Outcome::Failed && !named, "{file}");
    }
}

#[test]
fn a_line_that_holds_an_error_and_is_not_read_says_so() {
    let report = report("e4b-in-general.txt");
    let held: Vec<_> = report.unread.iter().filter_map(|line| line.error).collect();
    assert_eq!(held, [1753, 1722, 1753]);
    // In the part of a long line that is not kept, too.
    let report = read_text(&format!("{} error 1753 {}", "x".repeat(9_000), "y".repeat(9_000)));
    assert_eq!(report.unread[0].error, Some(1753));
}

#[test]
fn sambas_numbers_are_not_those_of_windows() {
    let pairs = explain::pairs(&report("c2-samba-code-2.txt"));
    let says = pairs[0].says.join("\n");
    assert!(says.contains("Samba") && !says.contains("net helpmsg"), "{says}");
    assert_eq!(pairs[0].error, None);
}

#[test]
fn a_source_that_is_named_above_keeps_its_name() {
    let report = report("b7-syncall-guid.txt");
    let rows: Vec<String> = failed(&report).iter().map(|told| label(&told.source)).collect();
    assert_eq!(rows, ["DC1", "DC1"]);
}

/// Checks a text: every line has its place, and the error of every failing row stands in the row's lines.
fn holds(what: &str, text: &str) {
    let report = read_text(text);
    nothing_is_lost(text, &report);
    let lines: Vec<&str> = text.lines().collect();
    for told in failed(&report) {
        let Some(code) = told.code else { continue };
        let of = told.lines.iter().filter_map(|line| lines.get(*line as usize - 1));
        let of: Vec<&str> = of.copied().collect();
        let found = ["\n", "", " "].iter().any(|by| {
            // A console breaks words, and a mail puts marks in front of lines.
            let bare = |line: &&str| line.trim_start_matches(['>', ' ']).trim_end().to_owned();
            stands(code, &of.join(by))
                || stands(code, &of.iter().map(bare).collect::<Vec<_>>().join(by))
        });
        assert!(found, "{what}: {code} does not stand in lines {:?}\n{told:?}\n{text}", told.lines);
    }
}

fn texts() -> Vec<(String, String)> {
    let all = files("pasted").into_iter().chain(files("reports"));
    let text = |path: PathBuf| (name(&path), decode(&fs::read(&path).unwrap()).unwrap());
    all.map(text)
        .filter(|(name, _)| {
            !name.ends_with(".md") || name.starts_with('a') || name.starts_with('b')
        })
        .collect()
}

#[test]
fn no_change_of_lines_makes_an_error() {
    for (name, text) in texts() {
        holds(&name, &text);
        let lines: Vec<&str> = text.lines().collect();
        let step = (lines.len() / 24).max(1);
        for at in (0..lines.len()).step_by(step) {
            let mut fewer = lines.clone();
            fewer.remove(at);
            holds(&format!("{name} without line {at}"), &fewer.join("\n"));
            let mut more = lines.clone();
            more.insert(at, lines[at]);
            holds(&format!("{name} with line {at} twice"), &more.join("\n"));
            holds(&format!("{name} from line {at} on"), &lines[at..].join("\n"));
        }
        let step = (text.len() / 40).max(1);
        for end in (0..text.len()).step_by(step).filter(|end| text.is_char_boundary(*end)) {
            holds(&format!("{name} up to {end}"), &text[..end]);
        }
    }
}

/// A text carried by something: every line with a mark, or the whole as a page or a string.
fn carried(text: &str) -> Vec<(&'static str, String)> {
    let each = |mark: &dyn Fn(usize, &str) -> String| -> String {
        text.lines().enumerate().map(|(at, line)| mark(at, line) + "\n").collect()
    };
    let page = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let strings: Vec<String> =
        text.lines().map(|line| serde_json::to_string(line).unwrap()).collect();
    vec![
        ("quoted", each(&|_, line| format!("> {line}"))),
        ("indented", each(&|_, line| format!("    {line}"))),
        ("numbered", each(&|at, line| format!("{}. {line}", at + 1))),
        ("found by grep", each(&|at, line| format!("{}:{line}", at + 1))),
        ("of a file", each(&|at, line| format!("report.txt:{}:{line}", at + 1))),
        ("listed", each(&|_, line| format!("- {line}"))),
        (
            "logged",
            each(&|at, line| format!("2026-10-02T12:40:{:02}Z dc2 stdout: {line}", at % 60)),
        ),
        ("of a container", each(&|_, line| format!("dc2-1  | {line}"))),
        ("as a page", format!("<pre>\n{}\n</pre>\n", page(text))),
        (
            "with breaks",
            format!("<p>{}</p>\n", page(text).lines().collect::<Vec<_>>().join("<br/>")),
        ),
        ("with references", page(text).replace("  ", "&nbsp; ")),
        ("as a string", format!("{{\"out\": {}}}\n", serde_json::to_string(text).unwrap())),
        ("as strings", format!("[\n{}\n]\n", strings.join(",\n"))),
        ("with carriage returns", text.replace('\n', "\r\n")),
        ("with curly quotes", text.replace('"', "\u{201d}").replace('-', "\u{2011}")),
    ]
}

#[test]
fn what_carries_a_report_changes_nothing_that_fails() {
    let carries = [
        "showrepl.txt",
        "showrepl-german.txt",
        "showrepl-several.txt",
        "showrepl.csv",
        "replsum.txt",
        "dcdiag.txt",
        "dcdiag-calls.txt",
        "dcdiag-french.txt",
        "event-wevtutil.txt",
        "samba.txt",
        "portqry.txt",
        "b3-dcdiag-wrapped-error.txt",
        "b4-dcdiag-guid-name.txt",
        "b6-repadmin-errors.txt",
        "b8-event-old-head-1265.txt",
        "b9-dcdiag-log-not-queried.txt",
        "d2-adreplicationfailure.txt",
    ];
    let row = |told: &Told| {
        (
            label(&told.destination),
            label(&told.source),
            told.naming_context.clone(),
            told.code,
            told.when.clone(),
            told.last_success.clone(),
            told.failures,
        )
    };
    let rows = |report: &Report| failed(report).into_iter().map(row).collect::<Vec<_>>();
    let mut wrong = BTreeSet::new();
    for (name, text) in texts() {
        for (how, carried) in carried(&text) {
            holds(&format!("{name} {how}"), &carried);
            if NOTHING_FAILS.contains(&name.as_str()) {
                let report = read_text(&carried);
                assert_eq!(failed(&report), Vec::<&Told>::new(), "{name} {how}:\n{carried}");
            }
            if carries.contains(&name.as_str())
                && rows(&read_text(&carried)) != rows(&read_text(&text))
            {
                wrong.insert(format!(
                    "{name} {how}:\n{:#?}\n{:#?}",
                    rows(&read_text(&carried)),
                    rows(&read_text(&text))
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{}\n{}",
        wrong.len(),
        wrong.iter().take(3).cloned().collect::<Vec<_>>().join("\n")
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn lines_of_all_reports_in_any_order_make_no_error(
        picks in proptest::collection::vec(
            (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 1..6_usize),
            0..30,
        ),
    ) {
        let texts = texts();
        let mut text = String::new();
        for (file, line, count) in &picks {
            let lines: Vec<&str> = file.get(&texts).1.lines().collect();
            let first = line.index(lines.len());
            let some = lines.iter().skip(first).take(*count);
            some.for_each(|line| text.extend([line, "\n"]));
        }
        holds("lines of reports", &text);
    }
}
