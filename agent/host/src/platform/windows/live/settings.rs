//! The settings of the RPC runtime: the registry's, and the one that is not there.

use epmesh_facts::{Reading, RpcSettings};

use super::{host_state::Live, wmi};
use crate::platform::{
    not_readable,
    windows::{dfsr_config, rpc_settings},
};

impl Live {
    /// The registry's settings alone.
    pub(super) fn registry_settings(&self) -> RpcSettings {
        let not_asked = || Reading::Unreadable(not_readable::never(dfsr_config::DFSR_ELSEWHERE));
        rpc_settings::read(self.registry(), not_asked)
    }

    /// The registry's settings, and the one that is not there.
    pub(super) fn rpc_settings(&self) -> RpcSettings {
        rpc_settings::read(self.registry(), || {
            self.dfsr_port.get(|| dfsr_config::port(wmi::dfsr_config()))
        })
    }
}
