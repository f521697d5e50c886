//! What holds at a quiet moment: verdicts are right, and the open incidents are the faults that stand, one for one.

use std::collections::BTreeSet;

use epmesh_common::facts::Timestamp;

use super::{
    super::{
        decidable::decides,
        score::{MissKind, is_right, line, most, wrong},
    },
    open::OpenIncident,
    outcome::Wrong,
    stage::Stage,
    times::{HELD_BACK, SEEN, SLACK},
};

/// What is wrong, about which fault by its number, and what was seen.
type Found = (Wrong, Option<usize>, String);

impl Stage {
    /// Notes since when evidence decides each fault that stands.
    pub(super) fn note_decided(&mut self, now: Timestamp) {
        self.played.now = now;
        let links: Vec<_> = self.played.looks.keys().copied().collect();
        for trouble in &mut self.land.troubles {
            let is = links.iter().any(|link| decides(&self.played, &trouble.fault, *link));
            trouble.decided = trouble.decided.filter(|_| is).or_else(|| is.then_some(now));
        }
    }

    /// Looks whether everything is as it has to be once a fleet was left alone.
    pub(super) fn check(&mut self, now: Timestamp) {
        self.outcome.checks += 1;
        self.played.now = now;
        self.played.last = self.coordinator.verdicts(&self.land.world);
        let open = self.coordinator.open_incidents(&self.land.world, now);
        let mut found = self.verdicts(now);
        found.extend(self.incidents(now, &open));
        found.extend(self.told(now, &open));
        for (wrong, number, said) in found {
            if wrong == Wrong::NotNamed {
                self.missed.extend(number);
            }
            // The same of one fault only once.
            let about = if number.is_some() { String::new() } else { said.clone() };
            if !self.reported.insert((wrong, number, about)) {
                continue;
            }
            let fault = self.land.troubles.iter().find(|it| Some(it.number) == number);
            let fault = fault.map(|it| it.fault.clone());
            self.wrong(now, wrong, fault.as_ref(), said);
        }
        if self.played.world.liar.is_some() {
            return;
        }
        let truth = self.truth();
        let had: BTreeSet<usize> = (open.iter().filter(|it| it.is_open))
            .flat_map(|it| truth.of(it).into_iter().map(|trouble| trouble.number))
            .collect();
        for trouble in &mut self.land.troubles {
            trouble.had_incident |= had.contains(&trouble.number);
        }
    }

    fn verdicts(&mut self, now: Timestamp) -> Vec<Found> {
        let mut found = Vec::new();
        for (link, verdict) in &self.played.last {
            if let Some((kind, fault)) = wrong(&self.played, *link, now, verdict) {
                let kind = match kind {
                    MissKind::WronglyProven => Wrong::WronglyProven,
                    _ => Wrong::FalseFinding,
                };
                let about = |it: &&super::trouble::Trouble| {
                    fault.is_some_and(|fault| fault.at == it.fault.at)
                };
                let number = self.land.troubles.iter().find(about).map(|it| it.number);
                found.push((kind, number, line(&self.played, *link, now, verdict)));
            }
        }
        let mut decided = BTreeSet::new();
        for trouble in &self.land.troubles {
            for (link, verdict) in &self.played.last {
                if !decides(&self.played, &trouble.fault, *link) {
                    continue;
                }
                decided.insert((trouble.number, *link));
                // What decides has to have been there when the link was last judged.
                let is_old = self.decides.contains(&(trouble.number, *link));
                if is_old && !is_right(&self.played, &trouble.fault, *link, verdict) {
                    let said = line(&self.played, *link, now, verdict);
                    found.push((Wrong::NotNamed, Some(trouble.number), said));
                }
            }
        }
        self.decided.extend(decided.iter().map(|(number, _)| *number));
        self.decides = decided;
        found
    }

    fn incidents(&mut self, now: Timestamp, open: &[OpenIncident]) -> Vec<Found> {
        let mut found = Vec::new();
        let truth = self.truth();
        let there: Vec<&OpenIncident> =
            open.iter().filter(|it| it.is_open && it.is_present).collect();
        let of: Vec<Vec<usize>> = there
            .iter()
            .map(|one| truth.of(one).into_iter().map(|it| it.number).collect())
            .collect();
        for trouble in &self.land.troubles {
            let own = there.iter().zip(&of).filter(|(_, of)| of.contains(&trouble.number));
            let own: Vec<&OpenIncident> = own.map(|(one, _)| *one).collect();
            let fits = own.iter().any(|one| truth.broke(one).contains(&trouble.number));
            let since = trouble.decided.map(|since| since.until(now));
            let names: Vec<String> =
                own.iter().map(|it| format!("{} {}", it.id, it.subject)).collect();
            let kind = trouble.fault.kind;
            if !fits && since.is_some_and(|since| since >= HELD_BACK.saturating_add(SLACK)) {
                let all: Vec<String> = open.iter().map(|it| it.subject.to_string()).collect();
                let is_none = own.is_empty();
                let wrong = if is_none { Wrong::NotOpen } else { Wrong::OtherSubject };
                let said = format!("{kind:?} has no open incident; there are: {}", all.join("; "));
                found.push((wrong, Some(trouble.number), said));
            }
            // Beside a witness that states the contrary each link is read by itself where nothing decides.
            let is_sure = since.is_some() || self.played.world.liar.is_none();
            if own.len() > most(&self.played, &trouble.fault) && is_sure {
                let said = format!("{kind:?} is {}", names.join("; "));
                found.push((Wrong::TwoOfOneFault, Some(trouble.number), said));
            }
        }
        for (one, of) in there.iter().zip(&of) {
            let of = self.land.troubles.iter().filter(|it| of.contains(&it.number));
            let kinds: Vec<String> = of.map(|it| format!("{:?}", it.fault.kind)).collect();
            let said = format!("{} {} is of [{}]", one.id, one.subject, kinds.join(", "));
            let is_lie = one.links.iter().all(|link| self.played.is_lie(*link));
            match kinds.len() {
                // What an agent states wrongly of its own links is an incident of theirs.
                0 if is_lie => {}
                0 => found.push((Wrong::NoFault, None, said)),
                1 => {}
                _ => found.push((Wrong::TwoInOne, None, said)),
            }
        }
        for one in open.iter().filter(|it| !it.is_present) {
            let stays = self.stays(now, one);
            if stays && self.watch.is_first_to_stay(&one.id) {
                let said = format!("{} {}", one.id, one.subject);
                found.push((Wrong::StaysOpen, None, said));
            }
        }
        found
    }

    /// Whether an incident is open for too long: its fault is gone, all its links were looked at since, and nothing
    /// disturbed the fleet for as long as it is held.
    fn stays(&self, now: Timestamp, one: &OpenIncident) -> bool {
        let stands = !self.truth().of(one).is_empty();
        // A start of the coordinator, or a host that is away, makes its links unseen; then the time begins anew.
        let gone = self.watch.present(&one.id).unwrap_or(now).max(self.disturbed);
        let looks = &self.played.looks;
        let seen = |link: &(usize, usize)| looks.get(link)?.last().filter(|at| **at > gone);
        let most = SEEN.saturating_add(one.hold).saturating_add(SLACK);
        let is_due = !stands && !one.is_unseen;
        is_due && gone.until(now) > most && one.links.iter().all(|link| seen(link).is_some())
    }
}
