//! What receivers have to know: every open incident that nobody silenced, by its present subject unless an operator
//! takes care of it; and whatever came after an operator said something of another fault.

use std::collections::BTreeMap;

use epmesh::alert::OutboxRecord;
use epmesh_common::facts::Timestamp;
use serde_json::Value;

use super::{
    open::OpenIncident,
    outcome::Wrong,
    stage::Stage,
    subject::fits,
    times::{HELD_BACK, SLACK},
    trouble::Trouble,
};

impl Stage {
    /// What receivers do not know.
    pub(super) fn told(
        &mut self,
        now: Timestamp,
        open: &[OpenIncident],
    ) -> Vec<(Wrong, Option<usize>, String)> {
        let told = self.coordinator.told();
        self.outcome.events = told.len();
        let mut last: BTreeMap<&str, &OutboxRecord> = BTreeMap::new();
        for record in &told {
            let id = record.subject.split(' ').next().unwrap_or_default();
            last.insert(id, record);
        }
        let mut found = Vec::new();
        for record in told.iter().skip(self.heard) {
            if !has_verdict(&record.body).unwrap_or(false) {
                let said = format!("{} {}", record.kind, record.subject);
                found.push((Wrong::ToldWithoutVerdict, None, said));
            }
        }
        self.heard = told.len();
        for one in open.iter().filter(|it| it.is_open && it.is_present) {
            let said = last.get(one.id.as_str()).filter(|it| it.kind != "incident.resolved");
            let known = said.and_then(|record| subject(&record.body));
            let is_known = known.as_ref().is_some_and(|known| *known == one.subject.to_string());
            let said = format!("{} {}: known is {known:?}", one.id, one.subject);
            if let Some(number) = self.hidden(now, one).filter(|_| !is_known) {
                found.push((Wrong::Hidden, Some(number), said));
            } else if !(is_known || one.is_silenced || one.is_acknowledged && known.is_some()) {
                found.push((Wrong::NotTold, None, said));
            }
        }
        found
    }

    /// The number of the fault that an incident is of, where an operator spoke of another one and cannot have meant it: it
    /// came later, or is nothing that the operator knew.
    fn hidden(&self, now: Timestamp, one: &OpenIncident) -> Option<usize> {
        let said = self.watch.known(&one.id).filter(|said| said.subject != one.subject)?;
        let healthy = self.land.healthy();
        let decided = |it: &Trouble| {
            it.decided.is_some_and(|since| since.until(now) >= HELD_BACK.saturating_add(SLACK))
        };
        let is_other = |it: &&Trouble| {
            decided(it) && (it.fault.at > said.at || !fits(healthy, &it.fault, &said.subject))
        };
        self.truth().fitting(one).into_iter().find(is_other).map(|it| it.number)
    }
}

/// Whether an event says that an incident is over, or shows a verdict on a link that fails, or will. Where the links
/// cannot be seen, there is none to show.
fn has_verdict(body: &str) -> Option<bool> {
    let event: Value = serde_json::from_str(body).ok()?;
    let data = event.get("data")?;
    let is_unseen = data.get("incident")?.get("unseen")?.as_u64()? > 0;
    let is_over = event.get("type")? == "incident.resolved";
    let state = data.get("verdict").and_then(|verdict| verdict.get("state"));
    Some(is_over || is_unseen || state.is_some_and(|state| state == "failing" || state == "latent"))
}

/// The subject of the incident in an event.
fn subject(body: &str) -> Option<String> {
    let event: Value = serde_json::from_str(body).ok()?;
    Some(event.get("data")?.get("incident")?.get("subject")?.as_str()?.to_owned())
}
