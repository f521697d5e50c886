//! Properties that hold of any decoder.

use std::fmt::Debug;

/// Checks that what was decoded can be encoded, and decodes to the same again. Gives it back.
pub(super) fn comes_back<T, E, F>(
    bytes: &[u8],
    decode: impl Fn(&[u8]) -> Result<T, E>,
    encode: impl Fn(&T) -> Result<Vec<u8>, F>,
) -> Option<T>
where
    T: PartialEq + Debug,
    E: Debug,
    F: Debug,
{
    let first = decode(bytes).ok()?;
    let again = encode(&first);
    assert!(again.is_ok(), "decoded, and cannot be encoded: {again:?}: {first:?}");
    let again = again.ok()?;
    let second = decode(&again);
    assert!(second.is_ok(), "encoded, and cannot be decoded: {second:?}: {first:?}: {again:02x?}");
    assert_eq!(second.as_ref().ok(), Some(&first), "{again:02x?}");
    Some(first)
}

/// Checks that the encoded form of what was decoded leads to itself again. It may have none (a field that was
/// not kept, a name that none may have, a digest that the sender got wrong). Where it has one, decoding that
/// form leads to the same form. Gives back what was decoded.
pub(super) fn keeps_form<T, E, F>(
    bytes: &[u8],
    decode: impl Fn(&[u8]) -> Result<T, E>,
    encode: impl Fn(&T) -> Result<Vec<u8>, F>,
) -> Option<T>
where
    E: Debug,
    F: Debug,
{
    let first = decode(bytes).ok()?;
    if let Ok(form) = encode(&first) {
        let second = decode(&form).map(|second| encode(&second));
        let is_same = matches!(&second, Ok(Ok(again)) if *again == form);
        assert!(is_same, "{form:02x?} leads to {second:02x?}");
    }
    Some(first)
}

/// The bytes as text; what is none is replaced, as the readers of files do it.
pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
