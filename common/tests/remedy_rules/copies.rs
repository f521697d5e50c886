//! Before anything is changed, what it was is kept: each change by itself, wherever it stands in the remedy.

use std::collections::BTreeSet;

use crate::{
    cases::holds,
    commands::{Command, commands, text},
};

/// What must be there to go back to, for a command that changes something.
enum Kept {
    /// A registry key, or one above it.
    Key(String),
    /// The settings of a service: its key, or what shows them.
    Service(String),
    /// What this command showed, of which the words before it say that it is kept.
    Shown(String),
    /// A sentence.
    Said(&'static [&'static str]),
}

/// What a command changes, if that can be undone by what was there before.
fn changes(command: &Command<'_>) -> Option<Kept> {
    let word = |at| command.word(at);
    let line = |start: &str| Some(Kept::Shown(start.to_owned()));
    match command.program {
        "reg" if ["add", "delete", "import", "restore", "copy"].contains(&word(0)) => {
            Some(Kept::Key(word(1).to_owned()))
        }
        "sc.exe" if word(0) == "config" => Some(Kept::Service(word(1).to_owned())),
        "dnscmd" if word(1) == "/RecordDelete" => {
            line(&format!("dnscmd {} /EnumRecords {} {}", word(0), word(2), word(3)))
        }
        "samba-tool" if command.is("samba-tool", &["dns", "delete"]) => {
            line(&format!("samba-tool dns query {} {} {} ALL", word(2), word(3), word(4)))
        }
        "netsh" if command.has("dynamicport") && command.has("set") => {
            line(&format!("netsh int {} show dynamicport tcp", word(1)))
        }
        "netsh" if word(0) == "wins" && ["delete", "add", "set"].contains(&word(3)) => {
            line(&format!("netsh wins server {} show name {}", word(2), word(5)))
        }
        "netsh" if command.is("netsh", &["rpc", "filter", "delete"]) => {
            line("netsh rpc filter show filter > rpc-filters.txt")
        }
        "netsh" if word(0) == "advfirewall" && word(1) == "firewall" && word(2) != "show" => {
            line("netsh advfirewall export")
        }
        "dfsrdiag" if word(0).eq_ignore_ascii_case("StaticRPC") => line("dfsrdiag DumpMachineCfg"),
        "Set-DnsClientServerAddress" => Some(Kept::Said(&["write it down first"])),
        "ldbdel" | "ldbmodify" => Some(Kept::Said(&["cannot be undone"])),
        _ => None,
    }
}

/// Whether a text that stands before a change keeps what it needs.
fn keeps(before: &str, whole: &str, kept: &Kept) -> bool {
    match kept {
        Kept::Service(name) => {
            let key = format!(r"HKLM\SYSTEM\CurrentControlSet\Services\{name}");
            let shown = Kept::Shown(format!("sc.exe qc {name}"));
            keeps(before, whole, &Kept::Key(key)) || keeps(before, whole, &shown)
        }
        Kept::Key(key) => {
            let key = key.to_ascii_lowercase();
            let exported = commands(before).into_iter().filter(|one| one.is("reg", &["export"]));
            exported.into_iter().any(|one| {
                let saved = one.word(1).to_ascii_lowercase();
                key == saved
                    || key.strip_prefix(&saved).is_some_and(|below| below.starts_with('\\'))
            })
        }
        Kept::Shown(line) => {
            let mut shown =
                commands(before).into_iter().filter(|one| one.line().starts_with(line.as_str()));
            let is_kept =
                ["keep ", "keeping ", " export ", "> "].iter().any(|word| before.contains(word));
            is_kept && shown.next().is_some()
        }
        Kept::Said(words) => words.iter().any(|word| whole.contains(word)),
    }
}

