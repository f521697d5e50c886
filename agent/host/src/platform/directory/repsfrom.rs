//! The binary values of the `repsFrom` attribute (MS-DRSR 5.170, REPS_FROM; versions 1 and 2).
//!
//! The structure is little-endian, with these offsets in both versions:
//!
//! | offset | field |
//! |---|---|
//! | 0 | dwVersion |
//! | 8 | cb, the length of the whole |
//! | 12 | cConsecutiveFailures |
//! | 16 | timeLastSuccess, seconds since 1601 |
//! | 24 | timeLastAttempt, seconds since 1601 |
//! | 32 | ulResultLastAttempt |
//! | 160 | uuidDsaObj, the objectGUID of the source's NTDS Settings object |
//!
//! What follows uuidDsaObj (invocation id, transport, the source's network address) is not needed.

use epmesh_facts::{Neighbour, Timestamp};
use thiserror::Error;
use uuid::Uuid;

/// The length of the fixed part of version 1.
const FIXED: usize = 208;

/// The longest value that is taken; real ones have some 300 to 1,000 bytes.
pub const MAX_VALUE: usize = 64 * 1024;

/// A `repsFrom` value could not be decoded.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RepsFromError {
    /// The value is shorter than its fixed part, or longer than any real one.
    #[error("repsFrom: {length} bytes, expected {FIXED} to {MAX_VALUE}")]
    Length {
        /// The length of the value.
        length: usize,
    },
    /// A version other than 1 and 2.
    #[error("repsFrom: dwVersion at offset 0 is {version}, expected 1 or 2")]
    Version {
        /// The version.
        version: u32,
    },
    /// The length field does not fit the value.
    #[error("repsFrom: cb at offset 8 is {stated}, the value has {length} bytes")]
    StatedLength {
        /// What the field says.
        stated: u32,
        /// The length of the value.
        length: usize,
    },
}

/// Decodes one value of the `repsFrom` attribute of the head of `naming_context`.
///
/// # Errors
/// When the value is not a REPS_FROM of version 1 or 2.
pub fn decode(naming_context: &str, value: &[u8]) -> Result<Neighbour, RepsFromError> {
    let length = value.len();
    if !(FIXED..=MAX_VALUE).contains(&length) {
        return Err(RepsFromError::Length { length });
    }
    let version = u32_at(value, 0);
    if !matches!(version, 1 | 2) {
        return Err(RepsFromError::Version { version });
    }
    let stated = u32_at(value, 8);
    if usize::try_from(stated).map_or(true, |stated| !(FIXED..=length).contains(&stated)) {
        return Err(RepsFromError::StatedLength { stated, length });
    }
    Ok(Neighbour {
        naming_context: naming_context.to_owned(),
        source: Uuid::from_bytes_le(bytes_at(value, 160)),
        last_result: u32_at(value, 32),
        last_attempt: time_at(value, 24),
        last_success: time_at(value, 16),
        failures: u32_at(value, 12),
    })
}

/// The bytes at `offset`, which the caller has checked to lie within the value; zeros otherwise.
fn bytes_at<const N: usize>(value: &[u8], offset: usize) -> [u8; N] {
    value.get(offset..).and_then(|rest| rest.first_chunk::<N>()).copied().unwrap_or([0; N])
}

fn u32_at(value: &[u8], offset: usize) -> u32 {
    u32::from_le_bytes(bytes_at(value, offset))
}

/// The moment at `offset`; zero means never.
fn time_at(value: &[u8], offset: usize) -> Option<Timestamp> {
    Timestamp::from_seconds_of_1601(u64::from_le_bytes(bytes_at(value, offset)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Seconds from 1601-01-01 to 1970-01-01.
    const EPOCH_1601: u64 = 11_644_473_600;

    /// A value written by the table of MS-DRSR 5.170.
    fn value(version: u32, failures: u32, success: u64, attempt: u64, result: u32) -> Vec<u8> {
        let mut bytes = vec![0; 216];
        let mut put = |at: usize, data: &[u8]| bytes[at..at + data.len()].copy_from_slice(data);
        put(0, &version.to_le_bytes());
        put(8, &216_u32.to_le_bytes());
        put(12, &failures.to_le_bytes());
        put(16, &success.to_le_bytes());
        put(24, &attempt.to_le_bytes());
        put(32, &result.to_le_bytes());
        put(160, &SOURCE.to_bytes_le());
        bytes
    }

    const SOURCE: Uuid = Uuid::from_u128(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10);

    #[test]
    fn reads_both_versions() {
        for version in [1, 2] {
            let bytes = value(version, 7, EPOCH_1601 + 100, EPOCH_1601 + 200, 1753);
            let row = decode("DC=lab,DC=test", &bytes).expect("a value by the table");
            assert_eq!(row.source, SOURCE);
            assert_eq!((row.failures, row.last_result), (7, 1753));
            assert_eq!(row.last_success, Some(Timestamp::from_millis(100_000)));
            assert_eq!(row.last_attempt, Some(Timestamp::from_millis(200_000)));
        }
    }

    /// A value of the lab: Samba 4.17, dc1's row for dc2, as samba's own tools read it.
    const RECORDED: &str = concat!(
        "01000000000000000901000000000000847f112103000000847f11210300000000000000d0000000",
        "39000000640000001111111111111111111111111111111111111111111111111111111111111111",
        "11111111111111111111111111111111111111111111111111111111111111111111111111111111",
        "11111111111111111111111100000000500f0000000000000000000000000000500f000000000000",
        "825649ea5d702c4a88a4f263835c7d0a7954294143bb004bb24c53aa36b29e150000000000000000",
        "00000000000000003500000065613439353638322d373035642d346132632d383861342d66323633",
        "38333563376430612e5f6d736463732e6c61622e7465737400",
    );

    #[test]
    fn reads_what_samba_wrote() {
        let byte = |at: usize| u8::from_str_radix(&RECORDED[at..at + 2], 16).expect("hex");
        let value: Vec<u8> = (0..RECORDED.len()).step_by(2).map(byte).collect();
        let row = decode("DC=lab,DC=test", &value).expect("a repsFrom value");
        let at = Some(Timestamp::from_millis(1_795_223_172_000));
        assert_eq!(
            row,
            Neighbour {
                naming_context: "DC=lab,DC=test".to_owned(),
                source: "ea495682-705d-4a2c-88a4-f263835c7d0a".parse().expect("a GUID"),
                last_result: 0,
                last_attempt: at,
                last_success: at,
                failures: 0,
            }
        );
    }

    #[test]
    fn never_is_no_time() {
        let row = decode("DC=x", &value(1, 0, 0, 0, 0)).expect("a value by the table");
        assert_eq!((row.last_success, row.last_attempt), (None, None));
    }

    #[test]
    fn refuses_the_rest_with_its_numbers() {
        assert_eq!(decode("", &[0; 207]), Err(RepsFromError::Length { length: 207 }));
        assert_eq!(decode("", &value(3, 0, 0, 0, 0)), Err(RepsFromError::Version { version: 3 }));
        let mut long = value(1, 0, 0, 0, 0);
        long[8..12].copy_from_slice(&217_u32.to_le_bytes());
        assert_eq!(
            decode("", &long),
            Err(RepsFromError::StatedLength { stated: 217, length: 216 })
        );
    }

    proptest! {
        #[test]
        fn takes_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400), v in 0_u8..4) {
            let mut bytes = bytes;
            if let Some(first) = bytes.first_mut() { *first = v; }
            let _ = decode("DC=x", &bytes);
        }
    }
}
