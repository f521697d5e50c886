//! Right answers, damaged at random: bits turned, pieces cut out, doubled, late. A look ends, and
//! what it states is within the bounds of the wire. `EPMESH_HOSTILE_SEEDS` says how many seeds.

use std::{io, time::Duration};

use epmesh_agent::probe::{Config, Peers as _, Prober, WirePorts};
use epmesh_common::{
    facts::{Body, PeerObservation, Reading, Resolver, Target},
    identity::{
        ldap::Message,
        nbns,
        nbstat::{self, Name, NameFlags},
    },
    rpc::names,
    wire::fit,
};
use hickory_proto::{
    op::{Message as DnsMessage, MessageType},
    rr::{RData, Record, rdata::A},
};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use tokio::{
    io::{AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, UdpSocket},
    task::JoinSet,
};

use crate::{
    fixture::{LOCALHOST, closed_ports, config, drsuapi, resolver, target},
    identity::root_dse,
    server::{Behaviour, start},
};

/// Seeds in an ordinary run.
const SEEDS: u64 = 60;
/// Looks at the same time.
const AT_ONCE: usize = 8;

/// `right` with the damage of `seed`: the pieces to send, and the pause before each.
fn broken(seed: u64, mut right: Vec<u8>) -> Vec<(Duration, Vec<u8>)> {
    let mut rng = StdRng::seed_from_u64(seed);
    for _ in 0..rng.random_range(0..3) {
        let len = right.len();
        if len == 0 {
            break;
        }
        let at = rng.random_range(0..len);
        let piece = at..rng.random_range(at..len.min(at + 40)) + 1;
        match rng.random_range(0..6) {
            0 => right[at] ^= 1 << rng.random_range(0..8),
            1 => right[at] = rng.random(),
            2 => right[piece].fill(0xff),
            3 => right.truncate(at),
            4 => drop(right.drain(piece)),
            _ => {
                let again = right[piece.clone()].to_vec();
                right.splice(piece.start..piece.start, again);
            }
        }
    }
    let cut = rng.random_range(0..=right.len());
    let rest = right.split_off(cut);
    let mut pause = || Duration::from_millis(if rng.random_bool(0.1) { 30 } else { 0 });
    vec![(pause(), right), (pause(), rest)]
}

/// Sends what `seed` makes of `right`; an error means that the connection is over.
pub(crate) async fn damage<S: AsyncWrite + Unpin>(
    seed: u64,
    right: Vec<u8>,
    stream: &mut S,
) -> io::Result<()> {
    for (pause, piece) in broken(seed, right) {
        tokio::time::sleep(pause).await;
        stream.write_all(&piece).await?;
    }
    Ok(())
}

/// LDAP over TCP.
async fn ldap(seed: u64) -> u16 {
    let listener = TcpListener::bind((LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut buffer = [0; 4096];
            let count = stream.read(&mut buffer).await.unwrap_or_default();
            let Ok((question, _)) = Message::decode(&buffer[..count]) else { continue };
            let right = root_dse(&question).concat();
            let _ = damage(seed, right, &mut stream).await;
        }
    });
    port
}

/// The name service of NetBIOS, or DNS.
async fn datagrams(seed: u64, right: fn(&[u8]) -> Option<Vec<u8>>) -> u16 {
    let socket = UdpSocket::bind((LOCALHOST, 0)).await.unwrap();
    let port = socket.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut buffer = [0; 4096];
        for number in 0.. {
            let (count, from) = socket.recv_from(&mut buffer).await.unwrap();
            let Some(right) = right(&buffer[..count]) else { continue };
            for (pause, piece) in broken(seed ^ number, right) {
                tokio::time::sleep(pause).await;
                let _ = socket.send_to(&piece, from).await;
            }
        }
    });
    port
}

