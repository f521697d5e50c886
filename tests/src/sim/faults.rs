//! Breaking a simulated forest, and healing it.

use anyhow::{Context, Result};
use epmesh_common::facts::{HostsLine, ServiceState, StartType};
use uuid::Uuid;

use super::{Scenario, SimDc, SimHost, State, Way, dc::now, table::DRSUAPI_ID};

/// The hosts of a forest: what faults work on.
pub struct Hosts {
    /// The domain controllers, dc1 first; at least three.
    pub dcs: Vec<SimDc>,
    /// The host that is none.
    pub member: SimHost,
}

impl Hosts {
    /// The domain controller with this number, from 1.
    ///
    /// # Errors
    /// When there are fewer.
    pub fn dc(&self, number: usize) -> Result<&SimDc> {
        let found = number.checked_sub(1).and_then(|index| self.dcs.get(index));
        found.with_context(|| format!("there is no dc{number}"))
    }

    /// Whether dc2 has to go down before `scenario`: what it said before and what it says after its
    /// restart must not be read as one.
    #[must_use]
    pub const fn restarts(scenario: Scenario) -> bool {
        matches!(scenario, Scenario::ServiceNotStarted | Scenario::RegistrationFailed)
    }

    /// dc2 goes down.
    ///
    /// # Errors
    /// See [`SimDc::change`].
    pub async fn shut_down(&self) -> Result<()> {
        let down = |state: &mut State| {
            state.directory = State::stopped(StartType::Automatic);
            state.netlogon = State::stopped(StartType::Automatic);
            state.endpoint_mapper = State::stopped(StartType::Automatic);
        };
        self.dc(2)?.change(down).await
    }

    /// Breaks the link from dc2 to dc1.
    ///
    /// # Errors
    /// When there are fewer than three domain controllers; see [`SimDc::change`].
    pub async fn fault(&self, scenario: Scenario) -> Result<()> {
        let (first, second, third) = (self.dc(1)?, self.dc(2)?, self.dc(3)?);
        let (source, alias) = (&second.who().name, second.who().alias()?);
        let (member, other) = (self.member.who(), third.who());
        let on_every_server = |change: &dyn Fn(&mut super::Zone)| {
            self.dcs.iter().for_each(|dc| dc.change_zone(change));
        };
        match scenario {
            Scenario::ServiceNotStarted => {
                let change = |state: &mut State| {
                    state.reboot(now());
                    state.directory = State::stopped(StartType::Disabled);
                };
                second.change(change).await?;
            }
            Scenario::ServiceDied => {
                let change =
                    |state: &mut State| state.directory = State::stopped(StartType::Automatic);
                second.change(change).await?;
            }
            Scenario::EndpointsUnregistered => {
                second.change(|state| state.unregistered.extend([DRSUAPI_ID])).await?;
            }
            Scenario::RegistrationFailed => {
                let change = |state: &mut State| {
                    state.reboot(now());
                    state.unregistered.insert(DRSUAPI_ID);
                };
                second.change(change).await?;
            }
            Scenario::HostsFileOverride => {
                let line =
                    HostsLine { line: 4, address: member.ip(), names: vec![source.clone(), alias] };
                first.change(|state| state.hosts.push(line)).await?;
            }
            Scenario::DnsAStale => {
                on_every_server(&|zone| zone.set_address(source, member.address));
            }
            Scenario::DnsCnameWrong => {
                on_every_server(&|zone| zone.set_alias(&alias, &member.name));
            }
            Scenario::DnsCnameMissing => on_every_server(&|zone| zone.remove(&alias)),
            Scenario::WrongServerIdentity => {
                on_every_server(&|zone| zone.set_address(source, other.address));
            }
            Scenario::EpmUnreachable => {
                second.change(|state| state.mapper_way = Way::Silent).await?;
            }
            Scenario::DynamicPortBlocked => {
                second.change(|state| state.rpc_way = Way::Refused).await?;
            }
            Scenario::NotError1753 => {
                let change = |state: &mut State| {
                    state.endpoint_mapper = State::stopped(StartType::Automatic);
                };
                second.change(change).await?;
            }
            Scenario::RpcFiltered => {
                second.change(|state| state.hidden.extend([DRSUAPI_ID])).await?;
            }
            Scenario::StaleEndpoint => {
                second.change(|state| state.stale.extend([DRSUAPI_ID])).await?;
            }
            Scenario::EpmAccessDenied => {
                second.change(|state| state.refuses_anonymous = true).await?;
            }
            Scenario::NtdsSettingsStale => {
                first.change(|state| state.rename_settings(source, Uuid::new_v4())).await?;
            }
        }
        Ok(())
    }

    /// Takes every fault away: services that do not run are started now, in new processes.
    ///
    /// # Errors
    /// See [`SimDc::change`].
    pub async fn heal(&self) -> Result<()> {
        for dc in &self.dcs {
            for other in &self.dcs {
                let who = other.who();
                let alias = who.alias()?;
                dc.change_zone(|zone| {
                    zone.set_address(&who.name, who.address);
                    zone.set_alias(&alias, &who.name);
                });
            }
            let change = |state: &mut State| {
                let now = now();
                let is_down = |service: &super::SimService| service.state != ServiceState::Running;
                if is_down(&state.endpoint_mapper) {
                    state.endpoint_mapper = state.running(now);
                }
                if is_down(&state.directory) {
                    state.directory = state.running(now);
                }
                if is_down(&state.netlogon) {
                    state.netlogon = state.running(now);
                }
                state.unregistered.clear();
                state.hidden.clear();
                state.stale.clear();
                state.refuses_anonymous = false;
                state.mapper_way = Way::Open;
                state.rpc_way = Way::Open;
                state.hosts.clear();
                for other in &self.dcs {
                    state.rename_settings(&other.who().name, other.who().dsa_guid);
                }
            };
            dc.change(change).await?;
        }
        Ok(())
    }
}
