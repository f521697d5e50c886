//! The section on where records and passwords came from.

use epmesh_facts::{Blank, DirectoryObjects, Platform, Reading, Reason};

use super::{
    accounts::accounts,
    ask::{Ask, DirectoryError, reading},
    wanted::wanted,
    zones::zones,
};

/// Asks the directory: some twelve searches, so that this is done rarely.
pub async fn origins(directory: &mut dyn Ask, platform: Platform) -> DirectoryObjects {
    let wanted = match wanted(directory).await {
        Ok(wanted) => wanted,
        Err(error) => return unread(error),
    };
    let dns = reading(zones(directory, &wanted, platform).await);
    let accounts = reading(accounts(directory, &wanted).await);
    let (zones, names) = match dns {
        Reading::Value((zones, names)) => (Reading::Value(zones), Reading::Value(names)),
        Reading::Absent => (Reading::Absent, Reading::Absent),
        Reading::NotApplicable => (Reading::NotApplicable, Reading::NotApplicable),
        Reading::Unreadable(why) => (Reading::Unreadable(why.clone()), Reading::Unreadable(why)),
    };
    DirectoryObjects { zones, names, accounts }
}

fn unread(error: DirectoryError) -> DirectoryObjects {
    let blank = match reading::<()>(Err(error)) {
        Reading::Unreadable(why) => Blank::Unreadable(why),
        // A failed read has no other reading.
        _ => Blank::unreadable(Reason::from("it could not be asked")),
    };
    DirectoryObjects::blank(&blank)
}
