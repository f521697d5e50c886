//! The links and their roots, as numbers that are given out again once they are free.

use std::collections::{BTreeSet, HashMap};

use super::key::Key;
use crate::{
    diagnosis::{
        Cause, Confidence, Culprit, Link, Root, ServerName, Shown, Side, State, Subject, Verdict,
    },
    facts::Timestamp,
};

/// The number of a link.
pub(super) type LinkId = usize;
/// The number of a root.
pub(super) type RootId = usize;

/// A link that is held.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) link: Link,
    pub(super) state: State,
    /// When it was looked at.
    pub(super) at: Timestamp,
    /// What its look shows to work.
    pub(super) keys: Box<[Key]>,
    pub(super) view: View,
    /// What is wrong with it, while something is.
    pub(super) trouble: Option<Box<Trouble>>,
}

/// What a pattern is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct View {
    pub(super) site: Option<String>,
    pub(super) decided_by: Option<ServerName>,
    /// IPv4 works here and IPv6 does not.
    pub(super) lacks_ipv6: bool,
}

impl View {
    pub(super) fn of(shown: &Shown) -> Self {
        let v6 = |list: &[std::net::IpAddr]| list.iter().any(std::net::IpAddr::is_ipv6);
        Self {
            site: shown.destination_site.clone(),
            decided_by: shown.decided_by.clone(),
            lacks_ipv6: v6(&shown.missed)
                && !v6(&shown.reached)
                && shown.reached.iter().any(std::net::IpAddr::is_ipv4),
        }
    }
}

/// What is wrong with a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    /// When it was first seen.
    pub(super) since: Timestamp,
    pub(super) cause: Cause,
    pub(super) side: Side,
    pub(super) confidence: Confidence,
    pub(super) culprit: Option<Culprit>,
    pub(super) roots: Vec<Root>,
    /// The numbers of the roots, in the same order.
    pub(super) ids: Vec<RootId>,
    /// The roots of the incidents that explain it.
    pub(super) explained_by: Vec<RootId>,
}

impl Trouble {
    pub(super) fn of(verdict: &Verdict, since: Timestamp) -> Option<Self> {
        matches!(verdict.state, State::Failing | State::Latent).then(|| Self {
            since,
            cause: verdict.cause,
            side: verdict.side,
            confidence: verdict.confidence,
            culprit: verdict.culprit.clone(),
            roots: verdict.roots.clone(),
            ids: Vec::new(),
            explained_by: Vec::new(),
        })
    }

    /// Whether the same is wrong as with `other`, whatever explains it.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.since == other.since
            && self.cause == other.cause
            && self.side == other.side
            && self.confidence == other.confidence
            && self.culprit == other.culprit
            && self.roots == other.roots
    }
}

/// A root that at least one link has.
#[derive(Clone, Debug)]
pub(super) struct RootEntry {
    pub(super) subject: Subject,
    pub(super) against: Box<[Key]>,
    pub(super) links: BTreeSet<LinkId>,
}

/// Values under numbers.
#[derive(Clone, Debug)]
pub(super) struct Slab<T> {
    items: Vec<Option<T>>,
    free: Vec<usize>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { items: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slab<T> {
    pub(super) fn add(&mut self, item: T) -> usize {
        match self.free.pop() {
            Some(id) => {
                if let Some(place) = self.items.get_mut(id) {
                    *place = Some(item);
                }
                id
            }
            None => {
                self.items.push(Some(item));
                self.items.len() - 1
            }
        }
    }

    pub(super) fn remove(&mut self, id: usize) -> Option<T> {
        let item = self.items.get_mut(id)?.take()?;
        self.free.push(id);
        Some(item)
    }

    pub(super) fn get(&self, id: usize) -> Option<&T> {
        self.items.get(id)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, id: usize) -> Option<&mut T> {
        self.items.get_mut(id)?.as_mut()
    }
}

/// The links at one end of which a domain controller stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Ends {
    of: HashMap<u32, BTreeSet<LinkId>>,
}

impl Ends {
    pub(super) fn add(&mut self, dc: u32, link: LinkId) {
        self.of.entry(dc).or_default().insert(link);
    }

    pub(super) fn remove(&mut self, dc: u32, link: LinkId) {
        if let Some(links) = self.of.get_mut(&dc) {
            links.remove(&link);
            if links.is_empty() {
                self.of.remove(&dc);
            }
        }
    }

    pub(super) fn links(&self, dc: u32) -> impl Iterator<Item = LinkId> + '_ {
        self.of.get(&dc).into_iter().flatten().copied()
    }
}
