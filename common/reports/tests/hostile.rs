//! Reports that nobody meant well: every encoding and line end, lines of any length, files that are
//! cut off anywhere, and files made to cost as much as they can. What these take is printed
//! (`--nocapture`); `EPMESH_DEAR_BYTES` is how long they are.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test panics where it is wrong, and a benchmark reads the clock and prints"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use epmesh_reports::{MAX_BYTES, Outcome, Report, counted, decode, explain, read, read_text};
use proptest::{
    prelude::*,
    sample::{Index, select},
};

fn texts() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/reports");
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("one").path()).collect();
    files.retain(|path| path.extension().is_some_and(|kind| kind != "told" && kind != "md"));
    files.sort();
    let read = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, decode(&fs::read(path).expect("the file")).expect("text"))
    };
    files.iter().map(read).collect()
}

/// Every line that is not blank is told, a heading, or quoted, or counted as past a limit.
fn nothing_is_lost(text: &str, report: &Report) {
    let count = text.lines().count();
    let mut seen = vec![false; count + 1];
    let mut see = |line: u32| {
        assert!(line >= 1 && line as usize <= count, "line {line} of {count}");
        seen[line as usize] = true;
    };
    report.told.iter().flat_map(|told| &told.lines).copied().for_each(&mut see);
    report.frame.iter().flat_map(|at| at.first_line..=at.last_line).for_each(&mut see);
    report.unread.iter().map(|unread| unread.line).for_each(&mut see);
    let is_blank = |c: char| c.is_whitespace() || c == '\0' || c == '\u{feff}';
    let lost = (1..)
        .zip(text.lines())
        .filter(|(number, line)| !line.trim_matches(is_blank).is_empty() && !seen[*number]);
    let lost = u32::try_from(lost.count()).expect("few");
    // A row that was left out holds some lines.
    if report.rows_left_out == 0 {
        assert_eq!(lost, report.unread_left_out);
    } else {
        assert!(lost >= report.unread_left_out);
    }
    assert_eq!(report.lines as usize, count);
}

/// Checks everything that is made of a report, and what it may take.
fn all_of(text: &str, report: &Report) {
    nothing_is_lost(text, report);
    let pairs = explain::pairs(report);
    let lists = explain::lists(report);
    let tests = explain::failed_tests(report);
    let size = serde_json::to_vec(report).expect("JSON").len()
        + serde_json::to_vec(&pairs).expect("JSON").len()
        + lists.iter().chain(&tests).map(String::len).sum::<usize>();
    assert!(size <= 100_000 + 150 * text.len(), "{size} bytes out of {}", text.len());
}

#[derive(Clone, Copy, Debug)]
enum Encoding {
    Utf8,
    Utf8Mark,
    Little,
    LittleMark,
    Big,
    BigMark,
}

const ENCODINGS: [Encoding; 6] = [
    Encoding::Utf8,
    Encoding::Utf8Mark,
    Encoding::Little,
    Encoding::LittleMark,
    Encoding::Big,
    Encoding::BigMark,
];

fn encoded(text: &str, encoding: Encoding) -> Vec<u8> {
    let wide = |unit: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
    match encoding {
        Encoding::Utf8 => text.as_bytes().to_vec(),
        Encoding::Utf8Mark => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        Encoding::Little => wide(u16::to_le_bytes),
        Encoding::LittleMark => [vec![0xff, 0xfe], wide(u16::to_le_bytes)].concat(),
        Encoding::Big => wide(u16::to_be_bytes),
        Encoding::BigMark => [vec![0xfe, 0xff], wide(u16::to_be_bytes)].concat(),
    }
}

#[test]
fn every_encoding_and_line_end_says_the_same() {
    for (name, text) in texts() {
        let text: Vec<&str> = text.lines().collect();
        let expected = read_text(&text.join("\n"));
        assert!(!expected.told.is_empty(), "{name}");
        for encoding in ENCODINGS {
            for end in ["\n", "\r\n", "\r", "\r\r\n"] {
                let bytes = encoded(&text.join(end), encoding);
                let report = read(&bytes).expect("text");
                assert_eq!(report, expected, "{name} as {encoding:?} with {end:?}");
            }
        }
    }
}

