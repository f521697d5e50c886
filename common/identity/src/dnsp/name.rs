//! A DNS name as a record of the directory holds it ([MS-DNSP] 2.2.2.2.2, DNS_COUNT_NAME).
//!
//! [MS-DNSP]: https://learn.microsoft.com/openspecs/windows_protocols/ms-dnsp/f97756c9-3783-428b-9451-b376f877319a

use epmesh_codec::{DecodeError, EncodeError, Reader, Writer};

/// Bound of a name with its lengths and its end, in octets (RFC 1035 2.3.4).
const MAX: usize = 255;
/// Bound of a label.
const MAX_LABEL: usize = 63;

/// A name without the dot at its end; the root is the empty text.
pub(super) fn decode(reader: &mut Reader<'_>) -> Result<String, DecodeError> {
    let length = reader.u8("length of the name")?;
    let labels = reader.u8("label count of the name")?;
    let mut raw = reader.part("name", length.into())?;
    let mut name = String::new();
    let mut found = 0_u8;
    loop {
        let size = raw.u8("length of a label")?;
        if size == 0 {
            break;
        }
        raw.ensure(usize::from(size) <= MAX_LABEL, "length of a label", 1, size, "at most 63")?;
        let label = raw.bytes("label", size.into())?;
        let strange = label.iter().find(|byte| !byte.is_ascii_graphic() || **byte == b'.');
        raw.ensure(
            strange.is_none(),
            "label",
            label.len(),
            strange.copied().unwrap_or_default(),
            "visible characters of ASCII without a dot",
        )?;
        if !name.is_empty() {
            name.push('.');
        }
        name.extend(label.iter().map(|byte| char::from(*byte)));
        found = found.saturating_add(1);
    }
    raw.finish("the name", 0)?;
    reader.ensure(
        found == labels,
        "label count of the name",
        usize::from(length) + 1,
        labels,
        "the number of labels",
    )?;
    Ok(name)
}

pub(super) fn encode(name: &str, writer: &mut Writer) -> Result<(), EncodeError> {
    let labels = || name.split('.').filter(|_| !name.is_empty());
    let bad = |reason| EncodeError::Unencodable {
        field: "name",
        value: name.chars().take(80).collect(),
        reason,
    };
    if labels().any(|label| label.is_empty() || label.len() > MAX_LABEL) {
        return Err(bad("a label is empty or longer than 63 bytes"));
    }
    if !name.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(bad("it has a character that is not visible ASCII"));
    }
    let length = labels().map(|label| label.len() + 1).sum::<usize>() + 1;
    EncodeError::bound("length of the name", length, MAX)?;
    writer.count8("length of the name", length)?;
    writer.count8("label count of the name", labels().count())?;
    for label in labels() {
        writer.count8("length of a label", label.len())?;
        writer.bytes(label.as_bytes());
    }
    writer.u8(0);
    Ok(())
}
