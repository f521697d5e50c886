//! The plan on disk, so that an agent that starts without a coordinator has one.

use std::{
    io,
    path::{Path, PathBuf},
};

use epmesh_agent_host::os::private_files::write_private;
use epmesh_common::facts::Plan;

/// The plan in the bytes of the file; `None` where they hold none.
#[must_use]
pub fn decode(bytes: &[u8]) -> Option<Plan> {
    serde_json::from_slice(bytes).ok()
}

/// The bytes of the file of a plan.
///
/// # Errors
/// When the plan cannot be told as JSON.
pub fn encode(plan: &Plan) -> io::Result<Vec<u8>> {
    serde_json::to_vec(plan).map_err(io::Error::other)
}

/// The file of the plan; none in tests that keep nothing.
#[derive(Debug)]
pub(super) struct PlanFile(Option<PathBuf>);

impl PlanFile {
    pub(super) fn in_folder(state_dir: Option<&Path>) -> Self {
        Self(state_dir.map(|dir| dir.join("plan.json")))
    }

    /// The plan that was kept, where there is one that can be read.
    pub(super) async fn load(&self) -> Option<Plan> {
        decode(&tokio::fs::read(self.0.as_ref()?).await.ok()?)
    }

    pub(super) async fn save(&self, plan: Plan) {
        let Some(path) = self.0.clone() else { return };
        let saved = tokio::task::spawn_blocking(move || {
            encode(&plan).and_then(|text| write_private(&path, &text))
        });
        if let Ok(Err(error)) = saved.await {
            tracing::warn!(%error, "the plan could not be kept on disk");
        }
    }

    /// Deletes it, so that an agent that is started anew does not look at anybody before it was admitted.
    pub(super) async fn forget(&self) {
        let Some(path) = &self.0 else { return };
        match tokio::fs::remove_file(path).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%error, "the plan could not be removed from disk");
            }
            _ => {}
        }
    }
}