#[test]
fn files_appended_in_another_encoding_are_both_read() {
    let texts = texts();
    let of = |wanted: &str| texts.iter().find(|(name, _)| name == wanted).expect("it").1.clone();
    let (first, second) = (of("showrepl.txt"), of("dcdiag.txt"));
    let together = read_text(&format!("{first}{second}"));
    let is_big = |one| matches!(one, Encoding::Big | Encoding::BigMark);
    let is_wide = |one| !matches!(one, Encoding::Utf8 | Encoding::Utf8Mark);
    for one in ENCODINGS {
        // Nobody has seen both kinds of UTF-16 in one file.
        let may_follow = |other: &&Encoding| {
            !is_wide(one) || !is_wide(**other) || is_big(one) == is_big(**other)
        };
        for other in ENCODINGS.iter().filter(may_follow).copied() {
            let bytes = [encoded(&first, one), encoded(&second, other)].concat();
            let report = read(&bytes).expect("text");
            assert_eq!(report.told, together.told, "{one:?}, then {other:?}");
        }
    }
}

/// Lines as a mail program breaks them.
fn wrapped(text: &str, width: usize) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut column = 0;
        for word in line.split_inclusive(' ') {
            if column > 0 && column + word.trim_end().len() > width {
                out.push('\n');
                column = 0;
            }
            out.push_str(word);
            column += word.len();
        }
        out.push('\n');
    }
    out
}

#[test]
fn wrapped_lines_lose_no_error() {
    for (name, text) in texts() {
        let codes = |report: &Report| -> Vec<Option<i64>> {
            let mut codes: Vec<_> = explain::pairs(report).iter().map(|pair| pair.code).collect();
            codes.sort_unstable();
            codes.dedup();
            codes
        };
        let whole = codes(&read_text(&text));
        for width in [60, 72, 80] {
            let wrapped = wrapped(&text, width);
            let report = read_text(&wrapped);
            nothing_is_lost(&wrapped, &report);
            let unclear = report.told.iter().filter(|told| told.outcome == Outcome::Unclear);
            let unread: String = report
                .unread
                .iter()
                .map(|unread| unread.text.as_str())
                .chain(unclear.map(|told| told.words.as_str()))
                .collect();
            for code in whole.iter().copied().flatten() {
                let quoted =
                    unread.contains(&code.to_string()) || unread.contains(&format!("{code:x}"));
                let told = codes(&report).contains(&Some(code));
                assert!(told || quoted, "{name} at {width}: {code}\n{wrapped}");
            }
        }
    }
}

/// A line of a report, or something that no tool wrote.
fn line(texts: &[(String, String)], file: Index, line: Index) -> String {
    let lines: Vec<&str> = file.get(texts).1.lines().collect();
    (*line.get(&lines)).to_owned()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn any_bytes_at_all(bytes in proptest::collection::vec(any::<u8>(), 1..600)) {
        all_of(&decode(&bytes).unwrap(), &read(&bytes).unwrap());
    }

    #[test]
    fn lines_of_reports_with_anything_between_them(
        picks in proptest::collection::vec(
            (any::<Index>(), any::<Index>(), select(&["\n", "\r\n", "\r", "\0\n", "", " ", "\n\n"][..])),
            0..60,
        ),
        odd in proptest::collection::vec(
            ("[\\PC\\x00\\x07\\u{feff}]{0,40}|\\{|<Event |<code>|&lt;|\\[DC1\\] DsBind\\(\\) 1|Error Record 1|DC=|\"repsFrom\": \\[", any::<Index>()),
            0..8,
        ),
        encoding in select(&ENCODINGS[..]),
        end in any::<Index>(),
    ) {
        let texts = texts();
        let mut parts: Vec<String> =
            picks.iter().map(|(file, at, end)| line(&texts, *file, *at) + end).collect();
        for (text, at) in odd {
            let at = at.index(parts.len() + 1);
            parts.insert(at, text);
        }
        let mut bytes = encoded(&parts.concat(), encoding);
        // Cut off anywhere, in the middle of a character too.
        bytes.truncate(end.index(bytes.len() + 1).max(1));
        if bytes.is_empty() {
            bytes.push(b'x');
        }
        all_of(&decode(&bytes).unwrap(), &read(&bytes).unwrap());
    }
}

