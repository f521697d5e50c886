//! A small reader of capture files: pcap and pcapng, Ethernet, IPv4 and IPv6, TCP put in order.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::{Path, PathBuf},
    process::Command,
};

use epmesh_rpc::{Body, DecodeError, Pdu, ProtocolError, Reassembler, Splitter};

/// One captured frame, numbered from 1 as the usual tools do it.
struct Frame {
    number: usize,
    bytes: Vec<u8>,
}

/// One direction of a TCP connection.
pub(crate) type Direction = ((IpAddr, u16), (IpAddr, u16));

/// The bytes of one direction, with the frame that brought each piece.
#[derive(Default)]
pub(crate) struct Stream {
    next: Option<u32>,
    pub(crate) pieces: Vec<(usize, Vec<u8>)>,
    later: BTreeMap<u32, (usize, Vec<u8>)>,
}

/// A PDU and the frame in which its last byte came.
pub(crate) struct Found {
    pub(crate) frame: usize,
    pub(crate) bytes: Vec<u8>,
    pub(crate) pdu: Result<Pdu, DecodeError>,
}

/// The folder of the workspace: several crates read captures with this file.
fn workspace() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let top = manifest.ancestors().find(|folder| folder.join("Cargo.lock").is_file());
    top.unwrap_or(manifest).to_owned()
}

/// The folder of captures that may not be copied into the project.
pub(crate) fn foreign(path: &str) -> Option<PathBuf> {
    let beside = workspace().join("../shared/captures");
    let folder = std::env::var_os("EPMESH_CAPTURES").map_or(beside, PathBuf::from);
    let file = folder.join(path);
    if file.exists() {
        return Some(file);
    }
    println!("skipped: {path} is not here");
    None
}

pub(crate) fn own(name: &str) -> PathBuf {
    workspace().join("common/rpc/tests/data/captures").join(name)
}

/// Every direction of every TCP connection in a file.
pub(crate) fn tcp_streams(path: &Path) -> BTreeMap<Direction, Stream> {
    let mut streams: BTreeMap<Direction, Stream> = BTreeMap::new();
    for frame in frames(path) {
        let Some((direction, segment)) = tcp(&frame.bytes) else { continue };
        let stream = streams.entry(direction).or_default();
        // A port used again for a new connection.
        if segment.syn {
            stream.next = Some(segment.sequence.wrapping_add(1));
            stream.later.clear();
        }
        if !segment.payload.is_empty() {
            stream.add(frame.number, segment.sequence, segment.payload);
        }
    }
    streams
}

/// The payloads of all UDP datagrams in a file.
pub(crate) fn udp_payloads(path: &Path) -> Vec<Vec<u8>> {
    let payload = |frame: Frame| {
        let (_, _, protocol, rest) = ip(&frame.bytes)?;
        let length = usize::from(u16::from_be_bytes(*rest.get(4..)?.first_chunk()?));
        if protocol == 17 { rest.get(8..length).map(<[u8]>::to_vec) } else { None }
    };
    frames(path).into_iter().filter_map(payload).collect()
}

impl Stream {
    fn add(&mut self, frame: usize, sequence: u32, payload: &[u8]) {
        let next = *self.next.get_or_insert(sequence);
        self.later.entry(sequence).or_insert((frame, payload.to_vec()));
        let mut next = next;
        while let Some((&start, _)) =
            self.later.iter().find(|(start, _)| next.wrapping_sub(**start) < 1 << 30)
        {
            let (_, bytes) = self.later.remove(&start).unwrap();
            let known = usize::try_from(next.wrapping_sub(start)).unwrap();
            // The frame that fills a hole completes what came after it, too.
            if let Some(new) = bytes.get(known..).filter(|new| !new.is_empty()) {
                next = next.wrapping_add(u32::try_from(new.len()).unwrap());
                self.pieces.push((frame, new.to_vec()));
            }
        }
        self.next = Some(next);
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.pieces.iter().flat_map(|(_, piece)| piece.clone()).collect()
    }

    /// The PDUs in this direction, and what stopped their reading, if anything.
    pub(crate) fn pdus(&self) -> (Vec<Found>, Option<ProtocolError>) {
        let mut splitter = Splitter::new();
        let mut found = Vec::new();
        for (frame, piece) in &self.pieces {
            splitter.push(piece).unwrap();
            loop {
                match splitter.next_pdu() {
                    Ok(None) => break,
                    Ok(Some(bytes)) => {
                        found.push(Found { frame: *frame, pdu: Pdu::decode(&bytes), bytes });
                    }
                    Err(error) => return (found, Some(error)),
                }
            }
        }
        (found, None)
    }
}

/// A request and its response, with the frames in which their last bytes came.
pub(crate) struct Call {
    asked: usize,
    pub(crate) opnum: u16,
    pub(crate) request: Vec<u8>,
    pub(crate) answered: usize,
    pub(crate) response: Vec<u8>,
}

