//! Recorded answers against the identity codecs.
//!
//! `data` was recorded from Samba. Captures of others are read where they are: next to
//! the project, or in the directory that EPMESH_CAPTURES names.

use std::{
    env, fs,
    net::Ipv4Addr,
    path::{Path, PathBuf},
};

use epmesh_identity::{
    Identity,
    ber::LengthForm,
    ldap::{Message, Op, SearchResultEntry, message_len},
    nbstat,
    netlogon::{DcFlags, NtVersion, Opcode, Ping, SamLogonResponseEx},
    ntlm::{Challenge, Negotiate, NegotiateFlags, Version},
    rootdse::RootDse,
};

type Outcome = Result<(), Box<dyn std::error::Error>>;

macro_rules! recorded {
    ($name:literal) => {
        octets(include_str!(concat!("data/", $name, ".hex")))
    };
}

fn octets(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        hex.chars().filter_map(|c| c.to_digit(16)).filter_map(|d| u8::try_from(d).ok()).collect();
    digits.as_chunks::<2>().0.iter().map(|[high, low]| high << 4 | low).collect()
}

/// The token of the auth trailer of a PDU (C706 13.2.6.1).
fn auth_token(pdu: &[u8]) -> Option<&[u8]> {
    let word = |at| Some(usize::from(u16::from_le_bytes(*pdu.get(at..)?.first_chunk()?)));
    let (frag_length, auth_length): (usize, usize) = (word(8)?, word(10)?);
    pdu.get(frag_length.checked_sub(auth_length)?..frag_length)
}

fn entry(message: &Message) -> Option<&SearchResultEntry> {
    match &message.op {
        Op::SearchResultEntry(entry) => Some(entry),
        _ => None,
    }
}

/// Decodes the netlogon attribute of the first message of a datagram.
fn netlogon(datagram: &[u8]) -> Result<SamLogonResponseEx, Box<dyn std::error::Error>> {
    let messages = Message::decode_all(datagram)?;
    let entry = messages.first().and_then(entry).ok_or("no entry")?;
    let blob = entry.values("netlogon").first().ok_or("no netlogon")?;
    Ok(SamLogonResponseEx::decode(blob)?)
}

fn text(value: &str) -> Option<String> {
    Some(value.to_owned())
}

#[test]
fn ntlm_challenge_in_a_bind_ack() -> Outcome {
    let pdu = recorded!("ntlm_bind_ack");
    let token = auth_token(&pdu).ok_or("no token")?;
    let challenge = Challenge::decode(token)?;
    assert_eq!(
        challenge,
        Challenge {
            target_name: text("RSCH"),
            flags: NegotiateFlags::from_bits_retain(0xe289_8215),
            server_challenge: [0x66, 0x62, 0x89, 0x8f, 0x3b, 0x32, 0x3a, 0x17],
            netbios_computer: text("RDC1"),
            netbios_domain: text("RSCH"),
            dns_computer: text("rdc1.rsch.test"),
            dns_domain: text("rsch.test"),
            dns_tree: None,
            timestamp: Some(0x01dd_7949_e96e_a664),
            version: Some(Version { major: 6, minor: 1, build: 0, revision: 15 }),
        }
    );
    assert_eq!(Challenge::decode(&challenge.encode()?)?, challenge);
    let identity = Identity::from(&challenge);
    assert_eq!(
        identity,
        Identity {
            dns_name: text("rdc1.rsch.test"),
            netbios_name: text("RDC1"),
            domain: text("rsch.test"),
            ..Identity::default()
        }
    );
    Ok(())
}

#[test]
fn ntlm_challenge_of_a_host_in_no_domain() -> Outcome {
    let challenge = Challenge::decode(&recorded!("ntlm_member_challenge"))?;
    let identity = Identity::from(&challenge);
    assert!(challenge.flags.contains(NegotiateFlags::TARGET_TYPE_SERVER));
    assert_eq!(identity.netbios_name, challenge.target_name);
    assert!(identity.netbios_name.is_some());
    assert_eq!((identity.domain, identity.is_domain_controller), (None, Some(false)));
    Ok(())
}

#[test]
fn ldap_ping_question() -> Outcome {
    let recorded = recorded!("ping");
    let messages = Message::decode_all(&recorded)?;
    let [Message { op: Op::SearchRequest(search), .. }] = messages.as_slice() else {
        return Err("no search".into());
    };
    let ping = Ping::from_search(search).ok_or("no ping")?;
    let asked = Ping {
        dns_domain: text("rsch.test"),
        host: None,
        nt_version: NtVersion::EX | NtVersion::WITH_CLOSEST_SITE,
    };
    assert_eq!(ping, asked);
    // What we would send differs in the case of the attribute name at most.
    let ours = Message::new(1, Op::SearchRequest(ping.to_search())).encode()?;
    assert_eq!(ours.to_ascii_lowercase(), recorded.to_ascii_lowercase());
    Ok(())
}