/// Files that are meant to be dear, each as long as a file may be.
fn dear() -> Vec<(&'static str, String)> {
    // Unoptimized code gets shorter ones: what is dear by its shape is so at any length.
    let wanted = std::env::var("EPMESH_DEAR_BYTES").ok().and_then(|bytes| bytes.parse().ok());
    let length = wanted.unwrap_or(if cfg!(debug_assertions) { MAX_BYTES / 64 } else { MAX_BYTES });
    let filled = |unit: &str| unit.repeat((length / unit.len()).max(1));
    let context = format!("DC={}\n", "x,DC=".repeat(1_500));
    vec![
        ("one line", filled("a ")),
        ("empty lines", filled("\n")),
        ("short lines", filled("x\n")),
        ("lines of NULs", filled("\0\0\0\n")),
        ("events without an end", filled("<Event >")),
        ("events without an end, other form", filled("<Event>\n")),
        ("events and what begins like one", filled("<Events><Event a><Data>1</Data>")),
        ("nested objects", filled("{\"repsFrom\":[\n")),
        ("flat values", format!("{{\"repsFrom\":[{}", filled("1,"))),
        ("a long name over many values", {
            let key = "k".repeat(length / 4);
            format!("{{\"repsFrom\":[{{\"{key}\":[{}", "1,".repeat(length / 4))
        }),
        ("objects that close at once", format!("\"repsFrom\"\n{}", filled("{}\n"))),
        ("tags that never close", format!("</p>\n{}", filled("<code"))),
        (
            "samples that never close",
            format!("</p>\n{}", filled(&format!("{}\n", "<code>".repeat(1_000)))),
        ),
        ("references", format!("</p>\n{}", filled("&&&&lt;"))),
        ("neighbours under a long context", format!("{context}{}", filled("S\\D via RPC\n"))),
        ("calls of dcdiag", filled("[D] DsBind() failed 1722,\n")),
        ("records", filled("Error Record 1, 1 (a)\nStatus is 5\n")),
        ("endpoints", filled("UUID: e3514235-4b06-11d1-ab04-00c04fc2dcd2 x\nncacn_np:A[b]\n")),
        ("interfaces without a binding", filled("UUID: e3514235-4b06-11d1-ab04-00c04fc2dcd2 x\n")),
        ("joins", filled("NetpDoDomainJoin\nNetpJoinDomain: status: 0x6d9\n")),
        ("a join that goes on", format!("NetpDoDomainJoin\n{}", filled("x\n"))),
        ("rows of a summary", filled("DC1 1d / 1 / 2 5 (1753)\n")),
        ("headings", filled("====A==\n")),
        ("distinguished names", filled("DC=a,\n")),
        ("heads of events", filled("Event[0]:\n")),
        ("dashes", filled("-")),
        ("dashes in lines", filled(&format!("{}\n", "-".repeat(8_000)))),
        ("digits", filled(&format!("{}\n", "1 ".repeat(4_000)))),
        ("times", filled(&format!("{}\n", "1/1/1 1:1 ".repeat(800)))),
        ("commas", filled(&format!("{}\n", ",".repeat(8_000)))),
        ("quotes", filled(&format!("showrepl_x,{}\n", "\"".repeat(8_000)))),
        ("rows that go on", filled("showrepl_info,s,A,\"DC=a\",s,\nB,\n\"x\n")),
        ("quoted and coloured", filled("> > \u{1b}[1;31m\u{1b}[\u{200e}x\n>\n")),
        ("a console's lines", {
            let full = |c: &str| format!("{}\n", c.repeat(80));
            format!("{}{}", full("b"), filled(&full("a")))
        }),
        ("half characters", filled(&format!("{}\n", "\u{fffd}\\".repeat(2_000)))),
        ("tables without an end", filled("A / %%\n")),
        ("pairs of their own", {
            let row =
                |at: usize| format!("showrepl_info,s,A{at},\"DC=a\",s,B{at},RPC,1,0,0,1753\n");
            (0..length / 70).map(row).collect()
        }),
    ]
}

/// What this process took at most, in bytes, where the system tells.
fn peak() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<usize>().ok().map(|kb| kb * 1024)
}

/// How often the lines of a long text are looked at; the text is made of `unit`, which has its line ends.
fn looks(unit: &str, times: usize) -> (u64, u64) {
    let text = unit.repeat(times);
    let lines = u64::try_from(text.lines().count()).expect("few");
    (counted(&text).1, lines)
}

