//! The surroundings of a destination in the generator's world.

use std::net::IpAddr;

use epmesh_common::facts::{
    AddressProbe, Answer, DnsName, Platform, Reading, Record, RecordData, RecordType, ServiceState,
    Target,
};

use super::{
    super::{
        look::{hosts, look},
        own::netbios,
        world::{Dc, Who, World, alias},
    },
    around::{Around, Client, NetBios, Owner, Tcp},
    calls::lived,
    lived::Lived,
};

/// What the link from `source` to `destination` is to a Windows destination.
#[must_use]
pub fn lives(world: &World, destination: usize, source: usize) -> Lived {
    lived(&OfWorld::new(world, destination, source))
}

/// A destination and a source in the world.
pub struct OfWorld<'w> {
    world: &'w World,
    destination: usize,
    source: usize,
    probes: Vec<AddressProbe>,
}

impl<'w> OfWorld<'w> {
    /// The link from `source` to `destination`.
    #[must_use]
    pub fn new(world: &'w World, destination: usize, source: usize) -> Self {
        let server = &world.dcs[source];
        let target = Target {
            name: server.name.clone(),
            dsa_guid: Some(server.guid),
            forest: Some(server.forest.clone()),
            whole_map: true,
            well_known: false,
        };
        let probes = look(world, destination, &target).addresses;
        Self { world, destination, source, probes }
    }

    fn dc(&self) -> &'w Dc {
        &self.world.dcs[self.destination]
    }
}

impl Around for OfWorld<'_> {
    fn client(&self) -> Client {
        let (dc, source) = (self.dc(), &self.world.dcs[self.source]);
        let stale = dc.stale_settings.iter().find(|(of, _)| *of == self.source);
        let guid = stale.map_or(source.guid, |(_, old)| old.dsa_guid);
        let has_tcp = match &dc.rpc.client_protocols {
            Reading::Value(held) => held
                .iter()
                .any(|it| it.name == "ncacn_ip_tcp" && it.data.eq_ignore_ascii_case("rpcrt4.dll")),
            Reading::Absent => false,
            _ => true,
        };
        Client {
            is_windows: dc.platform == Platform::Windows,
            serves: Some(dc.directory.state == ServiceState::Running),
            // What goes there goes with a restart.
            tcp: if has_tcp { Tcp::Known } else { Tcp::Missing },
            authenticates: dc.rpc.enable_auth_ep_resolution.value() == Some(&1),
            knows_source: stale.is_none(),
            alias: Some(alias(&source.forest, guid)),
            host: source.name.clone(),
            servers: Some(dc.names.servers.clone()),
            recorded: None,
        }
    }

    fn hosts(&self, name: &DnsName, kind: RecordType) -> Option<Answer> {
        Some(hosts(self.world, self.destination, name, kind))
    }

    fn cached(&self, name: &DnsName, kind: RecordType) -> Option<Answer> {
        let held = self.dc().names.cache.iter().find(|(held, of, _)| held == name && *of == kind);
        held.map(|(_, _, answer)| answer.clone())
    }

    fn dns(&self, server: IpAddr, name: &DnsName, kind: RecordType) -> Option<Answer> {
        Some(self.world.ask(self.destination, server, name, kind).unwrap_or(Answer::TimedOut))
    }

    fn netbios(&self, from: NetBios) -> Vec<Answer> {
        let names = &self.dc().names;
        let label = netbios(&self.world.dcs[self.source]);
        let lines = |preload: bool| {
            let lines = names.lmhosts.iter();
            let lines = lines.filter(|line| line.preload == preload && line.name == label);
            lines.map(|line| line.address).collect::<Vec<_>>()
        };
        let held = || {
            let all = names.wins.iter().flat_map(|wins| &wins.holds);
            all.filter(|(name, _)| *name == label).map(|(_, address)| *address).collect()
        };
        let found = match from {
            NetBios::Preloaded => lines(true),
            NetBios::Wins => held(),
            NetBios::Lmhosts => lines(false),
        };
        let name = &self.world.dcs[self.source].name;
        let record = |address| Record {
            name: name.clone(),
            data: RecordData::Address(address),
            ttl: None,
            line: None,
        };
        if found.is_empty() {
            vec![Answer::NoSuchName]
        } else {
            vec![Answer::Records(found.into_iter().map(record).collect())]
        }
    }

    fn probe(&self, address: IpAddr) -> Option<AddressProbe> {
        self.probes.iter().find(|probe| probe.address == address).cloned()
    }

    fn owner(&self, address: IpAddr) -> Owner {
        match self.world.behind(self.destination, address) {
            Some(Who::Dc(dc)) if dc == self.source => Owner::Source,
            // Its own, behind address translation.
            None if self.dc().own_addresses().contains(&address) => Owner::Another,
            Some(_) => Owner::Another,
            None => Owner::Unknown,
        }
    }
}
