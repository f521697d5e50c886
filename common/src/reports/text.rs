//! The text of a file as Windows writes it: UTF-8, UTF-16, or an old code page.

use thiserror::Error;

/// The largest file that is read; logs of this kind are some hundred kilobytes.
pub const MAX_BYTES: usize = 16 << 20;

/// The file is no text that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TextError {
    /// It is too long.
    #[error("it has {0} bytes, more than the {MAX_BYTES} that are read: cut it to its end")]
    TooLong(usize),
    /// It has nothing in it.
    #[error("it is empty")]
    Empty,
}

/// The text of `bytes`, whether or not a byte order mark says how it is encoded. Without one,
/// UTF-16 shows by its zero bytes: the text of a log is mostly ASCII. What is no UTF-8 either is
/// taken as if each strange byte were an unknown character.
///
/// # Errors
/// When it is too long, or empty.
pub fn decode(bytes: &[u8]) -> Result<String, TextError> {
    if bytes.len() > MAX_BYTES {
        return Err(TextError::TooLong(bytes.len()));
    }
    let text = match bytes {
        [] => return Err(TextError::Empty),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => match zeros(bytes) {
            (even, odd) if odd * 4 > bytes.len() && odd > even => utf16(bytes, u16::from_le_bytes),
            (even, odd) if even * 4 > bytes.len() && even > odd => utf16(bytes, u16::from_be_bytes),
            _ => String::from_utf8_lossy(bytes).into_owned(),
        },
    };
    Ok(text)
}

/// How many bytes are zero at even and at odd places.
fn zeros(bytes: &[u8]) -> (usize, usize) {
    let count = |start| bytes.iter().skip(start).step_by(2).filter(|&&byte| byte == 0).count();
    (count(0), count(1))
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.as_chunks::<2>().0.iter().map(|&pair| unit(pair));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
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
        assert_eq!(decode(b""), Err(TextError::Empty));
        assert!(matches!(decode(&vec![b' '; MAX_BYTES + 1]), Err(TextError::TooLong(_))));
    }

    proptest! {
        #[test]
        fn takes_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
        }
    }
}
