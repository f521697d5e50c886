//! The commands within the steps of a remedy, word by word.

use crate::judged::Judged;

/// The steps of a verdict one after another.
pub(crate) fn text(case: &Judged) -> String {
    case.verdict.remedy.join("\n")
}

/// The programs that remedies name, each with what must follow, or it is a word of the sentence: empty for anything.
const PROGRAMS: &[(&str, &[&str])] = &[
    ("bcdedit", &["/"]),
    ("chronyc", &["tracking", "makestep"]),
    ("copy", &["C:\\"]),
    ("cp", &["-p"]),
    ("dcdiag", &["/"]),
    ("dfsrdiag", &[]),
    ("dnscmd", &[]),
    ("dsacls", &[]),
    ("epmesh", &["diagnose"]),
    ("findstr", &[]),
    ("gpresult", &[]),
    ("gpupdate", &["/"]),
    ("ip", &["-br"]),
    ("ipconfig", &["/"]),
    ("klist", &["-li", "purge"]),
    ("ldbdel", &[]),
    ("ldbmodify", &[]),
    ("ldbsearch", &[]),
    ("nbtstat", &["-"]),
    ("nc", &["-"]),
    ("net", &["start", "stop", "continue", "pause", "helpmsg", "use"]),
    ("netdom", &[]),
    ("netsh", &[]),
    ("netstat", &["-"]),
    ("nltest", &["/"]),
    ("nslookup", &[]),
    ("ntdsutil", &["\""]),
    ("ping", &["-", "dc", "10."]),
    ("portqry", &["-"]),
    ("procdump", &["-"]),
    ("reg", &["add", "delete", "export", "import", "query", "restore", "save", "copy", "\\\\"]),
    ("repadmin", &["/"]),
    ("rpcdump.py", &[]),
    ("samba-tool", &[]),
    ("samba_dnsupdate", &["--"]),
    ("sc.exe", &[]),
    ("setspn", &["-"]),
    ("shutdown", &["/"]),
    ("ss", &["-"]),
    ("sysctl", &[]),
    ("systemctl", &["status", "start", "stop", "restart"]),
    ("taskkill", &["/"]),
    ("tasklist", &["/"]),
    ("testparm", &["-"]),
    ("w32tm", &["/"]),
    ("wevtutil", &[]),
];

/// What follows a command without a sign between: the sentence goes on.
const GOES_ON: &[&str] = &[
    "allows", "and", "calls", "deletes", "for", "has", "in", "its", "must", "names", "on", "or",
    "saves", "says", "sets", "shows", "stops", "tells", "there", "to", "where", "which", "with",
];

/// A command as it can be pasted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command<'a> {
    /// The program, or the cmdlet of PowerShell.
    pub(crate) program: &'a str,
    /// What follows, without the quotes around a whole word.
    pub(crate) words: Vec<&'a str>,
    /// Where it begins within the text.
    pub(crate) at: usize,
}

impl<'a> Command<'a> {
    /// The word at a place; empty where there is none.
    pub(crate) fn word(&self, at: usize) -> &'a str {
        self.words.get(at).copied().unwrap_or_default()
    }

    /// Whether it begins so.
    pub(crate) fn is(&self, program: &str, words: &[&str]) -> bool {
        let mut both = self.words.iter().zip(words);
        self.program == program
            && self.words.len() >= words.len()
            && both.all(|(word, wanted)| word.eq_ignore_ascii_case(wanted))
    }

    /// Whether one of its words is this one.
    pub(crate) fn has(&self, word: &str) -> bool {
        self.words.iter().any(|other| other.eq_ignore_ascii_case(word))
    }

    /// The word after this one.
    pub(crate) fn after(&self, option: &str) -> Option<&'a str> {
        let at = self.words.iter().position(|word| word.eq_ignore_ascii_case(option))?;
        self.words.get(at + 1).copied()
    }

    /// It as one line.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.program, self.words.join(" "))
    }
}

