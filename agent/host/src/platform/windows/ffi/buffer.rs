//! Buffers that Windows fills, and reading what lies in them without trusting it.
//!
//! Many calls put a structure at the front of a buffer and let its pointers point further into the
//! same buffer. Such a pointer is never followed here: it is taken as a distance from the start,
//! checked against the length, and the bytes are copied out.

use std::io;

use windows_sys::Win32::Foundation::{
    ERROR_BUFFER_OVERFLOW, ERROR_INSUFFICIENT_BUFFER, ERROR_MORE_DATA, ERROR_SUCCESS,
};

use super::{error::os_error, text::from_wide};

/// How often a call is repeated because what it reads has grown in between.
const ATTEMPTS: u32 = 8;

/// A structure that may be copied out of bytes of any content.
///
/// # Safety
/// Every pattern of bytes is a value of the type: it consists of numbers, raw pointers, arrays and
/// unions of those.
pub(super) unsafe trait Plain: Copy {}

/// Bytes, aligned for every structure of Windows, zero at first.
pub(super) struct Buffer {
    words: Vec<u64>,
    length: u32,
}

impl Buffer {
    /// A buffer of `length` bytes.
    pub(super) fn new(length: u32) -> Self {
        let words = usize::try_from(length.div_ceil(8)).unwrap_or(0);
        Self { words: vec![0; words], length: if words == 0 { 0 } else { length } }
    }

    /// Its length in bytes, as calls want it.
    pub(super) const fn length(&self) -> u32 {
        self.length
    }

    /// The place to which a call may write [`Buffer::length`] bytes.
    pub(super) fn as_mut_ptr<T>(&mut self) -> *mut T {
        self.words.as_mut_ptr().cast()
    }

    /// All bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        let length = usize::try_from(self.length).unwrap_or(0).min(self.words.len() * 8);
        // SAFETY: the words are initialised, have no padding, and are at least `length` bytes.
        unsafe { std::slice::from_raw_parts(self.words.as_ptr().cast(), length) }
    }

    /// Copies a structure out, from `offset` on; `None` when it does not lie within the buffer.
    pub(super) fn read<T: Plain>(&self, offset: usize) -> Option<T> {
        let bytes = self.bytes().get(offset..)?.get(..size_of::<T>())?;
        // SAFETY: `bytes` has the size of a `T`, and every pattern of bytes is one (`Plain`). The
        // read needs no alignment.
        Some(unsafe { bytes.as_ptr().cast::<T>().read_unaligned() })
    }

    /// The distance of a pointer from the start of this buffer; `None` when it points elsewhere.
    pub(super) fn offset_of<T>(&self, pointer: *const T) -> Option<usize> {
        let offset = pointer.addr().checked_sub(self.words.as_ptr().addr())?;
        (offset < self.bytes().len()).then_some(offset)
    }

    /// The structure that a pointer into this buffer points at.
    pub(super) fn at<T: Plain>(&self, pointer: *const T) -> Option<T> {
        self.read(self.offset_of(pointer)?)
    }

    /// The bytes that a pointer into this buffer points at.
    pub(super) fn bytes_at<T>(&self, pointer: *const T, length: usize) -> Option<&[u8]> {
        self.bytes().get(self.offset_of(pointer)?..)?.get(..length)
    }

    /// The UTF-16 units from `pointer` to the end of the buffer.
    fn units_at(&self, pointer: *const u16) -> Option<Vec<u16>> {
        Some(super::text::units(self.bytes().get(self.offset_of(pointer)?..)?))
    }

    /// The text that a pointer into this buffer points at; `None` for null and for a pointer that
    /// points elsewhere.
    pub(super) fn text_at(&self, pointer: *const u16) -> Option<String> {
        Some(from_wide(&self.units_at(pointer)?))
    }

    /// The texts that a pointer into this buffer points at, each with its zero, up to an empty one.
    pub(super) fn texts_at(&self, pointer: *const u16) -> Option<Vec<String>> {
        let units = self.units_at(pointer)?;
        Some(
            units
                .split(|unit| *unit == 0)
                .take_while(|part| !part.is_empty())
                .map(String::from_utf16_lossy)
                .collect(),
        )
    }
}

/// Calls with a buffer of `first` bytes, and with larger ones up to `most` while it does not
/// suffice. The call gets the buffer and its length, sets the length that it filled or would need,
/// and says its error number.
///
/// # Errors
/// What the call says other than "too small"; that too, once `most` does not suffice.
pub(super) fn filled(
    first: u32,
    most: u32,
    mut call: impl FnMut(*mut u8, &mut u32) -> u32,
) -> io::Result<Buffer> {
    let mut length = first.min(most);
    for _ in 0..ATTEMPTS {
        let mut buffer = Buffer::new(length);
        let mut needed = buffer.length();
        match call(buffer.as_mut_ptr(), &mut needed) {
            ERROR_SUCCESS => return Ok(buffer),
            ERROR_MORE_DATA | ERROR_INSUFFICIENT_BUFFER | ERROR_BUFFER_OVERFLOW
                if length < most =>
            {
                // Some headroom: what is read may grow before the next attempt.
                length = needed.max(length).saturating_add(needed / 4).saturating_add(64).min(most);
            }
            code => return Err(os_error(code)),
        }
    }
    Err(os_error(ERROR_MORE_DATA))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy)]
    struct Pair {
        first: u32,
        second: u32,
    }

    // SAFETY: two numbers.
    unsafe impl Plain for Pair {}

    fn sample() -> Buffer {
        let mut buffer = Buffer::new(20);
        let bytes: [u8; 20] = [1, 0, 0, 0, 2, 0, 0, 0, b'a', 0, b'b', 0, 0, 0, b'c', 0, 0, 0, 0, 0];
        // SAFETY: the buffer has twenty bytes.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), buffer.as_mut_ptr(), 20) };
        buffer
    }

    #[test]
    fn nothing_is_read_beyond_the_end() {
        let buffer = sample();
        let pair: Pair = buffer.read(0).expect("eight of twenty bytes");
        assert_eq!((pair.first, pair.second), (1, 2));
        assert!(buffer.read::<Pair>(12).is_some());
        assert!(buffer.read::<Pair>(13).is_none());
        let start: *const u16 = buffer.bytes().as_ptr().cast();
        assert_eq!(buffer.text_at(start.wrapping_add(4)).as_deref(), Some("ab"));
        assert_eq!(
            buffer.texts_at(start.wrapping_add(4)),
            Some(vec!["ab".to_owned(), "c".to_owned()])
        );
        assert!(buffer.text_at(start.wrapping_add(10)).is_none());
        assert!(buffer.text_at(start.wrapping_sub(1)).is_none());
        assert!(buffer.text_at(std::ptr::null()).is_none());
        assert!(buffer.bytes_at(start, 21).is_none());
    }

    #[test]
    fn it_grows_and_not_without_end() {
        let mut lengths = Vec::new();
        let done = filled(8, 4096, |_, length| {
            lengths.push(*length);
            if *length < 1000 {
                *length = 1000;
                return ERROR_INSUFFICIENT_BUFFER;
            }
            ERROR_SUCCESS
        });
        assert!(done.is_ok_and(|buffer| buffer.length() >= 1000));
        assert_eq!(lengths.len(), 2);
        let endless = filled(8, 4096, |_, length| {
            *length = u32::MAX;
            ERROR_MORE_DATA
        });
        assert_eq!(
            endless.err().and_then(|error| error.raw_os_error()),
            Some(ERROR_MORE_DATA.cast_signed())
        );
    }
}
