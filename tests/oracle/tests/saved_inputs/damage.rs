//! Damage done to inputs by a seeded generator: the same seed, the same damage.

use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};

/// Bytes at which decoders turn: ends of ranges, tags, lengths of lengths.
const EXTREMES: [u8; 9] = [0, 1, 0x30, 0x7f, 0x80, 0x84, 0xc0, 0xfe, 0xff];

pub(crate) struct Damage(StdRng);

impl Damage {
    pub(crate) fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    /// An input, damaged in one to four places.
    pub(crate) fn of(&mut self, inputs: &[&[u8]]) -> Vec<u8> {
        let mut bytes = inputs.choose(&mut self.0).map_or_else(Vec::new, |bytes| bytes.to_vec());
        for _ in 0..self.0.random_range(1..=4) {
            self.strike(&mut bytes, inputs);
        }
        bytes
    }

    fn strike(&mut self, bytes: &mut Vec<u8>, inputs: &[&[u8]]) {
        let at = self.0.random_range(0..=bytes.len());
        let end = at + self.0.random_range(0..=(bytes.len() - at).min(40));
        match self.0.random_range(0..8) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..end)),
            2 => bytes.insert(at, self.0.random()),
            3 => {
                let again = bytes.get(at..end).unwrap_or_default().to_vec();
                bytes.splice(at..at, again);
            }
            4 => {
                let other = inputs.choose(&mut self.0).copied().unwrap_or_default();
                let from = self.0.random_range(0..=other.len());
                bytes.splice(at.., other.iter().skip(from).copied());
            }
            _ => {
                let value = EXTREMES.choose(&mut self.0).copied().unwrap_or_default();
                let is_extreme: bool = self.0.random();
                if let Some(byte) = bytes.get_mut(at) {
                    *byte =
                        if is_extreme { value } else { *byte ^ (1 << self.0.random_range(0..8)) };
                }
            }
        }
    }
}
