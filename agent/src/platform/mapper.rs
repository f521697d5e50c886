//! Reads a whole endpoint map over a stream: the host's own, along each way it has to it.

use std::{
    error::Error as _,
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use epmesh_common::{
    facts::{Failure, MapView, Through},
    rpc::{
        BindNak, Client, Endpoint, Event, ProtocolError, Status,
        epm::{EPMAPPER, Lookup, LookupEnd, Progress, handle_free_request, opnum},
    },
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// How long each stage may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connecting.
    pub connect: Duration,
    /// The answer to the bind, and each page of the map.
    pub answer: Duration,
    /// All pages together.
    pub walk: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(2),
            answer: Duration::from_secs(3),
            walk: Duration::from_secs(10),
        }
    }
}

/// The map through TCP `port` at `address`.
pub async fn through_address(address: IpAddr, port: u16, limits: Limits) -> MapView {
    let connect = TcpStream::connect(SocketAddr::new(address, port));
    let endpoints = match timeout(limits.connect, connect).await {
        Err(_) => Err(Failure::TimedOut),
        Ok(Err(error)) => Err(of_io(&error)),
        Ok(Ok(stream)) => read(stream, limits).await,
    };
    MapView { through: Through::Address(address), endpoints }
}

/// The map through the Unix socket at `path`: ncalrpc, as Samba has it.
#[cfg(unix)]
pub async fn through_socket(path: &std::path::Path, limits: Limits) -> MapView {
    let endpoints = match timeout(limits.connect, tokio::net::UnixStream::connect(path)).await {
        Err(_) => Err(Failure::TimedOut),
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => Err(Failure::Refused),
        Ok(Err(error)) => Err(Failure::Local(format!("{}: {error}", path.display()))),
        Ok(Ok(stream)) => read(stream, limits).await,
    };
    MapView { through: Through::Local, endpoints }
}

/// Binds to the endpoint mapper on `stream` and reads the map to its end.
///
/// # Errors
/// Whatever kept the map from being read whole: a map that is cut short is no answer.
pub async fn read<S>(stream: S, limits: Limits) -> Result<Vec<Endpoint>, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    timeout(limits.walk, walk(stream, limits)).await.unwrap_or(Err(Failure::TimedOut))
}

async fn walk<S>(mut stream: S, limits: Limits) -> Result<Vec<Endpoint>, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let mut client = Client::new();
    let bind = client.bind(EPMAPPER, None).map_err(|error| local(&error))?;
    match exchange(&mut stream, &mut client, &bind, limits).await? {
        Event::Bound(_) => {}
        other => return Err(of_event(&other)),
    }
    let mut lookup = Lookup::new();
    while let Some(stub) = lookup.next_request() {
        let request = client.request(opnum::LOOKUP, stub).map_err(|error| local(&error))?;
        match exchange(&mut stream, &mut client, &request, limits).await? {
            Event::Response { stub, order } => {
                let progress = lookup.push_reply(&stub, order).map_err(|error| protocol(&error))?;
                if progress == Progress::Done {
                    break;
                }
            }
            other => return Err(of_event(&other)),
        }
    }
    let report = lookup.into_report();
    if let Some(handle) = &report.handle_to_free
        && let Ok(request) = client.request(opnum::LOOKUP_HANDLE_FREE, handle_free_request(handle))
    {
        // A courtesy to the server; the map is read whatever comes of it.
        let _ = exchange(&mut stream, &mut client, &request, limits).await;
    }
    match report.end {
        LookupEnd::Complete => {
            let mut endpoints = report.endpoints;
            endpoints.sort();
            Ok(endpoints)
        }
        LookupEnd::Failed(status) => Err(of_status(status)),
        LookupEnd::Capped { what, max } => {
            Err(Failure::Protocol(format!("endpoint map: more than {max} {what}")))
        }
        LookupEnd::NoProgress => {
            Err(Failure::Protocol("endpoint map: page after page brings nothing new".to_owned()))
        }
        LookupEnd::Unfinished => Err(Failure::Local("the walk was not finished".to_owned())),
    }
}

