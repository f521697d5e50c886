//! The lines of a file, and what became of each. No line is dropped: what no parser takes is quoted.

use std::cell::Cell;

use super::{
    cut::CUT,
    markup,
    outcome::Outcome,
    told::{Part, Report, Stretch, Told, Tool},
    unread::{is_blank, quote},
};

/// The most lines that are looked at; those behind are counted as unread.
const MAX_LINES: usize = 400_000;
/// Lines longer than this, in bytes, are not searched for words. (XML and JSON may stand in one line,
/// and are read by their own means.)
const MAX_LINE: usize = 8_192;
/// The most rows that are kept.
const MAX_ROWS: usize = 20_000;

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Claim {
    Open,
    /// Of no tool: no parser sees it.
    Foreign,
    Frame(Tool),
    Row(Tool),
}

/// A file under work.
#[derive(Debug)]
pub(super) struct Page<'a> {
    plain: &'a str,
    /// The lines as they are read: without what a page put around them.
    lines: Vec<&'a str>,
    /// The lines as they are quoted.
    written: Vec<&'a str>,
    claims: Vec<Claim>,
    /// Lines that are read as parts of the one above, in order.
    parts: Vec<usize>,
    /// The line of the file that each line is a part of, where some were taken apart.
    origin: Option<Vec<u32>>,
    told: Vec<Told>,
    /// How often a line was looked at.
    looks: Cell<u64>,
    /// The places in `told` of rows that did not fail.
    spare: Vec<usize>,
    rows_left_out: u32,
    /// Of these, the failed ones and those that worked.
    left_out: (u32, u32),
    /// How many lines the text has, with those past the limit.
    total: u32,
    /// Lines past the limit that are not blank.
    beyond: u32,
}

impl<'a> Page<'a> {
    /// `plain` is `text` without markup, line for line.
    pub(super) fn new(text: &'a str, plain: &'a str) -> Self {
        let mut all = text.lines();
        let written: Vec<&str> = all.by_ref().take(MAX_LINES).collect();
        let (mut total, mut beyond) = (written.len(), 0_usize);
        for line in all {
            total += 1;
            beyond += usize::from(!line.trim_matches(is_blank).is_empty());
        }
        let mut lines: Vec<&str> = plain.lines().take(MAX_LINES).collect();
        lines.resize(written.len(), "");
        // A row of a table is of a document: nobody's, and quoted.
        let foreign = |(plain, written): (&&str, &&str)| {
            let row = |line: &str| markup::is_table_row(line) || markup::is_row_of_page(line);
            if row(plain) || row(written) { Claim::Foreign } else { Claim::Open }
        };
        let claims = lines.iter().zip(&written).map(foreign).collect();
        let (total, beyond) =
            (u32::try_from(total).unwrap_or(u32::MAX), u32::try_from(beyond).unwrap_or(u32::MAX));
        Self {
            plain,
            lines,
            written,
            claims,
            parts: Vec::new(),
            origin: None,
            told: Vec::new(),
            looks: Cell::new(0),
            spare: Vec::new(),
            rows_left_out: 0,
            left_out: (0, 0),
            total,
            beyond,
        }
    }

    /// With lines (from 0) that are read as parts of the one above.
    pub(super) fn with_parts(mut self, parts: Vec<usize>) -> Self {
        self.parts = parts;
        self
    }

    /// With the line of the file (from 1) that each line is a part of.
    pub(super) fn with_origin(mut self, origin: Option<Vec<u32>>) -> Self {
        self.origin = origin;
        self
    }

    /// The line of the file that a line (from 1) is a part of.
    pub(super) fn origin(&self, line: u32) -> u32 {
        let origin = self.origin.as_ref().and_then(|origin| origin.get(place(line)));
        origin.copied().unwrap_or(line)
    }

    fn is_part(&self, at: usize) -> bool {
        self.parts.binary_search(&at).is_ok()
    }

    /// Whether no parser has taken anything.
    pub(super) fn says_nothing(&self) -> bool {
        let taken = |claim: &Claim| matches!(claim, Claim::Frame(_) | Claim::Row(_));
        !self.claims.iter().any(taken)
    }

    /// Counts what is compared with another part of the file: it costs as much as a look.
    pub(super) fn compared(&self) {
        self.looks.set(self.looks.get() + 1);
    }

    /// How often a line was looked at so far.
    pub(super) const fn looks(&self) -> u64 {
        self.looks.get()
    }

