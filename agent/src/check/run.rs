//! The command `check`: looks, and prints.

use std::sync::Arc;

use epmesh_agent_host::{
    os::clock::{Clock as _, SystemClock},
    platform::Platform,
};
use epmesh_common::facts::Reading;

use super::{
    args::Command,
    domain_join,
    one_host::check,
    own_host::{own_name, own_resolver},
    render,
    report::Exit,
};
use crate::probe;

/// Looks, prints, and says how it ends. `platform` reads this host's own resolver; where no platform can,
/// it is the reason why.
///
/// # Errors
/// When the log of a join cannot be read, or the report cannot be written as JSON, which its types rule
/// out.
pub async fn run(
    command: &Command,
    settings: probe::Config,
    platform: Result<Arc<dyn Platform>, String>,
) -> anyhow::Result<Exit> {
    let arguments = &command.one;
    let mut resolver = own_resolver(platform).await;
    if !arguments.dns.is_empty() {
        resolver.servers = Reading::Value(arguments.dns.clone());
    }
    let settings = probe::Config { look: arguments.timeout, ..settings };
    if let Some(domain) = &command.join {
        let log = command.netsetup_log.as_deref();
        return domain_join::run(arguments, domain, log, settings, resolver).await;
    }
    let report = check(arguments, settings, &resolver, &own_name(), SystemClock.now()).await;
    arguments.output.print(&report, || Ok(render::table(&report, arguments)))?;
    Ok(report.exit())
}
