//! The rules of one incident's life.

use std::fmt::Write;

use epmesh_common::{
    diagnosis::{Link, State},
    facts::Timestamp,
    incident::Incident,
};

use super::{Damping, EntryKind, Record, Status, record::Told, so_many};
use crate::{alert::EventKind, fleet::LinkStatus};

impl Record {
    /// Takes in what the verdicts say of it now; `None` when they no longer give it. `standing`
    /// tells how a link stands.
    pub(super) fn see(
        &mut self,
        what: Option<Incident>,
        now: Timestamp,
        standing: impl Fn(&Link) -> LinkStatus,
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
        self.unseen.extend(lost.into_iter().filter(|link| standing(link) == LinkStatus::Unknown));
        if let Some(what) = what {
            for link in what.links.iter().chain(&what.latent) {
                self.unseen.remove(link);
            }
            self.replace(what, now);
        }
        self.settle(standing);
        if is_present != was_present {
            if is_present && self.status == Status::Open && self.went {
                self.note(now, EntryKind::CameBack, "it is there again");
            }
            self.went = !is_present;
            self.present = is_present;
            self.since = Some(now);
        }
    }

    /// Leaves out of what cannot be seen the links that can be again.
    pub(super) fn settle(&mut self, standing: impl Fn(&Link) -> LinkStatus) {
        self.unseen.retain(|link| standing(link) == LinkStatus::Unknown);
    }

    fn replace(&mut self, what: Incident, now: Timestamp) {
        let counts = (what.links.len(), what.latent.len());
        if self.opened.is_some() {
            if !Told::of(&self.what, now).says(&what) {
                self.note(now, EntryKind::Changed, &said(&what));
            }
            if counts != (self.failing, self.latent) {
                self.note(now, EntryKind::Links, &counted(counts));
            }
        }
        (self.failing, self.latent) = counts;
        self.what = what;
    }

    /// Goes on to where it stands at `now`, and says what there is to tell. `elsewhere` names the
    /// incidents that explain its links now that it is gone.
    pub(super) fn advance(
        &mut self,
        now: Timestamp,
        damping: &Damping,
        elsewhere: impl Fn(&Self) -> Option<String>,
    ) -> Option<EventKind> {
        let stood = self.since.unwrap_or(now).until(now);
        match self.status {
            Status::Pending if self.present => {
                // One that went for a moment has stood since it was first seen.
                if self.first_seen.until(now) >= damping.open_after {
                    self.status = Status::Open;
                    self.opened = Some(now);
                    self.note(now, EntryKind::Opened, &said(&self.what));
                }
            }
            Status::Resolved if self.present => {
                if stood >= damping.open_after {
                    self.status = Status::Open;
                    self.opened = Some(now);
                    self.acknowledged = None;
                    self.came_back(now);
                    self.note(now, EntryKind::Reopened, &said(&self.what));
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
            // It may be there still: the time begins when all of them have been seen.
            self.since = Some(now);
            let text = format!(
                "{} of its links cannot be seen: no fresh word of them, so that it is not over",
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
            "every link that it explained works, or is watched no longer".to_owned()
        });
        let (kept, all) = (self.links().count(), self.failing + self.latent);
        if kept < all {
            let _ = write!(why, "; of its {all} links the first {kept} were kept over a restart");
        }
        self.status = Status::Resolved;
        self.resolved = Some(now);
        self.note(now, EntryKind::Resolved, &why);
    }

    /// What receivers are to be told: the difference between what they know and what is, unless it
    /// is silenced. What was silenced comes when the silence ends, if it is still so.
    fn tell(&mut self, now: Timestamp, damping: &Damping) -> Option<EventKind> {
        if self.is_silenced(now) {
            return None;
        }
        match (self.status, &self.told) {
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
            (Status::Open, Some(told)) => {
                let told_at = told.at;
                if self.acknowledged.is_some() {
                    // Whoever looks after it sees it; nobody else is told.
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

    /// Whether it is not told yet because it may turn out to be one that is: `may_be_known` tells. It
    /// waits for as long as it takes until all have looked, and no longer.
    pub(super) fn waits(
        &self,
        now: Timestamp,
        damping: &Damping,
        may_be_known: impl Fn() -> bool,
    ) -> bool {
        let age = self.first_seen.until(now);
        self.status == Status::Pending
            && self.present
            && (damping.open_after..damping.resolve_after).contains(&age)
            && may_be_known()
    }

    /// Takes what is dated later than `now` for what began now. A silence lasts as long as was wanted.
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

    /// After a start a change of it is told no sooner than all can have looked again: what the first of
    /// them come to is not what all do.
    pub(super) fn wait_anew(&mut self, now: Timestamp) {
        if let Some(told) = &mut self.told {
            told.at = now;
        }
    }

    /// Whether time alone can change something about it.
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

    /// Whether it has gone before anybody was told of it.
    pub(super) fn is_forgotten(&self, now: Timestamp, damping: &Damping) -> bool {
        self.status == Status::Pending
            && !self.present
            && self.since.unwrap_or(now).until(now) >= damping.resolve_after
    }
}

/// What it is, in a line.
fn said(what: &Incident) -> String {
    let state = if what.state == State::Failing { "" } else { "latent: " };
    format!("{state}{}: {}, side {}; {}", what.subject, what.cause, what.side, what.pattern.words)
}

fn counted((failing, latent): (usize, usize)) -> String {
    match (failing, latent) {
        (failing, 0) => format!("{} by it", so_many(failing, "link fails", "links fail")),
        (0, latent) => {
            let links = so_many(latent, "link is", "links are");
            format!("{links} going to fail by it")
        }
        (failing, latent) => {
            let links = so_many(failing, "link fails", "links fail");
            format!("{links} by it, {} going to", so_many(latent, "is", "are"))
        }
    }
}
