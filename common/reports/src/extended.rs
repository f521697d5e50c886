//! RPC extended error information, as `dcdiag` prints it ("Printing RPC Extended Error Info"): each
//! record says where in the RPC runtime an error was noticed, and few people can read it.
//!
//! The detection locations are those of the Win32 documentation, "Extended Error Information Detection
//! Locations". The words of a record are translated; its order and its numbers are not.

use epmesh_rpc::names;

use super::{
    cut::CUT,
    error_record::ErrorRecord,
    page::{Page, number},
    scan,
};

/// The most records of one error.
const MAX_RECORDS: usize = 32;
/// The most parameters of one record; RPC itself keeps four.
const MAX_PARAMETERS: usize = 8;

/// Reads the records that begin at `at`; with them the line behind.
pub(super) fn read(page: &Page<'_>, at: usize) -> Option<(Vec<ErrorRecord>, usize)> {
    let mut records: Vec<ErrorRecord> = Vec::new();
    let mut at = at;
    while records.len() < MAX_RECORDS
        && let Some((start, line)) = page.next_open(at)
        && begins(line, records.len() + 1)
    {
        let (record, behind) = record(page, start);
        records.push(record);
        at = behind;
    }
    (!records.is_empty()).then_some((records, at))
}

/// Whether a line begins record number `ordinal`: `Error Record 1, ProcessID is 700 (DcDiag)`.
pub(super) fn begins(line: &str, ordinal: usize) -> bool {
    if line.starts_with("Error Record ") {
        return true;
    }
    // In another language: the ordinal, the process id, and the program in brackets at the end.
    if !line.ends_with([')', '）']) {
        return false;
    }
    let numbers = scan::numbers(line);
    let first = numbers.first().is_some_and(|one| usize::try_from(one.value) == Ok(ordinal));
    first && numbers.len() == 2 && !line.contains("0x") && line.contains([',', '，', '、'])
}

fn record(page: &Page<'_>, start: usize) -> (ErrorRecord, usize) {
    let mut record = ErrorRecord { line: number(start), ..ErrorRecord::default() };
    // What ends in a number after the status: the location, then how many parameters there are.
    let mut tail: Vec<i64> = Vec::new();
    let mut count: Option<usize> = None;
    let mut at = start + 1;
    while let Some((here, line)) = page.next_open(at) {
        if begins(line, usize::MAX) || (record.status.is_some() && foreign(line)) {
            break;
        }
        let numbers = scan::numbers(line);
        if record.status.is_none() {
            if let Some(when) = scan::moments(line).into_iter().next() {
                record.when = Some(when);
            } else if record.component.is_none()
                && line.ends_with([')', '）'])
                && numbers.len() == 1
            {
                record.component = numbers.first().map(|one| one.value);
            } else if numbers.is_empty() && line.contains("0x") {
                record.status = scan::first_code(line);
            } else if let Some(status) = numbers.first() {
                record.status = Some(status.value);
                let last = numbers.last().filter(|last| numbers.len() > 1 && ends(line, last.end));
                record.location = last.map(|last| last.value);
            } else {
                break;
            }
        } else if let Some(value) = parameter(line).filter(|_| !tail.is_empty() || count.is_some())
        {
            let most = count.unwrap_or(MAX_PARAMETERS).min(MAX_PARAMETERS);
            if record.parameters.len() >= most {
                break;
            }
            record.parameters.push(value.to_owned());
        } else if !record.parameters.is_empty() {
            break;
        } else if let Some(last) = numbers.last().filter(|last| ends(line, last.end)) {
            if line.contains("NumberOfParameters") {
                count = usize::try_from(last.value).ok();
            } else {
                tail.push(last.value);
            }
        } else if record.location.is_some() || !tail.is_empty() || count.is_some() {
            // The text of the status may be wrapped; what stands behind the location is not of it.
            break;
        }
        at = here + 1;
        // Where its number is known, nothing of what follows the last parameter is of the record.
        if count == Some(record.parameters.len()) && record.status.is_some() {
            break;
        }
    }
    if count.is_none() && !record.parameters.is_empty() {
        // Without the word, their count is the number right before them, with or without a colon.
        let others = record.parameters.len() - 1;
        if others > 0 && record.number(0).is_some_and(|n| usize::try_from(n) == Ok(others)) {
            record.parameters.remove(0);
        } else if !tail.is_empty() && (record.location.is_some() || tail.len() > 1) {
            tail.pop();
        }
    }
    record.location = record.location.or(tail.first().copied());
    (record, at)
}

fn ends(line: &str, end: usize) -> bool {
    line.get(end..).is_some_and(|rest| rest.chars().all(|c| matches!(c, '.' | '。' | ' ')))
}

