//! What holds at every moment: one subject has one open incident, an incident goes over to another subject only
//! where the first one was not seen to be well or gone, and a fault that stands keeps its incident.

use epmesh_common::facts::Timestamp;

use super::{
    super::{
        decidable::{is_still_seen, shows},
        score::line,
    },
    follow::Found,
    open::OpenIncident,
    outcome::Wrong,
    stage::Stage,
    truth::Truth,
};

impl Stage {
    /// What is so.
    pub(super) fn truth(&self) -> Truth<'_> {
        Truth { land: &self.land, played: &self.played, gone: &self.gone }
    }

    /// Looks at what holds at every moment.
    pub(super) fn watch(&mut self, now: Timestamp) {
        let holds_any = self.land.troubles.iter().any(|it| it.had_incident);
        let open = if holds_any || self.coordinator.has_open() {
            self.coordinator.open_incidents(&self.land.world, now)
        } else {
            Vec::new()
        };
        let Self { watch, played, land, gone, .. } = &mut *self;
        let Found { taken, doubled } = watch.take_in(&open, now, &Truth { land, played, gone });
        for (incident, before) in taken {
            let OpenIncident { id, subject, is_acknowledged, is_silenced, .. } = &incident;
            let word = match (is_acknowledged, is_silenced) {
                (true, _) => ", acknowledged",
                (_, true) => ", silenced",
                _ => "",
            };
            let said = format!("{id}{word}: {before}, and then it is {subject}");
            self.wrong(now, Wrong::TakenOver, None, said);
        }
        for subject in doubled {
            self.wrong(now, Wrong::TwoOfOneSubject, None, subject.to_string());
        }
        self.look_for_lost(now, &open);
    }

    /// A fault that stands, and had its incident, keeps it whatever else happens, unless another one hides it.
    fn look_for_lost(&mut self, now: Timestamp, open: &[OpenIncident]) {
        let truth = self.truth();
        let kept: Vec<usize> = (open.iter().filter(|it| it.is_open))
            .flat_map(|it| truth.of(it).into_iter().map(|trouble| trouble.number))
            .collect();
        let mut lost = Vec::new();
        for trouble in self.land.troubles.iter().filter(|it| it.had_incident) {
            if !kept.contains(&trouble.number) {
                lost.push((trouble.number, trouble.fault.clone()));
            }
        }
        for (number, fault) in lost {
            // Beside a witness that states the contrary it may not be sure any more.
            let is_seen = shows(&self.played, &fault) && is_still_seen(&self.played, &fault);
            if is_seen && self.played.world.liar.is_none() {
                let verdicts = self.coordinator.verdicts(&self.land.world);
                let shown = verdicts.iter().find(|(link, _)| self.played.shows(&fault, **link));
                let shown = shown.map(|(link, verdict)| line(&self.played, *link, now, verdict));
                let shown = shown.unwrap_or_default();
                let said = format!("{:?} has no incident: {shown}", fault.kind);
                self.wrong(now, Wrong::Lost, Some(&fault), said);
            }
            if let Some(trouble) = self.land.troubles.iter_mut().find(|it| it.number == number) {
                trouble.had_incident = false;
            }
        }
    }
}
