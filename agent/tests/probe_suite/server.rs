//! A small RPC server out of the codec's own parts, with a fault to choose.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use epmesh_common::{
    identity::ntlm::{Challenge, NegotiateFlags},
    rpc::{
        AuthVerifier, BindAck, Binding, Body, ByteOrder, ContextHandle, ContextResult, Endpoint,
        Fault, InterfaceId, Pdu, Reassembler, Response, Splitter, Tower,
        epm::{self, LookupReply, MapReply, opnum},
        fragment_response, names,
    },
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};
use uuid::Uuid;

use crate::{damaged::damage, fixture::LOCALHOST};

/// What a server does.
#[derive(Clone, Debug)]
pub(crate) enum Behaviour {
    /// An endpoint mapper that names this port; its map comes in pages of so many entries.
    Mapper { port: u16, page: usize },
    /// An endpoint mapper without the interface: this status, no tower.
    NotRegistered(u32),
    /// An endpoint mapper that answers every call with this fault.
    Fault(u32),
    /// An endpoint mapper whose pages never end, each entry new.
    EndlessMap,
    /// Takes every bind.
    AnyInterface,
    /// Rejects every context: result 2, reason 1.
    Rejects,
    /// Reads and says nothing.
    Silent,
    /// Answers with these bytes.
    Says(Vec<u8>),
    /// Closes at once.
    HangsUp,
    /// As [`Behaviour::Mapper`], byte by byte.
    Slowly(u16),
    /// Silent on the first connection, then as [`Behaviour::Mapper`].
    SilentOnce(u16),
    /// As [`Behaviour::Mapper`], but for what this makes of an answer. The number is the
    /// connection's, from 0.
    Twisted { port: u16, twist: Twist },
    /// As [`Behaviour::Mapper`], with damage of this seed in its answers.
    Damaged { port: u16, seed: u64 },
}

/// What becomes of the right answer to a PDU.
pub(crate) type Twist = fn(&Pdu, usize, Vec<u8>) -> Act;

/// What a twisted server does.
pub(crate) enum Act {
    /// Sends this.
    Send(Vec<u8>),
    /// Sends this and cuts the connection with a reset.
    Reset(Vec<u8>),
    /// Sends the first once, then the second for as long as it is taken.
    Endless(Vec<u8>, Vec<u8>),
    /// Sends this with a pause behind every byte, longer than a client waits for all of it.
    Drip(Vec<u8>),
}

/// A running server; dropping it stops it.
pub(crate) struct Server {
    pub(crate) port: u16,
    /// Connections taken.
    pub(crate) connections: Arc<AtomicUsize>,
    /// Handles freed.
    pub(crate) freed: watch::Receiver<usize>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) async fn start(behaviour: Behaviour) -> Server {
    let listener = TcpListener::bind((LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let connections = Arc::new(AtomicUsize::new(0));
    let (free, freed) = watch::channel(0);
    let count = Arc::clone(&connections);
    let free = Arc::new(free);
    let task = tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let number = count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(serve(stream, behaviour.clone(), number, Arc::clone(&free)));
        }
    });
    Server { port, connections, freed, task }
}