#[test]
fn twice_the_text_costs_twice_the_looks() {
    let of = |wanted: &str| {
        let (_, text) = texts().into_iter().find(|(name, _)| name == wanted).expect("it");
        text
    };
    let units = [
        ("a log", "2026-10-02 12:35:32 INFO request 1753 took 977 ms, status 200 ok\n".to_owned()),
        ("errors", "System error 1722 has occurred.\n".to_owned()),
        ("prompts", "C:\\>net view \\\\fs1\nSystem error 1722 has occurred.\n".to_owned()),
        ("look-ups", "C:\\>net helpmsg 1753\n\n".to_owned()),
        ("states", "Current state: OK, error 1753 (0x6d9)\n".to_owned()),
        ("events of dcdiag", "EventID: 0x80000785\nTime: 1/1/2026 1:1:1\nx\n".to_owned()),
        ("entries", "EPT_S_NOT_REGISTERED\n1753 (0x6d9)\nx\n".to_owned()),
        ("lists of the KCC", "==== KCC ====\nA\\B\n".to_owned()),
        ("statuses", "Trusted DC Connection Status Status = 1753 0x6d9 X\n".to_owned()),
        (
            "services",
            "SERVICE_NAME: a\nSTATE : 1 STOPPED\nWIN32_EXIT_CODE : 1753 (0x6d9)\n".to_owned(),
        ),
        (
            "messages of /syncall",
            "CALLBACK MESSAGE: Error issuing replication: 1753 (0x6d9):\n".to_owned(),
        ),
        ("joins", "NetpDoDomainJoin\nNetpJoinDomain: status: 0x6d9\n".to_owned()),
        (
            "joins that went well",
            "NetpDoDomainJoin\nHostName: PC1\nDomain: a.b\nNetpDoDomainJoin: status: 0x0\n\
             NetpDoDomainJoin\nHostName: PC2\nDomain: c.d\nNetpDoDomainJoin: status: 0x6d9\n"
                .to_owned(),
        ),
        ("showrepl", of("showrepl.txt")),
        ("dcdiag", of("dcdiag.txt")),
        ("replsum", of("replsum.txt")),
    ];
    for (name, unit) in units {
        let times = (4_000 / unit.lines().count()).max(4);
        let ((once, lines), (twice, _)) = (looks(&unit, times), looks(&unit, times * 2));
        // Each format looks at each line some times, and at some around it.
        assert!(once <= lines * 1_200, "{name}: {once} looks at {lines} lines");
        assert!(twice * 10 <= once * 22, "{name}: {once}, then {twice}");
    }
}

#[test]
fn failures_are_kept_before_what_worked() {
    let row = |status: &str| {
        format!("showrepl_info,s,A,\"DC=a\",s,B,RPC,0,2026-11-20 09:15:00,0,{status}\n")
    };
    let text = format!("{}{}", row("0").repeat(20_500), row("1753").repeat(3));
    let report = read_text(&text);
    nothing_is_lost(&text, &report);
    let failed = report.told.iter().filter(|told| told.outcome == Outcome::Failed);
    assert_eq!((failed.count(), report.told.len(), report.rows_left_out), (3, 20_000, 503));
    assert_eq!((report.failed_left_out, report.worked_left_out), (0, 503));
    assert!(report.told.is_sorted_by_key(|told| told.lines[0]));
}

#[test]
fn what_is_made_to_be_dear_is_read_within_bounds() {
    for (name, text) in dear() {
        let started = Instant::now();
        let report = read_text(&text);
        let pairs = explain::pairs(&report);
        println!(
            "{name}: {} bytes, {} lines, {} told, {} pairs, {} unread, {:.2?}",
            text.len(),
            report.lines,
            report.told.len(),
            pairs.len(),
            report.unread.len(),
            started.elapsed()
        );
        assert!(report.told.len() <= 20_000 && report.unread.len() <= 2_000, "{name}");
        nothing_is_lost(&text, &report);
    }
    // The text itself, its lines, and what is kept of them.
    if let Some(peak) = peak() {
        println!("at most {} MiB", peak >> 20);
        assert!(peak < 1 << 30, "{peak} bytes");
    }
}
