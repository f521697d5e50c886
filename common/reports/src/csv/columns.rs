//! The columns of a table, found by their heads.

use super::scan;

/// The columns of a row, in repadmin's own order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    DestinationSite,
    Destination,
    Context,
    SourceSite,
    Source,
    Transport,
    Failures,
    LastFailure,
    LastSuccess,
    Status,
}

/// How repadmin calls them in English, in their order; some versions say DC for DSA.
const NAMES: [&str; COLUMNS] = [
    "destination dsa site",
    "destination dsa",
    "naming context",
    "source dsa site",
    "source dsa",
    "transport type",
    "number of failures",
    "last failure time",
    "last success time",
    "last failure status",
];
const COLUMNS: usize = 10;
/// Where the naming context stands among them.
const CONTEXT: usize = 2;

/// The place of each column: by the names of the header, or around the naming context, which is known by its
/// looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Order {
    places: Option<[Option<usize>; COLUMNS]>,
    /// How many columns the header of a table has that was filtered: fewer than repadmin's, in any order.
    filtered: Option<usize>,
}

impl Order {
    /// The order of a header in English; `None` in another language, or where a name is missing.
    pub(super) fn named(header: &[String]) -> Option<Self> {
        let places = places(header);
        places.iter().all(Option::is_some).then_some(Self { places: Some(places), filtered: None })
    }

    /// The order of a header that a filter left some of: an end of the link, and what became of it.
    pub(super) fn filtered(header: &[String]) -> Option<Self> {
        let places = places(header);
        let has = |column: Column| places.get(column as usize).is_some_and(Option::is_some);
        let end = has(Column::Source) || has(Column::Destination);
        let outcome = has(Column::Status) || has(Column::Failures);
        let known = places.iter().flatten().count();
        // A column of another name may stand among them, of a calculated property.
        let fits = end && outcome && known >= 2 && known + 2 >= header.len();
        fits.then_some(Self { places: Some(places), filtered: Some(header.len()) })
    }

    /// How many columns a filtered table has.
    pub(super) fn width(&self) -> Option<usize> {
        self.filtered
    }

    /// Whether a row fits a filtered header: numbers where it counts, and an end of a link.
    pub(super) fn fits(&self, fields: &[String]) -> bool {
        let field = |column| self.field(fields, 0, column);
        let number = |column| {
            let value = field(column);
            value.is_empty() || value.parse::<i64>().is_ok() || status(value).is_some()
        };
        let context = field(Column::Context);
        let counted = !field(Column::Failures).is_empty() || !field(Column::Status).is_empty();
        let named = |column| {
            let name = field(column);
            name.is_empty() || (!name.contains(char::is_whitespace) && name.len() <= 256)
        };
        self.filtered == Some(fields.len())
            && counted
            && number(Column::Failures)
            && number(Column::Status)
            && (context.is_empty() || scan::is_dn(context))
            && named(Column::Source)
            && named(Column::Destination)
    }

    /// The place of the naming context of a row; `None` where the row has none.
    pub(super) fn context(&self, fields: &[String]) -> Option<usize> {
        let is_dn = |at: &usize| fields.get(*at).is_some_and(|field| scan::is_dn(field));
        let place = self.places.and_then(|places| places.get(CONTEXT).copied().flatten());
        match place {
            Some(context) if is_dn(&context) => Some(context),
            // A row of another file than the header.
            _ => (0..fields.len().min(5)).find(|at| is_dn(at)),
        }
    }

    /// The content of a column in a row whose naming context is at `context`.
    pub(super) fn field<'a>(
        &self,
        fields: &'a [String],
        context: usize,
        column: Column,
    ) -> &'a str {
        let column = column as usize;
        let named = self.places.filter(|places| {
            self.filtered == Some(fields.len()) || places.get(CONTEXT) == Some(&Some(context))
        });
        let at = match named {
            Some(places) => places.get(column).copied().flatten(),
            None => (context + column).checked_sub(CONTEXT),
        };
        at.and_then(|at| fields.get(at)).map_or("", String::as_str)
    }

    /// Whether a row without a mark can be nothing else: times where the times are, a transport, names of one word.
    pub(super) fn is_sure(&self, fields: &[String]) -> bool {
        self.context(fields).is_some_and(|context| {
            let field = |column| self.field(fields, context, column);
            let time = |column| {
                let text = field(column);
                text.is_empty()
                    || text == "0"
                    || text.starts_with('(')
                    || !scan::moments(text).is_empty()
            };
            let word = |column| {
                let text: &str = field(column);
                !text.is_empty() && !text.contains(char::is_whitespace)
            };
            let transport = field(Column::Transport);
            word(Column::Source)
                && word(Column::Transport)
                && transport.chars().all(|c| c.is_ascii_alphabetic())
                && time(Column::LastFailure)
                && time(Column::LastSuccess)
        })
    }

    /// Whether a row has all that it can have.
    pub(super) fn is_whole(&self, fields: &[String]) -> bool {
        self.context(fields).is_some_and(|context| {
            let field = |column| self.field(fields, context, column);
            let time = field(Column::LastFailure);
            let numbers = time.bytes().filter(u8::is_ascii_digit).count();
            field(Column::Failures).parse::<u64>().is_ok()
                && status(field(Column::Status)).is_some()
                && (numbers < 2 || !scan::moments(time).is_empty())
        })
    }
}

/// Where each of repadmin's columns stands in a header.
fn places(header: &[String]) -> [Option<usize>; COLUMNS] {
    let names: Vec<String> = header
        .iter()
        .map(|name| format!("{} ", name.to_ascii_lowercase()).replace(" dc ", " dsa "))
        .collect();
    NAMES.map(|wanted| names.iter().position(|name| name.trim_end() == wanted))
}

/// A status: newer versions print the number alone, older ones with its hexadecimal form.
pub(super) fn status(field: &str) -> Option<i64> {
    let code = field.parse().ok().map(scan::signed);
    code.or_else(|| scan::paired_code(field)).or_else(|| scan::hexadecimal(field))
}