async fn serve(
    mut stream: TcpStream,
    behaviour: Behaviour,
    number: usize,
    free: Arc<watch::Sender<usize>>,
) {
    if matches!(behaviour, Behaviour::HangsUp) {
        return;
    }
    let mut splitter = Splitter::new();
    let mut reassembler = Reassembler::new();
    let mut buffer = [0; 4096];
    let mut page = 0;
    let mut turn = 0;
    loop {
        let Ok(count) = stream.read(&mut buffer).await else { return };
        if count == 0 {
            return;
        }
        splitter.push(&buffer[..count]).unwrap();
        while let Some(bytes) = splitter.next_pdu().unwrap() {
            let silent_once = matches!(behaviour, Behaviour::SilentOnce(_)) && number == 0;
            if silent_once || matches!(behaviour, Behaviour::Silent) {
                continue;
            }
            let answer = if let Behaviour::Says(bytes) = &behaviour {
                bytes.clone()
            } else if let Behaviour::Twisted { twist, .. } = &behaviour {
                let pdu = Pdu::decode(&bytes).unwrap();
                let right = answer(pdu.clone(), &behaviour, &mut reassembler, &mut page, &free);
                if act(&mut stream, twist(&pdu, number, right)).await.is_err() {
                    return;
                }
                continue;
            } else if let Behaviour::Damaged { seed, .. } = &behaviour {
                // The client damages nothing, but what it says may be over.
                let pdu = Pdu::decode(&bytes).unwrap();
                let right = answer(pdu, &behaviour, &mut reassembler, &mut page, &free);
                turn += 1;
                let seed = seed ^ u64::try_from(number * 1000 + turn).unwrap();
                if damage(seed, right, &mut stream).await.is_err() {
                    return;
                }
                continue;
            } else {
                let pdu = Pdu::decode(&bytes).unwrap();
                answer(pdu, &behaviour, &mut reassembler, &mut page, &free)
            };
            if matches!(behaviour, Behaviour::Slowly(_)) {
                for byte in answer {
                    stream.write_all(&[byte]).await.unwrap();
                    tokio::task::yield_now().await;
                }
            } else if stream.write_all(&answer).await.is_err() {
                return;
            }
        }
    }
}

/// An error means that the connection is over.
async fn act(stream: &mut TcpStream, act: Act) -> std::io::Result<()> {
    match act {
        Act::Send(bytes) => stream.write_all(&bytes).await,
        Act::Reset(bytes) => {
            stream.write_all(&bytes).await?;
            // What was sent is on its way on loopback; nothing lingers behind it.
            stream.set_zero_linger()?;
            Err(std::io::ErrorKind::ConnectionReset.into())
        }
        Act::Endless(first, then) => {
            stream.write_all(&first).await?;
            loop {
                stream.write_all(&then).await?;
            }
        }
        Act::Drip(bytes) => {
            for byte in bytes {
                stream.write_all(&[byte]).await?;
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
            Ok(())
        }
    }
}

fn answer(
    pdu: Pdu,
    behaviour: &Behaviour,
    reassembler: &mut Reassembler,
    page: &mut usize,
    free: &watch::Sender<usize>,
) -> Vec<u8> {
    let call_id = pdu.call_id;
    if let Body::Bind(bind) | Body::AlterContext(bind) = &pdu.body {
        let rejects = matches!(behaviour, Behaviour::Rejects);
        let result = |_| {
            if rejects {
                ContextResult::rejected(ContextResult::ABSTRACT_SYNTAX)
            } else {
                ContextResult::accepted()
            }
        };
        let ack = BindAck {
            max_xmit: 4280,
            max_recv: 4280,
            assoc_group: 1,
            secondary_address: "135".to_owned(),
            results: bind.contexts.iter().map(result).collect(),
        };
        let auth = pdu.auth.map(|_| AuthVerifier::ntlm(challenge().encode().unwrap()));
        let body = match pdu.body {
            Body::AlterContext(_) => Body::AlterContextResp(ack),
            _ => Body::BindAck(ack),
        };
        return Pdu { auth, ..Pdu::new(call_id, body) }.encode().unwrap();
    }
    let Some(whole) = reassembler.push(pdu).unwrap() else { return Vec::new() };
    let order = whole.order;
    let Body::Request(request) = whole.body else { panic!("no request") };
    if let Behaviour::Fault(code) = behaviour {
        return Pdu::new(call_id, Body::Fault(Fault::new(*code))).encode().unwrap();
    }
    let stub = match request.opnum {
        opnum::MAP => map(behaviour, wanted(&request.stub, order)),
        opnum::LOOKUP => {
            *page += 1;
            lookup(behaviour, *page)
        }
        opnum::LOOKUP_HANDLE_FREE => {
            // A damaged handle comes back as it went.
            let _ = epm::decode_handle_free_request(&request.stub, order);
            free.send_modify(|count| *count += 1);
            epm::handle_free_response(0)
        }
        other => panic!("operation {other}"),
    };
    let response =
        Response { alloc_hint: 0, context_id: request.context_id, cancel_count: 0, stub };
    fragment_response(call_id, &response, 4280).unwrap().concat()
}

/// The interface that is asked for.
fn wanted(stub: &[u8], order: ByteOrder) -> InterfaceId {
    let asked = epm::MapRequest::decode(stub, order).unwrap();
    asked.tower.unwrap().parse().unwrap().interface().unwrap()
}

fn map(behaviour: &Behaviour, wanted: InterfaceId) -> Vec<u8> {
    let reply = match behaviour {
        Behaviour::NotRegistered(raw_status) => {
            MapReply { raw_status: *raw_status, ..MapReply::not_registered(4) }
        }
        Behaviour::Mapper { port, .. }
        | Behaviour::Slowly(port)
        | Behaviour::SilentOnce(port)
        | Behaviour::Twisted { port, .. }
        | Behaviour::Damaged { port, .. } => {
            let tower = |port, host: Option<&str>| {
                let binding = Binding { host: host.map(str::to_owned), ..Binding::tcp(port) };
                Tower::new(wanted, &binding).unwrap().encode().unwrap()
            };
            // Another host's address, and the same port twice.
            let towers = vec![tower(*port, Some("192.0.2.1")), tower(*port, None)];
            MapReply { handle: ContextHandle::NULL, max_towers: 4, towers, raw_status: 0 }
        }
        _ => MapReply::not_registered(4),
    };
    reply.encode(ByteOrder::Little).unwrap()
}

/// What the map of [`Behaviour::Mapper`] holds.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    let interfaces = ["drsuapi", "samr", "lsarpc", "netlogon", "epmapper"];
    let mut endpoints: Vec<Endpoint> = (49152..)
        .zip(interfaces)
        .map(|(port, name)| Endpoint {
            interface: names::find(name).unwrap(),
            object: None,
            binding: Binding::tcp(port),
            annotation: name.to_owned(),
        })
        .collect();
    endpoints.sort();
    endpoints
}

