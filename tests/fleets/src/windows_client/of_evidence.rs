//! The surroundings of a destination as the evidence of a scenario has them: its own look, and what both
//! sides say of themselves.

use std::{net::IpAddr, time::Duration};

use epmesh_common::{
    diagnosis::Evidence,
    facts::{
        AddressProbe, Answer, BootMode, DnsName, PeerObservation, Platform, Reading, Record,
        RecordData, RecordType, Service, ServiceRole, ServiceState, Source, Timestamp,
    },
    identity::Identity,
    rpc::names,
};
use uuid::Uuid;

use super::around::{Around, Client, NetBios, Owner, Tcp};

/// The evidence on a link, with the destination's own look in it.
pub struct OfEvidence<'e> {
    evidence: &'e Evidence,
    look: &'e PeerObservation,
    at: Timestamp,
}

impl<'e> OfEvidence<'e> {
    /// The evidence at `now`; `None` where the destination has not looked, or too long ago, or where the link
    /// is not one of replication.
    #[must_use]
    pub fn new(evidence: &'e Evidence, now: Timestamp) -> Option<Self> {
        let oldest = now.minus(Duration::from_millis(evidence.fresh_for_ms));
        let mut own = evidence.observations.iter();
        let own = own.find(|seen| seen.witness == evidence.link.destination)?;
        let is_replication =
            names::by_name("drsuapi").is_some_and(|it| it.id == evidence.link.interface);
        (own.at >= oldest && is_replication).then(|| Self { evidence, look: &own.seen, at: own.at })
    }

    fn asked(&self, source: Source, name: &DnsName, kind: RecordType) -> Option<Answer> {
        let mut lookups = self.look.lookups.iter();
        let asked = lookups.find(|it| {
            it.source == source && it.question.name == *name && it.question.kind == kind
        });
        asked.map(|lookup| lookup.answer.clone())
    }

    /// What the destination recorded of the source last.
    fn recorded(&self) -> Option<i64> {
        let said = &self.evidence.destination.replication.as_ref()?.fact;
        let mut rows = said.neighbours.value()?.iter();
        let row =
            rows.find(|row| Some(row.source) == self.look.dsa_guid && row.last_result != 0)?;
        // As tools print it: security errors are negative.
        Some(i64::from(row.last_result.cast_signed()))
    }

    /// Whether the destination's directory runs and pulls: what stands in the boot option alone may have been
    /// left behind by a script.
    fn serves(&self) -> Option<bool> {
        let facts = &self.evidence.destination;
        let mode = facts.host.as_ref().and_then(|host| host.fact.boot_mode.value());
        let is_normal = mode.is_none_or(|mode| *mode == BootMode::Normal);
        let Some(services) = facts.services.as_ref().and_then(|it| it.fact.list.value()) else {
            return is_normal.then_some(true);
        };
        let pulls =
            |it: &&Service| it.roles.contains(&ServiceRole::Replication) && it.name != "SamSs";
        let state = services.iter().find(pulls).map(|service| service.state);
        // Windows 2003 has no such service: its mode tells.
        Some(state.map_or(is_normal, |state| state == ServiceState::Running))
    }

    /// Whether the source said after the look that its directory does not run: the look is out of date then.
    fn is_outdated(&self) -> bool {
        let said = self.evidence.source.services.as_ref().filter(|said| said.at > self.at);
        let list = said.and_then(|said| said.fact.list.value());
        let serves = |it: &&Service| it.roles.contains(&ServiceRole::DirectoryRpc);
        let mut own = list.into_iter().flatten().filter(serves);
        own.any(|service| service.state != ServiceState::Running)
    }

    /// The objectGUID of the source: by its own word, or by what its destination knows.
    fn guid(&self) -> Option<Uuid> {
        let own = self.evidence.source.host.as_ref();
        own.and_then(|host| host.fact.dsa_guid.value().copied()).or(self.look.dsa_guid)
    }

    /// Who names himself at an address.
    fn named(&self, address: IpAddr) -> impl Iterator<Item = &Identity> {
        let probe = self.look.addresses.iter().find(move |probe| probe.address == address);
        probe.into_iter().flat_map(|it| &it.identity).filter_map(|it| it.outcome.as_ref().ok())
    }

    /// Whether who answers by the source's name has an objectGUID that the destination's directory does not
    /// have.
    fn is_another_guid(&self) -> bool {
        let source = self.evidence.link.source.as_str();
        let mut all = self.look.addresses.iter().flat_map(|probe| self.named(probe.address));
        let is_own = |name: &String| name.eq_ignore_ascii_case(source);
        !self.is_found()
            && all.any(|named| {
                named.dns_name.as_ref().is_some_and(is_own) && named.dsa_guid.is_some()
            })
    }

