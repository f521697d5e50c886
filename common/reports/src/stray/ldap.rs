//! Errors of LDAP's own, which are none of Windows or RPC.

use super::super::{
    commands,
    outcome::Outcome,
    page::{Page, number},
    scan,
    told::{Told, Tool},
};

/// `LDAP error 81 (Server Down) Win32 Err 58.`: an error of LDAP's own, and the Windows error behind it.
pub(super) fn read(page: &Page<'_>, at: usize, line: &str) -> Option<Told> {
    let bare = behind_source(line).trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let lower = bare.to_ascii_lowercase();
    let rest = lower.strip_prefix("ldap error ")?;
    let (digits, behind) = rest.split_at_checked(rest.find(|c: char| !c.is_ascii_digit())?)?;
    // Its name or its hexadecimal form follows in brackets; in a sentence something else does.
    let own: u32 = digits.parse().ok().filter(|_| behind.trim_start().starts_with('('))?;
    let (_, windows) = lower.split_once("win32 err").unwrap_or(("", ""));
    let windows = windows.trim_start_matches("or");
    let mut told = Told::new(Tool::Unknown, vec![number(at)]);
    told.outcome = Outcome::Failed;
    told.code = scan::numbers(windows).first().map(|one| one.value).filter(|code| *code != 0);
    told.words = format!(
        "{line}: {own} is LDAP's own number ({}), and no error of Windows or RPC",
        ldap_words(own)
    );
    commands::name(page, at, &mut told);
    around(page, at, &mut told);
    Some(told)
}

/// What stands behind the file and line of the program: `[d:\rtm\…\repbind.c, 444] LDAP error 81 …`.
fn behind_source(line: &str) -> &str {
    let place = line.strip_prefix('[').and_then(|rest| rest.split_once("] "));
    let behind = place.filter(|(place, _)| {
        let file = place.split_once(".c, ").or_else(|| place.split_once(".cxx, "));
        file.is_some_and(|(_, number)| number.parse::<u32>().is_ok())
    });
    behind.map_or(line, |(_, behind)| behind)
}

/// What repadmin writes around an error of LDAP: that it asked nobody, and the error of Windows, which may be 0.
fn around(page: &Page<'_>, at: usize, told: &mut Told) {
    let above = [
        "Error: An LDAP lookup operation failed with the following error:",
        "home server with /homeserver:",
        "Repadmin can't connect to a \"home server\"",
    ];
    let mut here = at;
    for start in above {
        let found = (here.saturating_sub(2)..here)
            .rev()
            .find(|at| page.open(*at).is_some_and(|line| line.starts_with(start)));
        let Some(found) = found else { break };
        told.lines.push(number(found));
        here = found;
    }
    for (here, start) in (at + 1..).zip(["Server Win32 Error ", "Extended Information:"]) {
        let next = page.open(here).filter(|line| line.starts_with(start));
        let Some(line) = next else { break };
        told.code = told.code.or(scan::paired_code(line).filter(|code| *code != 0));
        told.lines.push(number(here));
    }
    told.lines.sort_unstable();
}

/// The results of LDAP that tools on domain controllers print (RFC 4511, and winldap.h above 80).
const fn ldap_words(code: u32) -> &'static str {
    match code {
        1 => "operations error",
        8 => "stronger authentication required",
        32 => "no such object",
        49 => "invalid credentials",
        50 => "insufficient access rights",
        51 => "busy",
        52 => "unavailable",
        53 => "unwilling to perform",
        81 => "the server is down, or was not reached on its LDAP port",
        82 => "a local error, mostly of the authentication by Kerberos",
        85 => "a timeout",
        91 => "the connection failed",
        _ => "see winldap.h",
    }
}
