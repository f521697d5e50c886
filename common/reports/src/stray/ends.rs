//! The two ends of a failure as people name them beside its error: `pulling from DC2 to DC1`.

use super::super::{page::Page, scan, told::Party};

/// The most lines that are looked at.
const MAX_LINES: usize = 200;

/// Both ends, and the line that names them.
#[derive(Clone, Debug)]
pub(super) struct Ends {
    pub(super) at: usize,
    pub(super) source: Party,
    pub(super) destination: Party,
}

/// The ends in the only line that names both; `None` where there are several.
pub(super) fn named(page: &Page<'_>) -> Option<Ends> {
    let mut all = (0..page.len().min(MAX_LINES)).filter_map(|at| ends(at, page.open(at)?));
    let first = all.next()?;
    all.next().is_none().then_some(first)
}

fn ends(at: usize, line: &str) -> Option<Ends> {
    let lower = line.to_ascii_lowercase();
    let replicates = ["pull", "replic", "sync"].iter().any(|word| lower.contains(word));
    let (_, behind) = line.split_once(" from ").filter(|_| replicates)?;
    let (source, behind) = behind.split_once(" to ")?;
    let destination = behind.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';')).next()?;
    let host = |name: &str| {
        let name = name.trim().trim_end_matches(['.', ':', ')']);
        Party::named(name).filter(|_| scan::is_host(name) && scan::is_no_word(name))
    };
    Some(Ends { at, source: host(source)?, destination: host(destination)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_a_sentence() {
        let of = |line: &str| {
            let ends = ends(0, line)?;
            Some((ends.source.label(), ends.destination.label()))
        };
        let both =
            |source: &str, destination: &str| Some((source.to_owned(), destination.to_owned()));
        assert_eq!(of("pulling from AD2 to AD1, the other way is ok"), both("AD2", "AD1"));
        assert_eq!(of("it replicates from dc-a to dc-b."), both("dc-a", "dc-b"));
        assert_eq!(of("we moved from AD2 to AD1 last week"), None);
        assert_eq!(of("it replicates from time to time"), None);
    }
}
