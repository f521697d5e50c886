//! Counts of the links on which something works.

use epmesh_facts::Timestamp;

use super::{compact_reach::CompactReach, contradiction::Reach, numbers::Number};

/// The number of links on which something works, and when it was last seen on one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SuccessCount {
    pub(super) last: Timestamp,
    pub(super) links: u32,
    /// Whether it no longer works on the link that was seen at `last`. The others were seen then or before.
    pub(super) is_stale: bool,
}

impl SuccessCount {
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

/// The counts for each reach but single addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ReachCounts {
    mapper: SuccessCount,
    dynamic: SuccessCount,
    rpc: SuccessCount,
    large: SuccessCount,
    ipv4: SuccessCount,
    ipv6: SuccessCount,
}

impl ReachCounts {
    pub(super) fn get_mut(&mut self, reach: Reach) -> Option<&mut SuccessCount> {
        match reach {
            Reach::Mapper => Some(&mut self.mapper),
            Reach::Dynamic => Some(&mut self.dynamic),
            Reach::Rpc => Some(&mut self.rpc),
            Reach::Large => Some(&mut self.large),
            Reach::Ipv4 => Some(&mut self.ipv4),
            Reach::Ipv6 => Some(&mut self.ipv6),
            Reach::Address(_) => None,
        }
    }

    pub(super) fn change(&mut self, look: &CompactReach, change: impl Fn(&mut SuccessCount)) {
        for reach in look.reaches() {
            if let Some(count) = self.get_mut(reach) {
                change(count);
            }
        }
    }
}

/// A few numbers, and how often each occurs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct NumberCounts(Vec<(Number, u32)>);

impl NumberCounts {
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn first(&self) -> Option<Number> {
        self.0.first().map(|(number, _)| *number)
    }

    /// Counts one more; whether it is the first of its kind.
    pub(super) fn add(&mut self, number: Number) -> bool {
        if let Some((_, count)) = self.0.iter_mut().find(|(known, _)| *known == number) {
            *count += 1;
            return false;
        }
        self.0.push((number, 1));
        true
    }

    /// Counts one less; whether it was the last of its kind.
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
