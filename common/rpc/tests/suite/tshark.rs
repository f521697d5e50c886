//! Our recordings, PDU by PDU, against tshark as an independent reader.

use std::{
    collections::BTreeMap,
    path::Path,
    process::{Command, Stdio},
};

use epmesh_rpc::{
    Body, ByteOrder,
    epm::{self, LookupReply, MapReply},
};

use crate::capture::{calls, own, tcp_streams};

const FILES: [&str; 4] = [
    "samba3_epmapper.pcapng",
    "samba4_lookup.pcapng",
    "samba4_map_bind.pcapng",
    "samba4_nbstat_cldap.pcapng",
];

const FIELDS: [&str; 11] = [
    "frame.number",
    "dcerpc.ver_minor",
    "dcerpc.pkt_type",
    "dcerpc.cn_call_id",
    "dcerpc.cn_frag_len",
    "dcerpc.cn_bind_to_uuid",
    "epm.rc",
    "epm.num_ents",
    "epm.num_towers",
    "epm.uuid",
    "_ws.expert.message",
];

/// One row per frame with DCE/RPC in it; a field that occurs more than once is joined by commas.
fn tshark(file: &Path) -> Option<Vec<Vec<String>>> {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(file).args(["-Y", "dcerpc", "-T", "fields"]).stderr(Stdio::null());
    command.args(FIELDS.iter().flat_map(|field| ["-e", field]));
    let Ok(output) = command.output() else {
        println!("skipped: tshark is not installed");
        return None;
    };
    assert!(output.status.success());
    let rows = String::from_utf8(output.stdout).unwrap();
    let rows: Vec<Vec<String>> =
        rows.lines().map(|row| row.split('\t').map(str::to_owned).collect()).collect();
    assert!(!rows.is_empty());
    Some(rows)
}

fn numbers(text: &str) -> Vec<u64> {
    text.split(',')
        .filter(|number| !number.is_empty())
        .map(|number| match number.strip_prefix("0x") {
            Some(hex) => u64::from_str_radix(hex, 16).unwrap(),
            None => number.parse().unwrap(),
        })
        .collect()
}

/// Per frame: type, call id, length and offered interfaces of every PDU that ends in it.
type Pdus = BTreeMap<u64, (Vec<u64>, Vec<u64>, Vec<u64>, Vec<String>)>;

#[test]
fn the_same_pdus_and_the_same_answers_of_the_endpoint_mapper() {
    for name in FILES {
        let Some(rows) = tshark(&own(name)) else { return };
        same_pdus(name, &rows);
        same_answers(name, &rows);
    }
}

fn same_pdus(name: &str, rows: &[Vec<String>]) {
    let file = own(name);
    let theirs: Pdus = rows
        .iter()
        // Refused: a bind that claims version 5.1 on purpose.
        .filter(|row| numbers(&row[1]).iter().all(|&minor| minor == 0))
        .map(|row| {
            let uuids = row[5].split(',').filter(|uuid| !uuid.is_empty());
            let lists = (numbers(&row[2]), numbers(&row[3]), numbers(&row[4]));
            let uuids = uuids.map(str::to_owned).collect();
            (numbers(&row[0])[0], (lists.0, lists.1, lists.2, uuids))
        })
        .collect();
    let mut ours = Pdus::new();
    for stream in tcp_streams(&file).values() {
        for found in stream.pdus().0 {
            let bytes = found.bytes.len();
            let header = epmesh_rpc::Header::decode(&found.bytes).unwrap();
            let row = ours.entry(found.frame.try_into().unwrap()).or_default();
            row.0.push(u64::from(header.packet_type as u8));
            row.1.push(header.call_id.into());
            row.2.push(bytes.try_into().unwrap());
            if let Ok(Body::Bind(bind) | Body::AlterContext(bind)) = found.pdu.map(|pdu| pdu.body) {
                let uuids = bind.contexts.iter().map(|c| c.interface.uuid.to_string());
                row.3.extend(uuids);
            }
        }
    }
    assert!(ours.len() > 50, "{name}: {}", ours.len());
    let differ: Vec<_> = ours
        .keys()
        .chain(theirs.keys())
        .filter(|frame| ours.get(frame) != theirs.get(frame))
        .map(|frame| (frame, ours.get(frame), theirs.get(frame)))
        .collect();
    assert!(differ.is_empty(), "{name}: {differ:#?}");
}

fn same_answers(name: &str, rows: &[Vec<String>]) {
    let file = own(name);
    // Where a reply uses a pointer value that its request used, tshark takes the tower for the
    // one of the request and reads its length as the status, as its "long frame" says.
    let answers =
        rows.iter().filter(|row| row[2] == "2" && !row[6].is_empty() && row[10] != "Long frame");
    let calls = calls(&file);
    let mut compared = 0;
    for row in answers {
        let frame = usize::try_from(numbers(&row[0])[0]).unwrap();
        let call = calls.iter().find(|call| call.answered == frame).unwrap();
        let (status, count, towers): (u32, usize, Vec<_>) = match call.opnum {
            epm::opnum::LOOKUP => {
                // See `captures::samba_ad_walks`.
                let Ok(reply) = LookupReply::decode(&call.response, ByteOrder::Little) else {
                    continue;
                };
                let towers = reply.entries.into_iter().filter_map(|entry| entry.tower);
                let towers: Vec<_> = towers.collect();
                (reply.status, towers.len(), towers)
            }
            epm::opnum::MAP => {
                let reply = MapReply::decode(&call.response, ByteOrder::Little).unwrap();
                (reply.raw_status, reply.towers.len(), reply.towers)
            }
            epm::opnum::LOOKUP_HANDLE_FREE => {
                let order = ByteOrder::Little;
                let (_, status) = epm::decode_handle_free_response(&call.response, order).unwrap();
                (status, 0, Vec::new())
            }
            other => panic!("{name} frame {frame}: operation {other}"),
        };
        assert_eq!(numbers(&row[6]), [u64::from(status)], "{name} frame {frame}");
        let theirs = numbers(&row[7]).into_iter().chain(numbers(&row[8])).next().unwrap_or(0);
        assert_eq!(theirs, u64::try_from(count).unwrap(), "{name} frame {frame}");
        let towers = towers.iter().map(|tower| tower.parse().unwrap());
        let ids = towers.flat_map(|tower| [tower.interface(), tower.transfer_syntax()]);
        let ids: Vec<_> = ids.map(|id| id.unwrap().uuid.to_string()).collect();
        assert_eq!(ids.join(","), row[9], "{name} frame {frame}");
        compared += 1;
    }
    assert!(compared > 0, "{name}");
}
