//! How much of a report was read, what in it is no failure, and what could not be read.

use std::fmt::Write as _;

use epmesh_common::reports::{Outcome, Report, Unread, explain::Attempt};

use super::{
    super::render::{WIDTH, labelled},
    ranges::lines,
};

/// How wide a label is, with the blanks behind it.
const LABEL: usize = 10;
/// The most lines that are printed of those that could not be read; all of them stand in the JSON.
const MAX_UNREAD: usize = 200;
/// The most rows that are printed of those that are no failure.
const MAX_ROWS: usize = 200;

/// For people.
pub(super) fn words(report: &Report, width: Option<u16>) -> String {
    let mut text = counts(report);
    let no_failure = |outcome| matches!(outcome, Outcome::Unclear | Outcome::Delayed);
    let unclear: Vec<_> = report
        .told
        .iter()
        .filter(|told| no_failure(told.outcome))
        .map(|told| {
            let what = match told.outcome {
                Outcome::Delayed => "no failure by itself",
                _ => "not clear",
            };
            let times = Attempt::of(told).map(|attempt| format!(" ({})", attempt.words()));
            let words = format!("{}{}", told.words, times.unwrap_or_default());
            ("", format!("line {}, {what}: {words}", lines(&told.lines)))
        })
        .collect();
    text.push_str(&labelled(unclear.get(..MAX_ROWS).unwrap_or(&unclear), width));
    if let Some(more) = unclear.len().checked_sub(MAX_ROWS).filter(|more| *more > 0) {
        let _ = writeln!(text, "          and {more} more rows, which --output json lists");
    }
    text.push_str(&unread(report, width));
    text
}

fn counts(report: &Report) -> String {
    let of = |outcome| report.told.iter().filter(|told| told.outcome == outcome).count();
    let number = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
    let all = report.told.len().saturating_add(number(report.rows_left_out));
    let failed = of(Outcome::Failed).saturating_add(number(report.failed_left_out));
    let worked = of(Outcome::Succeeded).saturating_add(number(report.worked_left_out));
    let rows = if all == 1 { "row" } else { "rows" };
    let mut text = format!(
        "\n{all} {rows} read: {failed} failed, {worked} worked, {} not clear or put off\n",
        all.saturating_sub(failed).saturating_sub(worked)
    );
    if report.rows_left_out > 0 {
        let _ = writeln!(
            text,
            "{} of them are kept, failures first, and what is told above is of these",
            report.told.len()
        );
    }
    text
}

fn unread(report: &Report, width: Option<u16>) -> String {
    let mut text = String::new();
    let count = report.unread.len();
    if count == 0 {
        return text;
    }
    let line = if count == 1 { "line" } else { "lines" };
    let _ = write!(text, "\n{count} {line} could not be read");
    let errors = report.unread.iter().filter(|unread| unread.error.is_some()).count();
    match errors {
        0 => text.push('\n'),
        1 if count == 1 => text.push_str("; it holds an error, and may tell of a failure\n"),
        1 => text.push_str("; one of them holds an error, and may tell of a failure\n"),
        more => {
            let _ = writeln!(text, "; {more} of them hold an error, and may tell of a failure");
        }
    }
    let room = usize::from(width.unwrap_or(WIDTH)).saturating_sub(LABEL + 14).max(20);
    let (mut shown, mut no_text) = (0_usize, 0_usize);
    for unread in &report.unread {
        if is_no_text(unread) {
            no_text += 1;
        } else if shown < MAX_UNREAD || unread.error.is_some() {
            shown += 1;
            text.push_str(&quoted(unread, room));
        }
    }
    if no_text > 0 {
        let _ = writeln!(text, "          {no_text} of them are no text");
    }
    let more = count - shown - no_text;
    if more > 0 {
        let _ = writeln!(text, "          and {more} more, which --output json lists");
    }
    if report.unread_left_out > 0 {
        let _ = writeln!(
            text,
            "          and {} more, up to line {}",
            report.unread_left_out, report.lines
        );
    }
    text
}

fn quoted(unread: &Unread, room: usize) -> String {
    let mark = unread.error.map(|error| format!(" (holds error {error})")).unwrap_or_default();
    let room = room.saturating_sub(mark.len()).max(20);
    let short: String = unread.text.chars().take(room).collect();
    let more = unread.text.chars().count().saturating_sub(room);
    let more = more + usize::try_from(unread.cut).unwrap_or(usize::MAX);
    let more = if more > 0 { format!(" … {more} more") } else { String::new() };
    format!("{:>8}  {short}{more}{mark}\n", unread.line)
}

/// Whether a line is of a file of bytes: nearly a third of it are no characters that a text has.
fn is_no_text(unread: &Unread) -> bool {
    let odd = |c: &char| c.is_control() && *c != '\t' || *c == char::REPLACEMENT_CHARACTER;
    let count = unread.text.chars().filter(odd).count();
    unread.error.is_none() && count * 10 > unread.text.chars().count() * 3
}
