//! Answers to "who are you" that mean harm: LDAP, the LDAP ping and NetBIOS node status.

use std::sync::atomic::Ordering;

use epmesh_agent::probe::WirePorts;
use epmesh_common::{
    facts::IdentityMethod,
    identity::{ldap, nbstat},
};
use tokio::net::UdpSocket;

use crate::{
    fixture::{LOCALHOST, closed_ports, config, look_at_address},
    hostile::{MOST, flood, names, who},
};

async fn root_dse(first: Vec<u8>, then: Vec<u8>) -> (String, usize) {
    let (ldap, sent) = flood(first, then).await;
    let probe = look_at_address(config(WirePorts { ldap, ..closed_ports() })).await;
    let failure = who(&probe, IdentityMethod::RootDse).expect_err("a hostile rootDSE");
    (failure.to_string(), sent.load(Ordering::Relaxed))
}

#[tokio::test]
async fn ldap_that_announces_nests_or_floods() {
    let (said, _) = root_dse(vec![0x30, 0x84, 0x7f, 0xff, 0xff, 0xff], vec![]).await;
    names(&said, "rootDSE: ldap message at offset 0");
    // Sequence in sequence, four kilobytes deep.
    let mut nested = vec![0x30, 0x82, 0x0f, 0xfc];
    nested.extend([0x30, 0x80].repeat(0x0ffc / 2));
    let (said, _) = root_dse(nested, vec![]).await;
    names(&said, "rootDSE: ");
    // An entry that is none of the question, for ever.
    let other = ldap::Message::new(99, ldap::Op::SearchResultEntry(Default::default()));
    let (said, _) = root_dse(other.encode().unwrap(), vec![]).await;
    names(&said, "message id 99");
    // The right id, entry upon entry, and never done.
    let more = ldap::Message::new(1, ldap::Op::SearchResultEntry(Default::default()));
    let (said, sent) = root_dse(more.encode().unwrap(), more.encode().unwrap().repeat(200)).await;
    names(&said, "a second entry");
    assert!(sent <= MOST, "{sent} bytes went to one look");
    let (said, sent) = root_dse(vec![], vec![0xff; 8192]).await;
    names(&said, "rootDSE: ");
    assert!(sent <= MOST, "{sent} bytes went to one look");
}

/// Answers every datagram with these, from its own port or from another.
async fn datagrams(elsewhere: bool, answers: Vec<Vec<u8>>) -> u16 {
    let socket = UdpSocket::bind((LOCALHOST, 0)).await.unwrap();
    let other = UdpSocket::bind((LOCALHOST, 0)).await.unwrap();
    let port = socket.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut buffer = [0; 4096];
        loop {
            let (count, from) = socket.recv_from(&mut buffer).await.unwrap();
            for answer in &answers {
                let mut answer = answer.clone();
                // The transaction of node status, where there is room for it.
                if answer.starts_with(&[0xee, 0xee]) {
                    answer[..2].copy_from_slice(&buffer[..2.min(count)]);
                }
                let by = if elsewhere { &other } else { &socket };
                by.send_to(&answer, from).await.unwrap();
            }
        }
    });
    port
}

#[tokio::test]
async fn datagrams_that_answer_nothing() {
    let stranger = ldap::Message::new(0x7fff_ffff, ldap::Op::SearchResultEntry(Default::default()));
    let stranger = stranger.encode().unwrap();
    let ping = async |elsewhere, answers| {
        let cldap = datagrams(elsewhere, answers).await;
        let probe = look_at_address(config(WirePorts { cldap, ..closed_ports() })).await;
        who(&probe, IdentityMethod::LdapPing).expect_err("a hostile answer").to_string()
    };
    names(&ping(false, vec![b"garbage".to_vec()]).await, "LDAP ping: ");
    names(&ping(false, vec![stranger.clone(); 100]).await, "64 datagrams came");
    // From another port it is not even seen.
    names(&ping(true, vec![stranger; 100]).await, "no answer in time");
    let mut nested = vec![0x30, 0x82, 0x0f, 0xfc];
    nested.extend([0x30, 0x80].repeat(0x0ffc / 2));
    names(&ping(false, vec![nested]).await, "LDAP ping: ");
}

#[tokio::test]
async fn node_status_with_a_false_count() {
    let reply = nbstat::Reply::default().encode().unwrap();
    let mut reply = [&[0xee, 0xee], &reply[2..]].concat();
    let count = reply.iter().len() - 1;
    reply[count] = 255;
    let netbios = datagrams(false, vec![reply]).await;
    let probe = look_at_address(config(WirePorts { netbios, ..closed_ports() })).await;
    let failure = who(&probe, IdentityMethod::NodeStatus).expect_err("255 names of none");
    names(&failure.to_string(), "node status: node name");
}
