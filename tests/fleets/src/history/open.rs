//! An incident that is not over, as it is read from the book.

use std::time::Duration;

use epmesh::{
    fleet::View,
    incident::{Damping, Record, Status},
};
use epmesh_common::{diagnosis::Fault, facts::Timestamp};

use super::super::world::World;

/// An incident that is not over.
#[derive(Clone, Debug)]
pub(super) struct OpenIncident {
    pub(super) id: String,
    pub(super) subject: Fault,
    /// Its links, failing or latent, each as destination and source.
    pub(super) links: Vec<(usize, usize)>,
    /// Whether it is open; else it is pending.
    pub(super) is_open: bool,
    /// Whether the verdicts of now say that its fault is there.
    pub(super) is_present: bool,
    /// How long nothing must be wrong with it until it is over.
    pub(super) hold: Duration,
    /// Whether nobody has seen some of its links lately: that keeps it open.
    pub(super) is_unseen: bool,
    pub(super) is_silenced: bool,
    pub(super) is_acknowledged: bool,
}

impl OpenIncident {
    /// Reads one; `None` where it is over.
    pub(super) fn of(
        record: &Record,
        world: &World,
        now: Timestamp,
        damping: &Damping,
        view: &View,
    ) -> Option<Self> {
        if record.status == Status::Resolved {
            return None;
        }
        let (what, subject) = (&record.what, &record.what.fault);
        let mut all = what.links.iter().chain(&what.latent);
        let links = all
            .clone()
            .filter_map(|link| Some((world.find(&link.destination)?, world.find(&link.source)?)));
        Some(Self {
            id: record.id.clone(),
            subject: subject.clone(),
            links: links.collect(),
            is_open: record.status == Status::Open,
            is_present: all.any(|link| view.explained_by(link).contains(subject)),
            hold: damping.hold(&record.reopenings, now),
            is_unseen: !record.unseen.is_empty(),
            is_silenced: record.is_silenced(now),
            is_acknowledged: record.acknowledged.is_some(),
        })
    }
}
