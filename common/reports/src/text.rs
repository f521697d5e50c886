//! The text of a file as Windows writes it: UTF-8, UTF-16, or an old code page.

use std::ops::Range;

use thiserror::Error;

/// The largest file that is read; logs of this kind are some hundred kilobytes.
pub const MAX_BYTES: usize = 16 << 20;

/// The file is no text that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TextError {
    /// The text is too long.
    #[error("it has more than the {MAX_BYTES} bytes that are read: cut it to its end")]
    TooLong,
    /// The text has nothing in it.
    #[error("it is empty")]
    Empty,
}

/// The text of `bytes`, whether or not a byte order mark says how it is encoded. Without one, UTF-16 shows
/// by its zero bytes, which the text of a log has at least in blanks and ends of lines. What is no UTF-8
/// either is of a code page that nothing names, and each byte of it is an unknown character. Where one tool
/// wrote UTF-16 and another one appended bytes, or the other way round, each part is read by itself: `>>`
/// makes such files.
///
/// Lines that end in CR alone get line feeds, where the text has none at all.
///
/// # Errors
/// When it is too long, or empty.
pub fn decode(bytes: &[u8]) -> Result<String, TextError> {
    if bytes.len() > MAX_BYTES {
        return Err(TextError::TooLong);
    }
    if bytes.is_empty() {
        return Err(TextError::Empty);
    }
    let mut text = String::with_capacity(bytes.len());
    let marked = form(bytes, None);
    let mut at = 0;
    for run in plain_runs(bytes) {
        part(bytes.get(at..run.start).unwrap_or_default(), marked, &mut text);
        part(bytes.get(run.clone()).unwrap_or_default(), None, &mut text);
        at = run.end;
    }
    part(bytes.get(at..).unwrap_or_default(), marked, &mut text);
    if text.contains('\r') && !text.contains('\n') {
        text = text.replace('\r', "\n");
    }
    Ok(text)
}

type Unit = fn([u8; 2]) -> u16;

/// How a part is encoded, where it is UTF-16: by its mark, by its zero bytes, else as `marked`, which
/// is what the mark of the whole file says.
fn form(bytes: &[u8], marked: Option<Unit>) -> Option<Unit> {
    match bytes {
        [0xff, 0xfe, ..] => Some(u16::from_le_bytes),
        [0xfe, 0xff, ..] => Some(u16::from_be_bytes),
        _ => match zeros(bytes) {
            (0, 0) => marked,
            (even, odd) if odd * 4 > bytes.len() && odd > even => Some(u16::from_le_bytes),
            (even, odd) if even * 4 > bytes.len() && even > odd => Some(u16::from_be_bytes),
            _ if is_broken_wide(bytes, u16::from_le_bytes) => Some(u16::from_le_bytes),
            _ if is_broken_wide(bytes, u16::from_be_bytes) => Some(u16::from_be_bytes),
            _ => marked,
        },
    }
}

fn part(bytes: &[u8], marked: Option<Unit>, text: &mut String) {
    match (form(bytes, marked), bytes) {
        (Some(unit), [0xff, 0xfe, rest @ ..] | [0xfe, 0xff, rest @ ..] | rest) => {
            utf16(rest, unit, text);
        }
        (None, [0xef, 0xbb, 0xbf, rest @ ..] | rest) => bytewise(rest, text),
    }
}

/// UTF-8, or an old code page. Whether it is the one or the other is decided for each stretch of bytes
/// that are not ASCII as a whole: parts of a word in a code page are UTF-8 by chance, and would be read
/// as characters that nobody wrote.
fn bytewise(bytes: &[u8], text: &mut String) {
    for stretch in bytes.chunk_by(|one, other| one.is_ascii() == other.is_ascii()) {
        match str::from_utf8(stretch) {
            Ok(known) => text.push_str(known),
            Err(_) => text.extend(stretch.iter().map(|_| char::REPLACEMENT_CHARACTER)),
        }
    }
}

/// How many bytes without a zero, nearly all of them ASCII, are no UTF-16 by chance.
const SURE: usize = 64;

/// In bytes that have zeros: the stretches that are text of single bytes.
fn plain_runs(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    for run in bytes.split(|byte| *byte == 0) {
        let whole = start..start + run.len();
        start = whole.end + 1;
        let printed = run.iter().filter(|b| matches!(b, b' '..=b'~' | b'\r' | b'\n' | b'\t'));
        if run.len() == bytes.len()
            || run.len() < SURE
            || !run.contains(&b'\n')
            || printed.count() * 10 < run.len() * 9
        {
            continue;
        }
        // Half a character on either side may be of its UTF-16 neighbour.
        let wide = whole.start - runs.last().map_or(0, |before| before.end);
        let first = whole.start + wide % 2;
        let last = match run {
            _ if whole.end == bytes.len() => whole.end,
            [.., 0xff, 0xfe, _] => whole.end - 3,
            [.., 0xfe, 0xff] => whole.end - 2,
            [.., b'\n'] => whole.end,
            _ => whole.end - 1,
        };
        runs.push(first..last);
    }
    runs
}

