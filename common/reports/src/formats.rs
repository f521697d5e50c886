//! The formats that are read, and in which order.

use super::{
    csv, dcdiag, dcpromo, endpoints, event, joining, listing, nltest, page::Page, repadmin,
    replsum, samba, samba_log, services, showrepl, stray,
};

/// The marks by which a format knows its own lines; the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Marks {
    /// By the syntax of a document: JSON, XML.
    Syntax,
    /// By the columns of a row.
    Columns,
    /// By names that its tool alone writes, whatever the language.
    Names,
    /// By the shape and order of its lines.
    Shape,
    /// By an error number alone.
    AnError,
}

/// A format: how it knows its lines, and its reader, which takes them off the page.
#[derive(Clone, Copy)]
pub(super) struct Format {
    marks: Marks,
    pub(super) read: fn(&mut Page<'_>),
}

impl Format {
    const fn new(marks: Marks, read: fn(&mut Page<'_>)) -> Self {
        Self { marks, read }
    }
}

/// Every format. Where two know their lines in the same way, the one above is read first.
const FORMATS: [Format; 17] = [
    Format::new(Marks::Syntax, samba::read),
    Format::new(Marks::Syntax, event::read_xml),
    Format::new(Marks::Columns, csv::read),
    Format::new(Marks::Columns, listing::read),
    Format::new(Marks::Names, joining::read),
    Format::new(Marks::Names, endpoints::read),
    Format::new(Marks::Names, event::read_text),
    Format::new(Marks::Names, event::read_printed),
    Format::new(Marks::Names, nltest::read),
    Format::new(Marks::Names, services::read),
    Format::new(Marks::Names, dcpromo::read),
    Format::new(Marks::Names, samba_log::read),
    Format::new(Marks::Names, repadmin::read),
    Format::new(Marks::Names, dcdiag::read),
    Format::new(Marks::Shape, replsum::read),
    Format::new(Marks::Shape, showrepl::read),
    Format::new(Marks::AnError, stray::read),
];

/// The formats in the order in which they are read: the surest first, since a line that has marks of its
/// own is not to be taken for something looser.
pub(super) fn surest_first() -> [Format; FORMATS.len()] {
    let mut formats = FORMATS;
    formats.sort_by_key(|format| format.marks);
    formats
}