    /// The number of lines.
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// The whole text without markup, for what is not made of lines.
    pub(super) fn text(&self) -> &'a str {
        self.plain
    }

    /// Line `at` (from 0) without the blanks around it, where nobody has taken it yet. Too long a line
    /// is nobody's.
    pub(super) fn open(&self, at: usize) -> Option<&'a str> {
        self.looks.set(self.looks.get() + 1);
        let line = self.lines.get(at).filter(|line| line.len() <= MAX_LINE)?;
        (self.claims.get(at) == Some(&Claim::Open)).then(|| line.trim_matches(is_blank))
    }

    /// Line `at` whoever has taken it, without the blanks around it.
    pub(super) fn line(&self, at: usize) -> Option<&'a str> {
        self.looks.set(self.looks.get() + 1);
        let line = self.lines.get(at).filter(|line| line.len() <= MAX_LINE)?;
        Some(line.trim_matches(is_blank))
    }

    /// Whether a line is of a tool that is known.
    pub(super) fn is_of_a_tool(&self, at: usize) -> bool {
        let claim = self.claims.get(at);
        matches!(claim, Some(Claim::Frame(tool) | Claim::Row(tool)) if *tool != Tool::Unknown)
    }

    /// Line `at` with the blanks in front of it, where nobody has taken it yet: for what stands in columns.
    pub(super) fn open_column(&self, at: usize) -> Option<&'a str> {
        self.open(at)?;
        self.lines.get(at).map(|line| line.trim_end())
    }

    /// The first line at or behind `at` that is not blank, when nobody has taken it.
    pub(super) fn next_open(&self, at: usize) -> Option<(usize, &'a str)> {
        let mut at = at;
        loop {
            match self.open(at)? {
                "" => at += 1,
                line => return Some((at, line)),
            }
        }
    }

    /// Shows `take` each line that nobody has taken and that is not blank, in order. Where it takes some, it says which
    /// line is behind them, and the walk goes on there.
    pub(super) fn walk(
        &mut self,
        mut take: impl FnMut(&mut Self, usize, &'a str) -> Option<usize>,
    ) {
        let mut at = 0;
        while at < self.len() {
            let line = self.open(at).filter(|line| !line.is_empty());
            at = line.and_then(|line| take(self, at, line)).unwrap_or(at + 1);
        }
    }

    /// Takes a line as one that carries nothing of its own.
    pub(super) fn frame(&mut self, tool: Tool, at: usize) {
        let mut at = at;
        self.claim(at, Claim::Frame(tool));
        while self.is_part(at.saturating_add(1)) {
            at += 1;
            self.claim(at, Claim::Frame(tool));
        }
    }

    /// Takes the lines of a row, and keeps it. Where there is no room any more, one that failed takes
    /// the place of one that did not: no failure is left out for what worked.
    pub(super) fn tell(&mut self, mut told: Told) {
        if !self.parts.is_empty() {
            let parts = told.lines.iter().flat_map(|line| {
                (line.saturating_add(1)..).take_while(|next| self.is_part(place(*next)))
            });
            let parts: Vec<u32> = parts.collect();
            told.lines.extend(parts);
            told.lines.sort_unstable();
            told.lines.dedup();
        }
        for line in &told.lines {
            self.claim(place(*line), Claim::Row(told.tool));
        }
        let failed = told.outcome == Outcome::Failed;
        if self.told.len() < MAX_ROWS {
            if !failed {
                self.spare.push(self.told.len());
            }
            self.told.push(told);
            return;
        }
        self.rows_left_out = self.rows_left_out.saturating_add(1);
        let place = if failed { self.spare.pop() } else { None };
        let left = match place.and_then(|at| self.told.get_mut(at)) {
            Some(held) => std::mem::replace(held, told),
            None => told,
        };
        let (failed, worked) = &mut self.left_out;
        match left.outcome {
            Outcome::Failed => *failed = failed.saturating_add(1),
            Outcome::Succeeded => *worked = worked.saturating_add(1),
            Outcome::Delayed | Outcome::Unclear => {}
        }
    }

    fn claim(&mut self, at: usize, claim: Claim) {
        if let Some(held) = self.claims.get_mut(at) {
            // What a row was read from is not made a heading by a later one.
            if !matches!(held, Claim::Row(_)) {
                *held = claim;
            }
        }
    }

    /// The report on the file.
    pub(super) fn finish(mut self) -> Report {
        self.told.sort_by_key(|told| told.lines.first().copied());
        let origin = self.origin.take();
        let mut report = Report {
            lines: self.total,
            told: self.told,
            rows_left_out: self.rows_left_out,
            failed_left_out: self.left_out.0,
            worked_left_out: self.left_out.1,
            unread_left_out: self.beyond,
            ..Report::default()
        };
        let both = self.lines.iter().zip(&self.written);
        for (line, ((plain, text), claim)) in (1_u32..).zip(both.zip(&self.claims)) {
            if text.trim_matches(is_blank).is_empty() {
                continue;
            }
            // What a row could not be given of its last word is quoted beside it.
            let withheld = plain.ends_with(CUT) && !text.ends_with(CUT);
            let taken = matches!(claim, Claim::Frame(_) | Claim::Row(_));
            if withheld && taken {
                quote(&mut report, line, text);
            }
            match claim {
                // Nothing but tags stands in it.
                Claim::Open
                    if plain.trim_matches(is_blank).is_empty()
                        && self.parts.binary_search(&place(line)).is_err() =>
                {
                    extend(&mut report.frame, line);
                }
                Claim::Open | Claim::Foreign => quote(&mut report, line, text),
                Claim::Frame(tool) => {
                    extend(&mut report.frame, line);
                    part(&mut report.parts, *tool, line);
                }
                Claim::Row(tool) => part(&mut report.parts, *tool, line),
            }
        }
        if let Some(origin) = origin {
            numbered(&mut report, &origin, &self.written);
        }
        report
    }
}

