//! `repadmin /showrepl * /csv`. The header is localized, so columns count by their place; a program in
//! between may have left the first one out, quoted everything, or changed the separator.

use super::{
    page::{Page, number},
    scan,
    told::{Outcome, Party, Told, Tool},
};
use crate::rpc::names;

const TOOL: Tool = Tool::ShowreplCsv;

/// Takes every row and header.
pub(super) fn read(page: &mut Page<'_>) {
    for at in 0..page.len() {
        let Some(line) = page.open(at).filter(|line| !line.is_empty()) else { continue };
        let Some(fields) = [',', ';', '\t'].into_iter().find_map(|by| split(line, by)) else {
            continue;
        };
        let first = fields.first().map(|field| field.to_ascii_lowercase()).unwrap_or_default();
        if first.ends_with("_columns") {
            page.frame(TOOL, at);
        } else if first.ends_with("_error") {
            error(page, at, &fields);
        } else {
            row(page, at, &fields);
        }
    }
}

/// The fields of a line that looks like one of these files'; quotes may hold the separator.
fn split(line: &str, by: char) -> Option<Vec<String>> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            c if c == by && !quoted => fields.push(String::new()),
            c => fields.last_mut()?.push(c),
        }
    }
    let fields: Vec<String> = fields.into_iter().map(|field| field.trim().to_owned()).collect();
    let first = fields.first()?.to_ascii_lowercase();
    let marked = first.starts_with("showrepl_") || first.starts_with("repadmin_");
    (fields.len() >= 3 && (marked || fields.len() >= 10)).then_some(fields)
}

fn row(page: &mut Page<'_>, at: usize, fields: &[String]) {
    // The naming context is the third column, behind the mark where there is one.
    let Some(context) = fields.iter().take(5).position(|field| scan::is_dn(field)) else {
        // A header without the mark: words in every column, and the rows come behind it.
        let numbers = fields.iter().any(|field| field.contains(|c: char| c.is_ascii_digit()));
        let rows_follow = page
            .next_open(at + 1)
            .is_some_and(|(_, next)| next.contains("DC=") || next.contains("dc="));
        if fields.len() >= 10 && !numbers && rows_follow {
            page.frame(TOOL, at);
        }
        return;
    };
    let field = |offset: usize| fields.get(context + offset).map_or("", String::as_str);
    let before = |back: usize| {
        context.checked_sub(back).and_then(|i| fields.get(i)).map_or("", String::as_str)
    };
    let party = |site: &str, name: &str| {
        let site = (!site.is_empty()).then(|| site.to_owned());
        Party::named(name).map(|party| Party { site, ..party })
    };
    let mut told = Told::new(TOOL, vec![number(at)]);
    told.naming_context = Some(field(0).to_owned());
    told.destination = party(before(2), before(1));
    told.source = party(field(1), field(2));
    told.failures = field(4).parse().ok();
    told.when = moment(field(5));
    told.last_success = moment(field(6));
    // Newer versions print the number alone, older ones with its hexadecimal form.
    let status = field(7);
    let code = status.parse().ok().map(scan::signed);
    told.code = code.or_else(|| scan::paired_code(status)).or_else(|| scan::hexadecimal(status));
    told.outcome = match (told.code, told.failures) {
        (Some(code), _) => Outcome::of_status(code),
        (None, _) => Outcome::Unclear,
    };
    told.code = told.code.filter(|code| *code != 0);
    told.words = match told.outcome {
        Outcome::Unclear => "the row ends before its status".to_owned(),
        _ => format!("status {status}, transport {}", field(3)),
    };
    told.interface = names::by_name("drsuapi").map(|known| known.id);
    page.tell(told);
}

fn moment(field: &str) -> Option<String> {
    let never = field.is_empty() || field == "0" || field.starts_with('(');
    (!never).then(|| field.to_owned())
}

/// A domain controller that repadmin could not ask.
fn error(page: &mut Page<'_>, at: usize, fields: &[String]) {
    let mut told = Told::new(TOOL, vec![number(at)]);
    let rest = fields.get(1..).unwrap_or_default();
    told.code = rest.iter().find_map(|field| {
        let number = field.parse().ok().map(scan::signed).filter(|code| *code != 0);
        number.or_else(|| scan::paired_code(field)).or_else(|| scan::bracketed_code(field))
    });
    let host = rest.iter().rfind(|field| scan::is_host(field) && !field.starts_with("0x"));
    told.source = host.and_then(|host| Party::named(host));
    told.outcome = Outcome::Failed;
    told.words = format!("repadmin could not ask it: {}", rest.join(", "));
    page.tell(told);
}
