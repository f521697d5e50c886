//! The section on where records and passwords came from.

use epmesh_facts::{DirectoryObjects, Platform};

use super::{
    accounts::accounts,
    ask::{Ask, DirectoryError, reading},
    wanted::wanted,
    zones::zones,
};

/// Asks the directory: some twelve searches, so that this is done rarely.
///
/// # Errors
/// The directory does not tell which names and accounts are wanted.
pub async fn origins(
    directory: &mut dyn Ask,
    platform: Platform,
) -> Result<DirectoryObjects, DirectoryError> {
    let wanted = wanted(directory).await?;
    let dns = reading(zones(directory, &wanted, platform).await);
    let accounts = reading(accounts(directory, &wanted).await);
    let names = dns.clone().map(|(_, names)| names);
    Ok(DirectoryObjects { zones: dns.map(|(zones, _)| zones), names, accounts })
}