/// Gives the lines of a report the numbers of the file, of whose lines some were taken apart.
fn numbered(report: &mut Report, origin: &[u32], written: &[&str]) {
    let of = |line: u32| origin.get(place(line)).copied().unwrap_or(line);
    for told in &mut report.told {
        told.lines.iter_mut().for_each(|line| *line = of(*line));
        told.lines.dedup();
        told.extended.iter_mut().for_each(|record| record.line = of(record.line));
        let endpoints = told.endpoints.iter_mut().flat_map(|list| &mut list.endpoints);
        endpoints.for_each(|endpoint| endpoint.line = of(endpoint.line));
    }
    let stretches = report.frame.iter_mut().chain(report.parts.iter_mut().map(|part| &mut part.at));
    stretches.for_each(|at| {
        at.first_line = of(at.first_line);
        at.last_line = of(at.last_line);
    });
    report.unread.iter_mut().for_each(|unread| unread.line = of(unread.line));
    report.lines = origin.last().copied().unwrap_or_default();
    if report.unread_left_out == 0 {
        return;
    }
    // A line of which a part is told or quoted is not left out.
    let mut seen = vec![false; place(report.lines).saturating_add(2)];
    let mut see = |line: u32| seen.get_mut(place(line)).map(|seen| std::mem::replace(seen, true));
    report.told.iter().flat_map(|told| &told.lines).for_each(|line| _ = see(*line));
    report.frame.iter().flat_map(|at| at.first_line..=at.last_line).for_each(|line| _ = see(line));
    report.unread.iter().for_each(|unread| _ = see(unread.line));
    let blank =
        |at: usize| written.get(at).is_some_and(|text| text.trim_matches(is_blank).is_empty());
    let left =
        origin.iter().enumerate().filter(|(at, line)| !blank(*at) && see(**line) == Some(false));
    report.unread_left_out = u32::try_from(left.count()).unwrap_or(u32::MAX);
}

/// The number of a line that is counted from 0, for people.
pub(super) fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX).saturating_add(1)
}

/// Where the line of a number for people stands, from 0.
fn place(line: u32) -> usize {
    usize::try_from(line).unwrap_or(usize::MAX).wrapping_sub(1)
}

/// The numbers of a stretch of lines counted from 0, the last one included.
pub(super) fn numbers(first: usize, last: usize) -> Vec<u32> {
    (number(first)..=number(last)).collect()
}

fn extend(stretches: &mut Vec<Stretch>, line: u32) {
    match stretches.last_mut() {
        Some(last) if last.last_line.saturating_add(1) == line => last.last_line = line,
        _ => stretches.push(Stretch { first_line: line, last_line: line }),
    }
}

fn part(parts: &mut Vec<Part>, tool: Tool, line: u32) {
    match parts.last_mut() {
        Some(last) if last.tool == tool => last.at.last_line = line,
        _ => parts.push(Part { tool, at: Stretch { first_line: line, last_line: line } }),
    }
}
