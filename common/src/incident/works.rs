//! That something works, counted.

use epmesh_facts::Timestamp;

use super::{key::Got, look::Look, numbers::Number};

/// That something works: how many links show it, and when one last did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Works {
    pub(super) last: Timestamp,
    pub(super) links: u32,
    /// The link that showed it last does so no more: the others did at `last` or before.
    pub(super) is_stale: bool,
}

impl Works {
    pub(super) fn add(&mut self, at: Timestamp) {
        self.links += 1;
        self.raise(at);
    }

    pub(super) fn raise(&mut self, at: Timestamp) {
        if at >= self.last {
            (self.last, self.is_stale) = (at, false);
        }
    }

    pub(super) fn remove(&mut self, at: Timestamp) {
        self.links = self.links.saturating_sub(1);
        if self.links == 0 {
            *self = Self::default();
        } else {
            self.is_stale |= at == self.last;
        }
    }
}

/// How far one gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ways {
    mapper: Works,
    dynamic: Works,
    ipv4: Works,
    ipv6: Works,
}

impl Ways {
    pub(super) fn get_mut(&mut self, got: Got) -> Option<&mut Works> {
        match got {
            Got::Mapper => Some(&mut self.mapper),
            Got::Dynamic => Some(&mut self.dynamic),
            Got::Ipv4 => Some(&mut self.ipv4),
            Got::Ipv6 => Some(&mut self.ipv6),
            Got::Address(_) => None,
        }
    }

    pub(super) fn each(&mut self, look: &Look, what: impl Fn(&mut Works)) {
        for got in look.gots() {
            if let Some(works) = self.get_mut(got) {
                what(works);
            }
        }
    }
}

/// A few numbers, and how often each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts(Vec<(Number, u32)>);

impl Counts {
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn first(&self) -> Option<Number> {
        self.0.first().map(|(number, _)| *number)
    }

    /// Whether it is the first of its kind.
    pub(super) fn add(&mut self, number: Number) -> bool {
        if let Some((_, count)) = self.0.iter_mut().find(|(known, _)| *known == number) {
            *count += 1;
            return false;
        }
        self.0.push((number, 1));
        true
    }

    /// Whether it was the last of its kind.
    pub(super) fn remove(&mut self, number: Number) -> bool {
        let Some(place) = self.0.iter().position(|(known, _)| *known == number) else {
            return false;
        };
        match self.0.get_mut(place) {
            Some((_, count)) if *count > 1 => {
                *count -= 1;
                false
            }
            _ => {
                self.0.swap_remove(place);
                true
            }
        }
    }
}
