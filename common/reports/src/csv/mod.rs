//! `repadmin /showrepl * /csv`. The header may be localized, so columns count by their place where they
//! cannot be told by their names; a program in between may have left the first one out, put them in another
//! order, quoted everything, or changed the separator, and a mail may have broken the rows.

use epmesh_rpc::names;

use super::{
    cut::CUT,
    outcome::Outcome,
    page::{Page, number, numbers},
    scan,
    told::{Party, Told, Tool},
};

mod columns;

use self::columns::{Column, Order};

const TOOL: Tool = Tool::ShowreplCsv;
/// The most lines that a row may have been broken into.
const MAX_BROKEN: usize = 4;

/// Takes every row and header.
pub(super) fn read(page: &mut Page<'_>) {
    let mut order = Order::default();
    let mut at = 0;
    while at < page.len() {
        at = record(page, at, &mut order).unwrap_or(at + 1);
    }
}

/// Takes the row or header that begins at `at`; the line behind it.
fn record(page: &mut Page<'_>, at: usize, order: &mut Order) -> Option<usize> {
    let line = page.open(at).filter(|line| !line.is_empty())?;
    if let Some(behind) = filtered(page, at, line, order) {
        return Some(behind);
    }
    let fields = fields(line)?;
    let first = fields.first().map(|field| field.to_ascii_lowercase()).unwrap_or_default();
    if first.ends_with("_columns") {
        let (fields, behind) = joined(page, at, |fields| Order::named(fields).is_some())
            .unwrap_or_else(|| (fields, at + 1));
        *order = Order::named(&fields).unwrap_or_default();
        (at..behind).for_each(|line| page.frame(TOOL, line));
        return Some(behind);
    }
    if first.ends_with("_error") {
        error(page, at, &fields);
        return Some(at + 1);
    }
    if order.context(&fields).is_none() && !first.ends_with("_info") {
        return header(page, at, &fields, order);
    }
    let whole = |fields: &[String]| order.is_whole(fields);
    let marked = first.ends_with("_info");
    let found = joined(page, at, whole);
    // Without the mark a row is known by all that it has: other lines have commas and names, too.
    if !marked && !found.as_ref().is_some_and(|(fields, _)| order.is_sure(fields)) {
        return header(page, at, &fields, order);
    }
    let (fields, behind) = found.unwrap_or((fields, at + 1));
    row(page, (at, behind), &fields, *order)
}

/// A header that a filter left some columns of, and the rows under it: `… /csv | ConvertFrom-Csv | Select-Object
/// … | ConvertTo-Csv`.
fn filtered(page: &mut Page<'_>, at: usize, line: &str, order: &mut Order) -> Option<usize> {
    if let Some(width) = order.width() {
        let row = SEPARATORS.iter().find_map(|by| {
            let fields = pieces(line, *by)?;
            (fields.len() == width && order.fits(&fields)).then_some(fields)
        });
        if let Some(fields) = row {
            return self::row(page, (at, at + 1), &fields, *order);
        }
        // Its rows stand together; what has another form is of something else.
        *order = Order::default();
    }
    let mut headers = SEPARATORS.iter().filter_map(|by| pieces(line, *by));
    let found = headers.find_map(|fields| {
        let whole = fields.len() >= COLUMNS_OF_ALL || is_marked(&fields);
        if whole { None } else { Order::filtered(&fields) }
    })?;
    *order = found;
    page.frame(TOOL, at);
    Some(at + 1)
}

/// A header without the mark: words in every column, and the rows come behind it.
fn header(page: &mut Page<'_>, at: usize, fields: &[String], order: &mut Order) -> Option<usize> {
    let numbers = fields.iter().any(|field| field.contains(|c: char| c.is_ascii_digit()));
    let rows_follow = page
        .next_open(at + 1)
        .is_some_and(|(_, next)| next.contains("DC=") || next.contains("dc="));
    if fields.len() < 10 || numbers || !rows_follow {
        return None;
    }
    *order = Order::named(fields).unwrap_or_default();
    page.frame(TOOL, at);
    Some(at + 1)
}

/// The fields of a line that looks like one of these files', by whichever separator.
fn fields(line: &str) -> Option<Vec<String>> {
    SEPARATORS.into_iter().find_map(|by| split(line, by))
}

/// What stands between the fields of a row.
const SEPARATORS: [char; 3] = [',', ';', '\t'];
/// How many columns repadmin writes at least.
const COLUMNS_OF_ALL: usize = 10;

/// The fields of a line; quotes may hold the separator.
fn split(line: &str, by: char) -> Option<Vec<String>> {
    let fields = pieces(line, by)?;
    let marked = is_marked(&fields);
    // Where the quotes are lost, the parts of a distinguished name are fields.
    let fields =
        if marked || fields.len() > COLUMNS_OF_ALL { names_joined(fields) } else { fields };
    (fields.len() >= 3 && (marked || fields.len() >= COLUMNS_OF_ALL)).then_some(fields)
}

/// Fields with the parts of each distinguished name together again.
fn names_joined(fields: Vec<String>) -> Vec<String> {
    let mut joined: Vec<String> = Vec::with_capacity(fields.len());
    for field in fields {
        match joined.last_mut().filter(|last| scan::is_dn(last) && scan::is_dn(&field)) {
            Some(last) if last.len() < 1_024 => {
                last.push(',');
                last.push_str(&field);
            }
            _ => joined.push(field),
        }
    }
    joined
}

fn pieces(line: &str, by: char) -> Option<Vec<String>> {
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
    (fields.len() > 1).then_some(fields)
}

