//! Values whose name is almost one that counts.

use epmesh_facts::{Reading, RpcSettings};

use super::{About, Note, Severity, note::unread};

pub(super) fn notes(rpc: &RpcSettings) -> Vec<Note> {
    let Reading::Value(misses) = &rpc.near_misses else {
        return unread(About::Misspelt, "misspelt values", &rpc.near_misses).into_iter().collect();
    };
    let note = |miss: &epmesh_facts::NearMiss| Note {
        severity: Severity::Warning,
        about: About::Misspelt,
        subject: format!("{}, {:?}", miss.key, miss.name),
        text: format!(
            "Windows does not read it; {} was probably meant ({})",
            miss.meant, miss.data
        ),
        advice: "give it the right name, or delete it; then restart the service or the host"
            .to_owned(),
        source: "epmesh".to_owned(),
    };
    let mut notes: Vec<Note> = misses.iter().map(note).collect();
    if let Some(more) = rpc.near_misses_left_out.value().filter(|more| **more > 0) {
        notes.push(Note {
            severity: Severity::Warning,
            about: About::Misspelt,
            subject: "misspelt values".to_owned(),
            text: format!("there are {more} more, which are not listed"),
            advice: "see to these first; the others are listed then".to_owned(),
            source: "epmesh".to_owned(),
        });
    }
    notes
}
