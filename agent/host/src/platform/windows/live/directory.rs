//! The section on the directory, where this host is a domain controller.

use std::net::{IpAddr, ToSocketAddrs as _};

use epmesh_facts::{Blank, Directory, DirectoryObjects, Platform, Reading, Reason, Replication};
use uuid::Uuid;

use super::host_state::Live;
use crate::platform::{
    directory::{self, DirectoryError, ask::reading},
    windows::{
        ffi::{
            self,
            ldap::Connection,
            names::{NameKind, computer_name},
        },
        own_directory::Directories,
    },
};

impl Live {
    pub(super) fn directory(&self) -> Directory {
        if let Some(blank) = no_directory() {
            return Directory::blank(&blank);
        }
        let both = finished(self.connections.with(self, async |connection| {
            let settings = directory::settings(connection).await;
            Ok((settings, directory::own(connection).await))
        }));
        match both {
            Ok((settings, own)) => directory::section(reading(settings), reading(own)),
            Err(error) => Directory::blank(&Blank::unreadable(Reason::of(&error))),
        }
    }

    pub(super) fn directory_objects(&self) -> DirectoryObjects {
        if let Some(blank) = no_directory() {
            return DirectoryObjects::blank(&blank);
        }
        let read = finished(self.connections.with(self, async |connection| {
            directory::origins(connection, Platform::Windows).await
        }));
        reading(read).or_blank(DirectoryObjects::blank)
    }

    pub(super) fn replication(&self) -> Replication {
        let neighbours = match no_directory() {
            Some(blank) => blank.reading(),
            None => reading(finished(
                self.connections
                    .with(self, async |connection| directory::neighbours(connection).await),
            )),
        };
        Replication { neighbours }
    }

    /// The GUID of this host's own NTDS Settings object.
    pub(super) fn own_guid(&self) -> Reading<Uuid> {
        let who = finished(
            self.connections.with(self, async |connection| directory::whoami(connection).await),
        );
        match reading(who) {
            Reading::Value(who) => who.dsa_guid.map_or_else(
                || Reading::unseen("the directory does not say which object is its own"),
                Reading::Value,
            ),
            Reading::Absent | Reading::NotApplicable => Reading::Absent,
            Reading::Unreadable(why) => Reading::Unreadable(why),
        }
    }
}

impl Directories for Live {
    type Connection = Connection;

    fn own_name(&self) -> String {
        computer_name(NameKind::DnsFullyQualified).unwrap_or_default()
    }

    fn leads_here(&self, name: &str) -> bool {
        let (Ok(found), Ok(own)) = ((name, 0).to_socket_addrs(), Self::own_addresses()) else {
            return false;
        };
        let found: Vec<IpAddr> = found.map(|address| address.ip()).collect();
        let is_own =
            |found: &IpAddr| found.is_loopback() || own.iter().any(|own| own.address == *found);
        !found.is_empty() && found.iter().all(is_own)
    }

    fn connect(&self, host: &str) -> Result<Connection, DirectoryError> {
        Connection::open(host).map_err(|error| DirectoryError::Open {
            at: format!("the directory at {host}"),
            source: Box::new(error),
        })
    }
}

/// Why there is no directory to be asked: it does not belong to this host, by its role. That it
/// does not answer on a domain controller is another thing.
fn no_directory() -> Option<Blank> {
    match ffi::role::read() {
        Ok(role) if role.domain_controller => None,
        Ok(_) => Some(Blank::NotApplicable),
        Err(error) => Some(Blank::unreadable(error)),
    }
}

/// The questions are shared with platforms on which they wait; here each blocks, so that this
/// waits for nothing.
fn finished<T>(questions: impl Future<Output = T>) -> T {
    tokio::runtime::Handle::current().block_on(questions)
}