async fn exchange<S>(
    stream: &mut S,
    client: &mut Client,
    bytes: &[u8],
    limits: Limits,
) -> Result<Event, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    timeout(limits.answer, async {
        stream.write_all(bytes).await.map_err(|error| of_io(&error))?;
        let mut buffer = [0; 8192];
        loop {
            let count = stream.read(&mut buffer).await.map_err(|error| of_io(&error))?;
            let received = buffer.get(..count).unwrap_or_default();
            if received.is_empty() {
                return Err(Failure::Reset);
            }
            if let Some(event) = client.receive(received).map_err(|error| protocol(&error))? {
                return Ok(event);
            }
        }
    })
    .await
    .unwrap_or(Err(Failure::TimedOut))
}

fn of_io(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Failure::Refused,
        io::ErrorKind::TimedOut => Failure::TimedOut,
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe => Failure::Reset,
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            Failure::Unreachable(error.raw_os_error().unwrap_or(0))
        }
        _ => Failure::Local(error.to_string()),
    }
}

fn of_event(event: &Event) -> Failure {
    match event {
        Event::Rejected(bound) | Event::Bound(bound) => of_status(bound.status()),
        Event::Nak(BindNak { reason, .. }) => Failure::BindNak(*reason),
        Event::Fault(fault) => of_status(fault.status),
        Event::Response { .. } => Failure::Protocol("a response where a bind_ack was due".into()),
        Event::Shutdown => Failure::Reset,
    }
}

fn of_status(status: Status) -> Failure {
    match status {
        Status::AccessDenied => Failure::AccessDenied(5),
        Status::Fault(code) => Failure::Fault(code),
        Status::CantPerform(code) | Status::Mapper(code) => Failure::Status(code),
        Status::BindRejected { result, reason } => Failure::BindRejected { result, reason },
        Status::BindNak { reason } => Failure::BindNak(reason),
        Status::Ok | Status::NotRegistered | Status::ProtocolError => {
            Failure::Protocol(format!("{status:?} where a failure was announced"))
        }
    }
}

fn protocol(error: &ProtocolError) -> Failure {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    Failure::Protocol(text)
}

fn local(error: &dyn std::error::Error) -> Failure {
    Failure::Local(error.to_string())
}

#[cfg(test)]
mod tests {
    use tokio::{io::duplex, net::TcpListener};

    use super::*;

    const SHORT: Limits = Limits {
        connect: Duration::from_millis(200),
        answer: Duration::from_millis(100),
        walk: Duration::from_secs(5),
    };

    #[tokio::test]
    async fn silence_is_not_an_empty_map() {
        let (near, _far) = duplex(4096);
        assert_eq!(read(near, SHORT).await, Err(Failure::TimedOut));
    }

    #[tokio::test]
    async fn a_closed_stream_is_a_reset() {
        let (near, mut far) = duplex(4096);
        let reading = tokio::spawn(read(near, SHORT));
        let mut first = [0; 16];
        far.read_exact(&mut first).await.expect("a bind arrives");
        assert_eq!((first[0], first[2]), (5, 11), "it is a bind of DCE/RPC 5");
        drop(far);
        assert_eq!(reading.await.expect("no panic"), Err(Failure::Reset));
    }

    #[tokio::test]
    async fn another_protocol_is_named() {
        let (near, mut far) = duplex(4096);
        far.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.expect("it fits");
        assert!(matches!(read(near, SHORT).await, Err(Failure::Protocol(_))));
    }

    #[tokio::test]
    async fn nobody_there_is_refused() {
        let port = {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            listener.local_addr().expect("its address").port()
        };
        let view = through_address(IpAddr::from([127, 0, 0, 1]), port, SHORT).await;
        assert_eq!(view.endpoints, Err(Failure::Refused));
    }
}
