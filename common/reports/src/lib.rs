//! Reports of other tools: their text, read into what epmesh knows.
//!
//! Every parser is a function over text or bytes, bounded, and keeps the line numbers: a
//! reader who is told what a file says must be able to find it there. Parsers go by structure, GUIDs and numbers and
//! not by words, because the tools speak the language of the machine. A file may hold the output of
//! several tools: each parser takes the lines that are its own, and what nobody takes is quoted.
//! A part of a report (cut off, wrapped, broken by a console) names no end and no error that the whole one
//! does not; tests hold every parser to that.

mod codes;
mod commands;
mod console;
mod csv;
mod cut;
mod dcdiag;
mod dcpromo;
mod endpoint_list;
mod endpoints;
mod error_record;
mod event;
pub mod explain;
mod extended;
mod formats;
mod joining;
mod json;
mod listing;
mod markup;
mod messages;
pub mod netsetup;
mod nltest;
mod outcome;
mod page;
mod repadmin;
mod replsum;
mod samba;
mod samba_log;
mod same;
mod scan;
mod services;
mod showrepl;
mod stray;
mod text;
mod told;
mod unread;

pub use self::{
    codes::{About, about, about_samba},
    endpoint_list::{EndpointList, ListedEndpoint},
    error_record::ErrorRecord,
    extended::{interfaces, words as extended_words},
    messages::code as message_code,
    outcome::Outcome,
    text::{MAX_BYTES, TextError, decode},
    told::{Part, Party, Report, Stretch, Told, Tool, Unread},
};

/// Reads everything that a file says.
///
/// # Errors
/// When it is too long, or empty.
pub fn read(bytes: &[u8]) -> Result<Report, TextError> {
    Ok(read_text(&decode(bytes)?))
}

/// Reads everything that a text says.
#[must_use]
pub fn read_text(text: &str) -> Report {
    counted(text).0
}

/// Reads everything that a text says; with it how often a line was looked at, which is what reading costs.
#[must_use]
pub fn counted(text: &str) -> (Report, u64) {
    let (text, origin) = markup::split(text);
    let (plain, parts) = console::rejoined(markup::plain(&text));
    let plain = cut::sure(plain);
    let mut page = page::Page::new(&text, &plain).with_parts(parts).with_origin(origin);
    for format in formats::surest_first() {
        (format.read)(&mut page);
    }
    let looks = page.looks();
    let mut report = page.finish();
    same::once(&mut report);
    same::later(&mut report);
    same::name(&mut report);
    (report, looks)
}
