//! Names as numbers, and the maps that go by numbers.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
    num::NonZeroU32,
};

/// The number of a name. Never zero, so that "none" takes no room.
pub(super) type Number = NonZeroU32;

/// A map whose keys nobody outside chooses: a fast hash will do.
pub(super) type FastMap<K, V> = HashMap<K, V, foldhash::fast::RandomState>;
/// A set whose members nobody outside chooses.
pub(super) type FastSet<T> = HashSet<T, foldhash::fast::RandomState>;

/// Names with a number each, and what is kept under the number. A number is never given to another
/// name. Others choose the names: the map that finds them has a hash that they cannot aim at.
#[derive(Clone, Debug)]
pub(super) struct Numbered<N, T> {
    numbers: HashMap<N, Number>,
    all: Vec<(N, T)>,
}

impl<N, T> Default for Numbered<N, T> {
    fn default() -> Self {
        Self { numbers: HashMap::new(), all: Vec::new() }
    }
}

impl<N: Hash + Eq + Clone, T: Default> Numbered<N, T> {
    pub(super) fn number(&mut self, name: &N) -> Number {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        self.all.push((name.clone(), T::default()));
        let number = u32::try_from(self.all.len()).ok().and_then(Number::new);
        let number = number.unwrap_or(Number::MAX);
        self.numbers.insert(name.clone(), number);
        number
    }

    /// As [`number`](Self::number), but first whether it is the name of `likely`: most are.
    pub(super) fn number_likely(&mut self, name: &N, likely: Option<Number>) -> Number {
        match likely {
            Some(likely) if self.is(likely, name) => likely,
            _ => self.number(name),
        }
    }

    pub(super) fn known(&self, name: &N) -> Option<Number> {
        self.numbers.get(name).copied()
    }

    pub(super) fn is(&self, number: Number, name: &N) -> bool {
        self.name(number) == Some(name)
    }

    pub(super) fn name(&self, number: Number) -> Option<&N> {
        self.all.get(place(number)).map(|(name, _)| name)
    }

    pub(super) fn get(&self, number: Number) -> Option<&T> {
        self.all.get(place(number)).map(|(_, kept)| kept)
    }

    pub(super) fn get_mut(&mut self, number: Number) -> Option<&mut T> {
        self.all.get_mut(place(number)).map(|(_, kept)| kept)
    }

    #[cfg(test)]
    pub(super) fn all(&self) -> impl Iterator<Item = &T> {
        self.all.iter().map(|(_, kept)| kept)
    }
}

fn place(number: Number) -> usize {
    usize::try_from(number.get() - 1).unwrap_or(usize::MAX)
}
