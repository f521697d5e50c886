//! The other faults that would explain an incident's links.

use serde::{Deserialize, Serialize};

use super::{Grouper, link_entry::FaultId, numbers::FastMap, regroup::explicable};
use crate::diagnosis::Fault;

/// A fault that would explain links of an incident too, and why it is not held to be the one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alternative {
    /// What would be broken.
    #[serde(rename = "subject")]
    pub fault: Fault,
    /// The fault in words.
    pub name: String,
    /// How many of the incident's links it would explain.
    pub explains: usize,
    /// How many links the incident has.
    pub of: usize,
    /// Why this is not the fault.
    pub why: String,
}

impl Alternative {
    /// The most alternatives that are told; there may be more.
    pub const MOST: usize = 8;
}

impl Grouper {
    /// The other faults that would explain links of an incident, the one that explains most of them
    /// first; as of the last [`regroup`](Self::regroup).
    #[must_use]
    pub fn alternatives(&self, fault: &Fault) -> Vec<Alternative> {
        let Some(own) = self.fault_ids.get(fault) else { return Vec::new() };
        let Some(links) = self.groups.get(own) else { return Vec::new() };
        let mut counts: FastMap<FaultId, usize> = FastMap::default();
        for entry in links.iter().filter_map(|id| self.links.get(*id)) {
            for id in entry.trouble.iter().flat_map(|trouble| &trouble.ids) {
                *counts.entry(*id).or_default() += 1;
            }
        }
        let others = counts.into_iter().filter(|(id, _)| id != own);
        let mut found: Vec<Alternative> = others
            .filter_map(|(id, explains)| {
                let fault = self.faults.get(id)?.fault.clone();
                let of = links.len();
                let can = explicable(self, id);
                let why = if self.groups.contains_key(&id) {
                    "an incident of its own"
                } else if can.is_disjoint(links) {
                    "contradicted: what it would break was seen to work"
                } else if explains < of {
                    "explains fewer links"
                } else if can.len() > of && links.is_subset(&can) {
                    "explains no more of these, and would break links that other incidents explain"
                } else {
                    "explains no more, and is farther from them"
                };
                let (name, why) = (fault.to_string(), why.to_owned());
                Some(Alternative { fault, name, explains, of, why })
            })
            .collect();
        found.sort_by(|one, other| {
            let key = |it: &Alternative| (std::cmp::Reverse(it.explains), it.fault.rank());
            key(one).cmp(&key(other)).then_with(|| one.fault.cmp(&other.fault))
        });
        found.truncate(Alternative::MOST);
        found
    }
}
