//! The processes of a host, from the list that `NtQuerySystemInformation` makes of them all at once
//! (`SYSTEM_PROCESS_INFORMATION` of winternl.h, in 64 bits). It takes no right and opens no process.

use std::collections::BTreeMap;

use epmesh_facts::Timestamp;
use thiserror::Error;

/// A process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// The time at which it was made; none for the idle process and for the system itself.
    pub started: Option<Timestamp>,
    /// The file name of its program: `lsass.exe`.
    pub program: String,
}

/// All processes, by their ids.
pub type Processes = BTreeMap<u32, Running>;

/// The list cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the list of processes ends within an entry, at byte {0}")]
pub struct CutShort(pub usize);

/// The places within an entry. `CreateTime` is in what winternl.h calls reserved; that it stands there is what every
/// process viewer relies on.
const NEXT: usize = 0;
const CREATED: usize = 0x20;
const NAME_LENGTH: usize = 0x38;
const NAME_AT: usize = 0x40;
const ID: usize = 0x50;

/// The most processes that are taken.
const MAX: usize = 65_536;
/// The longest name of a program, in bytes.
const MAX_NAME: usize = 512;

/// Takes the list apart. `base` is the address at which it lay: the names in it are pointers into it, and one that
/// points elsewhere is left out.
///
/// # Errors
/// When an entry is not whole.
pub fn parse(list: &[u8], base: u64) -> Result<Processes, CutShort> {
    let mut found = Processes::new();
    let mut at: usize = 0;
    for _ in 0..MAX {
        let number = |offset: usize, size: usize| {
            let bytes = at.checked_add(offset).and_then(|from| list.get(from..)?.get(..size));
            let bytes = bytes.ok_or(CutShort(at))?;
            Ok(bytes.iter().rev().fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte)))
        };
        let id = number(ID, 8)?;
        let name = usize::try_from(number(NAME_LENGTH, 2)?).unwrap_or(0).min(MAX_NAME);
        let begin =
            number(NAME_AT, 8)?.checked_sub(base).and_then(|from| usize::try_from(from).ok());
        let name = begin.and_then(|from| list.get(from..)?.get(..name)).unwrap_or_default();
        let units: Vec<u16> = name
            .chunks_exact(2)
            .filter_map(|pair| pair.try_into().ok())
            .map(u16::from_le_bytes)
            .collect();
        if let Ok(id) = u32::try_from(id) {
            let started = Timestamp::from_filetime(number(CREATED, 8)?);
            found.insert(id, Running { started, program: String::from_utf16_lossy(&units) });
        }
        match usize::try_from(number(NEXT, 4)?).unwrap_or(usize::MAX) {
            0 => break,
            next => at = at.checked_add(next).ok_or(CutShort(at))?,
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BASE: u64 = 0x1_0000_0000;
    /// 2026-07-03T12:00:00Z in hundreds of nanoseconds since 1601.
    const STARTED: u64 = 134_275_536_000_000_000;

    /// A list as Windows makes it: each entry, its threads (here none), its name.
    fn list(processes: &[(u32, u64, &str)]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (place, (id, created, name)) in processes.iter().enumerate() {
            let begin = bytes.len();
            let mut entry = vec![0_u8; 0x100];
            let units: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let at = BASE + u64::try_from(begin + entry.len()).expect("small");
            entry[CREATED..CREATED + 8].copy_from_slice(&created.to_le_bytes());
            let length = u16::try_from(units.len()).expect("short");
            entry[NAME_LENGTH..NAME_LENGTH + 2].copy_from_slice(&length.to_le_bytes());
            entry[NAME_AT..NAME_AT + 8].copy_from_slice(&at.to_le_bytes());
            entry[ID..ID + 4].copy_from_slice(&id.to_le_bytes());
            entry.extend(&units);
            entry.resize(entry.len().next_multiple_of(8), 0);
            if place + 1 < processes.len() {
                let next = u32::try_from(entry.len()).expect("short");
                entry[NEXT..NEXT + 4].copy_from_slice(&next.to_le_bytes());
            }
            bytes.extend(entry);
        }
        bytes
    }

    #[test]
    fn every_process_has_its_start_and_its_program() {
        let found = parse(
            &list(&[(0, 0, ""), (4, STARTED, "System"), (640, STARTED + 10_000, "lsass.exe")]),
            BASE,
        )
        .expect("it is whole");
        assert_eq!(found.len(), 3);
        assert_eq!(found[&0], Running { started: None, program: String::new() });
        let lsass = &found[&640];
        assert_eq!(lsass.program, "lsass.exe");
        let later = found[&4].started.zip(lsass.started).map(|(a, b)| a.until(b).as_millis());
        assert_eq!(later, Some(1));
    }

    #[test]
    fn a_pointer_that_leads_elsewhere_is_not_followed() {
        let whole = list(&[(640, STARTED, "lsass.exe")]);
        for base in [0, BASE + 0x1000, u64::MAX] {
            assert_eq!(parse(&whole, base).expect("it is whole")[&640].program, "");
        }
        assert_eq!(parse(&whole[..0x40], BASE), Err(CutShort(0)));
        assert_eq!(parse(&[], BASE), Err(CutShort(0)));
    }

    proptest! {
        #[test]
        fn takes_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..600), base: u64) {
            let _ = parse(&bytes, base);
        }
    }
}