fn netbios(asked: &[u8]) -> Option<Vec<u8>> {
    if let Ok(request) = nbns::Request::decode(asked) {
        let addresses = vec![[127, 0, 0, 1].into(); 3];
        return request.reply(&nbns::Reply::Positive { addresses, group: false, ttl: 5 }).ok();
    }
    let nbstat::Request { transaction } = nbstat::Request::decode(asked).ok()?;
    let name = Name { name: "DC2".to_owned(), suffix: 0, flags: NameFlags::ACTIVE };
    nbstat::Reply { transaction, names: vec![name; 20], mac: Some([1; 6]) }.encode().ok()
}

fn dns(asked: &[u8]) -> Option<Vec<u8>> {
    let mut message = DnsMessage::from_vec(asked).ok()?;
    let name = message.queries.first()?.name().clone();
    message.metadata.message_type = MessageType::Response;
    message.metadata.authoritative = true;
    message.add_answer(Record::from_rdata(name, 9, RData::A(A::new(127, 0, 0, 1))));
    message.to_vec().ok()
}

async fn look(seed: u64) -> PeerObservation {
    let service = start(Behaviour::Damaged { port: 1, seed: seed ^ 0xabcd }).await;
    let mapper = start(Behaviour::Damaged { port: service.port, seed }).await;
    let ports = WirePorts {
        endpoint_mapper: mapper.port,
        ldap: ldap(seed).await,
        netbios: datagrams(seed, netbios).await,
        dns: datagrams(seed, dns).await,
        ..closed_ports()
    };
    let short = Duration::from_millis(60);
    let config = Config {
        connect: short,
        rpc: short,
        dns: short,
        identity: short,
        walk: short,
        // Damaged names lead to addresses at which nobody may be knocked at: only the stages'
        // times and the look's own end hold them up.
        look: Duration::from_secs(2),
        ..config(ports)
    };
    let wanted = Target { whole_map: true, ..target() };
    let sources = Resolver { wins: Reading::Absent, ..resolver(vec![]) };
    let interfaces = [drsuapi(), names::find("samr").unwrap()];
    let prober = Prober::new(config);
    let asked = Resolver {
        servers: Reading::Value(vec![LOCALHOST]),
        wins: Reading::Value(vec![LOCALHOST]),
        ..sources.clone()
    };
    // What damaged names say is kept and not followed: no packet leaves this machine.
    let lookups = prober.names(&wanted, &asked).await;
    let mut seen = prober.look(&wanted, &interfaces, &sources).await;
    seen.lookups.extend(lookups);
    seen
}

#[tokio::test]
async fn damaged_answers_do_no_damage() {
    let seeds = std::env::var("EPMESH_HOSTILE_SEEDS").ok();
    let seeds = seeds.map_or(SEEDS, |text| text.parse().expect("a number of seeds"));
    let mut looks = JoinSet::new();
    let mut failed = 0;
    let mut check = |seed: u64, seen: PeerObservation| {
        let body = Body::Peer(seen.clone());
        let fitted = fit(&body).unwrap_or_else(|error| panic!("seed {seed}: {error}: {seen:?}"));
        assert_eq!(fitted.notes, Vec::<String>::new(), "seed {seed}: nothing had to be cut");
        let [probe] = seen.addresses.as_slice() else { panic!("seed {seed}: {seen:?}") };
        for interface in &probe.interfaces {
            assert!(interface.ports.len() <= 8, "seed {seed}: {interface:?}");
        }
        let reached = probe.bind.as_ref().is_some_and(|bind| bind.outcome.is_ok());
        failed += u64::from(!reached);
    };
    for seed in 0..seeds {
        if looks.len() >= AT_ONCE
            && let Some(done) = looks.join_next().await
        {
            let (seed, seen) = done.unwrap();
            check(seed, seen);
        }
        looks.spawn(async move { (seed, look(seed).await) });
    }
    while let Some(done) = looks.join_next().await {
        let (seed, seen) = done.unwrap();
        check(seed, seen);
    }
    println!("{seeds} seeds: {failed} of them did not come past the first bind");
    assert!(failed > 0 && failed < seeds, "{failed} of {seeds}: damage neither none nor all");
}
