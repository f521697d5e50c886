//! Several hosts behind one address: what the links to it have in common, so that they are one fault.

use std::net::IpAddr;

use epmesh_facts::{AddressProbe, RecordType};

use super::{
    case::{Case, Owner},
    culprit::{Culprit, OtherHost},
    fault::Fault,
    name_source::NameSource,
};

/// Whatever answers on the source's port 135, where another witness meets the same other host there: one fault,
/// also where some of them hear the source itself at the address and others do not.
pub(super) fn other_host(case: &Case<'_>, culprit: Option<&Culprit>) -> Option<Fault> {
    let (address, host) = match culprit? {
        Culprit::OtherMapper { at, host } => (at.address, host),
        Culprit::SharedAddress { address, answers: Some(OtherHost::Named(host)), .. } => {
            (*address, host)
        }
        _ => return None,
    };
    let mut met = probes(case, address).filter_map(AddressProbe::mapper_host);
    let is_met = met.any(|name| name.eq_ignore_ascii_case(host));
    is_met.then(|| Fault::EndpointMapper { dc: case.source().clone() })
}

/// The record of an address that the source does not own, where it leads another witness to another host: a balancer,
/// and no translation that a firewall stands before.
pub(super) fn balanced_record(
    case: &Case<'_>,
    culprit: Option<&Culprit>,
    decides: Option<&NameSource<'_>>,
) -> Option<Fault> {
    let Culprit::Port { at, .. } = culprit? else { return None };
    let address = at.address;
    let is_given = decides.is_some_and(|decides| decides.is_dns() && decides.gives(address));
    let is_foreign = case.source_addresses().is_some_and(|owned| !owned.contains(&address));
    if !(is_given && is_foreign) {
        return None;
    }
    let mut answerers = probes(case, address).filter_map(|probe| case.answerer(probe));
    let leads_elsewhere = answerers.any(|owner| matches!(owner, Owner::Other(_)));
    leads_elsewhere.then(|| Fault::DnsRecord {
        name: case.source().clone(),
        record: RecordType::of(address),
        value: Some(address.to_string()),
    })
}

/// What other witnesses saw at an address.
fn probes<'c>(case: &'c Case<'_>, address: IpAddr) -> impl Iterator<Item = &'c AddressProbe> {
    let all = case.others.iter().flat_map(|other| &other.seen.addresses);
    all.filter(move |probe| probe.address == address)
}