/// Whether the blanks and the ends of lines are UTF-16: what tells it where few letters are ASCII, as in
/// Cyrillic or Chinese. In the other order, and in text of single bytes, they are parts of other characters.
fn is_broken_wide(bytes: &[u8], unit: Unit) -> bool {
    let is_break = |unit: u16| matches!(unit, 0x20 | 0x0a | 0x0d);
    let (mut wide, mut other) = (0_usize, 0_usize);
    for pair in bytes.as_chunks::<2>().0 {
        if is_break(unit(*pair)) {
            wide += 1;
        } else {
            other += pair.iter().filter(|byte| is_break(u16::from(**byte))).count();
        }
    }
    wide > 4 * other
}

/// How many bytes are zero at even and at odd places.
fn zeros(bytes: &[u8]) -> (usize, usize) {
    let count = |start| bytes.iter().skip(start).step_by(2).filter(|&&byte| byte == 0).count();
    (count(0), count(1))
}

fn utf16(bytes: &[u8], unit: Unit, text: &mut String) {
    let (units, half) = bytes.as_chunks::<2>();
    let units = units.iter().map(|&pair| unit(pair));
    text.extend(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
    // A file that is cut off may end in half a character.
    text.extend(half.first().map(|_| char::REPLACEMENT_CHARACTER));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn knows_its_encodings() {
        let text = "NetpDoDomainJoin: status: 0x6d9\r\n";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [
            text.as_bytes().to_vec(),
            [&b"\xef\xbb\xbf"[..], text.as_bytes()].concat(),
            [&b"\xff\xfe"[..], &little].concat(),
            [&b"\xfe\xff"[..], &big].concat(),
            little,
            big,
        ] {
            assert_eq!(decode(&bytes).expect("text"), text);
        }
        assert_eq!(decode(b"caf\xe9").expect("text"), "caf\u{fffd}");
        // Code page 866: the middle of the word happens to be UTF-8.
        assert_eq!(
            decode(b"\xaf\xae\xe1\xab\xa5 \xc3\xa9").expect("text"),
            "\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd} é"
        );
        assert_eq!(decode(b""), Err(TextError::Empty));
        assert!(matches!(decode(&vec![b' '; MAX_BYTES + 1]), Err(TextError::TooLong)));
    }

    #[test]
    fn few_letters_of_a_text_may_be_ascii() {
        for text in
            ["Последняя попытка завершена с ошибкой 1753\n", "最后一次尝试 失败\r\n", "последний\r"]
        {
            let wide =
                |unit: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
            assert_eq!(decode(&wide(u16::to_le_bytes)).expect("text").trim_end(), text.trim_end());
            assert_eq!(decode(&wide(u16::to_be_bytes)).expect("text").trim_end(), text.trim_end());
        }
        let stray = "a report in single bytes,\0 with a stray zero\0 or two\n";
        assert_eq!(decode(stray.as_bytes()).expect("text"), stray);
    }

    #[test]
    fn reads_each_part_as_it_was_written() {
        let first = "Repadmin: running command /showrepl against full DC dc1.contoso.com\r\n";
        let second = "[DC2] DsBindWithSpnEx() failed with error 1753,\r\nno more endpoints é.\r\n";
        let wide = |text: &str, unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
            text.encode_utf16().flat_map(unit).collect()
        };
        let both = format!("{first}{second}");
        for (unit, mark) in [
            (u16::to_le_bytes as fn(u16) -> [u8; 2], [0xff, 0xfe]),
            (u16::to_be_bytes, [0xfe, 0xff]),
        ] {
            for mark in [&mark[..], &[]] {
                let appended = [mark, &wide(first, unit), second.as_bytes()].concat();
                assert_eq!(decode(&appended).expect("text"), both, "bytes behind {mark:?}");
                let appended = [second.as_bytes(), mark, &wide(first, unit)].concat();
                let turned = format!("{second}{first}");
                assert_eq!(decode(&appended).expect("text"), turned, "wide behind, {mark:?}");
            }
        }
    }

    #[test]
    fn ends_of_lines_and_of_files() {
        assert_eq!(decode(b"a\rb\r").expect("text"), "a\nb\n");
        assert_eq!(decode(b"a\rb\r\n").expect("text"), "a\rb\r\n");
        assert_eq!(decode(b"\xff\xfea\0b").expect("text"), "a\u{fffd}");
        assert_eq!(decode(b"\xff\xfe").expect("text"), "");
    }

    proptest! {
        #[test]
        fn takes_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
        }
    }
}