/// Whole stubs, with frame and operation, where requests and responses alternate on a connection.
pub(crate) fn calls(path: &Path) -> Vec<Call> {
    let streams = tcp_streams(path);
    let mut calls = Vec::new();
    for ((client, server), stream) in &streams {
        let Some(back) = streams.get(&(*server, *client)) else { continue };
        let (requests, responses) = (whole(stream), whole(back));
        for (call_id, (frame, body)) in requests {
            let Body::Request(request) = body else { continue };
            if let Some((answered, Body::Response(response))) = responses.get(&call_id) {
                calls.push(Call {
                    asked: frame,
                    opnum: request.opnum,
                    request: request.stub,
                    answered: *answered,
                    response: response.stub.clone(),
                });
            }
        }
    }
    calls.sort_by_key(|call| call.asked);
    calls
}

fn whole(stream: &Stream) -> BTreeMap<u32, (usize, Body)> {
    let mut reassembler = Reassembler::new();
    let mut whole = BTreeMap::new();
    for found in stream.pdus().0 {
        let Ok(pdu) = found.pdu else { continue };
        if matches!(pdu.body, Body::Request(_) | Body::Response(_))
            && let Ok(Some(assembled)) = reassembler.push(pdu)
        {
            whole.insert(assembled.call_id, (found.frame, assembled.body));
        }
    }
    whole
}

fn frames(path: &Path) -> Vec<Frame> {
    let file = std::fs::read(path).unwrap();
    let packets = match file[..4] {
        [0x0a, 0x0d, 0x0d, 0x0a] => pcapng(&file),
        [0xd4, 0xc3, 0xb2, 0xa1] | [0x4d, 0x3c, 0xb2, 0xa1] => pcap(&file),
        [0x1f, 0x8b, ..] => {
            let unpacked = Command::new("gzip").arg("-dc").arg(path).output().unwrap();
            assert!(unpacked.status.success());
            pcapng(&unpacked.stdout)
        }
        ref magic => panic!("{}: unknown capture format {magic:02x?}", path.display()),
    };
    (1..).zip(packets).map(|(number, bytes)| Frame { number, bytes }).collect()
}

fn u32_at(bytes: &[u8], at: usize) -> usize {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()).try_into().unwrap()
}

fn pcap(file: &[u8]) -> Vec<Vec<u8>> {
    let mut rest = &file[24..];
    let mut packets = Vec::new();
    while rest.len() >= 16 {
        let length = u32_at(rest, 8);
        packets.push(rest[16..16 + length].to_vec());
        rest = &rest[16 + length..];
    }
    packets
}

fn pcapng(file: &[u8]) -> Vec<Vec<u8>> {
    let mut rest = file;
    let mut packets = Vec::new();
    while rest.len() >= 12 {
        // Enhanced packet block; the other blocks hold no packets in these files.
        if u32_at(rest, 0) == 6 {
            packets.push(rest[28..28 + u32_at(rest, 20)].to_vec());
        }
        rest = &rest[u32_at(rest, 4)..];
    }
    packets
}

struct Segment<'a> {
    sequence: u32,
    syn: bool,
    payload: &'a [u8],
}

fn tcp(frame: &[u8]) -> Option<(Direction, Segment<'_>)> {
    let (source, destination, protocol, rest) = ip(frame)?;
    if protocol != 6 {
        return None;
    }
    let u16_at = |at: usize| Some(u16::from_be_bytes(*rest.get(at..)?.first_chunk()?));
    let offset = usize::from(rest.get(12)? >> 4) * 4;
    let direction = ((source, u16_at(0)?), (destination, u16_at(2)?));
    let sequence = u32::from_be_bytes(*rest.get(4..)?.first_chunk()?);
    let syn = rest.get(13)? & 2 != 0;
    Some((direction, Segment { sequence, syn, payload: rest.get(offset..)? }))
}

fn ip(frame: &[u8]) -> Option<(IpAddr, IpAddr, u8, &[u8])> {
    let mut rest = frame.get(12..)?;
    while rest.starts_with(&[0x81, 0x00]) {
        rest = rest.get(4..)?;
    }
    let packet = rest.get(2..)?;
    match rest.first_chunk()? {
        [0x08, 0x00] => {
            let header = usize::from(packet.first()? & 15) * 4;
            let length = usize::from(u16::from_be_bytes(*packet.get(2..)?.first_chunk()?));
            let address = |at: usize| Some(Ipv4Addr::from(*packet.get(at..)?.first_chunk::<4>()?));
            let payload = packet.get(header..length)?;
            Some((address(12)?.into(), address(16)?.into(), *packet.get(9)?, payload))
        }
        [0x86, 0xdd] => {
            let length = usize::from(u16::from_be_bytes(*packet.get(4..)?.first_chunk()?));
            let address = |at: usize| Some(Ipv6Addr::from(*packet.get(at..)?.first_chunk::<16>()?));
            let payload = packet.get(40..40 + length)?;
            Some((address(8)?.into(), address(24)?.into(), *packet.get(6)?, payload))
        }
        _ => None,
    }
}
