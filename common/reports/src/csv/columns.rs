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
pub(super) struct Order(Option<[usize; COLUMNS]>);

impl Order {
    /// The order of a header in English; `None` in another language, or where a name is missing.
    pub(super) fn named(header: &[String]) -> Option<Self> {
        let names: Vec<String> = header
            .iter()
            .map(|name| format!("{} ", name.to_ascii_lowercase()).replace(" dc ", " dsa "))
            .collect();
        let mut places = [0; COLUMNS];
        for (place, wanted) in places.iter_mut().zip(NAMES) {
            *place = names.iter().position(|name| name.trim_end() == wanted)?;
        }
        Some(Self(Some(places)))
    }

    /// The place of the naming context of a row; `None` where the row has none.
    pub(super) fn context(&self, fields: &[String]) -> Option<usize> {
        let is_dn = |at: &usize| fields.get(*at).is_some_and(|field| scan::is_dn(field));
        match self.0 {
            Some([_, _, context, ..]) if is_dn(&context) => Some(context),
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
        let named = self.0.filter(|places| places.get(CONTEXT) == Some(&context));
        let at = match named.and_then(|places| places.get(column).copied()) {
            Some(at) => Some(at),
            None => (context + column).checked_sub(CONTEXT),
        };
        at.and_then(|at| fields.get(at)).map_or("", String::as_str)
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

/// A status: newer versions print the number alone, older ones with its hexadecimal form.
pub(super) fn status(field: &str) -> Option<i64> {
    let code = field.parse().ok().map(scan::signed);
    code.or_else(|| scan::paired_code(field)).or_else(|| scan::hexadecimal(field))
}
