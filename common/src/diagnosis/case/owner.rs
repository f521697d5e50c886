//! The owner of an address, and the owners that were worked out already.

use std::{cell::RefCell, net::IpAddr};

use super::super::culprit::OtherHost;

/// The owner of an address that stands for the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::diagnosis) enum Owner {
    /// The source does.
    Source,
    /// Another host does; its name where that is known.
    Other(Option<OtherHost>),
    /// No evidence says who does.
    NotKnown,
}

/// The owners that were worked out so far. The rules ask for the same few addresses again and again.
#[derive(Default)]
pub(super) struct KnownOwners(RefCell<Vec<(IpAddr, Owner)>>);

impl KnownOwners {
    /// The owner of `address`, which `work_out` finds where it is not known yet.
    pub(super) fn get_or_insert(&self, address: IpAddr, work_out: impl FnOnce() -> Owner) -> Owner {
        // No borrow is held while an owner is worked out, which may ask for another one.
        if let Some((_, owner)) = self.0.borrow().iter().find(|(known, _)| *known == address) {
            return owner.clone();
        }
        let owner = work_out();
        self.0.borrow_mut().push((address, owner.clone()));
        owner
    }
}
