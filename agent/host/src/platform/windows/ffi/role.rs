//! The role of this host in its domain: domain controller, member, or neither.

use std::ptr;

use windows_sys::Win32::{
    Foundation::ERROR_SUCCESS,
    Networking::ActiveDirectory::{
        DSROLE_PRIMARY_DOMAIN_INFO_BASIC, DsRole_RoleBackupDomainController,
        DsRole_RolePrimaryDomainController, DsRoleFreeMemory, DsRoleGetPrimaryDomainInformation,
        DsRolePrimaryDomainInfoBasic,
    },
};

use super::{error::CallError, text};

/// The longest name that is taken, in UTF-16 units.
const MAX_NAME: usize = 256;

/// The role of this host in its domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Role {
    /// Whether it is a domain controller, also while the directory is stopped.
    pub(in super::super) domain_controller: bool,
    /// The DNS name of its domain, where it is in one.
    pub(in super::super) domain: Option<String>,
    /// The DNS name of the forest, where it is told.
    pub(in super::super) forest: Option<String>,
}

/// Asks this host (`DsRoleGetPrimaryDomainInformation`); nothing goes over the network.
///
/// # Errors
/// When the system does not tell.
pub(in super::super) fn read() -> Result<Role, CallError> {
    const CALL: &str = "DsRoleGetPrimaryDomainInformation";
    let mut memory = Memory(ptr::null_mut());
    // SAFETY: null stands for this host, and `memory` is valid for a write.
    let code = unsafe {
        DsRoleGetPrimaryDomainInformation(
            ptr::null(),
            DsRolePrimaryDomainInfoBasic,
            &raw mut memory.0,
        )
    };
    if code != ERROR_SUCCESS || memory.0.is_null() {
        return Err(CallError { call: CALL, code });
    }
    // SAFETY: the call succeeded, so that the memory holds this structure; reading it this way
    // needs no alignment.
    let info = unsafe { memory.0.cast::<DSROLE_PRIMARY_DOMAIN_INFO_BASIC>().read_unaligned() };
    // SAFETY: each name is null or ends with a zero, and lives as long as `memory`.
    let name = |at| unsafe { text::at(at, MAX_NAME) }.filter(|name| !name.is_empty());
    Ok(Role {
        domain_controller: info.MachineRole == DsRole_RoleBackupDomainController
            || info.MachineRole == DsRole_RolePrimaryDomainController,
        domain: name(info.DomainNameDns),
        forest: name(info.DomainForestName),
    })
}

/// Memory of the call; null while there is none.
struct Memory(*mut u8);

impl Drop for Memory {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: the memory came from the call and is freed once, here.
            unsafe { DsRoleFreeMemory(self.0.cast()) };
        }
    }
}

#[cfg(test)]
mod tests {
    /// A prefix of Wine is in no domain; a machine that these tests run on may be.
    #[test]
    fn a_workgroup_has_no_domain_controllers() {
        let role = super::read().expect("the role");
        assert!(role.domain.is_some() || !role.domain_controller, "{role:?}");
    }
}
