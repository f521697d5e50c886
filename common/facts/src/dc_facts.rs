//! The facts that a domain controller states of itself, each section with its time.

use serde::{Deserialize, Serialize};

use super::{
    Directory, EndpointMap, Events, Filters, Host, PortUse, Ports, Replication, Resolver,
    RpcSettings, Section, SectionKind, Services, Timestamp,
};

/// A fact and when it was last seen to be so, on the coordinator's clock: the observer's clock
/// corrected by its measured offset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Stamped<T> {
    /// When it was last seen to be so.
    pub at: Timestamp,
    /// The fact.
    pub fact: T,
}

/// What a domain controller says of itself, section by section.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DcFacts {
    /// Milliseconds by which its clock is ahead of the coordinator's; negative when it is behind.
    /// Times inside the facts (a boot, the start of a process) are on its own clock.
    pub clock_ahead_ms: i64,
    /// Who it is.
    pub host: Option<Stamped<Host>>,
    /// Its endpoint map.
    pub endpoint_map: Option<Stamped<EndpointMap>>,
    /// Its services.
    pub services: Option<Stamped<Services>>,
    /// Its ports.
    pub ports: Option<Stamped<Ports>>,
    /// Its sources of names.
    pub resolver: Option<Stamped<Resolver>>,
    /// Its copy of the directory.
    pub directory: Option<Stamped<Directory>>,
    /// Its inbound replication.
    pub replication: Option<Stamped<Replication>>,
    /// The settings of its RPC runtime.
    pub rpc_settings: Option<Stamped<RpcSettings>>,
    /// How much of its ports is in use.
    pub port_use: Option<Stamped<PortUse>>,
    /// What filters RPC on it.
    pub filters: Option<Stamped<Filters>>,
    /// What its event logs say.
    pub events: Option<Stamped<Events>>,
}

impl DcFacts {
    /// Its site, by its own word.
    #[must_use]
    pub fn site(&self) -> Option<&String> {
        self.host.as_ref()?.fact.site.value()
    }

    /// Puts a section in, in the place of the one of its kind.
    pub fn put(&mut self, at: Timestamp, section: Section) {
        match section {
            Section::Host(fact) => self.host = Some(Stamped { at, fact }),
            Section::EndpointMap(fact) => self.endpoint_map = Some(Stamped { at, fact }),
            Section::Services(fact) => self.services = Some(Stamped { at, fact }),
            Section::Ports(fact) => self.ports = Some(Stamped { at, fact }),
            Section::Resolver(fact) => self.resolver = Some(Stamped { at, fact }),
            Section::Directory(fact) => self.directory = Some(Stamped { at, fact }),
            Section::Replication(fact) => self.replication = Some(Stamped { at, fact }),
            Section::RpcSettings(fact) => self.rpc_settings = Some(Stamped { at, fact }),
            Section::PortUse(fact) => self.port_use = Some(Stamped { at, fact }),
            Section::Filters(fact) => self.filters = Some(Stamped { at, fact }),
            Section::Events(fact) => self.events = Some(Stamped { at, fact }),
        }
    }

    /// Every section that there is, in the order of [`SectionKind::ALL`].
    #[must_use]
    pub fn sections(&self) -> Vec<Stamped<Section>> {
        fn wrap<T: Clone>(
            held: Option<&Stamped<T>>,
            section: impl FnOnce(T) -> Section,
        ) -> Option<Stamped<Section>> {
            held.map(|held| Stamped { at: held.at, fact: section(held.fact.clone()) })
        }
        [
            wrap(self.host.as_ref(), Section::Host),
            wrap(self.endpoint_map.as_ref(), Section::EndpointMap),
            wrap(self.services.as_ref(), Section::Services),
            wrap(self.ports.as_ref(), Section::Ports),
            wrap(self.resolver.as_ref(), Section::Resolver),
            wrap(self.directory.as_ref(), Section::Directory),
            wrap(self.replication.as_ref(), Section::Replication),
            wrap(self.rpc_settings.as_ref(), Section::RpcSettings),
            wrap(self.port_use.as_ref(), Section::PortUse),
            wrap(self.filters.as_ref(), Section::Filters),
            wrap(self.events.as_ref(), Section::Events),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// When the section of this kind was last seen to be so; `None` when nobody said.
    #[must_use]
    pub fn at(&self, kind: SectionKind) -> Option<Timestamp> {
        match kind {
            SectionKind::Host => self.host.as_ref().map(|held| held.at),
            SectionKind::EndpointMap => self.endpoint_map.as_ref().map(|held| held.at),
            SectionKind::Services => self.services.as_ref().map(|held| held.at),
            SectionKind::Ports => self.ports.as_ref().map(|held| held.at),
            SectionKind::Resolver => self.resolver.as_ref().map(|held| held.at),
            SectionKind::Directory => self.directory.as_ref().map(|held| held.at),
            SectionKind::Replication => self.replication.as_ref().map(|held| held.at),
            SectionKind::RpcSettings => self.rpc_settings.as_ref().map(|held| held.at),
            SectionKind::PortUse => self.port_use.as_ref().map(|held| held.at),
            SectionKind::Filters => self.filters.as_ref().map(|held| held.at),
            SectionKind::Events => self.events.as_ref().map(|held| held.at),
        }
    }

    /// Takes the section of this kind away.
    pub fn remove(&mut self, kind: SectionKind) {
        match kind {
            SectionKind::Host => self.host = None,
            SectionKind::EndpointMap => self.endpoint_map = None,
            SectionKind::Services => self.services = None,
            SectionKind::Ports => self.ports = None,
            SectionKind::Resolver => self.resolver = None,
            SectionKind::Directory => self.directory = None,
            SectionKind::Replication => self.replication = None,
            SectionKind::RpcSettings => self.rpc_settings = None,
            SectionKind::PortUse => self.port_use = None,
            SectionKind::Filters => self.filters = None,
            SectionKind::Events => self.events = None,
        }
    }

    /// The time of the section of this kind, to move it.
    pub fn at_mut(&mut self, kind: SectionKind) -> Option<&mut Timestamp> {
        match kind {
            SectionKind::Host => self.host.as_mut().map(|held| &mut held.at),
            SectionKind::EndpointMap => self.endpoint_map.as_mut().map(|held| &mut held.at),
            SectionKind::Services => self.services.as_mut().map(|held| &mut held.at),
            SectionKind::Ports => self.ports.as_mut().map(|held| &mut held.at),
            SectionKind::Resolver => self.resolver.as_mut().map(|held| &mut held.at),
            SectionKind::Directory => self.directory.as_mut().map(|held| &mut held.at),
            SectionKind::Replication => self.replication.as_mut().map(|held| &mut held.at),
            SectionKind::RpcSettings => self.rpc_settings.as_mut().map(|held| &mut held.at),
            SectionKind::PortUse => self.port_use.as_mut().map(|held| &mut held.at),
            SectionKind::Filters => self.filters.as_mut().map(|held| &mut held.at),
            SectionKind::Events => self.events.as_mut().map(|held| &mut held.at),
        }
    }
}
