//! The rules by which an incident is opened, changed, resolved and reopened.

use std::fmt::Write;

use epmesh_common::{
    diagnosis::{Cause, Fault, Link, State},
    facts::Timestamp,
    incident::Incident,
};

use super::{
    Damping, EntryKind, EventKind, Record, Status, counted::so_many, covers::holds, told::Told,
};
use crate::fleet::LinkStatus;

impl Record {
    /// Takes in the fault as the verdicts now give it; `None` when they no longer do. `status` gives the
    /// status of a link.
    pub(super) fn see(
        &mut self,
        what: Option<Incident>,
        now: Timestamp,
        status: impl Fn(&Link) -> LinkStatus,
    ) {
        let was_present = self.present;
        let (lost, is_present): (Vec<Link>, bool) = match &what {
            Some(what) => {
                let left = |link: &&Link| {
                    what.links.binary_search(link).is_err()
                        && what.latent.binary_search(link).is_err()
                };
                (self.links().filter(left).cloned().collect(), true)
            }
            None if was_present => (self.links().cloned().collect(), false),
            None => (Vec::new(), false),
        };
        for link in lost {
            match status(&link) {
                LinkStatus::Unknown => self.unseen.insert(link),
                LinkStatus::Troubled => self.left_in_trouble.insert(link),
                LinkStatus::Healthy | LinkStatus::Unwatched => false,
            };
        }
        if let Some(what) = what {
            for link in what.links.iter().chain(&what.latent) {
                self.unseen.remove(link);
                self.left_in_trouble.remove(link);
            }
            self.replace(what, now);
        }
        self.keep_unseen(&status);
        self.seen_well = false;
        if !is_present {
            self.look_for_well(status);
        }
        if is_present != was_present {
            if is_present && self.status == Status::Open && self.went {
                self.note(now, EntryKind::CameBack, "the fault is back");
            }
            self.went = !is_present;
            self.present = is_present;
            self.since = Some(now);
        }
    }

    /// Takes the links that can be seen again out of what is unseen.
    pub(super) fn keep_unseen(&mut self, status: impl Fn(&Link) -> LinkStatus) {
        self.unseen.retain(|link| status(link) == LinkStatus::Unknown);
    }

    /// Follows the links that were in trouble when it lost them: one that is not seen any more keeps it open as the
    /// others do; one that works, or that `is_explained` by another open incident, does not.
    pub(super) fn follow_trouble(
        &mut self,
        status: impl Fn(&Link) -> LinkStatus,
        is_explained: impl Fn(&Link) -> bool,
    ) {
        let unseen = &mut self.unseen;
        self.left_in_trouble.retain(|link| match status(link) {
            LinkStatus::Troubled => !is_explained(link),
            LinkStatus::Unknown => {
                unseen.insert(link.clone());
                false
            }
            LinkStatus::Healthy | LinkStatus::Unwatched => false,
        });
    }

    /// Notes whether one of its links works.
    pub(super) fn look_for_well(&mut self, status: impl Fn(&Link) -> LinkStatus) {
        let is_well = self.links().any(|link| status(link) == LinkStatus::Healthy);
        self.seen_well = is_well;
    }

    fn replace(&mut self, what: Incident, now: Timestamp) {
        let counts = (what.links.len(), what.latent.len());
        if self.opened.is_some() {
            if !Told::of(&self.what, now).says(&what) {
                self.note(now, EntryKind::Changed, &summary(&what));
            }
            if counts != (self.failing, self.latent) {
                self.note(now, EntryKind::Links, &counted(counts));
            }
        }
        (self.failing, self.latent) = counts;
        self.what = what;
    }

