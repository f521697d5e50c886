//! The current life of the host.

use std::{sync::PoisonError, time::Duration};

use epmesh_facts::{Boot, Reading, Timestamp};

use super::{host_state::Live, services};
use crate::os::clock::{Clock as _, SystemClock};
use crate::platform::windows::{ffi, typed};

/// Where Windows counts its starts.
const BOOT_ID: &str =
    "SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Memory Management\\PrefetchParameters";

/// Services whose process lives from the start to the shutdown: none can be stopped, and the system
/// goes down with the process of any.
const LIFELONG: [&str; 3] = ["DcomLaunch", "RpcSs", "PlugPlay"];

impl Live {
    /// The current life of the host. Its id is the counter of starts, where Windows keeps one, and
    /// the moment at which a process began that lives as long as the host: that moment was written
    /// down then, so that it does not move when the clock is set later.
    pub(super) fn life(&self) -> Reading<Boot> {
        let began = match first_process() {
            Ok(began) => began,
            Err(why) => return Reading::unseen(why),
        };
        let count = match typed::number(self.registry(), BOOT_ID, "BootId") {
            Reading::Value(count) => format!("{count}-"),
            // The moment alone tells two lives apart.
            _ => String::new(),
        };
        let id = format!("{count}{}", began.as_millis());
        Reading::Value(Boot { id, at: self.started() })
    }

    /// The time at which the system started, by its clock now.
    ///
    /// What is added up of the uptime and the clock moves with every small correction of the
    /// latter. The first reading is kept until it is more than two seconds off: a clock that was
    /// set, not trimmed.
    pub(super) fn started(&self) -> Timestamp {
        let read = SystemClock.now().minus(ffi::boot::uptime());
        let mut kept = self.boot.lock().unwrap_or_else(PoisonError::into_inner);
        let apart = kept.map(|kept| kept.apart(read));
        if apart.is_none_or(|apart| apart > Duration::from_secs(2)) {
            *kept = Some(read);
        }
        kept.unwrap_or(read)
    }
}

/// When the first of [`LIFELONG`] that runs began.
fn first_process() -> Result<Timestamp, String> {
    let manager =
        ffi::services::Manager::connect().map_err(|error| format!("service manager: {error}"))?;
    for name in LIFELONG {
        let Ok(Some(service)) = manager.service(name) else { continue };
        let Ok(status) = service.status() else { continue };
        if status.pid == 0 {
            continue;
        }
        return ffi::process::all()
            .and_then(|all| services::started(&all, status.pid))
            .map_err(|error| format!("the process of {name}, {}: {error}", status.pid));
    }
    Err("no process was found that lives as long as the host (DcomLaunch, RpcSs, PlugPlay)"
        .to_owned())
}
