//! One question on its way: in a datagram, and over a TCP connection of its own.

use std::{io, net::SocketAddr};

use epmesh_common::facts::Failure;
use hickory_resolver::proto::op::Message;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::{Instant, timeout_at},
};

use super::super::{
    budget::Budget,
    net::{self, Datagram, Missed},
};

/// Sends `request` in one datagram from a fresh port, and gives `read` what comes back under its id, until
/// that takes one for an answer. It fails as the system says, when `until` passes, or when what has the
/// right id cannot be read.
pub(super) async fn over_udp<T>(
    budget: &Budget<'_>,
    server: SocketAddr,
    request: &Message,
    until: Instant,
    mut read: impl FnMut(Message) -> Option<T>,
) -> Datagram<T> {
    let id = request.metadata.id.to_be_bytes();
    let question = match octets(request) {
        Ok(question) => question,
        Err(failure) => return Datagram { outcome: Err(failure.into()), local: None },
    };
    net::ask_datagram(budget, server.ip(), server.port(), &question, until, |datagram| {
        if !datagram.starts_with(&id) {
            return None;
        }
        match Message::from_vec(datagram) {
            Ok(message) => read(message).map(Ok),
            Err(error) => Some(Err(Failure::Protocol(error.to_string()))),
        }
    })
    .await
}

/// Sends `request` over a connection of its own (RFC 7766), and reads one message: nothing else was
/// asked there.
///
/// # Errors
/// As the system says, when `until` passes, or when what comes is no answer to it.
pub(super) async fn over_tcp(
    budget: &Budget<'_>,
    server: SocketAddr,
    request: &Message,
    until: Instant,
) -> Result<Message, Missed> {
    let (question, id) = (octets(request)?, request.metadata.id);
    let length =
        u16::try_from(question.len()).map_err(|error| Failure::Local(error.to_string()))?;
    let mut stream = net::connect(budget, server.ip(), server.port(), until).await?;
    let exchange = async {
        stream.write_all(&[&length.to_be_bytes()[..], &question].concat()).await?;
        let length = stream.read_u16().await?;
        // What comes is kept, not what is announced.
        let mut answer = Vec::new();
        (&mut stream).take(length.into()).read_to_end(&mut answer).await?;
        Ok::<_, io::Error>((length, answer))
    };
    let (length, answer) = match timeout_at(until, exchange).await {
        Ok(Ok(read)) => read,
        Ok(Err(error)) => return Err(Missed::from(&error)),
        Err(_) => return Err(Failure::TimedOut.into()),
    };
    if answer.len() < usize::from(length) {
        let came = answer.len();
        let why = format!("the connection ended after {came} of {length} bytes of the answer");
        return Err(Failure::Protocol(why).into());
    }
    let message = Message::from_vec(&answer);
    let message = message.map_err(|error| Failure::Protocol(error.to_string()))?;
    if message.metadata.id != id {
        let got = message.metadata.id;
        let why = format!("the answer has id {got:#06x}, the question {id:#06x}");
        return Err(Failure::Protocol(why).into());
    }
    Ok(message)
}

fn octets(request: &Message) -> Result<Vec<u8>, Failure> {
    request.to_vec().map_err(|error| Failure::Local(error.to_string()))
}
