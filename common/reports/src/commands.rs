//! The command whose output a line is, where a text shows it: behind the prompt of a shell, above the line. It names
//! the machine that the output does not name again.

use super::{
    page::{Page, number},
    scan,
    told::{Party, Told},
};

/// The most lines between a command and what is still its output.
const MAX_OUTPUT: usize = 60;

/// A command, and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Command<'a> {
    pub(super) at: usize,
    pub(super) text: &'a str,
}

/// The command above a line. What stands behind a tool's report need not be of the same command.
pub(super) fn above<'a>(page: &Page<'a>, at: usize) -> Option<Command<'a>> {
    let first = at.saturating_sub(MAX_OUTPUT);
    let mut of_a_tool = false;
    let found = (first..at).rev().find_map(|at| {
        let command = page.line(at).and_then(scan::behind_prompt);
        let found = command.filter(|_| !of_a_tool).map(|command| (at, command));
        of_a_tool |= page.is_of_a_tool(at);
        found
    });
    found.filter(|(_, text)| !text.is_empty()).map(|(at, text)| Command { at, text })
}

/// Names the machine that the command above asked, where the output names none.
pub(super) fn name(page: &Page<'_>, at: usize, told: &mut Told) {
    if told.source.is_some() {
        return;
    }
    let Some(command) = above(page, at) else { return };
    (told.source, told.destination) = (command.server(), command.client());
    if told.source.is_some() || told.destination.is_some() {
        told.lines.insert(0, number(command.at));
    }
}

/// Switches with their value in the same word.
const JOINED: [&str; 10] = [
    "/server:",
    "/s:",
    "/computer:",
    "/node:",
    "/dsa:",
    "/homeserver:",
    "-r:",
    "/r:",
    "-remote:",
    "/dc:",
];
/// Switches with their value in the next word.
const APART: [&str; 6] = ["-computername", "-cn", "-server", "-target", "/s", "-n"];

impl Command<'_> {
    /// The computer that the command is about and that asks: `netdom join PC7 /domain:contoso.com`.
    pub(super) fn client(&self) -> Option<Party> {
        let mut words = self.text.split_whitespace();
        let joins = words.next()?.to_ascii_lowercase().starts_with("netdom")
            && words.next()?.eq_ignore_ascii_case("join");
        words.next().filter(|name| joins && scan::is_host(name)).and_then(Party::named)
    }

    /// The machine that the command asks.
    pub(super) fn server(&self) -> Option<Party> {
        let words: Vec<&str> = self.text.split_whitespace().take(40).collect();
        let value = |word: &str| {
            let name = word.trim_matches(['"', '\'', '\\']);
            let name = name.split('\\').next().unwrap_or(name);
            let local = name.eq_ignore_ascii_case("localhost");
            Party::asked_as(name).filter(|_| scan::is_host(name) && !local)
        };
        let mut words = words.iter().copied().peekable();
        let program = words.next()?.to_ascii_lowercase();
        let mut first = None;
        while let Some(word) = words.next() {
            let lower = word.to_ascii_lowercase();
            let joined = JOINED.iter().find_map(|switch| {
                lower.starts_with(switch).then(|| word.get(switch.len()..)).flatten()
            });
            if let Some(name) = joined {
                return value(name);
            }
            if APART.contains(&lower.as_str()) {
                return words.peek().and_then(|word| value(word));
            }
            if let Some(unc) = word.trim_start_matches('"').strip_prefix("\\\\") {
                return value(unc);
            }
            let switch = word.starts_with(['/', '-', '|', '>', '"']) || scan::is_dn(word);
            if first.is_none() && !switch {
                first = Some(word);
            }
        }
        // What these ask stands in front.
        let leads = ["repadmin", "repadmin.exe", "test-netconnection", "tnc", "ping"];
        first.filter(|_| leads.contains(&program.as_str())).and_then(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_that_is_asked() {
        for (text, name) in [
            ("Get-WmiObject Win32_Service -ComputerName FS7", Some("FS7")),
            ("w32tm /resync /computer:dc4.contoso.com", Some("dc4.contoso.com")),
            ("netdom resetpwd /server:hq3 /userd:x\\y /passwordd:*", Some("hq3")),
            ("net view \\\\fs8", Some("fs8")),
            ("dir \"\\\\fs8\\share\"", Some("fs8")),
            ("repadmin /showrepl dc4 /errorsonly", Some("dc4")),
            ("repadmin /showrepl * /csv", None),
            ("gpupdate /force", None),
            ("Get-Service -ComputerName localhost", None),
            ("", None),
        ] {
            let command = Command { at: 0, text };
            let found = command.server().and_then(|party| party.name);
            assert_eq!(found.as_deref(), name, "{text}");
        }
    }
}
