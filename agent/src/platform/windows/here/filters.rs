//! What filters RPC on this host.

use epmesh_common::facts::{Filters, Reading};

use super::{
    super::{ffi, filters},
    Here,
};

impl Here {
    pub(super) fn filters(&self) -> Filters {
        Filters {
            profiles: filters::profiles(self.registry()),
            rpc: match ffi::filters::rpc() {
                Ok(filters) => Reading::Value(filters),
                Err(error) => Reading::unreadable(&error),
            },
        }
    }
}
