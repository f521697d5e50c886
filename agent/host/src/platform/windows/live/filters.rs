//! The RPC filters of this host.

use epmesh_facts::{Filters, Reading};

use super::host_state::Live;
use crate::{
    os::windows::access::is_local_system,
    platform::windows::{ffi, filters},
};

impl Live {
    pub(super) fn filters(&self) -> Filters {
        let (rpc, rpc_left_out) = match ffi::filters::rpc().map(filters::RpcFilters::finish) {
            Ok((told, left_out)) => {
                // Who cannot say who it is, is not taken for the system.
                let is_system = is_local_system().unwrap_or(false);
                (filters::told(told, is_system), Reading::Value(left_out))
            }
            Err(error) => (Reading::unseen(error), Reading::unseen(error)),
        };
        Filters { profiles: filters::profiles(self.registry()), rpc, rpc_left_out }
    }
}