/// Every command of a text, in order.
pub(crate) fn commands(text: &str) -> Vec<Command<'_>> {
    let mut found = Vec::new();
    let mut rest = 0;
    while let Some((at, end, program)) = next(text, rest) {
        rest = end;
        let program = program.trim_start_matches(['(', '`']);
        let is_cmdlet = is_cmdlet(program);
        let row = PROGRAMS.iter().find(|(name, _)| *name == program);
        if row.is_none() && !is_cmdlet {
            continue;
        }
        let (words, end) = words(text, end);
        let first = words.first().copied().unwrap_or_default();
        let fits = |start: &&str| first.starts_with(*start);
        if row.is_none_or(|(_, starts)| starts.is_empty() || starts.iter().any(fits)) {
            found.push(Command { program, words, at });
            rest = end;
        }
    }
    found
}

/// A verb and a noun of PowerShell: `Set-DnsClientServerAddress`.
fn is_cmdlet(word: &str) -> bool {
    const VERBS: [&str; 12] = [
        "Add",
        "Clear",
        "Disable",
        "Enable",
        "Get",
        "New",
        "Remove",
        "Restart",
        "Set",
        "Stop",
        "Test",
        "Uninstall",
    ];
    word.split_once('-').is_some_and(|(verb, noun)| {
        VERBS.contains(&verb) && noun.starts_with(|first: char| first.is_ascii_uppercase())
    })
}

/// The next word from a place on that nothing closes: where it begins and ends.
fn next(text: &str, from: usize) -> Option<(usize, usize, &str)> {
    let left = text.get(from..)?;
    let begin = from + left.find(|sign: char| !sign.is_whitespace())?;
    let word = text.get(begin..)?;
    let end = begin + word.find(char::is_whitespace).unwrap_or(word.len());
    Some((begin, end, text.get(begin..end)?))
}

/// The words of a command whose program ends at a place, and where it ends.
fn words(text: &str, mut at: usize) -> (Vec<&str>, usize) {
    let mut words = Vec::new();
    loop {
        let Some(rest) = text.get(at..) else { return (words, at) };
        let line = rest.len() - rest.trim_start_matches(' ').len();
        let rest = rest.trim_start_matches(' ');
        if rest.is_empty() || rest.starts_with(['(', '\n', '|', '`']) {
            return (words, at);
        }
        let mut quote = None;
        let mut end = rest.len();
        for (place, sign) in rest.char_indices() {
            match (quote, sign) {
                (Some(open), sign) if sign == open => quote = None,
                (None, '"' | '\'') => quote = Some(sign),
                (None, ' ' | '\n') => {
                    end = place;
                    break;
                }
                _ => {}
            }
        }
        let word = rest.get(..end).unwrap_or_default();
        if GOES_ON.contains(&word.trim_end_matches([',', ';', ')', ':'])) {
            return (words, at);
        }
        at += line + end;
        let closed = word.trim_end_matches([',', ';', ')', ':', '`']);
        let bare =
            closed.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(closed);
        // A quoted empty word is a word.
        if !closed.is_empty() {
            words.push(bare);
        }
        if closed.len() < word.len() {
            return (words, at);
        }
    }
}

#[test]
fn a_command_ends_where_the_sentence_goes_on() {
    let text = "keep what dnscmd 10.0.0.1 /EnumRecords contoso.com dc2 shows, then sc.exe config NTDS start= auto \
                obj= \"NT AUTHORITY\\NetworkService\" password= \"\"; if reg asks (net stop kdc), go on";
    let found = commands(text);
    let lines: Vec<String> = found.iter().map(Command::line).collect();
    assert_eq!(
        lines,
        [
            "dnscmd 10.0.0.1 /EnumRecords contoso.com dc2",
            "sc.exe config NTDS start= auto obj= NT AUTHORITY\\NetworkService password= ",
            "net stop kdc",
        ]
    );
    assert!(found[1].is("sc.exe", &["config"]) && found[1].after("start=") == Some("auto"));
}