    /// Does what is due at `now`, and says what there is to tell. `elsewhere` names the incidents that
    /// explain its links once the fault is gone.
    pub(super) fn advance(
        &mut self,
        now: Timestamp,
        damping: &Damping,
        elsewhere: impl Fn(&Self) -> Option<String>,
    ) -> Option<EventKind> {
        let stood = self.since.unwrap_or(now).until(now);
        match self.status {
            Status::Pending if self.present => {
                // One that went away for a moment counts from when it was first seen.
                if self.first_seen.until(now) >= damping.open_after {
                    self.status = Status::Open;
                    self.opened = Some(now);
                    self.note(now, EntryKind::Opened, &summary(&self.what));
                }
            }
            Status::Resolved if self.present => {
                if stood >= damping.open_after {
                    self.status = Status::Open;
                    self.opened = Some(now);
                    (self.acknowledged, self.acknowledged_for) = (None, None);
                    self.came_back(now);
                    self.note(now, EntryKind::Reopened, &summary(&self.what));
                }
            }
            Status::Open if !self.present => self.resolve(now, damping, elsewhere),
            Status::Open | Status::Pending | Status::Resolved => {}
        }
        self.tell(now, damping)
    }

    fn resolve(
        &mut self,
        now: Timestamp,
        damping: &Damping,
        elsewhere: impl Fn(&Self) -> Option<String>,
    ) {
        if !self.unseen.is_empty() {
            // The fault may still be there: the time starts when all of its links have been seen.
            self.since = Some(now);
            let text = format!(
                "there is no fresh evidence on {} of its links; until there is, the incident stays open",
                self.unseen.len()
            );
            if self.timeline.last().is_none_or(|last| last.text != text) {
                self.note(now, EntryKind::Unseen, &text);
            }
            return;
        }
        let since = *self.since.get_or_insert(now);
        if since.until(now) < damping.hold(&self.reopenings, now) {
            return;
        }
        let mut why = elsewhere(self).unwrap_or_else(|| {
            "every link that it explained works, or is no longer watched".to_owned()
        });
        let (kept, all) = (self.links().count(), self.failing + self.latent);
        if kept < all {
            let _ =
                write!(why, "; only the first {kept} of its {all} links were kept over a restart");
        }
        self.status = Status::Resolved;
        self.resolved = Some(now);
        self.left_in_trouble.clear();
        self.note(now, EntryKind::Resolved, &why);
    }

    /// What receivers are to be told: the difference between what they know and what is so. While the
    /// incident is silenced they are told nothing; what is still so afterwards is told then.
    fn tell(&mut self, now: Timestamp, damping: &Damping) -> Option<EventKind> {
        if self.is_silenced(now) {
            return None;
        }
        // What is not there any more is no news; it may come back, or is told to be over.
        let is_gone = !self.present && self.unseen.is_empty();
        match (self.status, &self.told) {
            (Status::Open, None) if is_gone => None,
            (Status::Open, None) => {
                self.told = Some(Told::of(&self.what, now));
                self.differs_since = None;
                let again = !self.reopenings.is_empty();
                Some(if again { EventKind::Reopened } else { EventKind::Opened })
            }
            (Status::Resolved, Some(_)) => {
                self.told = None;
                self.differs_since = None;
                Some(EventKind::Resolved)
            }
            (Status::Open, Some(told)) if told.says(&self.what) => {
                self.differs_since = None;
                None
            }
            (Status::Open, Some(_)) if is_gone => None,
            (Status::Open, Some(told)) => {
                let told_at = told.at;
                if self.acknowledgement().is_some() {
                    // The operator who takes care of it sees the change; nobody else is told.
                    self.told = Some(Told { at: told_at, ..Told::of(&self.what, now) });
                    self.differs_since = None;
                    return None;
                }
                let since = *self.differs_since.get_or_insert(now);
                if since.until(now) < damping.open_after
                    || told_at.until(now) < damping.resolve_after
                {
                    return None;
                }
                self.told = Some(Told::of(&self.what, now));
                self.differs_since = None;
                Some(EventKind::Changed)
            }
            (Status::Pending, _) | (Status::Resolved, None) => None,
        }
    }

