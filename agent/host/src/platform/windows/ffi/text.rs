//! UTF-16, as Windows has its texts.

use std::io;

/// The text with a closing zero.
///
/// # Errors
/// When the text has a zero of its own: Windows would read only what stands before it.
pub(in super::super) fn wide(text: &str) -> io::Result<Vec<u16>> {
    if text.contains('\0') {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("a zero within the text {text:?}"),
        ));
    }
    Ok(text.encode_utf16().chain([0]).collect())
}

/// The text up to the first zero, or all of it; what is no UTF-16 is replaced.
pub(in super::super) fn from_wide(units: &[u16]) -> String {
    let end = units.iter().position(|unit| *unit == 0).unwrap_or(units.len());
    String::from_utf16_lossy(units.get(..end).unwrap_or_default())
}

/// The little-endian units of `bytes`; a single byte at the end is left out.
pub(in super::super) fn units(bytes: &[u8]) -> Vec<u16> {
    bytes.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect()
}

/// The text at `pointer` up to its zero, at most `most` units of it; `None` where there is none.
///
/// # Safety
/// `pointer` is null, or everything from it to the first zero or to `most` units is readable.
pub(super) unsafe fn at(pointer: *const u16, most: usize) -> Option<String> {
    if pointer.is_null() {
        return None;
    }
    let mut units = Vec::new();
    for index in 0..most {
        // SAFETY: no zero came before this unit, so that it still belongs to the text, which the
        // caller promised to be readable.
        let unit = unsafe { pointer.add(index).read() };
        if unit == 0 {
            break;
        }
        units.push(unit);
    }
    Some(String::from_utf16_lossy(&units))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let units = wide("Gerät 7").expect("no zero in it");
        assert_eq!(units.last(), Some(&0));
        assert_eq!(from_wide(&units), "Gerät 7");
        assert!(wide("a\0b").is_err());
        // SAFETY: the units end with a zero.
        assert_eq!(unsafe { at(units.as_ptr(), 512) }.as_deref(), Some("Gerät 7"));
        // SAFETY: three units are there.
        assert_eq!(unsafe { at(units.as_ptr(), 3) }.as_deref(), Some("Ger"));
        // SAFETY: null is allowed.
        assert_eq!(unsafe { at(std::ptr::null(), 3) }, None);
    }
}