    /// Whether somebody at some address has the objectGUID that the destination's directory holds.
    fn is_found(&self) -> bool {
        let mut all = self.look.addresses.iter().flat_map(|probe| self.named(probe.address));
        all.any(|named| named.dsa_guid.is_some() && named.dsa_guid == self.look.dsa_guid)
    }
}

impl Around for OfEvidence<'_> {
    fn client(&self) -> Client {
        let to = &self.evidence.destination;
        let host = to.host.as_ref().map(|host| &host.fact);
        let is_windows = host.is_none_or(|host| host.platform == Platform::Windows);
        let rpc = to.rpc_settings.as_ref().map(|rpc| &rpc.fact);
        let stands = match rpc.map(|rpc| &rpc.client_protocols) {
            Some(Reading::Value(held)) => held.iter().any(|it| {
                it.name.eq_ignore_ascii_case("ncacn_ip_tcp")
                    && it.data.eq_ignore_ascii_case("rpcrt4.dll")
            }),
            Some(Reading::Absent) => false,
            _ => true,
        };
        let tcp = if stands { Tcp::Known } else { Tcp::Removed };
        let authenticates =
            rpc.is_some_and(|rpc| rpc.enable_auth_ep_resolution.value() == Some(&1));
        let resolver = to.resolver.as_ref().map(|resolver| &resolver.fact);
        let servers = resolver.and_then(|resolver| resolver.servers.value().cloned());
        let mut lookups = self.look.lookups.iter();
        let alias = lookups.find(|it| it.question.kind == RecordType::Cname);
        Client {
            is_windows,
            serves: self.serves(),
            tcp,
            authenticates,
            knows_source: self.guid() == self.look.dsa_guid && !self.is_another_guid(),
            alias: alias.map(|it| it.question.name.clone()),
            host: self.evidence.link.source.clone(),
            servers,
            recorded: self.recorded(),
        }
    }

    fn hosts(&self, name: &DnsName, kind: RecordType) -> Option<Answer> {
        self.asked(Source::Hosts, name, kind)
    }

    fn cached(&self, name: &DnsName, kind: RecordType) -> Option<Answer> {
        self.asked(Source::Cache, name, kind)
    }

    fn dns(&self, server: IpAddr, name: &DnsName, kind: RecordType) -> Option<Answer> {
        self.asked(Source::Dns(server), name, kind)
    }

    fn netbios(&self, from: NetBios) -> Vec<Answer> {
        let wanted = |source: Source| match from {
            NetBios::Preloaded => false,
            NetBios::Wins => matches!(source, Source::Wins(_)),
            NetBios::Lmhosts => source == Source::Lmhosts,
        };
        if from != NetBios::Preloaded {
            let lookups = self.look.lookups.iter().filter(|it| wanted(it.source));
            return lookups.map(|lookup| lookup.answer.clone()).collect();
        }
        let resolver = self.evidence.destination.resolver.as_ref();
        let file = resolver.and_then(|it| it.fact.lmhosts.value());
        let source = &self.evidence.link.source;
        let label: String = source.host().chars().take(15).collect();
        let lines = file.into_iter().flat_map(|file| &file.lines);
        let lines = lines.filter(|line| line.preload && line.name.eq_ignore_ascii_case(&label));
        let record = |address| Record {
            name: source.clone(),
            data: RecordData::Address(address),
            ttl: None,
            line: None,
        };
        let records: Vec<Record> = lines.map(|line| record(line.address)).collect();
        if records.is_empty() { Vec::new() } else { vec![Answer::Records(records)] }
    }

    fn probe(&self, address: IpAddr) -> Option<AddressProbe> {
        let probe = self.look.addresses.iter().find(|probe| probe.address == address);
        probe.filter(|_| !self.is_outdated()).cloned()
    }

    /// By the name that answers there, and where nobody names himself by what the owner of the address
    /// says; where several answer there, nobody can tell.
    fn owner(&self, address: IpAddr) -> Owner {
        let source = &self.evidence.link.source;
        let is_source = |named: &Identity| {
            let name = named.dns_name.as_deref();
            let name = name.map(|name| name.eq_ignore_ascii_case(source.as_str()))?;
            // Another machine of that name has another objectGUID, while the right one is found elsewhere.
            let other = named.dsa_guid.is_some() && named.dsa_guid != self.look.dsa_guid;
            Some(name && !(other && self.is_found()))
        };
        let named: Vec<bool> = self.named(address).filter_map(is_source).collect();
        match (named.iter().all(|own| *own), named.iter().any(|own| *own)) {
            (true, true) => Owner::Source,
            (false, false) => Owner::Another,
            (false, true) => Owner::Unknown,
            (true, false) => match self.evidence.owners.get(&address) {
                Some(owner) if owner == source => Owner::Source,
                Some(_) => Owner::Another,
                None => Owner::Unknown,
            },
        }
    }
}
