//! The hosts file: the same format on every platform.

use std::net::IpAddr;

use epmesh_facts::{DnsName, HostsFile, HostsLine};

/// The most mappings that are kept of one hosts file; block lists can have hundreds of thousands.
pub const MAX_LINES: usize = 4096;

/// The most names kept of one line; glibc takes as many as fit.
const MAX_NAMES: usize = 64;

/// Reads the text of a hosts file.
///
/// Comments, lines that map nothing and names that are no host names are left out, as the system's
/// own resolver does. An IPv6 zone (`fe80::1%eth0`) is cut off. After [`MAX_LINES`] mappings the
/// rest is not read: of a file with as many, "it does not map this name" cannot be said.
#[must_use]
pub fn parse(path: &str, text: &str) -> HostsFile {
    let lines = (1_u32..)
        .zip(text.trim_start_matches('\u{feff}').lines())
        .filter_map(|(number, line)| mapping(number, line))
        .take(MAX_LINES)
        .collect();
    HostsFile { path: path.to_owned(), lines }
}

fn mapping(line: u32, text: &str) -> Option<HostsLine> {
    let content = text.split('#').next().unwrap_or(text);
    let mut words = content.split_ascii_whitespace();
    let address = words.next()?;
    let address: IpAddr = address.split('%').next().unwrap_or(address).parse().ok()?;
    let names: Vec<DnsName> = words.filter_map(|word| word.parse().ok()).take(MAX_NAMES).collect();
    (!names.is_empty()).then_some(HostsLine { line, address, names })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keeps_line_numbers_and_leaves_out_what_maps_nothing() {
        let text = "\u{feff}127.0.0.1\tlocalhost\r\n\n# 10.0.0.1 nobody\n10.0.0.9  DC2.lab.test dc2 # the old one\nnot-an-address x\n10.0.0.8\nfe80::1%eth0 link\n";
        let file = parse("/etc/hosts", text);
        let seen: Vec<(u32, String, Vec<String>)> = file
            .lines
            .iter()
            .map(|l| {
                (l.line, l.address.to_string(), l.names.iter().map(ToString::to_string).collect())
            })
            .collect();
        assert_eq!(
            seen,
            [
                (1, "127.0.0.1".into(), vec!["localhost".into()]),
                (4, "10.0.0.9".into(), vec!["dc2.lab.test".into(), "dc2".into()]),
                (7, "fe80::1".into(), vec!["link".into()]),
            ]
        );
    }

    #[test]
    fn is_bounded() {
        let text = "10.0.0.1 a\n".repeat(MAX_LINES + 10);
        assert_eq!(parse("hosts", &text).lines.len(), MAX_LINES);
    }

    proptest! {
        #[test]
        fn takes_any_text(text in any::<String>()) {
            let file = parse("hosts", &text);
            prop_assert!(file.lines.len() <= text.lines().count());
        }
    }
}
