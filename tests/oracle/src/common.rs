//! Decoders of what agents send, of what other tools print, and of scenarios.

use epmesh_common::{
    diagnosis::diagnose,
    facts::{LookRequest, Plan},
    reports::{self, explain},
    wire::{self, Longhand, OnWire, Received},
};
use epmesh_proto::v1 as proto;
use epmesh_scenario::Scenario;
use prost::Message as _;

use super::property::{comes_back, keeps_form, text};

pub(super) fn report_on_the_wire(bytes: &[u8]) {
    let Ok(message) = proto::Report::decode(bytes) else { return };
    let _ = Longhand::default().expand(&mut message.clone());
    let decode = |bytes: &[u8]| {
        let message = proto::Report::decode(bytes).map_err(|error| error.to_string())?;
        Received::try_from(message)
            .map(|received| received.report)
            .map_err(|error| error.to_string())
    };
    keeps_form(bytes, decode, |report| {
        Ok::<_, std::convert::Infallible>(wire::report(report).encode_to_vec())
    });
}

pub(super) fn plan_on_the_wire(bytes: &[u8]) {
    let decode = |bytes: &[u8]| {
        let message = proto::Plan::decode(bytes).map_err(|error| error.to_string())?;
        Plan::from_wire(message).map_err(|error| error.to_string())
    };
    comes_back(bytes, decode, |plan| {
        Ok::<_, std::convert::Infallible>(plan.to_wire().encode_to_vec())
    });
}

pub(super) fn look_on_the_wire(bytes: &[u8]) {
    let decode = |bytes: &[u8]| {
        let message = proto::Look::decode(bytes).map_err(|error| error.to_string())?;
        LookRequest::from_wire(message).map_err(|error| error.to_string())
    };
    comes_back(bytes, decode, |look| {
        Ok::<_, std::convert::Infallible>(look.to_wire().encode_to_vec())
    });
}

/// No line of a report is lost, and what is made of it is bounded by its length.
pub(super) fn report(bytes: &[u8]) {
    let (Ok(text), Ok(report)) = (reports::decode(bytes), reports::read(bytes)) else { return };
    let count = text.lines().count();
    assert_eq!(usize::try_from(report.lines), Ok(count));
    let mut seen = vec![false; count + 1];
    let told = report.told.iter().flat_map(|told| &told.lines).copied();
    let frame = report.frame.iter().flat_map(|at| at.first_line..=at.last_line);
    for line in told.chain(frame).chain(report.unread.iter().map(|unread| unread.line)) {
        let line = usize::try_from(line).unwrap_or(usize::MAX);
        let at = seen.get_mut(line);
        assert!(line > 0 && at.is_some(), "line {line} of {count}");
        at.into_iter().for_each(|at| *at = true);
    }
    let is_blank = |c: char| c.is_whitespace() || c == '\0' || c == '\u{feff}';
    let lost = text
        .lines()
        .zip(seen.iter().skip(1))
        .filter(|(line, is_seen)| !**is_seen && !line.trim_matches(is_blank).is_empty());
    let lost = u32::try_from(lost.count()).unwrap_or(u32::MAX);
    // A row that was left out holds some lines.
    let is_told =
        lost == report.unread_left_out || report.rows_left_out > 0 && lost > report.unread_left_out;
    assert!(is_told, "{lost} lines are lost, {} are said to be", report.unread_left_out);
    let (pairs, lists) = (explain::pairs(&report), explain::lists(&report));
    let size = serde_json::to_vec(&(&report, &pairs, &lists)).map_or(0, |json| json.len());
    assert!(size <= 100_000 + 150 * text.len(), "{size} bytes out of {}", text.len());
}

/// A scenario that can be read has a verdict, and every time the same.
pub(super) fn scenario(bytes: &[u8]) {
    let Ok(scenario) = Scenario::parse("any", &text(bytes)) else { return };
    let verdict = diagnose(&scenario.evidence(), scenario.at());
    assert_eq!(diagnose(&scenario.evidence(), scenario.at()), verdict);
    let _ = scenario.differences(&verdict);
}
