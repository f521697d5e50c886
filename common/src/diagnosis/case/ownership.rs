//! Address ownership: who answers at an address, and which domain controller says that it owns it.

use std::net::IpAddr;

use epmesh_facts::{AddressProbe, DnsName};
use epmesh_identity::Identity;
use uuid::Uuid;

use super::{
    super::{culprit::OtherHost, evidence::Observed},
    fresh_evidence::Case,
    owner::Owner,
};

impl Case<'_> {
    /// Whether the source says that it owns `address`.
    pub(in crate::diagnosis) fn owns(&self, address: IpAddr) -> bool {
        let owned = self.source_host.and_then(|host| host.fact.addresses.value());
        owned.into_iter().flatten().any(|owned| owned.address == address)
    }

    /// The owner of `address`: first by what answers there, then by what the source says of itself,
    /// then by what the other domain controllers say.
    pub(in crate::diagnosis) fn owner(&self, address: IpAddr) -> Owner {
        self.owners.get_or_insert(address, || self.work_out_owner(address))
    }

    fn work_out_owner(&self, address: IpAddr) -> Owner {
        if let Some(owner) = self.answered(address) {
            return owner;
        }
        if self.owns(address) {
            return Owner::Source;
        }
        let claimed = self.evidence.owners.get(&address).filter(|name| *name != self.source());
        let other = |name: &DnsName| Owner::Other(Some(OtherHost::Named(name.to_string())));
        // Behind address translation the source owns another address than the one that leads to it. Where it states
        // its addresses, one witness alone may be mistaken, and nobody takes its word against an owner's.
        match (self.led_to_source(address), self.states_addresses(), claimed) {
            (2.., ..) | (1, false, _) => Owner::Source,
            (_, _, Some(name)) => other(name),
            (1, true, None) => Owner::NotKnown,
            // Where only that is seen which a namesake would say too, it may be translated.
            (0, true, None) if self.is_named_at(address) => Owner::NotKnown,
            (0, true, None) => Owner::Other(None),
            (0, false, None) if self.evidence.owners.contains_key(&address) => Owner::Source,
            (0, false, None) => Owner::NotKnown,
        }
    }

    /// How many witnesses that the directory knows say that the source answers them at an address: none, one, or
    /// more.
    fn led_to_source(&self, address: IpAddr) -> usize {
        let is_led = |other: &&&Observed| {
            let probe = other.seen.addresses.iter().find(|probe| probe.address == address);
            probe.and_then(|probe| self.answerer(probe)) == Some(Owner::Source)
                && self.is_vouched(&other.witness)
        };
        self.others.iter().filter(is_led).take(2).count()
    }

    /// Whether one witness alone says that the source answers at an address that the source does not state.
    pub(in crate::diagnosis) fn is_told_by_one(&self, address: IpAddr) -> bool {
        self.owner(address) == Owner::NotKnown
            && self.states_addresses()
            && !self.is_named_at(address)
            && self.led_to_source(address) == 1
    }

    /// Whether the source says which addresses it owns.
    fn states_addresses(&self) -> bool {
        self.source_host.is_some_and(|host| host.fact.addresses.value().is_some())
    }

    /// Whether the host that answered the destination at an address gave a name or a GUID.
    pub(in crate::diagnosis) fn is_named_at(&self, address: IpAddr) -> bool {
        let says_who = |who: &Identity| {
            who.dns_name.is_some() || who.netbios_name.is_some() || who.dsa_guid.is_some()
        };
        let answers = self.probe(address).into_iter().flat_map(|probe| &probe.identity);
        answers.filter_map(|answer| answer.outcome.as_ref().ok()).any(says_who)
    }

    /// Whether what answered the destination at an address is the source.
    pub(in crate::diagnosis) fn is_answered_by_source(&self, address: IpAddr) -> bool {
        self.answered(address) == Some(Owner::Source)
    }

    /// The owner of an address by what answered the destination there.
    fn answered(&self, address: IpAddr) -> Option<Owner> {
        let seen = &self.look?.seen;
        let probed = seen.index().probes().iter().find(|probed| probed.address == address)?;
        let is_source = match (probed.guid, self.source_guid()) {
            (Some(theirs), Some(wanted)) => theirs == wanted,
            _ => probed.is_peer && seen.peer == *self.source(),
        };
        if is_source {
            return Some(Owner::Source);
        }
        self.answerer(self.probe(address)?)
    }

    /// The GUID of the source's NTDS Settings object: by its own word; else by that of the host that
    /// answers under its name, if there is one; else by the destination's directory, which may be stale.
    pub(in crate::diagnosis) fn source_guid(&self) -> Option<Uuid> {
        self.stated_guid()
            .or_else(|| self.answered_guid())
            .or_else(|| self.known_settings().map(|known| known.dsa_guid))
    }

    /// The source's GUID by its own word.
    pub(in crate::diagnosis) fn stated_guid(&self) -> Option<Uuid> {
        self.source_host?.fact.dsa_guid.value().copied()
    }

    /// The one GUID under which a host answered the destination by the source's name; none where two hosts
    /// answer by that name under different GUIDs.
    pub(in crate::diagnosis) fn answered_guid(&self) -> Option<Uuid> {
        let look = self.look?;
        let probes = look.seen.index().probes().iter();
        let mut guids = probes.filter(|probed| probed.is_peer).filter_map(|probed| probed.guid);
        let first = guids.next().filter(|_| look.seen.peer == *self.source())?;
        guids.all(|other| other == first).then_some(first)
    }

    /// The owner of an address by what answered there to the strongest method that was answered at all.
    pub(in crate::diagnosis) fn answerer(&self, probe: &AddressProbe) -> Option<Owner> {
        let mut answers: Vec<_> = probe.identity.iter().collect();
        answers.sort_by_key(|answer| answer.method);
        let source_guid = self.source_guid();
        answers.iter().filter_map(|answer| answer.outcome.as_ref().ok()).find_map(|who| {
            let is_named = |name: &str| {
                name.trim_end_matches('.').eq_ignore_ascii_case(self.source().as_str())
            };
            if let (Some(theirs), Some(wanted)) = (who.dsa_guid, source_guid) {
                let other = |name: &String| {
                    let is_namesake = is_named(name);
                    if is_namesake { OtherHost::Namesake } else { OtherHost::Named(name.clone()) }
                };
                return Some(if theirs == wanted {
                    Owner::Source
                } else {
                    Owner::Other(who.dns_name.as_ref().map(other))
                });
            }
            if let Some(name) = &who.dns_name {
                let is_source = is_named(name);
                // A name made of the host and the domain, where the host's own suffix is another.
                if !is_source && self.is_domain_name_of_source(name) {
                    return None;
                }
                return Some(if is_source {
                    Owner::Source
                } else {
                    Owner::Other(Some(OtherHost::Named(name.clone())))
                });
            }
            let name = who.netbios_name.as_ref()?;
            // A NetBIOS name holds 15 bytes; a match is the source, or a namesake elsewhere.
            let host: String = self.source().host().chars().take(15).collect();
            if name.eq_ignore_ascii_case(&host) {
                None
            } else {
                Some(Owner::Other(Some(OtherHost::Named(name.clone()))))
            }
        })
    }

    /// The name of the host that answers port 135 of `address`, where that is another one than the source, which
    /// answers at the same address by a stronger word.
    pub(in crate::diagnosis) fn other_mapper(&self, address: IpAddr) -> Option<&str> {
        let name = self.probe(address)?.mapper_host()?;
        let is_source = name.trim_end_matches('.').eq_ignore_ascii_case(self.source().as_str())
            || self.is_domain_name_of_source(name);
        (!is_source && self.owner(address) == Owner::Source).then_some(name)
    }

    /// Whether `name` is the source's host name in its own domain.
    fn is_domain_name_of_source(&self, name: &str) -> bool {
        let domain = self.source_host.and_then(|host| host.fact.domain.value());
        let (Some(domain), Some((host, suffix))) =
            (domain, name.trim_end_matches('.').split_once('.'))
        else {
            return false;
        };
        host.eq_ignore_ascii_case(self.source().host())
            && suffix.eq_ignore_ascii_case(domain.as_str())
    }
}
