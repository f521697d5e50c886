//! Finding the domain controller that another tool's report means.

use epmesh_common::{facts::DnsName, reports::Party};

use super::{FindError, View};

/// The longest NetBIOS name, in bytes.
const NETBIOS: usize = 15;

impl View {
    /// The known domain controller that a report means: by its DSA GUID if it is known, else by its full
    /// name, its host name, or a NetBIOS name that is cut off.
    ///
    /// # Errors
    /// When there is none or more than one.
    pub fn named(&self, party: &Party) -> Result<DnsName, FindError> {
        let of_guid = party
            .dsa_guid
            .and_then(|guid| self.members.iter().find(|(_, member)| member.dsa_guid == Some(guid)));
        if let Some((name, _)) = of_guid {
            return Ok(name.clone());
        }
        let Some(text) = &party.name else { return Err(FindError::Unknown(party.label())) };
        match self.find(text) {
            Err(FindError::Unknown(_)) if text.len() == NETBIOS => {}
            found => return found,
        }
        let begins = |name: &&DnsName| {
            name.host().get(..NETBIOS).is_some_and(|host| host.eq_ignore_ascii_case(text))
        };
        let mut candidates: Vec<DnsName> = self.members.keys().filter(begins).cloned().collect();
        match (candidates.pop(), candidates.is_empty()) {
            (Some(only), true) => Ok(only),
            (Some(last), false) => {
                candidates.push(last);
                Err(FindError::Ambiguous { name: text.clone(), candidates })
            }
            (None, _) => Err(FindError::Unknown(text.chars().take(80).collect())),
        }
    }
}
