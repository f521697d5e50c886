//! The settings of the RPC runtime: the registry's, and the one that is not there.

use epmesh_common::facts::{Reading, RpcSettings, StaticPort, StaticPortOwner};

use super::{host_state::Live, wmi};
use crate::platform::windows::{dfsr_config, rpc_settings};

impl Live {
    /// The registry's settings, and the one that is not there.
    pub(super) fn rpc_settings(&self) -> RpcSettings {
        let mut told = rpc_settings::read(self.registry());
        let is_of_dfsr = |row: &&mut StaticPort| row.owner == StaticPortOwner::Dfsr;
        if let Some(row) = told.static_ports.iter_mut().find(is_of_dfsr)
            && row.port == Reading::Unreadable(rpc_settings::DFSR_ELSEWHERE.to_owned())
        {
            row.port = self.dfsr_port.get(|| dfsr_config::port(wmi::dfsr_config()));
        }
        told
    }
}