fn is_marked(fields: &[String]) -> bool {
    let first = fields.first().map(|field| field.to_ascii_lowercase()).unwrap_or_default();
    first.starts_with("showrepl_") || first.starts_with("repadmin_")
}

/// A line and as many of those behind it as make it whole; with the fields the line behind. A mail breaks
/// lines at blanks and a console at a column, so that both are tried; inside of quotes no blank is lost.
fn joined(
    page: &Page<'_>,
    at: usize,
    whole: impl Fn(&[String]) -> bool,
) -> Option<(Vec<String>, usize)> {
    for blank in [None, Some(""), Some(" ")] {
        let mut text = page.open(at)?.to_owned();
        for behind in at + 1..=at + MAX_BROKEN {
            // The number at the end may have been broken, and both its halves are numbers.
            let rest = page.open(behind).filter(|next| is_digits(next));
            let full = rest.map(|rest| format!("{text}{rest}"));
            let all = fields(full.as_deref().unwrap_or(&text)).filter(|fields| whole(fields));
            if let Some(fields) = all {
                return Some((fields, behind + usize::from(rest.is_some())));
            }
            let Some(next) = page.open(behind).filter(|next| !next.is_empty()) else { break };
            if next.to_ascii_lowercase().starts_with(['"', 's', 'r'])
                && fields(next).is_some_and(|fields| is_marked(&fields))
            {
                break;
            }
            let in_quotes = text.matches('"').count() % 2 == 1;
            text.push_str(blank.unwrap_or(if in_quotes { "" } else { " " }));
            text.push_str(next);
        }
    }
    None
}

fn is_digits(line: &str) -> bool {
    (1..=10).contains(&line.len()) && line.bytes().all(|byte| byte.is_ascii_digit())
}

fn row(
    page: &mut Page<'_>,
    (at, behind): (usize, usize),
    fields: &[String],
    order: Order,
) -> Option<usize> {
    let narrow = order.width() == Some(fields.len());
    let context = order.context(fields).or(narrow.then_some(0))?;
    let field = |column: Column| order.field(fields, context, column);
    // What has words in the place of the count has other columns than these: it is quoted.
    let failures = field(Column::Failures);
    if !failures.is_empty() && failures.parse::<u64>().is_err() {
        return None;
    }
    let party = |site: Column, name: Column| {
        let site = field(site);
        let site = (!site.is_empty()).then(|| site.to_owned());
        Party::named(field(name)).map(|party| Party { site, ..party })
    };
    let mut told = Told::new(TOOL, numbers(at, behind - 1));
    told.naming_context = Some(field(Column::Context).to_owned()).filter(|dn| !dn.is_empty());
    told.destination = party(Column::DestinationSite, Column::Destination);
    told.source = party(Column::SourceSite, Column::Source);
    told.failures = failures.parse().ok();
    told.when = moment(field(Column::LastFailure));
    told.last_success = moment(field(Column::LastSuccess));
    let status = field(Column::Status);
    told.code = columns::status(status);
    told.outcome = match (told.code, told.failures) {
        // The last attempt worked and failures are counted: one of the two is not what it seems.
        (Some(0), Some(1..)) => Outcome::Unclear,
        (Some(code), _) => Outcome::of_status(code),
        // Without its column: the count alone says whether it fails.
        (None, Some(1..)) if narrow => Outcome::Failed,
        (None, Some(0)) if narrow => Outcome::Succeeded,
        (None, _) => Outcome::Unclear,
    };
    told.words = match (told.outcome, told.code) {
        (Outcome::Unclear, Some(_)) => {
            format!("it counts {failures} failures, and its status is 0")
        }
        (Outcome::Unclear, None) => "the row ends before its status".to_owned(),
        (_, None) => format!("it counts {failures} failures, and its status is not in the table"),
        _ if narrow => format!("status {status}"),
        _ => format!("status {status}, transport {}", field(Column::Transport)),
    };
    told.code = told.code.filter(|code| *code != 0);
    told.interface = names::find("drsuapi");
    page.tell(told);
    Some(behind)
}

fn moment(field: &str) -> Option<String> {
    let never = field.is_empty() || field == "0" || field.starts_with('(') || field.ends_with(CUT);
    (!never).then(|| field.to_owned())
}

/// A domain controller that repadmin could not ask: its site, its name, and what went wrong.
fn error(page: &mut Page<'_>, at: usize, fields: &[String]) {
    let mut told = Told::new(TOOL, vec![number(at)]);
    let rest = fields.get(1..).unwrap_or_default();
    told.code = rest.iter().find_map(|field| {
        let number = field.parse().ok().map(scan::signed).filter(|code| *code != 0);
        number
            .or_else(|| scan::paired_code(field))
            .or_else(|| scan::bracketed_code(field))
            .or_else(|| scan::named_code(field))
    });
    let is_host = |field: &&String| scan::is_host(field) && !field.starts_with("0x");
    let host = match rest {
        // The site may be all that is known.
        [_, server, _] if server.parse::<i64>().is_err() => Some(server).filter(is_host),
        [before @ .., _] if before.len() > 1 => before.iter().rfind(is_host),
        _ => None,
    };
    told.source = host.and_then(|host| Party::named(host));
    told.outcome = Outcome::Failed;
    let said: Vec<&str> = rest.iter().map(String::as_str).filter(|one| !one.is_empty()).collect();
    told.words = format!("repadmin could not ask it: {}", said.join(", "));
    page.tell(told);
}
