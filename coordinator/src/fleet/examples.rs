//! The example of each incident: the link whose verdict an alert carries, judged with proof and remedy.

use std::collections::{BTreeMap, HashMap};

use epmesh_common::diagnosis::{Fault, Link};

/// The example of each incident. A large fleet has many links in trouble and few incidents, and a verdict with
/// its words is many times the size of one without: only examples have them.
#[derive(Clone, Debug, Default)]
pub(super) struct Examples {
    of: BTreeMap<Fault, Link>,
    /// Of how many incidents a link is the example.
    counts: HashMap<Link, usize>,
}

impl Examples {
    /// The example of an incident.
    pub(super) fn of(&self, fault: &Fault) -> Option<&Link> {
        self.of.get(fault)
    }

    /// Whether a link is the example of an incident.
    pub(super) fn contains(&self, link: &Link) -> bool {
        self.counts.contains_key(link)
    }

    /// Makes a link, or none, the example of an incident.
    pub(super) fn set(&mut self, fault: &Fault, link: Option<Link>) {
        let before = match &link {
            Some(link) => self.of.insert(fault.clone(), link.clone()),
            None => self.of.remove(fault),
        };
        if let Some(link) = link {
            *self.counts.entry(link).or_default() += 1;
        }
        if let Some(before) = before
            && let Some(count) = self.counts.get_mut(&before)
        {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&before);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::samples::{DRSUAPI, name};

    #[test]
    fn a_link_is_an_example_while_one_incident_has_it() {
        let link = |from: &str| {
            let (destination, source) = (name(from), name("dc9.lab.test"));
            Link { destination, source, interface: DRSUAPI }
        };
        let service = |service: &str| {
            let service = service.to_owned();
            Fault::Service { dc: name("dc9.lab.test"), service }
        };
        let (one, two) = (link("dc1.lab.test"), link("dc2.lab.test"));
        let mut examples = Examples::default();
        examples.set(&service("NTDS"), Some(one.clone()));
        examples.set(&service("DFSR"), Some(one.clone()));
        examples.set(&service("DFSR"), Some(one.clone()));
        examples.set(&service("NTDS"), Some(two.clone()));
        assert!(examples.contains(&one) && examples.contains(&two));
        examples.set(&service("DFSR"), None);
        assert!(!examples.contains(&one));
        assert_eq!(examples.of(&service("NTDS")), Some(&two));
        assert_eq!(examples.of(&service("DFSR")), None);
    }
}
