//! `log.samba`: a domain controller of Samba that could not bind to another one, or not connect to it.
//!
//! ```text
//! [2026/04/24 15:48:15,  0] ../source4/librpc/rpc/dcerpc_util.c:660(dcerpc_pipe_auth_recv)
//!   Failed to bind to uuid UUID for ncacn_ip_tcp:192.0.2.12[49153,seal,target_hostname=…] NT_STATUS_LOGON_FAILURE
//! ```

use epmesh_rpc::{names, windows_error};
use uuid::Uuid;

use super::{
    outcome::Outcome,
    page::{Page, number},
    told::{Party, Told, Tool},
};

const TOOL: Tool = Tool::SambaLog;

/// Takes every such line, with the head above it.
pub(super) fn read(page: &mut Page<'_>) {
    for at in 0..page.len() {
        let Some(line) = page.open(at) else { continue };
        let Some(mut told) = bind(line).or_else(|| connect(line)) else { continue };
        let head = at.checked_sub(1).and_then(|above| Some((above, head(page.open(above)?)?)));
        if let Some((above, when)) = head {
            told.when = Some(when);
            told.lines.push(number(above));
        }
        told.lines.push(number(at));
        page.tell(told);
    }
}

/// The time of a head: `[2026/04/24 15:48:15.123456,  0, pid=7] ../../source4/…`.
fn head(line: &str) -> Option<String> {
    let (inside, _) = line.strip_prefix('[')?.split_once(']')?;
    let (time, level) = inside.split_once(',')?;
    let level = level.trim_start().starts_with(|c: char| c.is_ascii_digit());
    let fits = time.len() >= 19 && time.bytes().next().is_some_and(|byte| byte.is_ascii_digit());
    (level && fits && time.contains('/') && time.contains(':')).then(|| time.to_owned())
}

/// `Failed to bind to uuid UUID for BINDING NT_STATUS_…`
fn bind(line: &str) -> Option<Told> {
    let rest = line.strip_prefix("Failed to bind to uuid ")?;
    let (uuid, rest) = rest.split_once(" for ")?;
    let (binding, status) = rest.rsplit_once(' ')?;
    let mut told = failed(line, status)?;
    let uuid: Uuid = uuid.trim().parse().ok()?;
    told.interface = names::by_uuid(uuid).map(|known| known.id);
    let option = |name: &str| {
        let (_, value) = binding.split_once(name)?;
        value.split([',', ']']).next().filter(|value| !value.is_empty())
    };
    let (address, _) = binding.split_once('[')?;
    let address = address.rsplit(':').next().filter(|address| !address.is_empty());
    told.source = option("target_hostname=").or(address).and_then(Party::asked_as);
    told.destination = option("localaddress=").and_then(Party::named);
    Some(told)
}

/// `Failed to connect host 192.0.2.12 (NAME) on port 135 - NT_STATUS_CONNECTION_REFUSED.`
fn connect(line: &str) -> Option<Told> {
    let rest = line.strip_prefix("Failed to connect host ")?;
    let (host, status) = rest.rsplit_once(" - ")?;
    let mut told = failed(line, status)?;
    let (address, behind) = host.split_once(' ').unwrap_or((host, ""));
    let inside = behind.strip_prefix('(').and_then(|rest| rest.split_once(')'));
    told.source = inside.map_or(Some(address), |(name, _)| Some(name)).and_then(Party::asked_as);
    Some(told)
}

fn failed(line: &str, status: &str) -> Option<Told> {
    let name = status.trim_matches(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let bare = name.strip_prefix("NT_")?;
    if !bare.starts_with("STATUS_") {
        return None;
    }
    let mut told = Told::new(TOOL, Vec::new());
    told.outcome = Outcome::Failed;
    told.code = windows_error::code_of(bare);
    told.words = line.chars().take(600).collect();
    told.by_samba = true;
    Some(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_statuses() {
        let told = bind(
            "Failed to bind to uuid e3514235-4b06-11d1-ab04-00c04fc2dcd2 for \
             ncacn_ip_tcp:192.0.2.12[49153,seal,krb5,target_hostname=dc2.lab.test,localaddress=192.0.2.11] \
             NT_STATUS_LOGON_FAILURE",
        );
        let told = told.expect("a row");
        assert_eq!(told.source.and_then(|party| party.name).as_deref(), Some("dc2.lab.test"));
        assert_eq!(told.destination.and_then(|party| party.name).as_deref(), Some("192.0.2.11"));
        assert_eq!(told.code, Some(-1_073_741_715));
        let told = connect("Failed to connect host 192.0.2.9 on port 135 - NT_STATUS_IO_TIMEOUT");
        let name = told.and_then(|told| told.source).and_then(|party| party.name);
        assert_eq!(name.as_deref(), Some("192.0.2.9"));
        assert!(connect("Failed to connect host x - because").is_none());
    }
}
