//! What holds at every moment: one subject has one open incident, an incident goes over to another subject only
//! where the first one was not seen to be well, and a fault that stands keeps its incident.

use epmesh_common::facts::Timestamp;

use super::{
    super::{decidable::shows, fault::Fault},
    open::OpenIncident,
    outcome::Wrong,
    stage::Stage,
};

impl Stage {
    /// Looks at what holds at every moment.
    pub(super) fn watch(&mut self, now: Timestamp) {
        let holds_any = self.land.troubles.iter().any(|it| it.had_incident);
        if !holds_any && !self.coordinator.has_open() {
            self.watch.take_in(&[], now, |_| None);
            return;
        }
        let open = self.coordinator.open_incidents(&self.land.world, now);
        let Self { watch, played, .. } = &mut *self;
        let looked = |link| played.looks.get(&link)?.last().copied();
        let (taken, doubled) = watch.take_in(&open, now, looked);
        for (incident, before) in taken {
            let OpenIncident { id, subject, is_acknowledged, is_silenced, .. } = &incident;
            let word = match (is_acknowledged, is_silenced) {
                (true, _) => ", acknowledged",
                (_, true) => ", silenced",
                _ => "",
            };
            let said = format!("{id}{word}: {before} was well, and then it is {subject}");
            self.wrong(now, Wrong::TakenOver, None, said);
        }
        for subject in doubled {
            self.wrong(now, Wrong::TwoOfOneSubject, None, subject.to_string());
        }
        self.look_for_lost(now, &open);
    }

    /// A fault that stands, and had its incident, keeps it whatever else happens, unless another one hides it.
    fn look_for_lost(&mut self, now: Timestamp, open: &[OpenIncident]) {
        let mut lost = Vec::new();
        for trouble in self.land.troubles.iter().filter(|it| it.had_incident) {
            if !open.iter().any(|it| it.is_open && self.is_of(&trouble.fault, it)) {
                lost.push((trouble.number, trouble.fault.clone()));
            }
        }
        for (number, fault) in lost {
            if shows(&self.played, &fault) {
                let said = format!("{:?} has no incident", fault.kind);
                self.wrong(now, Wrong::Lost, Some(&fault), said);
            }
            if let Some(trouble) = self.land.troubles.iter_mut().find(|it| it.number == number) {
                trouble.had_incident = false;
            }
        }
    }

    /// Whether an incident is of this fault: it has a link on which the fault shows.
    pub(super) fn is_of(&self, fault: &Fault, incident: &OpenIncident) -> bool {
        incident.links.iter().any(|link| self.played.shows(fault, *link))
    }
}
