//! A fault that stands for a while.

use epmesh_common::facts::{Platform, Timestamp};

use super::super::{fault::Fault, kind::Kind, world::World};

/// A fault of a history.
#[derive(Clone, Debug)]
pub(super) struct Trouble {
    /// The first, the second …
    pub(super) number: usize,
    /// What it is.
    pub(super) fault: Fault,
    /// Since when all that bears on what is seen of it is there: evidence that decides it, at every look since.
    pub(super) decided: Option<Timestamp>,
    /// Whether an open incident was its own at a quiet moment.
    pub(super) had_incident: bool,
}

/// How a fault goes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cure {
    /// What was changed is changed back.
    Undone,
    /// The process that serves the interface is started anew: Samba's task, which is a process of its own.
    NewProcess,
    /// The host is started anew: what reads its settings only at the start.
    Reboot,
    /// The host is switched on.
    SwitchedOn,
}

/// How a fault of this kind goes away.
pub(super) fn cure(world: &World, fault: &Fault) -> Cure {
    match fault.kind {
        Kind::HostDown => Cure::SwitchedOn,
        // It is started, which needs no restart of the host.
        Kind::NeverStarted => Cure::Undone,
        kind if kind.restarts() => Cure::Reboot,
        kind if loses_registration(kind) && world.dcs[fault.source].platform == Platform::Samba => {
            Cure::NewProcess
        }
        _ => Cure::Undone,
    }
}

/// Whether its host is seen to lose a registration, or a process with one, that comes back: three of them within
/// two hours are one that comes and goes.
pub(super) const fn loses_registration(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Died
            | Kind::Hangs
            | Kind::Unregistered
            | Kind::PipeOnly
            | Kind::EndpointToNobody
            | Kind::EndpointToAnother
            | Kind::MapperDown
            | Kind::MapperDisabled
            | Kind::NeverStarted
    )
}

/// Whether histories play it. What comes and goes by itself stands in the coordinator's memory for two hours
/// after it has ended, and is no fault that stands; that Netlogon is paused shows until its partners have replicated.
/// Fleets play these.
pub(super) const fn is_played(kind: Kind) -> bool {
    !kind.comes_back() && !matches!(kind, Kind::NetlogonPaused)
}
