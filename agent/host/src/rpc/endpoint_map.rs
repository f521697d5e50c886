//! Reads a whole endpoint map over a stream: the host's own, along each way it has to it.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use epmesh_facts::{EndpointMap, Failure, MapView, Through};
use epmesh_rpc::{Endpoint, epm::EPMAPPER};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    task::JoinSet,
    time::{Instant, timeout},
};

use super::{association::Association, errors::failure_of};

/// The most own addresses whose endpoint mapper is asked.
const MAX_VIEWS: usize = 16;

/// The time that each stage may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connecting.
    pub connect: Duration,
    /// The answer to the bind, and each page of the map.
    pub answer: Duration,
    /// After this no further page is asked for.
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

/// The map through TCP `port` at each of `loopback` and of the first 16 of `own`, all at once. The
/// others have a view too, which says so.
pub fn through_each(
    loopback: &[IpAddr],
    own: impl IntoIterator<Item = IpAddr>,
    port: u16,
    limits: Limits,
) -> JoinSet<MapView> {
    let mut views = JoinSet::new();
    for &address in loopback {
        views.spawn(through_address(address, port, limits));
    }
    for (place, address) in own.into_iter().enumerate() {
        if place < MAX_VIEWS {
            views.spawn(through_address(address, port, limits));
        } else {
            let why = format!("only the first {MAX_VIEWS} own addresses are asked");
            let left_out =
                MapView { through: Through::Address(address), endpoints: Err(Failure::local(why)) };
            views.spawn(std::future::ready(left_out));
        }
    }
    views
}

/// The views through TCP and the one on this host's `local` way, once all are there.
pub async fn joined(
    mut tcp: JoinSet<MapView>,
    local: impl Future<Output = MapView> + Send + 'static,
) -> EndpointMap {
    tcp.spawn(local);
    let mut views = tcp.join_all().await;
    views.sort_by_key(|view| view.through);
    EndpointMap { views }
}

/// The map through TCP `port` at `address`.
pub async fn through_address(address: IpAddr, port: u16, limits: Limits) -> MapView {
    let connect = TcpStream::connect(SocketAddr::new(address, port));
    let endpoints = match timeout(limits.connect, connect).await {
        Err(_) => Err(Failure::TimedOut),
        Ok(Err(error)) => Err(failure_of(&error)),
        Ok(Ok(stream)) => read(stream, limits).await,
    };
    MapView { through: Through::Address(address), endpoints }
}

/// The map through the Unix socket at `path`: ncalrpc, as Samba has it.
#[cfg(unix)]
pub async fn through_socket(path: &std::path::Path, limits: Limits) -> MapView {
    let endpoints = match timeout(limits.connect, tokio::net::UnixStream::connect(path)).await {
        Err(_) => Err(Failure::TimedOut),
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            Err(Failure::Refused)
        }
        Ok(Err(error)) => {
            Err(Failure::Local(epmesh_facts::Reason::of(&error).about(path.display())))
        }
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
    let mut association = Association::new(stream);
    let answer = Instant::now() + limits.answer;
    association.bind(EPMAPPER, "bind to the endpoint mapper", answer).await?;
    association.walk(limits.answer, Instant::now() + limits.walk).await
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _, duplex},
        net::TcpListener,
    };

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

    async fn closed_port() -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        listener.local_addr().expect("its address").port()
    }

    #[tokio::test]
    async fn own_addresses_beyond_the_sixteenth_are_said_not_to_be_asked() {
        let own = (1..=18).map(|last| IpAddr::from([127, 0, 1, last]));
        let loopback = [IpAddr::from([127, 0, 0, 1])];
        let views = through_each(&loopback, own.clone(), closed_port().await, SHORT);
        let views = views.join_all().await;
        assert_eq!(views.len(), 19);
        for (place, address) in loopback.into_iter().chain(own).enumerate() {
            let way = Through::Address(address);
            let view = views.iter().find(|view| view.through == way).expect("it has a view");
            match &view.endpoints {
                Err(Failure::Refused) => assert!(place <= 16, "{address}"),
                Err(Failure::Local(why)) if why.contains("first 16") => {
                    assert!(place > 16, "{address}");
                }
                other => panic!("{address}: {other:?}"),
            }
        }
    }

    #[tokio::test]
    async fn nobody_there_is_refused() {
        let port = closed_port().await;
        let view = through_address(IpAddr::from([127, 0, 0, 1]), port, SHORT).await;
        assert_eq!(view.endpoints, Err(Failure::Refused));
    }
}
