//! The replication partners to which this host's own looks fail: of these the times of replication are
//! stated as they are, of the others to the hour.
//!
//! The times of a row that works change with every cycle of replication. That says nothing new, and would have
//! all rows sent again every few minutes. Where a look fails, when replication last got through to the same
//! partner is evidence against that look, and the minute counts.

use std::collections::BTreeSet;

use epmesh_common::{
    facts::{Neighbour, PeerObservation, PortProbe, Reading, Replication, Section, Timestamp},
    rpc::{InterfaceId, names},
};
use uuid::Uuid;

/// The interface of directory replication (MS-DRSR 2.1).
const REPLICATION: &str = "drsuapi";

/// The most partners that are remembered; a domain controller has fewer inbound neighbours.
const MOST: usize = 4096;

/// The partners to which the last look failed, by the GUIDs of their NTDS Settings objects.
#[derive(Debug, Default)]
pub(super) struct FailingPartners(BTreeSet<Uuid>);

impl FailingPartners {
    /// A look at a peer ended.
    pub(super) fn looked(&mut self, observation: &PeerObservation) {
        let (Some(guid), Some(interface)) = (observation.dsa_guid, names::find(REPLICATION)) else {
            return;
        };
        if !fails(observation, interface) {
            self.0.remove(&guid);
        } else if self.0.len() < MOST {
            self.0.insert(guid);
        }
    }

    /// A section as it is stated.
    pub(super) fn stated(&self, section: Section) -> Section {
        match section {
            Section::Replication(Replication { neighbours: Reading::Value(rows) }) => {
                let rows = rows.into_iter().map(|row| self.row(row)).collect();
                Section::Replication(Replication { neighbours: Reading::Value(rows) })
            }
            other => other,
        }
    }

    fn row(&self, row: Neighbour) -> Neighbour {
        if row.last_result != 0 || self.0.contains(&row.source) {
            return row;
        }
        let last_attempt = row.last_attempt.map(Timestamp::hour);
        let last_success = row.last_success.map(Timestamp::hour);
        Neighbour { last_attempt, last_success, ..row }
    }
}

/// Whether a look got through to the interface at no address, or lost a whole endpoint map. One that was not
/// to ask for the interface says nothing.
fn fails(observation: &PeerObservation, interface: InterfaceId) -> bool {
    let probes = || observation.addresses.iter();
    let asked = || probes().flat_map(|probe| &probe.interfaces);
    let mut ours = asked().filter(|asked| asked.interface.offers(interface)).peekable();
    let is_other = ours.peek().is_none() && asked().next().is_some();
    let reached = ours.any(|asked| asked.ports.iter().any(PortProbe::takes_bind));
    let loses_map =
        probes().any(|probe| probe.map.as_ref().is_some_and(|map| map.endpoints.is_err()));
    loses_map || !is_other && !reached
}

#[cfg(test)]
mod tests {
    use epmesh_common::facts::{AddressProbe, Failure, Stage};

    use super::*;

    const GUID: Uuid = Uuid::from_u128(1);

    fn row(last_result: u32, second: u64) -> Neighbour {
        let at = |second: u64| Some(Timestamp::from_millis(1_795_219_200_000 + second * 1000));
        Neighbour {
            naming_context: "DC=lab,DC=test".to_owned(),
            source: GUID,
            last_result,
            last_attempt: at(second),
            last_success: at(second.min(40)),
            failures: last_result,
        }
    }

    #[test]
    fn a_row_that_works_is_stated_to_the_hour_and_one_that_fails_to_the_second() {
        let partners = FailingPartners::default();
        assert_eq!(partners.row(row(0, 10)), partners.row(row(0, 3599)));
        assert_ne!(partners.row(row(0, 3599)), partners.row(row(0, 7200)));
        assert_eq!(partners.row(row(1753, 50)), row(1753, 50));
    }

    #[test]
    fn a_row_that_works_is_stated_to_the_second_while_the_look_fails() {
        let drsuapi = names::find(REPLICATION).expect("a known interface");
        let address = "192.0.2.2".parse().expect("an address");
        let reached = AddressProbe::reached(address, drsuapi, 49664, 1);
        let silent = AddressProbe::connected(address, Stage::failed(Failure::TimedOut, 1));
        let look = |probe| PeerObservation {
            peer: "dc2.lab.test".parse().expect("a host name"),
            dsa_guid: Some(GUID),
            lookups: Vec::new(),
            addresses: vec![probe],
        };
        let mut partners = FailingPartners::default();
        partners.looked(&look(silent));
        assert_eq!(partners.row(row(0, 10)), row(0, 10));
        partners.looked(&look(reached));
        assert_ne!(partners.row(row(0, 10)), row(0, 10));
    }
}
