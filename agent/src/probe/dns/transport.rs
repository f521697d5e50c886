//! One question on its way: in a datagram, and over a TCP connection of its own.

use std::{io, net::SocketAddr};

use epmesh_common::facts::Failure;
use hickory_proto::op::Message;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::{Instant, timeout_at},
};

use super::super::{budget::Budget, net};

/// Sends `request` in one datagram from a fresh port, and gives `read` what comes back under its id, until
/// that takes one for an answer.
///
/// # Errors
/// As the system says, when `until` passes, or when what has the right id cannot be read.
pub(super) async fn over_udp<T>(
    budget: &Budget<'_>,
    server: SocketAddr,
    request: &Message,
    until: Instant,
    mut read: impl FnMut(Message) -> Option<T>,
) -> Result<T, Failure> {
    let (question, id) = (octets(request)?, request.metadata.id.to_be_bytes());
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
    .map_err(|missed| missed.failure)
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
) -> Result<Message, Failure> {
    let (question, id) = (octets(request)?, request.metadata.id);
    let length =
        u16::try_from(question.len()).map_err(|error| Failure::Local(error.to_string()))?;
    let connected = net::connect(budget, server.ip(), server.port(), until).await;
    let mut stream = connected.map_err(|missed| missed.failure)?;
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
        Ok(Err(error)) => return Err(net::failure_of(&error)),
        Err(_) => return Err(Failure::TimedOut),
    };
    if answer.len() < usize::from(length) {
        let came = answer.len();
        let why = format!("the connection ended after {came} of {length} bytes of the answer");
        return Err(Failure::Protocol(why));
    }
    let message = Message::from_vec(&answer);
    let message = message.map_err(|error| Failure::Protocol(error.to_string()))?;
    if message.metadata.id != id {
        let got = message.metadata.id;
        return Err(Failure::Protocol(format!(
            "the answer has id {got:#06x}, the question {id:#06x}"
        )));
    }
    Ok(message)
}

fn octets(request: &Message) -> Result<Vec<u8>, Failure> {
    request.to_vec().map_err(|error| Failure::Local(error.to_string()))
}