#[test]
fn ldap_ping_answer() -> Outcome {
    for (datagram, address) in [
        (recorded!("ping_answer"), None),
        (recorded!("ping_answer_with_ip"), Some(Ipv4Addr::new(10, 99, 0, 1))),
    ] {
        let messages = Message::decode_all(&datagram)?;
        assert_eq!(messages.len(), 2);
        assert!(matches!(&messages[1].op, Op::SearchResultDone(result) if result.code == 0));
        let response = netlogon(&datagram)?;
        assert_eq!(response.opcode, Opcode::Response);
        assert_eq!(response.flags, DcFlags::from_bits_retain(0x11bd));
        let names = "pdc gc ldap ds kdc closest writable full-secret-domain-6";
        assert_eq!(response.flags.names().collect::<Vec<_>>().join(" "), names);
        assert_eq!(response.domain_guid.to_string(), "8b7edad2-b0c2-4195-a6a9-6194c2e7afc6");
        assert_eq!(response.client_site, text("Default-First-Site-Name"));
        assert_eq!((response.address, &response.user), (address, &None));
        assert_eq!(
            Identity::from(&response),
            Identity {
                dns_name: text("rdc1.rsch.test"),
                netbios_name: text("RDC1"),
                domain: text("rsch.test"),
                forest: text("rsch.test"),
                site: text("Default-First-Site-Name"),
                dsa_guid: None,
                is_domain_controller: Some(true),
            }
        );
        // The compression is the same, so the octets are.
        let blob = entry(&messages[0]).ok_or("no entry")?.values("netlogon")[0].clone();
        assert_eq!(response.encode()?, blob);
        let again: Vec<u8> = messages.iter().flat_map(|m| m.encode().unwrap()).collect();
        assert_eq!(again, datagram);
    }
    Ok(())
}

#[test]
fn ldap_ping_for_a_domain_that_is_not_there() -> Outcome {
    let messages = Message::decode_all(&recorded!("ping_unknown_domain"))?;
    assert!(matches!(messages.as_slice(), [Message { op: Op::SearchResultDone(_), .. }]));
    Ok(())
}

#[test]
fn root_dse_over_a_stream() -> Outcome {
    assert_eq!(recorded!("bind_request"), Message::anonymous_bind(1).encode()?);
    let (bind, _) = Message::decode(&recorded!("bind_response"))?;
    assert!(matches!(&bind.op, Op::BindResponse(result) if result.code == 0));
    assert_eq!(recorded!("unbind_request"), Message::new(3, Op::UnbindRequest).encode()?);
    let (request, _) = Message::decode(&recorded!("root_dse_request"))?;
    assert_eq!(request.encode()?, recorded!("root_dse_request"));

    let stream = recorded!("root_dse");
    let len = message_len(&stream[..4])?.ok_or("length unknown")?;
    let (first, used) = Message::decode(&stream[..len])?;
    assert_eq!(used, len);
    let (done, _) = Message::decode(&stream[len..])?;
    assert!(matches!(&done.op, Op::SearchResultDone(result) if result.code == 0));
    for form in [LengthForm::Shortest, LengthForm::FourOctets] {
        assert_eq!(Message::decode(&first.encode_as(form)?)?.0, first);
    }

    let dse = RootDse::from_entry(entry(&first).ok_or("no entry")?);
    assert_eq!(dse.problems, []);
    assert_eq!(dse.dns_host_name, text("RDC1.rsch.test"));
    assert_eq!(dse.ldap_service_name, text("rsch.test:rdc1$@RSCH.TEST"));
    assert_eq!((dse.is_synchronized, dse.is_global_catalog_ready), (Some(true), Some(true)));
    assert_eq!(dse.current_time, text("20261120235109.0Z"));
    let functionality = (dse.domain_functionality, dse.forest_functionality, dse.dc_functionality);
    assert_eq!(functionality, (Some(4), Some(4), Some(4)));
    assert_eq!(
        Identity::from(&dse),
        Identity {
            dns_name: text("RDC1.rsch.test"),
            netbios_name: text("RDC1"),
            domain: text("rsch.test"),
            forest: text("rsch.test"),
            site: text("Default-First-Site-Name"),
            dsa_guid: None,
            is_domain_controller: Some(true),
        }
    );
    Ok(())
}

#[test]
fn node_status() -> Outcome {
    let request = nbstat::Request::decode(&recorded!("node_status_request"))?;
    assert_eq!(request.transaction, 0x1234);
    assert_eq!(request.encode(), recorded!("node_status_request"));
    let recorded = recorded!("node_status");
    let reply = nbstat::Reply::decode(&recorded)?;
    assert_eq!((reply.names.len(), reply.transaction), (8, request.transaction));
    // All but the statistics, which are zero from us.
    let ours = reply.encode()?;
    assert_eq!(ours.len(), recorded.len());
    assert_eq!(ours[..recorded.len() - 40], recorded[..recorded.len() - 40]);
    assert_eq!(
        Identity::from(&reply),
        Identity {
            netbios_name: text("RDC1"),
            domain: text("RSCH"),
            is_domain_controller: Some(true),
            ..Identity::default()
        }
    );
    Ok(())
}