/// The stub of the only page of [`endpoints`].
pub(crate) fn first_page() -> Vec<u8> {
    lookup(&Behaviour::Mapper { port: 0, page: 500 }, 1)
}

fn lookup(behaviour: &Behaviour, page: usize) -> Vec<u8> {
    let open = ContextHandle { attributes: 0, uuid: Uuid::from_u128(7) };
    let (entries, handle) = match behaviour {
        Behaviour::Mapper { .. } | Behaviour::Twisted { .. } | Behaviour::Damaged { .. } => {
            let size =
                if let Behaviour::Mapper { page: size, .. } = behaviour { size } else { &500 };
            let all = endpoints();
            let rest: Vec<Endpoint> = all.into_iter().skip((page - 1) * size).collect();
            let handle = if rest.len() > *size { open } else { ContextHandle::NULL };
            (rest.into_iter().take(*size).collect(), handle)
        }
        Behaviour::EndlessMap => {
            let uuid = Uuid::from_u128(u128::try_from(page).unwrap());
            let endpoint = Endpoint {
                interface: InterfaceId::new(uuid, 1, 0),
                object: None,
                binding: Binding::tcp(49152),
                annotation: String::new(),
            };
            (vec![endpoint], open)
        }
        _ => (Vec::new(), ContextHandle::NULL),
    };
    let reply = LookupReply {
        handle,
        max_entries: 500,
        entries: entries.iter().map(|endpoint| endpoint.entry().unwrap()).collect(),
        status: 0,
    };
    reply.encode(ByteOrder::Little).unwrap()
}

fn challenge() -> Challenge {
    Challenge {
        flags: NegotiateFlags::TARGET_TYPE_DOMAIN,
        netbios_computer: Some("DC2".to_owned()),
        dns_computer: Some("dc2.lab.test".to_owned()),
        dns_domain: Some("lab.test".to_owned()),
        dns_tree: Some("lab.test".to_owned()),
        ..Challenge::default()
    }
}
