//! The services of this host, from its processes, smb.conf and systemd.

use std::{path::Path, time::Instant};

use epmesh_facts::{Reading, Services, error::chain};

use super::{live::Live, proc, services, systemd};

impl Live {
    pub(super) fn services(&self, asked: Instant) -> Services {
        let dir = self.at(Path::new("/proc"));
        let processes = match self.processes(asked) {
            Ok(processes) => processes,
            Err(error) => return Services { list: Reading::unreadable(&error) },
        };
        let conf = self.conf().ok();
        let passwd = self.read("/etc/passwd").map_err(|error| chain(&error));
        Services {
            list: services::list(&services::ServiceSources {
                processes: &processes,
                all: proc::sees_all(&dir),
                conf: conf.as_ref(),
                start: systemd::samba_start(&self.settings.root),
                boot: self.boot(),
                passwd: passwd.as_deref().map_err(String::as_str),
            }),
        }
    }
}