/// Where the captures of others are; `None`, said aloud, where they are not.
fn captures(test: &str) -> Option<PathBuf> {
    let path = env::var_os("EPMESH_CAPTURES").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/captures"),
        PathBuf::from,
    );
    let there = path.is_dir().then_some(path);
    if there.is_none() {
        println!("skipped: {test}: no captures here");
    }
    there
}

/// A row of `vectors.tsv`: name, file and frame, hex.
fn vector(captures: &Path, name: &str) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let table = fs::read_to_string(captures.join("vectors.tsv"))?;
    let row = table.lines().find(|row| row.split('\t').next() == Some(name));
    Ok(octets(row.and_then(|row| row.split('\t').nth(2)).ok_or("no such vector")?))
}

#[test]
fn windows_asks_and_samba_answers_an_ldap_ping() -> Outcome {
    let Some(captures) = captures("windows_asks_and_samba_answers_an_ldap_ping") else {
        return Ok(());
    };
    let question = vector(&captures, "cldap_1")?;
    let (message, len) = Message::decode(&question)?;
    assert_eq!(len, question.len());
    assert_eq!(message.encode_as(LengthForm::FourOctets)?, question);
    let Op::SearchRequest(search) = &message.op else { return Err("no search".into()) };
    let ping = Ping::from_search(search).ok_or("no ping")?;
    assert!(ping.dns_domain.is_some() && ping.host.is_some());
    assert!(ping.nt_version.contains(NtVersion::EX));

    let response = netlogon(&vector(&captures, "cldap_2")?)?;
    assert_eq!(response.opcode, Opcode::Response);
    assert_eq!(response.dns_host, text("obed.s4.howto.abartlet.net"));
    assert_eq!(response.netbios_domain, text("S4-HOWTO"));
    assert_eq!(SamLogonResponseEx::decode(&response.encode()?)?, response);
    Ok(())
}

#[test]
fn a_workstation_answers_node_status() -> Outcome {
    let Some(captures) = captures("a_workstation_answers_node_status") else { return Ok(()) };
    let question = vector(&captures, "nbstat_q")?;
    let request = nbstat::Request::decode(&question)?;
    assert_eq!(request.encode(), question);
    let answer = vector(&captures, "nbstat_r")?;
    let reply = nbstat::Reply::decode(&answer)?;
    assert_eq!(reply.transaction, request.transaction);
    assert_eq!(reply.computer_name(), Some("GUNNAR"));
    assert!(!reply.claims_domain_controller());
    assert!(reply.mac.is_some_and(|mac| mac != [0; 6]));
    Ok(())
}

/// How many NTLM challenges, NTLM negotiates and node status replies were found.
type Counts = [usize; 3];

/// Reads every NTLM and node status message of a capture: octets of one message stand together in a file.
fn read_every_message(path: &Path, counts: &mut Counts) -> Outcome {
    let octets = fs::read(path)?;
    let [challenges, negotiates, replies] = counts;
    for at in 0..octets.len() {
        let Some(rest) = octets.get(at..) else { break };
        if rest.starts_with(b"NTLMSSP\0\x02\0\0\0") {
            let challenge = Challenge::decode(rest)
                .map_err(|error| format!("{}: {at}: {error}", path.display()))?;
            assert!(challenge.netbios_computer.is_some(), "{}: {at}", path.display());
            assert_eq!(Challenge::decode(&challenge.encode()?)?, challenge);
            *challenges += 1;
        } else if rest.starts_with(b"NTLMSSP\0\x01\0\0\0") {
            Negotiate::decode(rest)?;
            *negotiates += 1;
        } else if rest.get(2..12) == Some(b"\x84\0\0\0\0\x01\0\0\0\0")
            && rest.get(12..15) == Some(b"\x20CK")
        {
            let reply = nbstat::Reply::decode(rest)
                .map_err(|error| format!("{}: {at}: {error}", path.display()))?;
            assert!(reply.computer_name().is_some(), "{}: {at}", path.display());
            assert_eq!(nbstat::Reply::decode(&reply.encode()?)?, reply);
            *replies += 1;
        }
    }
    Ok(())
}

#[test]
fn every_message_of_our_captures() -> Outcome {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rpc/tests/data/captures");
    let mut counts = Counts::default();
    for file in fs::read_dir(folder)? {
        read_every_message(&file?.path(), &mut counts)?;
    }
    println!("challenges, negotiates, node status replies: {counts:?}");
    let [challenges, _, replies] = counts;
    assert!(challenges > 0 && replies > 0);
    Ok(())
}

#[test]
fn every_message_of_foreign_captures() -> Outcome {
    let Some(captures) = captures("every_message_of_foreign_captures") else { return Ok(()) };
    let (mut counts, mut is_whole) = (Counts::default(), true);
    for folder in ["zeek", "suricata-verify", "ndpi", "scapy"] {
        let Ok(files) = fs::read_dir(captures.join(folder)) else {
            println!("skipped: every_message_of_foreign_captures: no {folder} here");
            is_whole = false;
            continue;
        };
        for file in files {
            read_every_message(&file?.path(), &mut counts)?;
        }
    }
    println!("challenges, negotiates, node status replies: {counts:?}");
    assert!(!is_whole || counts.iter().all(|count| *count > 0));
    Ok(())
}
