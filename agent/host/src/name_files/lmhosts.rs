//! The LMHOSTS file (MS-NBTE 2.2.3): NetBIOS names, as Windows reads them.

use std::net::{IpAddr, Ipv4Addr};

use epmesh_facts::{LmhostsFile, LmhostsLine};

/// The most mappings that are kept of one file.
pub const MAX_LINES: usize = 4096;
/// The most files that one may include.
const MAX_INCLUDES: usize = 64;
/// Octets of a NetBIOS name before its sixteenth.
const NAME_LEN: usize = 15;
/// Octets kept of the name of a domain or an included file.
const MAX_TEXT: usize = 256;

/// Reads the text of an LMHOSTS file.
///
/// A `#` begins a comment, but for the keywords: `#PRE` and `#DOM:` behind a mapping, `#INCLUDE` on
/// a line of its own. They are taken in either case. A name in quotes may have blanks, and its
/// sixteenth octet as `\0xNN` at the end. `#BEGIN_ALTERNATE` and `#END_ALTERNATE` map nothing:
/// the files between them are listed like all that are included. Lines that map nothing, and names
/// of more than 15 octets, are left out, as Windows does.
#[must_use]
pub fn parse(path: &str, text: &str) -> LmhostsFile {
    let mut file = LmhostsFile { path: path.to_owned(), lines: Vec::new(), includes: Vec::new() };
    for (number, line) in (1_u32..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let line = line.trim();
        if let Some(included) = keyword(line, "#INCLUDE") {
            let name: String = included.trim().trim_matches('"').chars().take(MAX_TEXT).collect();
            if !name.is_empty() && file.includes.len() < MAX_INCLUDES {
                file.includes.push(name);
            }
        } else if let Some(mapping) = mapping(number, line)
            && file.lines.len() < MAX_LINES
        {
            file.lines.push(mapping);
        }
    }
    file
}

fn mapping(line: u32, text: &str) -> Option<LmhostsLine> {
    let (address, rest) = text.split_once([' ', '\t'])?;
    let address: Ipv4Addr = address.parse().ok()?;
    let (name, suffix, rest) = name(rest.trim_start())?;
    let mut mapping = LmhostsLine {
        line,
        address: IpAddr::V4(address),
        name: name.to_ascii_uppercase(),
        suffix,
        preload: false,
        domain: None,
    };
    for word in rest.split_ascii_whitespace() {
        if word.eq_ignore_ascii_case("#PRE") {
            mapping.preload = true;
        } else if let Some(domain) = prefix(word, "#DOM:") {
            mapping.domain = Some(domain.chars().take(MAX_TEXT).collect());
        } else if !["#MH", "#SG", "#NOFNR"].iter().any(|known| prefix(word, known).is_some()) {
            // Whatever else there is, is a comment to the end of the line.
            break;
        }
    }
    Some(mapping)
}

/// The name, its sixteenth octet, and what is behind it.
fn name(text: &str) -> Option<(&str, Option<u8>, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([' ', '\t', '#']).unwrap_or(text.len());
        let (name, rest) = text.split_at_checked(end)?;
        return is_name(name).then_some((name, None, rest));
    };
    let (quoted, rest) = quoted.split_once('"')?;
    let suffix = quoted.rsplit_once("\\0x").and_then(|(name, digits)| {
        let is_octet = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        let octet = u8::from_str_radix(digits, 16).ok().filter(|_| is_octet)?;
        Some((name, octet))
    });
    let (name, suffix) = suffix.map_or((quoted, None), |(name, octet)| (name, Some(octet)));
    let name = name.trim_end();
    is_name(name).then_some((name, suffix, rest))
}

fn is_name(text: &str) -> bool {
    (1..=NAME_LEN).contains(&text.len()) && !text.starts_with('#') && text.is_ascii()
}

/// What is behind `word` at the beginning of `text`, in either case and as a word of its own.
fn keyword<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    prefix(text, word).filter(|rest| rest.starts_with([' ', '\t']))
}

fn prefix<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let (head, rest) = text.split_at_checked(word.len())?;
    head.eq_ignore_ascii_case(word).then_some(rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Row<'r> = (u32, &'r str, Option<u8>, bool, Option<&'r str>);

    fn rows(file: &LmhostsFile) -> Vec<Row<'_>> {
        let row = |l: &'_ LmhostsLine| (l.line, l.suffix, l.preload);
        file.lines
            .iter()
            .map(|l| (row(l).0, l.name.as_str(), row(l).1, row(l).2, l.domain.as_deref()))
            .collect()
    }

    #[test]
    fn reads_all_that_a_line_may_have() {
        let text = "\u{feff}# a comment\r\n\
            10.0.0.2\tdc2\r\n\
            10.0.0.3   DC3   #PRE #DOM:LAB # the third\r\n\
            10.0.0.4 \"app server    \\0x14\" #pre\r\n\
            10.0.0.5 \"DC5            \\0X1C\"\r\n\
            10.0.0.6 dc6#PRE\r\n\
            10.0.0.7 dc7 was #PRE\r\n\
            #INCLUDE \\\\dc1\\public\\lmhosts\r\n\
            #BEGIN_ALTERNATE\r\n#include \"\\\\dc2\\public\\lmhosts\"\r\n#END_ALTERNATE\r\n\
            10.0.0.8\r\nfe80::1 dc9\r\n10.0.0.9 a-name-too-long-for-netbios\r\n";
        let file = parse("lmhosts", text);
        assert_eq!(
            rows(&file),
            [
                (2, "DC2", None, false, None),
                (3, "DC3", None, true, Some("LAB")),
                (4, "APP SERVER", Some(0x14), true, None),
                (6, "DC6", None, true, None),
                (7, "DC7", None, false, None),
            ],
            "{file:?}"
        );
        assert_eq!(file.includes, ["\\\\dc1\\public\\lmhosts", "\\\\dc2\\public\\lmhosts"]);
    }

    proptest! {
        #[test]
        fn whatever_is_in_it_is_read(text in "(10\\.0\\.0\\.[0-9]|#|\"|\\\\0x|[a-z ]|#PRE|#DOM:|\n|\\PC){0,60}") {
            for line in parse("lmhosts", &text).lines {
                prop_assert!((1..=NAME_LEN).contains(&line.name.len()), "{line:?}");
            }
        }
    }
}
