//! Differences between the views of one endpoint map.

use std::{collections::BTreeSet, fmt};

use epmesh_rpc::{Endpoint, InterfaceId, ProtocolSequence, names};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{EndpointMap, Failure, Through};

/// The differences of the other views of an endpoint map from one of them.
///
/// Compared is what a remote client could use: no `ncalrpc`, of which a server shows remote callers what it
/// likes, and no sequence that the system and a tower name differently. The host in a binding and the annotation are left
/// out: the first depends on the way in, the second is free text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct MapDifferences {
    /// The view that the others are compared with: the local one where there is one, else the
    /// first that answered; none where none did.
    pub compared_with: Option<Through>,
    /// The views that differ from it or failed; those that agree are left out.
    pub views: Vec<ViewDifference>,
}

/// The differences of one view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ViewDifference {
    /// The way in.
    pub through: Through,
    /// Endpoints of the view compared with that this one lacks.
    pub lacks: Vec<Endpoint>,
    /// Endpoints that this one has beyond it.
    pub adds: Vec<Endpoint>,
    /// Why there is nothing to compare.
    pub failed: Option<Failure>,
}

impl MapDifferences {
    /// Whether all views answered and agree.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.views.is_empty()
    }
}

impl EndpointMap {
    /// The differences between the views.
    #[must_use]
    pub fn differences(&self) -> MapDifferences {
        let listed =
            || self.views.iter().filter_map(|v| Some((v.through, v.endpoints.as_ref().ok()?)));
        let base =
            listed().find(|(through, _)| *through == Through::Local).or_else(|| listed().next());
        let (compared_with, base) = base.unzip();
        let views = self.views.iter().filter(|view| Some(view.through) != compared_with);
        let differs = views.filter_map(|view| {
            let (lacks, adds, failed) = match (&view.endpoints, base) {
                (Ok(here), Some(base)) => (beyond(base, here), beyond(here, base), None),
                (Ok(_), None) => (Vec::new(), Vec::new(), None),
                (Err(failure), _) => (Vec::new(), Vec::new(), Some(failure.clone())),
            };
            let same = lacks.is_empty() && adds.is_empty() && failed.is_none();
            (!same).then_some(ViewDifference { through: view.through, lacks, adds, failed })
        });
        MapDifferences { compared_with, views: differs.collect() }
    }
}

/// What makes two entries the same endpoint.
fn key(endpoint: &Endpoint) -> (InterfaceId, Option<Uuid>, &ProtocolSequence, &str) {
    let Endpoint { interface, object, binding, .. } = endpoint;
    (*interface, *object, &binding.sequence, &binding.endpoint)
}

/// The remote endpoints of `more` that `less` does not have, each once.
fn beyond(more: &[Endpoint], less: &[Endpoint]) -> Vec<Endpoint> {
    let mut known: BTreeSet<_> = less.iter().map(key).collect();
    more.iter()
        .filter(|endpoint| endpoint.binding.sequence.is_remote())
        .filter(|endpoint| known.insert(key(endpoint)))
        .cloned()
        .collect()
}

impl fmt::Display for Through {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str("locally"),
            Self::Address(address) => write!(f, "through {address} port 135"),
        }
    }
}

/// One line a difference, the views named.
impl fmt::Display for MapDifferences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base = self.compared_with.map(|through| through.to_string()).unwrap_or_default();
        for view in &self.views {
            let through = view.through;
            if let Some(failure) = &view.failed {
                writeln!(f, "{through}: {failure}")?;
            }
            for endpoint in &view.lacks {
                writeln!(f, "{through}: lacks {}, seen {base}", Shown(endpoint))?;
            }
            for endpoint in &view.adds {
                writeln!(f, "{through}: has {}, not seen {base}", Shown(endpoint))?;
            }
        }
        Ok(())
    }
}

struct Shown<'a>(&'a Endpoint);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Endpoint { interface, binding, .. } = self.0;
        write!(f, "{} on {}[{}]", names::label(*interface), binding.sequence, binding.endpoint)
    }
}
