//! Names, of each of which there is one shared copy.

use std::collections::HashSet;

use epmesh_common::facts::{Answer, DnsName, PeerObservation, RecordData};

/// The names in observations, each once: a fleet of thousands repeats the same few over and over, and two
/// names that are one copy are compared without being read.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    known: HashSet<DnsName>,
}

impl Names {
    /// Replaces every name in an observation by the shared copy.
    pub(super) fn share(&mut self, look: &mut PeerObservation) {
        self.put(&mut look.peer);
        for lookup in &mut look.lookups {
            self.put(&mut lookup.question.name);
            let Answer::Records(records) = &mut lookup.answer else { continue };
            for record in records {
                self.put(&mut record.name);
                if let RecordData::Alias(name) = &mut record.data {
                    self.put(name);
                }
            }
        }
    }

    /// Forgets the names that are no longer used.
    pub(super) fn forget_unheld(&mut self) {
        self.known.retain(|name| !name.is_only_copy());
    }

    fn put(&mut self, name: &mut DnsName) {
        if let Some(known) = self.known.get(name) {
            *name = known.clone();
        } else {
            self.known.insert(name.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::samples::seen;

    #[test]
    fn two_looks_share_their_names_and_what_is_not_held_goes() {
        let mut names = Names::default();
        let look = || seen("dc2.lab.test", "10.0.0.2", true, 1);
        let (mut one, mut other) = (look(), look());
        names.share(&mut one);
        names.share(&mut other);
        assert_eq!(one, look());
        assert_eq!(one.peer.as_str().as_ptr(), other.peer.as_str().as_ptr());
        names.forget_unheld();
        assert!(!names.known.is_empty());
        drop((one, other));
        names.forget_unheld();
        assert!(names.known.is_empty());
    }
}
