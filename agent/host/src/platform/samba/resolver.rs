//! The sources of names of this host.

use std::{
    net::{IpAddr, Ipv4Addr},
    path::Path,
};

use epmesh_facts::{
    InterfaceDns, LmhostsFile, Reading, Reason, ReasonKind, RegisteredName, Resolver,
};

use super::{live::Live, registered, resolv};
use crate::{
    name_files::{hosts, lmhosts},
    os::read::FileError,
    platform::{directory::Own, not_readable},
};

/// Where Samba looks for LMHOSTS unless it is built otherwise.
const LMHOSTS: &str = "/etc/samba/lmhosts";

impl Live {
    /// Puts the section together; `own` is what the directory says of this host.
    pub(super) fn resolver(&self, own: &Reading<Own>) -> Resolver {
        let conf = file(self.read("/etc/resolv.conf"), |text| resolv::parse(&text));
        let behind = self.behind_stub(conf.value());
        let smb_conf = self.conf();
        Resolver {
            hosts: file(self.read("/etc/hosts"), |text| hosts::parse("/etc/hosts", &text)),
            servers: match &behind {
                Some(Ok(servers)) => Reading::Value(servers.clone()),
                // Without them the stub is what can be asked.
                Some(Err(_)) | None => conf.clone().and_then(resolv::ResolvConf::servers),
            },
            interfaces: self.interfaces(behind.as_ref()),
            search: conf.and_then(resolv::ResolvConf::search),
            lmhosts: self.lmhosts(),
            wins: match &smb_conf {
                Ok(conf) => conf.wins(),
                Err(error) => Reading::unreadable(error),
            },
            registered: self.registered(own),
            // What winbind and Samba's tools remember (gencache.tdb) the directory's replication does
            // not use: it asks anew.
            cache: match behind {
                Some(_) => Reading::Unreadable(not_readable::never(not_readable::RESOLVED_CACHE)),
                None => Reading::NotApplicable,
            },
        }
    }

    /// The DNS servers that systemd-resolved asks, where resolv.conf names nobody but that service; or
    /// why they are not known. They are what resolves a name, in the order in which that service has
    /// them: the stub on this host has no records of its own, and its address says nothing to anybody
    /// else. What it makes of a name is seen through the system's own resolver, a source by itself.
    fn behind_stub(
        &self,
        conf: Option<&resolv::ResolvConf>,
    ) -> Option<Result<Vec<IpAddr>, Reason>> {
        let servers = &conf?.servers;
        if servers.is_empty() || !servers.iter().all(|server| STUBS.contains(server)) {
            return None;
        }
        let text = match self.read(BEHIND_STUB) {
            Ok(text) => text,
            Err(error) => {
                let why = Reason::of(&error);
                // It writes that file whenever it runs.
                let kind = if error.is_absent() { ReasonKind::NotRunning } else { why.kind };
                return Some(Err(Reason { kind, ..why }));
            }
        };
        let servers = needed(resolv::parse(&text).servers());
        Some(servers.and_then(
            |servers| match servers.iter().all(|server| STUBS.contains(server)) {
                true => Err(Reason::of_kind(
                    ReasonKind::NotConfigured,
                    format!("{BEHIND_STUB} names no server"),
                )),
                false => Ok(servers),
            },
        ))
    }

    fn lmhosts(&self) -> Reading<LmhostsFile> {
        file(self.read(LMHOSTS), |text| lmhosts::parse(LMHOSTS, &text))
    }

    /// resolv.conf knows no interfaces. Where systemd-resolved stands behind it there are some, and
    /// only that service tells them.
    fn interfaces(
        &self,
        behind: Option<&Result<Vec<IpAddr>, Reason>>,
    ) -> Reading<Vec<InterfaceDns>> {
        let target = std::fs::read_link(self.at(Path::new("/etc/resolv.conf")));
        let linked =
            target.is_ok_and(|target| target.to_string_lossy().contains("systemd/resolve"));
        // Where its own file cannot be read, that is what is missing.
        let (kind, stub) = match behind {
            Some(Ok(_)) => (ReasonKind::NeverReadHere, not_readable::RESOLVED_BEHIND.to_owned()),
            Some(Err(why)) => {
                (why.kind, format!("; programs ask its stub, and which are behind it: {why}"))
            }
            None if linked => (ReasonKind::NeverReadHere, String::new()),
            None => return Reading::NotApplicable,
        };
        let words = format!("{}{stub}", not_readable::RESOLVED_INTERFACES);
        Reading::Unreadable(Reason::of_kind(kind, words))
    }

    fn registered(&self, own: &Reading<Own>) -> Reading<Vec<RegisteredName>> {
        let own = match own {
            Reading::Value(own) => own,
            Reading::Absent => return Reading::Absent,
            Reading::NotApplicable => return Reading::NotApplicable,
            Reading::Unreadable(why) => return Reading::Unreadable(why.clone()),
        };
        let records = || {
            let conf = self.conf().map_err(|error| Reason::of(&error))?;
            let folder = needed(conf.private_dir())?;
            let path = folder.join("dns_update_list");
            let text = self.read(&path.to_string_lossy()).map_err(|error| Reason::of(&error))?;
            let all = needed(self.addresses())?;
            let addresses = match conf.interfaces() {
                Reading::Value(words) => registered::selected(&all, &words)?,
                Reading::Unreadable(why) => return Err(why),
                Reading::Absent | Reading::NotApplicable => {
                    all.iter().map(|one| one.address).collect()
                }
            };
            registered::expand(&text, own, &addresses)
                .map_err(|why| Reason::from(format!("{}: {why}", path.display())))
        };
        // A domain controller without this list cannot keep its records: that it is not there is no
        // answer to which records it wants.
        records().map_or_else(Reading::Unreadable, Reading::Value)
    }
}

/// The addresses at which systemd-resolved answers (systemd-resolved.service(8)).
const STUBS: [IpAddr; 2] =
    [IpAddr::V4(Ipv4Addr::new(127, 0, 0, 53)), IpAddr::V4(Ipv4Addr::new(127, 0, 0, 54))];

/// Where systemd-resolved writes the servers that it asks itself.
const BEHIND_STUB: &str = "/run/systemd/resolve/resolv.conf";

/// What is in a file that need not be there.
fn file<T>(read: Result<String, FileError>, parse: impl FnOnce(String) -> T) -> Reading<T> {
    match read {
        Ok(text) => Reading::Value(parse(text)),
        Err(error) if error.is_absent() => Reading::Absent,
        Err(error) => Reading::unreadable(&error),
    }
}

/// The value of something that must be there.
fn needed<T>(reading: Reading<T>) -> Result<T, Reason> {
    match reading {
        Reading::Value(value) => Ok(value),
        Reading::Unreadable(why) => Err(why),
        Reading::Absent | Reading::NotApplicable => Err("it is not there".into()),
    }
}