    /// Whether it is not opened or reopened yet because it may turn out to belong to a known one, as
    /// `may_be_known` says. It waits until all agents can have looked, and no longer.
    pub(super) fn waits(
        &self,
        now: Timestamp,
        damping: &Damping,
        may_be_known: impl Fn() -> bool,
    ) -> bool {
        let since = match self.status {
            Status::Pending => self.first_seen,
            Status::Resolved => self.since.unwrap_or(now),
            Status::Open => return false,
        };
        self.present
            && (damping.open_after..damping.resolve_after).contains(&since.until(now))
            && may_be_known()
    }

    /// The incident goes over to another subject, of this `cause`. What operators said of a fault that is not this one
    /// does not hold while it is this one: nothing that was acknowledged or silenced hides another fault. It holds again
    /// where the incident comes back to theirs, as it may after a start, while the evidence comes in.
    pub(super) fn becomes(&mut self, subject: &Fault, cause: Cause, now: Timestamp) {
        let mut text = format!("not {}: {subject}", self.what.fault);
        let holds = |said: Option<&Fault>| holds(said, subject, cause);
        if self.acknowledgement().is_some() && !holds(self.acknowledged_for.as_ref()) {
            text.push_str(
                "; the acknowledgement was for another fault, and does not hold for this one",
            );
        }
        if self.is_silenced(now) && !holds(self.silenced_for.as_ref()) {
            text.push_str("; the silence was for another fault, and does not hold for this one");
        }
        if self.status == Status::Open {
            self.note(now, EntryKind::Changed, &text);
        }
        // The fault has not been away; it had another name.
        self.went = false;
    }

    /// Sets times that are later than `now` to `now`. A silence still lasts as long as was wanted.
    pub(super) fn not_after(&mut self, now: Timestamp) {
        let clamp = |at: &mut Timestamp| *at = (*at).min(now);
        clamp(&mut self.first_seen);
        let times =
            [&mut self.since, &mut self.differs_since, &mut self.opened, &mut self.resolved];
        times.into_iter().flatten().for_each(clamp);
        self.reopenings.iter_mut().for_each(clamp);
        if let Some(told) = &mut self.told {
            clamp(&mut told.at);
        }
        if let Some(silence) = &mut self.silence {
            silence.until = silence.until.minus(now.until(silence.at));
            clamp(&mut silence.at);
        }
        if let Some(acknowledged) = &mut self.acknowledged {
            clamp(&mut acknowledged.at);
        }
    }

    /// Holds back the next change, after a start, until all agents can have looked again: what the first
    /// of them see need not be what all do.
    pub(super) fn wait_anew(&mut self, now: Timestamp) {
        if let Some(told) = &mut self.told {
            told.at = now;
        }
    }

    /// Whether the passing of time can change something about it.
    pub(super) fn is_due(&self) -> bool {
        match self.status {
            Status::Pending => true,
            Status::Resolved => self.present || self.told.is_some(),
            Status::Open => {
                let told = self.told.as_ref().is_some_and(|told| told.says(&self.what));
                !self.present || !told || self.differs_since.is_some()
            }
        }
    }

    /// Whether the fault has gone before the incident was opened.
    pub(super) fn is_forgotten(&self, now: Timestamp, damping: &Damping) -> bool {
        self.status == Status::Pending
            && !self.present
            && self.since.unwrap_or(now).until(now) >= damping.resolve_after
    }
}

/// The fault, in a line.
fn summary(what: &Incident) -> String {
    let state = if what.state == State::Failing { "" } else { "latent: " };
    format!("{state}{}: {}, side {}; {}", what.fault, what.cause, what.side, what.pattern.words)
}

fn counted((failing, latent): (usize, usize)) -> String {
    match (failing, latent) {
        (failing, 0) => format!("{} because of it", so_many(failing, "link fails", "links fail")),
        (0, latent) => {
            let links = so_many(latent, "link is", "links are");
            format!("{links} going to fail because of it")
        }
        (failing, latent) => {
            let links = so_many(failing, "link fails", "links fail");
            format!("{links} because of it, {} going to", so_many(latent, "is", "are"))
        }
    }
}
