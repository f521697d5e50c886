//! Lists of an endpoint map: `portqry -e 135`, impacket's `rpcdump.py`, and the `rpcdump` of the
//! resource kit and of the RPC tools. They differ in how they say which interface a binding belongs to.

use uuid::Uuid;

use super::{
    page::{Page, number},
    scan,
    told::Tool,
};

mod frame;
mod open;

use self::open::{Binding, Open, close, put};

/// How many lines may stand between an interface and its binding.
const MAX_BETWEEN: usize = 3;

/// Takes every list.
pub(super) fn read(page: &mut Page<'_>) {
    let mut open = Open::default();
    page.walk(|page, at, line| {
        interface(page, at, line, &mut open).or_else(|| frame::read(page, at, line, &mut open))
    });
    close(page, &mut open);
}

/// An interface with its bindings; the line behind them.
fn interface(page: &Page<'_>, at: usize, line: &str, open: &mut Open) -> Option<usize> {
    if let Some(rest) = line.strip_prefix("StringBinding:") {
        open.pending = Some((number(at), binding(rest)?));
        open.lines.push(number(at));
        return Some(at + 1);
    }
    if let Some(entry) = short_form(line, open) {
        put(open, number(at), entry.0, String::new(), entry.1);
        open.lines.push(number(at));
        return Some(at + 1);
    }
    let labelled = ["UUID", "IfId"].iter().any(|label| line.starts_with(label));
    let uuid = scan::guid(line).filter(|_| labelled)?;
    if let Some((bound_at, binding)) = open.pending.take() {
        open.tool = Some(Tool::Rpcdump);
        open.lines.push(number(at));
        put(open, bound_at, uuid, String::new(), binding);
        return Some(at + 1);
    }
    let mut annotation = annotation(line);
    let mut between = vec![number(at)];
    let mut here = at + 1;
    let mut bound = false;
    while let Some((next, text)) = page.next_open(here) {
        let value = text.strip_prefix("Binding:").unwrap_or(text).trim();
        if let Some(binding) = binding(value) {
            if !bound {
                open.lines.append(&mut between);
            }
            bound = true;
            open.lines.push(number(next));
            put(open, number(next), uuid, annotation.trim().to_owned(), binding);
        } else if bound || between.len() > MAX_BETWEEN || text.starts_with("IfId") {
            break;
        } else if text.starts_with("UUID") && !line.starts_with("IfId") {
            // An interface whose binding is missing: it is quoted.
            break;
        } else {
            between.push(number(next));
            let said = text.strip_prefix("Annotation:").unwrap_or(text).trim();
            if !said.starts_with("Bindings") && scan::guid(said).is_none() {
                annotation = format!("{annotation} {said}");
            }
        }
        here = next + 1;
    }
    if !bound {
        return None;
    }
    if open.tool.is_none() {
        let is_dump = line.starts_with("IfId") || line.starts_with("UUID ");
        open.tool = Some(if is_dump { Tool::Rpcdump } else { Tool::Portqry });
    }
    Some(here)
}

/// What stands behind the UUID, and behind its version.
fn annotation(line: &str) -> String {
    let behind = line.rfind('-').and_then(|dash| line.get(dash + 1..));
    let at_uuid = line.get(..).and_then(|text| {
        let first = text.find('-')?;
        text.get(first.checked_sub(8)? + 36..)
    });
    let rest = at_uuid.or(behind).unwrap_or_default().trim();
    let version = rest.split(' ').next().unwrap_or_default();
    let is_version =
        version.strip_prefix('v').is_some_and(|v| v.starts_with(|c: char| c.is_ascii_digit()));
    let rest = if is_version { rest.get(version.len()..).unwrap_or_default() } else { rest };
    if rest.starts_with("version ") { String::new() } else { rest.trim().to_owned() }
}

/// `ncacn_ip_tcp:DC01[49156]`.
fn binding(text: &str) -> Option<Binding> {
    let (sequence, rest) = text.trim().split_once(':')?;
    let is_sequence =
        sequence.starts_with("ncacn_") || sequence.starts_with("ncadg_") || sequence == "ncalrpc";
    let (host, endpoint) = rest.split_once('[')?;
    let endpoint = endpoint.trim_end().strip_suffix(']')?;
    (is_sequence && !sequence.contains(' ') && endpoint.len() <= 256).then(|| Binding {
        sequence: sequence.to_owned(),
        host: host.trim_matches('\\').to_owned(),
        endpoint: endpoint.to_owned(),
    })
}

/// The resource kit's short form: `10.0.0.1[1026] [UUID] annotation :STATUS`, under a heading.
fn short_form(line: &str, open: &Open) -> Option<(Uuid, Binding)> {
    let sequence = open.sequence.clone()?;
    let (host, rest) = line.split_once('[')?;
    let (endpoint, rest) = rest.split_once("] [")?;
    let uuid = scan::guid(rest)?;
    let host = host.trim_matches('\\').to_owned();
    Some((uuid, Binding { sequence, host, endpoint: endpoint.to_owned() }))
}
