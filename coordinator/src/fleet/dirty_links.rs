//! The links that changes bear on and that were not judged since.

use std::collections::{BTreeSet, HashMap, VecDeque};

use epmesh_common::{diagnosis::Link, facts::DnsName, rpc::InterfaceId};

/// Links that wait to be judged. The links from one source come together, because nearly all evidence on
/// them is the same. The source that waits longest comes first, so that none waits for ever.
#[derive(Clone, Debug, Default)]
pub(super) struct DirtyLinks {
    order: VecDeque<DnsName>,
    of: HashMap<DnsName, BTreeSet<(InterfaceId, DnsName)>>,
}

impl DirtyLinks {
    pub(super) fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    pub(super) fn extend(&mut self, links: impl IntoIterator<Item = Link>) {
        for Link { destination, source, interface } in links {
            if let Some(waiting) = self.of.get_mut(&source) {
                waiting.insert((interface, destination));
            } else {
                self.order.push_back(source.clone());
                self.of.insert(source, BTreeSet::from([(interface, destination)]));
            }
        }
    }

    pub(super) fn remove(&mut self, link: &Link) {
        let Some(waiting) = self.of.get_mut(&link.source) else { return };
        waiting.remove(&(link.interface, link.destination.clone()));
        if waiting.is_empty() {
            self.of.remove(&link.source);
            self.order.retain(|source| *source != link.source);
        }
    }

    /// Takes up to `most` links: of each source those of one interface after those of another.
    pub(super) fn take(&mut self, most: usize) -> Vec<Link> {
        let mut taken = Vec::new();
        while taken.len() < most
            && let Some(source) = self.order.pop_front()
            && let Some(mut waiting) = self.of.remove(&source)
        {
            while taken.len() < most
                && let Some((interface, destination)) = waiting.pop_first()
            {
                taken.push(Link { destination, source: source.clone(), interface });
            }
            if !waiting.is_empty() {
                self.order.push_front(source.clone());
                self.of.insert(source, waiting);
            }
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::samples::DRSUAPI;

    fn link(destination: &str, source: &str) -> Link {
        let name = |text: &str| format!("{text}.lab.test").parse().expect("a name");
        Link { destination: name(destination), source: name(source), interface: DRSUAPI }
    }

    #[test]
    fn the_links_of_a_source_come_together_and_each_once() {
        let mut dirty = DirtyLinks::default();
        let came = [("dc2", "dc9"), ("dc3", "dc1"), ("dc1", "dc9"), ("dc2", "dc9")];
        dirty.extend(came.map(|(to, from)| link(to, from)));
        assert_eq!(dirty.take(1), [link("dc1", "dc9")]);
        assert!(!dirty.is_empty());
        assert_eq!(dirty.take(9), [link("dc2", "dc9"), link("dc3", "dc1")]);
        assert!(dirty.is_empty() && dirty.of.is_empty());
    }

    #[test]
    fn the_last_link_of_a_source_takes_it_out() {
        let mut dirty = DirtyLinks::default();
        dirty.extend([link("dc2", "dc9"), link("dc3", "dc1")]);
        assert_eq!(dirty.take(1), [link("dc2", "dc9")]);
        dirty.remove(&link("dc2", "dc9"));
        dirty.remove(&link("dc3", "dc1"));
        assert!(dirty.is_empty() && dirty.of.is_empty());
    }
}
