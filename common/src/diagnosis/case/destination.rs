//! The destination's own facts, as far as they decide whether it replicates at all.

use epmesh_facts::{
    Boot, EndpointMap, Host, Platform, Reading, RpcSettings, Service, ServiceRole, ServiceState,
    Timestamp,
};
use epmesh_rpc::ProtocolSequence;

use super::fresh_evidence::{Case, on_our_clock};

impl<'a> Case<'a> {
    /// A time of the destination's own clock, on the coordinator's.
    pub(in crate::diagnosis) fn on_our_clock_there(&self, at: Timestamp) -> Timestamp {
        on_our_clock(self.evidence.destination.clock_ahead_ms, at)
    }

    /// The destination's own facts on its host.
    pub(in crate::diagnosis) fn destination_host(&self) -> Option<&'a Host> {
        self.fresh(self.evidence.destination.host.as_ref())
    }

    /// The settings of the destination's RPC runtime.
    pub(in crate::diagnosis) fn destination_rpc(&self) -> Option<&'a RpcSettings> {
        self.fresh(self.evidence.destination.rpc_settings.as_ref())
    }

    /// Whether the destination's own questions to an endpoint mapper carry credentials, as those of a look do not
    /// (`EnableAuthEpResolution`, \[MS-RPCE\] 3.1.1.1.3); `None` where its settings were not seen. Samba asks without.
    pub(in crate::diagnosis) fn destination_asks_with_credentials(&self) -> Option<bool> {
        if self.destination_platform() == Some(Platform::Samba) {
            return Some(false);
        }
        match &self.destination_rpc()?.enable_auth_ep_resolution {
            Reading::Value(value) => Some(*value == 1),
            Reading::Absent | Reading::NotApplicable => Some(false),
            Reading::Unreadable(_) => None,
        }
    }

    /// The destination's boot.
    pub(in crate::diagnosis) fn destination_boot(&self) -> Option<&'a Boot> {
        self.destination_host()?.boot.value()
    }

    /// The destination's service with this role, as it was told in the destination's present life.
    pub(in crate::diagnosis) fn destination_service(
        &self,
        role: ServiceRole,
    ) -> Option<&'a Service> {
        let services = self.destination_services?;
        let booted = self.destination_boot().map(|boot| self.on_our_clock_there(boot.at));
        let of_this_life = booted.is_none_or(|booted| services.at >= booted);
        services.fact.with_role(role).filter(|_| of_this_life)
    }

    /// Whether its directory runs and serves replication on no TCP port, by its own endpoint map of its present
    /// life, and has not pulled since it came up: its process knows no `ncacn_ip_tcp`, as server and as client.
    pub(in crate::diagnosis) fn destination_came_up_without_tcp(&self) -> bool {
        let directory = self.destination_service(ServiceRole::Directory);
        let booted = self.destination_boot().map(|boot| self.on_our_clock_there(boot.at));
        let held = self.evidence.destination.endpoint_map.as_ref();
        let held = held.filter(|held| booted.is_none_or(|booted| held.at >= booted));
        let Some(rows) = self.fresh(held).and_then(EndpointMap::own) else { return false };
        let over_tcp = |sequence: &ProtocolSequence| *sequence == ProtocolSequence::NcacnIpTcp;
        let serves = rows
            .iter()
            .any(|row| row.interface == self.interface() && over_tcp(&row.binding.sequence));
        let since = self.changed();
        let mut attempts = self.attempts().chain(self.attempts_elsewhere());
        self.is_replication()
            && directory.is_some_and(|service| service.state == ServiceState::Running)
            && !serves
            && !attempts.any(|attempt| attempt.success > since)
    }

    /// The time at which either end was last started, or its directory: a result from before is of another
    /// state.
    pub(in crate::diagnosis) fn changed(&self) -> Option<Timestamp> {
        let process = self.destination_service(ServiceRole::Directory);
        let process = process.and_then(|service| service.process.value());
        let times = [self.destination_boot().map(|boot| boot.at), process.map(|it| it.started)];
        let there = times.into_iter().flatten().map(|at| self.on_our_clock_there(at)).max();
        there.max(self.began())
    }
}
