//! Output of `netsh int ipv4|ipv6 show dynamicport tcp|udp`, read in any language.
//!
//! The output is in the language of the host and in its OEM code page, so it is read as bytes. Two
//! numbers stand in it, the first port and the number of ports, each at the end of a line; all
//! else is for people.

use epmesh_facts::{AddressFamily, PortRange, Reading, Transport};

/// The most output that is read; the command prints some 150 bytes.
const MAX_OUTPUT: usize = 4096;

/// The range of `family` and `transport` that `output` tells. Empty output is "could not be read",
/// also where the command said that it succeeded.
#[must_use]
pub fn dynamic_port(
    family: AddressFamily,
    transport: Transport,
    output: &[u8],
) -> Reading<PortRange> {
    if output.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0) {
        return Reading::unseen("netsh printed nothing");
    }
    if output.len() > MAX_OUTPUT {
        return Reading::unseen(format!(
            "netsh printed {} bytes, which is no port range",
            output.len()
        ));
    }
    let numbers: Vec<u64> =
        output.split(|byte| matches!(byte, b'\n' | b'\r')).filter_map(last_number).collect();
    let &[first, count] = numbers.as_slice() else {
        return Reading::unseen(format!(
            "netsh printed {} numbers where the first port and the number of ports are expected",
            numbers.len()
        ));
    };
    match range(family, transport, first, count) {
        Some(range) => Reading::Value(range),
        None => Reading::unseen(format!(
            "netsh printed the first port {first} and {count} ports, which is no range of ports"
        )),
    }
}

/// The `count` ports from `first` on, where there are such ports. 0 is none.
#[must_use]
pub fn range(
    family: AddressFamily,
    transport: Transport,
    first: u64,
    count: u64,
) -> Option<PortRange> {
    let last = first.checked_add(count)?.checked_sub(1)?;
    let (first, last) = (u16::try_from(first).ok()?, u16::try_from(last).ok()?);
    (count > 0 && first > 0).then_some(PortRange { family, transport, first, last })
}

/// The number at the end of a line, where one stands alone there. Digits of the OEM code pages are
/// those of ASCII, and no second byte of a character in one of them is a digit (code pages 932,
/// 936, 949 and 950 have second bytes from 0x40 on).
fn last_number(line: &[u8]) -> Option<u64> {
    let line = line.trim_ascii_end();
    let digits = trailing_digits(line);
    let mut number = digits.to_vec();
    let mut before = line.get(..line.len() - digits.len())?;
    // Thousands apart: 49 152, 49.152. The command does not print them so in any known language.
    while number.len().is_multiple_of(3) && !number.is_empty() {
        let (separator, rest) = before.split_last()?;
        let group = trailing_digits(rest);
        let separates = matches!(separator, b'.' | b',' | b'\'' | b' ' | 0xa0 | 0xff);
        if !separates || !(1..=3).contains(&group.len()) {
            break;
        }
        number.splice(0..0, group.iter().copied());
        before = rest.get(..rest.len() - group.len())?;
    }
    let alone = before.last().is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'-');
    let digits = std::str::from_utf8(&number).ok()?;
    if alone && (1..=9).contains(&digits.len()) { digits.parse().ok() } else { None }
}

fn trailing_digits(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().rposition(|byte| !byte.is_ascii_digit()).map_or(0, |at| at + 1);
    bytes.get(start..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(output: &[u8]) -> Reading<(u16, u16)> {
        dynamic_port(AddressFamily::V4, Transport::Tcp, output)
            .map(|range| (range.first, range.last))
    }

    macro_rules! fixture {
        ($name:literal) => {
            include_bytes!(concat!("../../../tests/data/windows/netsh/", $name))
        };
    }

    #[test]
    fn the_language_does_not_matter() {
        let whole: [&[u8]; 6] = [
            fixture!("en.txt"),
            fixture!("de-cp850.txt"),
            fixture!("fr-cp850.txt"),
            fixture!("ja-cp932.txt"),
            fixture!("ru-cp866.txt"),
            fixture!("zh-cp936.txt"),
        ];
        for output in whole {
            assert_eq!(
                read(output),
                Reading::Value((49_152, 65_535)),
                "{:?}",
                String::from_utf8_lossy(output)
            );
        }
        assert_eq!(read(fixture!("en-2008.txt")), Reading::Value((10_000, 10_999)));
    }

    #[test]
    fn thousands_may_be_apart() {
        for text in ["49 152", "49.152", "49,152", "49'152", "49\u{a0}152"] {
            let mut output = b"Start : ".to_vec();
            output.extend(text.chars().map(|c| u8::try_from(u32::from(c)).expect("one byte")));
            output.extend(b"\r\nCount : 16384\r\n");
            assert_eq!(read(&output), Reading::Value((49_152, 65_535)), "{text}");
        }
    }

    #[test]
    fn what_is_no_range_could_not_be_read() {
        for output in [
            "",
            "\r\n \r\n",
            "The following command was not found: int ipv4 show dynamicport tcp.\r\n",
            "Start Port : 49152\n",
            "Start Port : 49152\nNumber of Ports : 0\n",
            "Start Port : 0\nNumber of Ports : 10\n",
            "Start Port : 65000\nNumber of Ports : 1000\n",
            "Start Port : -1\nNumber of Ports : 1000\n",
            "Start Port : 99999999999999999999\nNumber of Ports : 1000\n",
            "1\n2\n3\n",
        ] {
            assert!(matches!(read(output.as_bytes()), Reading::Unreadable(_)), "{output:?}");
        }
        assert!(matches!(read(&[b'7'; MAX_OUTPUT + 1]), Reading::Unreadable(_)));
    }

    proptest! {
        #[test]
        fn takes_any_bytes(output in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Reading::Value((first, last)) = read(&output) {
                prop_assert!(0 < first && first <= last);
            }
        }

        #[test]
        fn reads_what_is_printed(first in 1_u16.., count in 1_u16..) {
            let output = format!("\r\nx tcp\r\n---\r\na b : {first}\r\nc : {count}\r\n\r\n");
            let fits = u32::from(first) + u32::from(count) <= 65_536;
            let range = fits.then(|| (first, first + (count - 1)));
            let seen = read(output.as_bytes());
            prop_assert_eq!(seen.value(), range.as_ref());
        }
    }
}
