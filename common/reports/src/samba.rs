//! `samba-tool drs showrepl --json`. It does not say whose replication it is but by the DSA GUID, and
//! the error number stands inside a sentence: "failed, result 1225 (WERR_CONNECTION_REFUSED)".

use epmesh_rpc::names;

use super::{
    json::{self, Document, Leaf},
    outcome::Outcome,
    page::{Page, number},
    scan,
    told::{Party, Told, Tool},
};

const TOOL: Tool = Tool::SambaJson;

/// Takes every document.
pub(super) fn read(page: &mut Page<'_>) {
    let text = page.text();
    if !text.contains("\"repsFrom\"") && !text.contains("\"invocationId\"") {
        return;
    }
    let (mut at, mut offset) = (0, 0);
    for (line, written) in text.split_inclusive('\n').enumerate() {
        let indent = written.len() - written.trim_start().len();
        let start = offset + indent;
        offset += written.len();
        if at <= start && written.trim_start().starts_with('{') {
            let document = json::read(text, start, line);
            let ours = document.leaves.iter().any(|leaf| {
                matches!(leaf.path.first().map(String::as_str), Some("dsa" | "repsFrom" | "repsTo"))
            });
            if ours {
                let body = text.get(start..document.end).unwrap_or_default();
                let last = line + body.trim_end().matches('\n').count();
                // What was begun and not ended is told word for word.
                let tail = body.trim_end().rsplit('\n').next().unwrap_or_default();
                let rest = text.get(document.end..).unwrap_or_default().lines().next();
                let tail = format!("{}{}", tail.trim(), rest.unwrap_or_default().trim_end());
                tell(page, &document, &tail, (line, last));
                at = document.end;
            }
        }
    }
}

fn tell(page: &mut Page<'_>, document: &Document, tail: &str, (first, last): (usize, usize)) {
    let leaves = document.leaves.as_slice();
    let value = |path: &[&str]| {
        let found = leaves
            .iter()
            .find(|leaf| leaf.path.iter().map(String::as_str).eq(path.iter().copied()));
        found.map(|leaf| leaf.value.as_str())
    };
    let own_guid = value(&["dsa", "objectGUID"]).and_then(|guid| guid.parse().ok());
    let own = own_guid.map(|guid| Party { dsa_guid: Some(guid), ..Party::default() });
    for list in ["repsFrom", "repsTo"] {
        let of = |leaf: &&Leaf| {
            leaf.path.first().is_some_and(|first| first == list) && leaf.path.len() > 2
        };
        let all: Vec<&Leaf> = leaves.iter().filter(of).collect();
        for group in all.chunk_by(|a, b| a.path.get(1) == b.path.get(1)) {
            page.tell(row(group, own.clone(), list == "repsTo"));
        }
    }
    if !document.whole || document.left_out > 0 {
        let mut told = Told::new(TOOL, vec![number(last)]);
        told.destination = own;
        told.words = match document.left_out {
            0 => {
                let tail: String = tail.chars().take(200).collect();
                format!("the report is cut off here, behind {tail:?}: the rest is missing")
            }
            count => format!("{count} values more stand in it and are not looked at"),
        };
        page.tell(told);
    }
    // Brackets, and the connection objects, which have no error.
    for line in first..=last {
        page.frame(TOOL, line);
    }
}

fn row(group: &[&Leaf], own: Option<Party>, notification: bool) -> Told {
    let value = |key: &str| {
        let found = group.iter().find(|leaf| leaf.path.get(2).is_some_and(|name| name == key));
        found.map(|leaf| leaf.value.as_str())
    };
    let mut lines: Vec<u32> = group.iter().map(|leaf| number(leaf.line)).collect();
    lines.dedup();
    let mut told = Told::new(TOOL, lines);
    told.destination = own;
    let mut source = Party {
        dsa_guid: value("DSA objectGUID").and_then(|g| g.parse().ok()),
        ..Party::default()
    };
    let named = value("DSA")
        .and_then(scan::site_and_server)
        .map(|(site, server, _)| (site.to_owned(), server.to_owned()));
    if let Some((site, server)) = named.or_else(|| value("NTDS DN").and_then(scan::ntds_settings)) {
        (source.site, source.name) = (Some(site), Some(server));
    }
    told.source = (source != Party::default()).then_some(source);
    told.naming_context = value("NC dn").map(str::to_owned);
    let time = |key: &str| value(key).filter(|time| !time.starts_with("NTTIME")).map(str::to_owned);
    told.when = time("last attempt time");
    told.last_success = time("last success");
    told.failures = value("consecutive failures").and_then(|count| count.parse().ok());
    told.interface = names::find("drsuapi");
    let message = value("last attempt message");
    told.code = message
        .filter(|message| message.contains("result "))
        .and_then(|message| scan::numbers(message).first().map(|one| scan::signed(one.value)));
    told.by_samba = true;
    let untried = value("last attempt time").is_some_and(|time| time.starts_with("NTTIME(0)"));
    told.outcome = match (told.code, message) {
        (Some(code), _) => Outcome::of_status(code),
        (None, Some("was successful")) if !untried => Outcome::Succeeded,
        // It keeps no time of its notifications.
        (None, Some("was successful")) if notification => Outcome::Delayed,
        _ => Outcome::Unclear,
    };
    let deleted = if value("is deleted") == Some("true") || value("is deleted") == Some("True") {
        "; the source's NTDS Settings object is deleted"
    } else {
        ""
    };
    let kind = if notification { "change notification; " } else { "" };
    let said = match message {
        Some("was successful") if untried && notification => "no time of one is kept",
        Some("was successful") if untried => "it was never tried: no attempt has a time",
        Some(message) => message,
        None => "the row ends before its result",
    };
    told.words = format!("{kind}{said}{deleted}");
    told
}
