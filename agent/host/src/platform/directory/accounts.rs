//! The machine accounts of domain controllers: how old their passwords are by this copy of the directory.

use epmesh_facts::{DnsName, MachineAccount, Reading, Timestamp};

use super::{
    ask::{Ask, DirectoryError},
    wanted::Wanted,
};

/// The primary groups of domain controllers and of read-only ones (MS-ADTS 6.1.1.3.1), which the directory has an
/// index of.
const DOMAIN_CONTROLLERS: &str = "(|(primaryGroupID=516)(primaryGroupID=521))";

/// The accounts of the own domain, of those that are wanted.
pub(super) async fn accounts(
    directory: &mut dyn Ask,
    wanted: &Wanted,
) -> Result<Vec<MachineAccount>, DirectoryError> {
    let root = directory.object("", &["defaultNamingContext"]).await?;
    let base = root.text("defaultNamingContext").ok_or_else(|| DirectoryError::Missing {
        what: "defaultNamingContext in the rootDSE".to_owned(),
    })?;
    let found = directory.below(base, DOMAIN_CONTROLLERS, &["dNSHostName", "pwdLastSet"]).await?;
    let mut all = Vec::new();
    for account in &found {
        let host = account.text("dNSHostName").and_then(|text| text.parse::<DnsName>().ok());
        let Some(host) = host.filter(|host| wanted.hosts.contains(host)) else { continue };
        all.push(MachineAccount { host, password_set: password_set(account.text("pwdLastSet")) });
    }
    all.sort_by(|a, b| a.host.cmp(&b.host));
    Ok(all)
}

/// A password that was never set, or has to be changed at the next logon, has the time 0 (MS-ADA3 2.175).
fn password_set(text: Option<&str>) -> Reading<Timestamp> {
    let Some(text) = text else {
        return Reading::unseen("the account shows no pwdLastSet");
    };
    match text.parse::<u64>() {
        Ok(0) => Reading::Absent,
        Ok(time) => Timestamp::from_filetime(time)
            .map_or_else(|| Reading::unseen("pwdLastSet is before 1970"), Reading::Value),
        Err(_) => Reading::unseen("pwdLastSet is no number"),
    }
}
