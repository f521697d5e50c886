//! The host that a check runs on: its name, and where its names come from.

use std::{sync::Arc, time::Instant};

use epmesh_agent_host::platform::{Platform, unnamed};
use epmesh_common::facts::{Blank, DnsName, Resolver, Section, SectionKind};

/// The name of this host.
#[must_use]
pub fn own_name() -> DnsName {
    let kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = kernel.or_else(|| std::env::var("COMPUTERNAME").ok());
    name.and_then(|name| name.trim().parse().ok()).unwrap_or_else(unnamed)
}

/// The sources of this host's names, as `platform` reads them, or why no platform can.
pub(super) async fn own_resolver(platform: Result<Arc<dyn Platform>, String>) -> Resolver {
    match platform {
        Ok(platform) => match platform.collect(SectionKind::Resolver, Instant::now()).await {
            Section::Resolver(resolver) => resolver,
            other => not_read(&format!("the platform gave {}", other.kind())),
        },
        Err(why) => not_read(&why),
    }
}

fn not_read(why: &str) -> Resolver {
    Resolver::blank(&Blank::unreadable(why))
}
