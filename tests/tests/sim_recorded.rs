//! The simulated RPC server against recordings of a real Samba domain controller: same questions,
//! same answers.
#![cfg(test)]

use std::{path::Path, sync::Arc};

use epmesh_common::{
    identity::ntlm::Challenge,
    rpc::{
        Body, ByteOrder, Endpoint, InterfaceId, Pdu, Splitter,
        epm::{Entry, LookupReply, opnum},
    },
};
use epmesh_tests::sim::{Association, RpcHost, SimPorts, Who, samba_endpoints};

#[path = "../../common/rpc/tests/suite/capture.rs"]
#[expect(dead_code, reason = "the reader of recordings is shared; not all of it is needed here")]
mod capture;

/// A domain controller with the ports of the recorded one.
struct Recorded {
    who: Who,
    endpoints: Vec<Endpoint>,
}

const PORTS: SimPorts =
    SimPorts { endpoint_mapper: 135, dns: 53, ldap: 389, node_status: 137, first_rpc: 49152 };

impl RpcHost for Recorded {
    fn endpoints(&self) -> Vec<Endpoint> {
        self.endpoints.clone()
    }

    fn refuses_anonymous(&self) -> bool {
        false
    }

    fn offers(&self, port: u16, interface: InterfaceId) -> bool {
        let here = |endpoint: &&Endpoint| endpoint.binding.port() == Some(port);
        self.endpoints.iter().filter(here).any(|endpoint| endpoint.interface == interface)
    }

    fn challenge(&self) -> Challenge {
        epmesh_tests::sim::domain_challenge(&self.who)
    }
}

/// What of a PDU does not change from one server to the next.
#[derive(Debug, PartialEq, Eq)]
struct Shape {
    body: String,
    flags: u8,
    names_itself: Option<[bool; 5]>,
}

fn shape(pdu: &Pdu) -> Shape {
    let body = match &pdu.body {
        Body::BindAck(ack) => format!(
            "bind_ack {} {} {:?} {:?}",
            ack.max_xmit, ack.max_recv, ack.secondary_address, ack.results
        ),
        Body::AlterContextResp(ack) => format!("alter_context_resp {:?}", ack.results),
        Body::Fault(fault) => format!("fault {:#x}", fault.status),
        Body::Response(response) => format!("response of {} bytes", response.stub.len()),
        other => format!("{other:?}"),
    };
    let names_itself = pdu.auth.as_ref().map(|auth| {
        let said = Challenge::decode(&auth.token).unwrap();
        [
            said.netbios_computer.is_some(),
            said.netbios_domain.is_some(),
            said.dns_computer.is_some(),
            said.dns_domain.is_some(),
            said.dns_tree.is_some(),
        ]
    });
    Shape { body, flags: pdu.flags.bits() & 0x23, names_itself }
}

/// Asks the simulated server everything that a recording asked, but for what comes on a connection
/// from one of the frames `until` on; returns how many answers agreed.
fn replay(path: &Path, until: &[usize]) -> usize {
    let host = Arc::new(Recorded {
        who: Who::new("dc1", [127, 0, 0, 1].into()).unwrap(),
        endpoints: samba_endpoints(&PORTS),
    });
    let streams = capture::tcp_streams(path);
    let mut agreed = 0;
    'connections: for ((client, server), questions) in &streams {
        let Some(answers) = streams.get(&(*server, *client)) else { continue };
        if server.1 != 135 && !(49152..49155).contains(&server.1) {
            continue;
        }
        let mut association = Association::new(Arc::clone(&host) as _, server.1);
        let theirs: Vec<_> = answers.pdus().0.into_iter().filter(|a| a.pdu.is_ok()).collect();
        let mut theirs = theirs.into_iter();
        let mut splitter = Splitter::new();
        // A walk's handle is the server's own: the recorded questions name the recorded one.
        let mut handles: Vec<([u8; 16], [u8; 16])> = Vec::new();
        for (_, piece) in &questions.pieces {
            let mut piece = piece.clone();
            for (recorded, ours) in &handles {
                if let Some(at) = piece.windows(16).position(|bytes| bytes == recorded) {
                    piece[at..at + 16].copy_from_slice(ours);
                }
            }
            splitter.push(&association.receive(&piece).send).unwrap();
            while let Some(bytes) = splitter.next_pdu().unwrap() {
                let ours = Pdu::decode(&bytes).unwrap();
                let found = theirs.next().unwrap_or_else(|| panic!("more than Samba: {ours:?}"));
                let recorded = found.pdu.unwrap();
                assert_eq!(ours.call_id, recorded.call_id, "frame {}", found.frame);
                if let (Body::Response(ours), Body::Response(recorded)) =
                    (&ours.body, &recorded.body)
                    && recorded.stub.len() >= 20
                {
                    let handle = |stub: &[u8]| stub[4..20].try_into().unwrap();
                    handles.push((handle(&recorded.stub), handle(&ours.stub)));
                    handles.retain(|(recorded, _)| *recorded != [0; 16]);
                }
                if until.contains(&found.frame) {
                    continue 'connections;
                }
                assert_eq!(shape(&ours), shape(&recorded), "frame {}", found.frame);
                agreed += 1;
            }
        }
        let left = theirs.next().map(|found| found.frame);
        assert_eq!(left, None, "a frame that has no counterpart");
    }
    agreed
}

fn recording(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../common/rpc/tests/data/captures").join(name)
}

#[test]
fn binds_and_maps_are_answered_as_samba_does() {
    // From 293 on, operations of the management interface: it is offered, and not simulated.
    assert!(replay(&recording("samba4_map_bind.pcapng"), &[293]) > 50);
}

#[test]
fn lookups_are_answered_as_samba_does() {
    // 137 answers a question for more entries than the interface allows.
    assert!(replay(&recording("samba4_lookup.pcapng"), &[137]) > 50);
}

/// Stub by stub, through the same code that reads a real server's.
#[test]
fn the_simulated_map_is_the_recorded_one() {
    let calls = capture::calls(&recording("samba4_lookup.pcapng"));
    let first = calls.iter().find(|call| call.opnum == opnum::LOOKUP).unwrap();
    let page = LookupReply::decode(&first.response, ByteOrder::Little).unwrap();
    let recorded: Vec<_> = page.entries.iter().filter_map(Entry::endpoint).collect();
    assert_eq!(recorded, samba_endpoints(&PORTS));
}
