//! The section on the directory, where this host is a domain controller.

use epmesh_facts::{Blank, Directory, DirectoryObjects, Platform, Reading, Reason, Replication};
use uuid::Uuid;

use super::host_state::Live;
use crate::platform::{
    directory::{self, Ask as _, DirectoryError, ask::reading},
    windows::ffi::{
        self,
        ldap::Connection,
        names::{NameKind, computer_name},
    },
};

impl Live {
    pub(super) fn directory(&self) -> Directory {
        if let Some(blank) = no_directory() {
            return Directory::blank(&blank);
        }
        let mut connection = match open() {
            Ok(connection) => connection,
            Err(error) => {
                return Directory::blank(&Blank::unreadable(Reason::of(&error)));
            }
        };
        let (settings, own) = finished(async {
            let settings = directory::settings(&mut connection).await;
            (settings, directory::own(&mut connection).await)
        });
        directory::section(reading(settings), reading(own))
    }

    pub(super) fn directory_objects(&self) -> DirectoryObjects {
        if let Some(blank) = no_directory() {
            return DirectoryObjects::blank(&blank);
        }
        let read = open().and_then(|mut connection| {
            finished(directory::origins(&mut connection, Platform::Windows))
        });
        reading(read).or_blank(DirectoryObjects::blank)
    }

    pub(super) fn replication(&self) -> Replication {
        let neighbours = match no_directory() {
            Some(blank) => blank.reading(),
            None => reading(open().and_then(|mut connection| {
                finished(async { directory::neighbours(&mut connection).await })
            })),
        };
        Replication { neighbours }
    }
}

/// The GUID of this host's own NTDS Settings object.
pub(super) fn own_guid() -> Reading<Uuid> {
    let who = open()
        .and_then(|mut connection| finished(async { directory::whoami(&mut connection).await }));
    match reading(who) {
        Reading::Value(who) => who.dsa_guid.map_or_else(
            || Reading::unseen("the directory does not say which object is its own"),
            Reading::Value,
        ),
        Reading::Absent | Reading::NotApplicable => Reading::Absent,
        Reading::Unreadable(why) => Reading::Unreadable(why),
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

/// A connection to this host's own directory: over loopback, where no name has to be right; else by
/// its own name, which Kerberos needs.
fn open() -> Result<Connection, DirectoryError> {
    let own = computer_name(NameKind::DnsFullyQualified).unwrap_or_default();
    let mut connection = connect("localhost").or_else(|error| match own.as_str() {
        "" => Err(error),
        // The first error is the one to tell: nothing but the way of logging on is in its way.
        name => connect(name).map_err(|_| error),
    })?;
    let root = finished(async { connection.object("", &["dnsHostName"]).await })?;
    match root.text("dnsHostName") {
        Some(name) if name.eq_ignore_ascii_case(&own) => Ok(connection),
        // A hosts file can send this host's own name elsewhere.
        other => Err(DirectoryError::Missing {
            what: format!(
                "{own}: {} answered in its place",
                other.map_or_else(|| "a directory without a name".to_owned(), str::to_owned)
            ),
        }),
    }
}

fn connect(host: &str) -> Result<Connection, DirectoryError> {
    Connection::open(host).map_err(|error| DirectoryError::Open {
        at: format!("the directory at {host}"),
        source: Box::new(error),
    })
}

/// The questions are shared with platforms on which they wait; here each blocks, so that this
/// waits for nothing.
fn finished<T>(questions: impl Future<Output = T>) -> T {
    tokio::runtime::Handle::current().block_on(questions)
}
