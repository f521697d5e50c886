//! The watched events since they are watched.

use std::{path::Path, sync::PoisonError};

use epmesh_facts::Events;

use super::host_state::Live;
use crate::{
    os::{
        private_files::write_private,
        read::{FileError, read_text},
    },
    platform::windows::{event_watch::Watch, ffi::events::Logs},
};

/// Where the watch is kept between two lives of the agent, in its state folder.
const FILE: &str = "events.json";

impl Live {
    /// Reads on from where it last stopped, also across restarts of the agent. The first watch
    /// begins with the present life of the host: what a domain controller says when it starts is
    /// what matters most.
    pub(super) fn events(&self) -> Events {
        let path = self.settings.state_dir.join(FILE);
        let mut kept = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        let before = kept.clone();
        let watch =
            kept.get_or_insert_with(|| load(&path).unwrap_or_else(|| Watch::from(self.started())));
        let events = watch.go_on(&mut Logs);
        if before.as_ref() != Some(&*watch) {
            save(&path, watch);
        }
        events
    }
}

/// The watch of the agent's last life. One that cannot be read is begun anew, and `since` says so.
fn load(path: &Path) -> Option<Watch> {
    let text: Result<String, FileError> = read_text(path);
    match text {
        Ok(text) => match serde_json::from_str(&text) {
            Ok(watch) => Some(watch),
            Err(error) => {
                tracing::warn!(%error, path = %path.display(), "the watch of events begins anew");
                None
            }
        },
        Err(error) if error.is_absent() => None,
        Err(error) => {
            tracing::warn!(%error, "the watch of events begins anew");
            None
        }
    }
}

fn save(path: &Path, watch: &Watch) {
    let written = serde_json::to_vec(watch)
        .map_err(std::io::Error::from)
        .and_then(|bytes| write_private(path, &bytes));
    if let Err(error) = written {
        tracing::warn!(%error, path = %path.display(), "could not keep the watch of events");
    }
}
