//! The audit policy.

use std::ptr;

use windows_sys::Win32::Security::Authentication::Identity::{
    AUDIT_POLICY_INFORMATION, Audit_DetailedTracking_RpcCall, AuditFree, AuditQuerySystemPolicy,
    POLICY_AUDIT_EVENT_FAILURE, POLICY_AUDIT_EVENT_SUCCESS,
};

use super::error::{CallError, last_code};

/// Whether the subcategory *RPC Events* is on, for success or for failure. It takes the privilege
/// `SeSecurityPrivilege`, or the access right to query the policy, which LocalSystem and administrators have.
///
/// # Errors
/// When the policy cannot be read.
pub(super) fn rpc_events() -> Result<bool, CallError> {
    const CALL: &str = "AuditQuerySystemPolicy";
    let subcategory = Audit_DetailedTracking_RpcCall;
    let mut policy = Policy(ptr::null_mut());
    // SAFETY: one subcategory is asked for, and `policy.0` is valid for a write; what it holds afterwards is
    // freed by `Policy`.
    let done = unsafe { AuditQuerySystemPolicy(&raw const subcategory, 1, &raw mut policy.0) };
    if !done {
        return Err(CallError { call: CALL, code: last_code() });
    }
    // ERROR_INVALID_DATA: a stub that succeeds with nothing says nothing of the policy.
    let none = CallError { call: CALL, code: 13 };
    // SAFETY: null, or one element, which lives as long as `policy`.
    let told = unsafe { policy.0.as_ref() }.ok_or(none)?.AuditingInformation;
    let on = POLICY_AUDIT_EVENT_SUCCESS | POLICY_AUDIT_EVENT_FAILURE;
    Ok(told & on.cast_unsigned() != 0)
}

/// What the policy says of the subcategories that were asked for; null while nothing is there.
struct Policy(*mut AUDIT_POLICY_INFORMATION);

impl Drop for Policy {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: the memory came from AuditQuerySystemPolicy and is freed once, here.
            unsafe { AuditFree(self.0.cast_const().cast()) };
        }
    }
}