/// `Unicode string: ncacn_ip_tcp`, `Long val: 65537`: one word behind a label.
fn parameter(line: &str) -> Option<&str> {
    let (label, value) = line.split_once([':', '：'])?;
    let value = value.trim();
    // `<source DC object GUID>._msdcs.contoso.com`, as articles write it, is one word too.
    let one =
        (value.starts_with('<') && value.contains('>')) || !value.contains(char::is_whitespace);
    let fits = !value.is_empty()
        && one
        && !value.ends_with(CUT)
        && !label.contains(|c: char| c.is_ascii_digit());
    fits.then_some(value)
}

/// Whether a line is dcdiag's next thing and not the rest of a record.
fn foreign(line: &str) -> bool {
    line.starts_with(['[', '*', '.']) || scan::bracketed_code(line).is_some()
}

/// The records in plain words: one sentence each that says something.
#[must_use]
pub fn words(records: &[ErrorRecord]) -> Vec<String> {
    let mut said = Vec::new();
    let mut at = 0;
    while let Some(record) = records.get(at) {
        at += 1;
        let Some(location) = record.location else {
            if let Some(last) = record.parameters.first() {
                said.push(format!("a record without a location names {last}"));
            }
            continue;
        };
        if location != 500 {
            said.push(format!("location {location}: {}", place(location, record)));
            continue;
        }
        // The record behind it, of the same list, names the endpoint that was tried last.
        let tried = records
            .get(at)
            .filter(|next| next.parameters.len() == 1 && matches!(next.location, None | Some(761)));
        at += usize::from(tried.is_some());
        let tried = tried.and_then(|next| next.parameters.first());
        said.push(format!("location 500: {}", list_used_up(record, tried.map(String::as_str))));
        said.extend(wanted(record));
    }
    said
}

/// Location 500. The number is two: its high word the index of the last endpoint, its low word how many
/// the server returned.
fn list_used_up(record: &ErrorRecord, tried: Option<&str>) -> String {
    let Some((count, index)) = record.returned() else {
        return "the list of endpoints that the server returned was used up".to_owned();
    };
    match (count, tried) {
        (0, _) => "the server returned no endpoint".to_owned(),
        (1, Some(tried)) => format!("the server returned 1 endpoint, last tried {tried}"),
        (1, None) => "the server returned 1 endpoint, and it was tried".to_owned(),
        (_, Some(tried)) => format!("the server returned {count} endpoints, last tried {tried}"),
        (_, None) => {
            format!("the server returned {count} endpoints, number {index} was tried last")
        }
    }
}

/// What was asked for: protocol sequence, address, interface.
fn wanted(record: &ErrorRecord) -> Option<String> {
    let sequence = record.parameters.first()?;
    let address = record.parameters.get(1)?;
    let mut text = format!("asked for over {sequence} at {address}");
    if let Some(first) = record.number(2) {
        text.push_str(&format!(": {}", interface_words(first)));
    }
    Some(text)
}

/// The interfaces whose UUID begins with this number, printed signed by dcdiag.
#[must_use]
pub fn interfaces(first: i64) -> Vec<epmesh_rpc::InterfaceId> {
    let Some(first) = first_field(first) else { return Vec::new() };
    let known = names::all().iter().filter(|known| known.id.uuid.as_fields().0 == first);
    known.map(|known| known.id).collect()
}

fn first_field(signed: i64) -> Option<u32> {
    u32::try_from(signed).ok().or_else(|| i32::try_from(signed).ok().map(i32::cast_unsigned))
}

fn interface_words(first: i64) -> String {
    let Some(field) = first_field(first) else { return format!("interface {first}") };
    let known: Vec<_> = interfaces(first).into_iter().map(names::label).collect();
    match known.as_slice() {
        [] => format!("an interface whose UUID begins with {field:08x}"),
        known => format!("interface {} ({first} is {field:08x})", known.join(" or ")),
    }
}

/// What a detection location means, with what its record adds.
fn place(location: i64, record: &ErrorRecord) -> String {
    let named = |text: &str| match record.parameters.first() {
        Some(first) => format!("{text} ({first})"),
        None => text.to_owned(),
    };
    match location {
        501 => named("the server's endpoint mapper answered with an error"),
        761 => match record.parameters.first() {
            Some(endpoint) => format!(
                "endpoint {endpoint} was tried last: an error on it, or the list was used up"
            ),
            None => "an error on one endpoint, or the list of endpoints was used up".to_owned(),
        },
        311 | 313 | 317 | 318 => match port(record) {
            Some(port) => format!("the connection to port {port} failed"),
            None => "the connection failed".to_owned(),
        },
        320..=322 => named("the server's name could not be resolved"),
        323 => "every address of the server's name was tried".to_owned(),
        330 => "on the server: the configured range of RPC ports is invalid".to_owned(),
        332 => "on the server: no port was left".to_owned(),
        335 => "on the server: the port is in use".to_owned(),
        _ => "not one that is known here".to_owned(),
    }
}

