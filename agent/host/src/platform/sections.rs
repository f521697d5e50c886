//! Several sections of the host's own facts, read together.

use std::{sync::Arc, time::Instant};

use epmesh_facts::{Section, SectionKind};
use tokio::task::JoinSet;

use super::contract::Platform;

/// Reads the sections `kinds`, at the same time.
pub async fn read_all(platform: &Arc<dyn Platform>, kinds: &[SectionKind]) -> Vec<Section> {
    let asked = Instant::now();
    let mut reading = JoinSet::new();
    for kind in kinds.iter().copied() {
        let platform = Arc::clone(platform);
        reading.spawn(async move { platform.collect(kind, asked).await });
    }
    let mut sections = reading.join_all().await;
    sections.sort_by_key(|section| kinds.iter().position(|kind| *kind == section.kind()));
    sections
}