/// The changes of a text that are not kept first, and how many there are; `programs` are those that change something.
pub(crate) fn unkept(text: &str, programs: &mut BTreeSet<String>) -> (usize, Vec<String>) {
    let mut all = 0;
    let mut wrong = Vec::new();
    for command in commands(text) {
        let Some(kept) = changes(&command) else { continue };
        all += 1;
        programs.insert(command.program.to_owned());
        let before = text.get(..command.at).unwrap_or_default();
        if !keeps(before, text, &kept) {
            wrong.push(format!("{} is not kept first: {text}", command.line()));
        }
    }
    (all, wrong)
}

#[test]
fn what_is_there_is_kept_before_each_change() {
    let mut programs = BTreeSet::new();
    holds(500, |case, met| {
        let (all, wrong) = unkept(&text(case), &mut programs);
        *met += all;
        wrong
    });
    for program in ["reg", "sc.exe", "dnscmd", "samba-tool", "netsh", "Set-DnsClientServerAddress"]
    {
        assert!(programs.contains(program), "{program}: {programs:?}");
    }
}

#[test]
fn a_change_that_nothing_keeps_is_seen() {
    let key = r"HKLM\SOFTWARE\Microsoft\Rpc\Internet";
    for (text, wrong) in [
        (format!("reg delete {key}"), 1),
        (format!("reg export {key} a.reg, then reg delete {key}"), 0),
        // One that only begins alike is another key.
        (format!("reg export {key}2 a.reg, then reg delete {key}"), 1),
        ("sc.exe config NTDS start= auto".to_owned(), 1),
        ("keep what sc.exe qc NTDS shows, then sc.exe config NTDS start= auto".to_owned(), 0),
        ("keep what sc.exe qc DNS shows, then sc.exe config NTDS start= auto".to_owned(), 1),
        // The second record is not that of the first.
        (
            "keep what dnscmd 10.0.0.1 /EnumRecords a.b x shows, then dnscmd 10.0.0.1 /RecordDelete a.b x A 10.0.0.9; \
             dnscmd 10.0.0.2 /RecordDelete a.b x A 10.0.0.9"
                .to_owned(),
            1,
        ),
        ("netsh int ipv4 set dynamicport tcp start=49152 num=16384".to_owned(), 1),
    ] {
        assert_eq!(unkept(&text, &mut BTreeSet::new()).1.len(), wrong, "{text}");
    }
}

#[test]
fn a_file_is_copied_before_a_line_of_it_is_taken_out() {
    holds(10, |case, met| {
        let text = text(case);
        let mut wrong = Vec::new();
        for change in ["remove the line ", "the nameserver lines in /etc/resolv.conf"] {
            for (at, _) in text.match_indices(change) {
                *met += 1;
                let (before, after) = text.split_at(at);
                let step = after.lines().next().unwrap_or_default();
                if !before.contains("making a copy of the file")
                    && !step.contains("copy the file first")
                {
                    wrong.push(text.clone());
                }
            }
        }
        wrong
    });
}

/// A step in words, without a command, keeps it as well.
#[test]
fn a_record_that_is_deleted_by_hand_is_kept_first() {
    holds(5, |case, met| {
        let steps = case.verdict.remedy.iter();
        let by_hand = |step: &&String| {
            let words = ["delete the wrong record", "delete it on the server"];
            words.iter().any(|start| step.contains(start))
                && !step.starts_with("delete the wrong record: ")
        };
        let found: Vec<&String> = steps.filter(by_hand).collect();
        *met += found.len();
        found.into_iter().filter(|step| !step.contains("keep")).cloned().collect()
    });
}

#[test]
fn an_exception_comes_before_a_filter_is_deleted() {
    holds(4, |case, met| {
        let text = text(case);
        let Some(deleted) = text.find("netsh rpc filter delete") else { return Vec::new() };
        *met += 1;
        let kept = text.find("netsh rpc filter show filter >");
        let excepted = text.find("actiontype=permit");
        let in_order = kept.is_some() && kept < excepted && excepted < Some(deleted);
        if in_order && excepted.is_some() { Vec::new() } else { vec![text] }
    });
}
