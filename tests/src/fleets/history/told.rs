//! What receivers have to know: every open incident that nobody silenced, by its present subject unless an operator
//! takes care of it.

use std::collections::BTreeMap;

use epmesh::alert::OutboxRecord;
use serde_json::Value;

use super::{open::OpenIncident, outcome::Wrong, stage::Stage};

impl Stage {
    /// What receivers do not know.
    pub(super) fn told(&mut self, open: &[OpenIncident]) -> Vec<(Wrong, Option<usize>, String)> {
        let told = self.coordinator.told();
        self.outcome.events = told.len();
        let mut last: BTreeMap<&str, &OutboxRecord> = BTreeMap::new();
        for record in &told {
            let id = record.subject.split(' ').next().unwrap_or_default();
            last.insert(id, record);
        }
        let mut found = Vec::new();
        for one in open.iter().filter(|it| it.is_open && it.is_present && !it.is_silenced) {
            let said = last.get(one.id.as_str()).filter(|it| it.kind != "incident.resolved");
            let subject = said.and_then(|record| subject(&record.body));
            let is_told = match &subject {
                None => false,
                Some(known) => one.is_acknowledged || *known == one.subject.to_string(),
            };
            if !is_told {
                let said = format!("{} {}: known is {subject:?}", one.id, one.subject);
                found.push((Wrong::NotTold, None, said));
            }
        }
        found
    }
}

/// The subject of the incident in an event.
fn subject(body: &str) -> Option<String> {
    let event: Value = serde_json::from_str(body).ok()?;
    Some(event.get("data")?.get("incident")?.get("subject")?.as_str()?.to_owned())
}
