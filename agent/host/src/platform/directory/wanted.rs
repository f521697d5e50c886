//! The domain controllers whose names and accounts are read: those that this one may look at.

use std::collections::BTreeSet;

use epmesh_facts::{DnsName, NtdsSettings};

use super::{
    ask::{Ask, DirectoryError},
    objects::{neighbours, settings, whoami},
};

/// A forest with no more domain controllers is read whole; of a larger one, those that this one replicates from.
const EVERYONE: usize = 64;
/// The most domain controllers whose names are read.
const MOST: usize = 200;

/// The names of domain controllers that are of interest, each under `_msdcs` too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Host names.
    pub(super) hosts: BTreeSet<DnsName>,
    /// Host names and the aliases of NTDS Settings objects.
    pub(super) names: BTreeSet<DnsName>,
}

/// Asks the directory for them.
pub(super) async fn wanted(directory: &mut dyn Ask) -> Result<Wanted, DirectoryError> {
    let own = whoami(directory).await?;
    let mut list = settings(directory).await?.list;
    if list.len() > EVERYONE {
        let sources: BTreeSet<_> =
            neighbours(directory).await?.into_iter().map(|row| row.source).collect();
        list.retain(|row| Some(row.dsa_guid) == own.dsa_guid || sources.contains(&row.dsa_guid));
        list.truncate(MOST);
    }
    let forest = own.forest.as_ref();
    let alias = |row: &NtdsSettings| forest?.dsa_alias(row.dsa_guid).ok();
    let hosts: BTreeSet<DnsName> = list.iter().filter_map(|row| row.host.clone()).collect();
    let names = hosts.iter().cloned().chain(list.iter().filter_map(alias)).collect();
    Ok(Wanted { hosts, names })
}