/// The port of a failed connection; some print it in network order, as a signed number.
fn port(record: &ErrorRecord) -> Option<u16> {
    let value = record.number(0)?;
    match i32::try_from(value).ok()? {
        value if value < 0 => {
            let [low, high, ..] = value.to_le_bytes();
            Some(u16::from_be_bytes([low, high]))
        }
        value => u16::try_from(value).ok().filter(|port| *port > 0),
    }
}

/// The address that was asked, where the records name it.
pub(super) fn address(records: &[ErrorRecord]) -> Option<&str> {
    let record = records.iter().find(|record| record.location == Some(500))?;
    record.parameters.get(1).map(String::as_str)
}

/// The interface that was asked for, where the records name it and only one is known by the number.
pub(super) fn interface(records: &[ErrorRecord]) -> Option<epmesh_rpc::InterfaceId> {
    let record = records.iter().find(|record| record.location == Some(500))?;
    match interfaces(record.number(2)?).as_slice() {
        [only] => Some(*only),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(text: &str) -> Vec<ErrorRecord> {
        let page = Page::new(text, text);
        read(&page, 0).map(|(records, _)| records).unwrap_or_default()
    }

    #[test]
    fn a_connection_that_failed() {
        let text = "Error Record 1, ProcessID is 3428 (DcDiag)\n\n   System Time is: 4/29/2013 17:22:1:235\n\n   \
            Generating component is 8 (winsock)\n\n   Status is 1722 The RPC server is unavailable.\n\n   \
            Detection location is 323\n\nError Record 2, ProcessID is 3428 (DcDiag)\n   \
            System Time is: 4/29/2013 17:22:1:235\n   Generating component is 8 (winsock)\n   \
            Status is 10060 A connection attempt failed because the connected party did not\n   \
            properly respond after a period of time.\n   Detection location is 311\n   \
            NumberOfParameters is 3\n   Long val: 135\n   Pointer val: 0\n   Pointer val: 0\n";
        let records = read_all(text);
        let places: Vec<_> = records.iter().map(|r| (r.status, r.location)).collect();
        assert_eq!(places, [(Some(1722), Some(323)), (Some(10060), Some(311))]);
        assert_eq!(
            words(&records),
            [
                "location 323: every address of the server's name was tried",
                "location 311: the connection to port 135 failed"
            ]
        );
    }

    #[test]
    fn a_record_in_another_language() {
        let text = "Fehlerdatensatz 1, Prozess-ID ist 700 (DcDiag)\nSystemzeit ist: 20.11.2026 9:15:0:235\n\
            Die generierende Komponente ist 2 (RPC-Laufzeit)\nStatus ist 1753: Es sind keine weiteren \
            Endpunkte verfügbar.\nErkennungsort ist 500\nAnzahl der Parameter: 4\n\
            Unicode-Zeichenfolge: ncacn_ip_tcp\nUnicode-Zeichenfolge: dc2.contoso.com\n\
            Long-Wert: -481213899\nLong-Wert: 131075\n";
        let records = read_all(text);
        assert_eq!(records.len(), 1);
        assert_eq!(
            words(&records),
            [
                "location 500: the server returned 3 endpoints, number 2 was tried last",
                "asked for over ncacn_ip_tcp at dc2.contoso.com: interface drsuapi (-481213899 is \
                 e3514235)"
            ]
        );
    }

    #[test]
    fn numbers_in_hexadecimal() {
        let text = "Error Record 1, ProcessID is 700 (DcDiag)\nSystem Time is: 11/20/2026 9:15:0:235\n\
            Generating component is 2 (RPC runtime)\nStatus is 0x6d9: no more.\nDetection location is 500\n\
            NumberOfParameters is 4\nUnicode string: ncacn_ip_tcp\nUnicode string: dc2.contoso.com\n\
            Long val: 0xE3514235\nLong val: 0x10001\n";
        let records = read_all(text);
        assert_eq!((records.len(), records[0].status), (1, Some(1753)));
        assert_eq!(records[0].returned(), Some((1, 1)));
        assert!(words(&records)[1].ends_with("interface drsuapi (-481213899 is e3514235)"));
    }

    #[test]
    fn every_place_has_words() {
        for location in [501, 761, 311, 313, 317, 318, 320, 321, 322, 323, 330, 332, 335] {
            let record = ErrorRecord { location: Some(location), ..ErrorRecord::default() };
            assert!(!words(&[record])[0].contains("known here"), "{location}");
        }
        let network_order = ErrorRecord {
            location: Some(311),
            parameters: vec!["-30976".to_owned()],
            ..ErrorRecord::default()
        };
        assert_eq!(words(&[network_order]), ["location 311: the connection to port 135 failed"]);
        assert_eq!(interfaces(-481_213_899).len(), 1);
        assert_eq!(interfaces(0x1234_5678).len(), 2, "netlogon and the spooler begin alike");
    }
}
