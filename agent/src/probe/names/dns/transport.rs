//! Questions on their way: in datagrams from one port, and over a TCP connection of their own.

use std::{io, net::SocketAddr};

use epmesh_common::facts::Failure;
use hickory_resolver::proto::op::Message;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::{Instant, timeout_at},
};

use crate::probe::{
    datagram::{self, Datagram, Taken},
    limits::budget::Budget,
    net::{self, Missed},
};

/// Sends each of `requests` in a datagram, all from one fresh port, and waits until each has its answer.
/// What comes back under the id of one is given to `take` with the place of that one, until it says true:
/// then that one has its answer. What has the right id and cannot be read is an answer too, and no good one.
/// It fails for all that have none yet: as the system says, or when `until` passes.
pub(super) async fn over_udp(
    budget: &Budget<'_>,
    server: SocketAddr,
    requests: &[Message],
    until: Instant,
    mut take: impl FnMut(usize, Result<&Message, Failure>) -> bool,
) -> Datagram<()> {
    let questions: Result<Vec<_>, _> = requests.iter().map(octets).collect();
    let questions = match questions {
        Ok(questions) => questions,
        Err(failure) => return Datagram { outcome: Err(failure.into()), local: None },
    };
    let mut waiting: Vec<(usize, [u8; 2])> =
        requests.iter().map(|request| request.metadata.id.to_be_bytes()).enumerate().collect();
    let accept = |datagram: &[u8]| {
        if !waiting.iter().any(|(_, id)| datagram.starts_with(id)) {
            return Taken::Stranger;
        }
        let message = Message::from_vec(datagram);
        let taken = waiting.iter().position(|(place, id)| {
            let said = message.as_ref().map_err(|error| Failure::Protocol(error.to_string()));
            datagram.starts_with(id) && take(*place, said)
        });
        let Some(taken) = taken else { return Taken::Stranger };
        waiting.swap_remove(taken);
        if waiting.is_empty() { Taken::End(Ok(())) } else { Taken::Part }
    };
    datagram::ask_all(budget, server.ip(), server.port(), &questions, until, accept).await
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
        u16::try_from(question.len()).map_err(|error| Failure::local(error.to_string()))?;
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
    request.to_vec().map_err(|error| Failure::local(error.to_string()))
}
