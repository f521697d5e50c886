//! The operating system's own resolver, with its cache and whatever else it asks.

use std::{
    collections::HashSet,
    io,
    net::{IpAddr, ToSocketAddrs as _},
    sync::Arc,
};

use epmesh_common::facts::{
    Answer, DnsName, Lookup, Question, Record, RecordData, RecordType, Source,
};
use tokio::time::{Instant, timeout_at};

use super::server::answered;
use crate::probe::limits::budget::{Budget, millis_since};

/// Asks for the addresses of `name`: one lookup for A, and one for AAAA where there are any, since
/// a resolver may leave those out on a host without IPv6.
pub(in crate::probe) async fn ask(
    budget: &Budget<'_>,
    name: &DnsName,
    end: Instant,
) -> Vec<Lookup> {
    let start = Instant::now();
    let until = end.min(start + budget.config.dns + budget.config.dns);
    let answer = timeout_at(until, resolve(budget, name)).await;
    let took_ms = millis_since(start);
    let lookup = |kind, answer, code| Lookup {
        code,
        local: None,
        source: Source::System,
        question: Question { name: name.clone(), kind },
        answer,
        took_ms,
        retried: false,
    };
    let addresses = match answer {
        Ok(Ok(addresses)) => addresses,
        Ok(Err(error)) => {
            return vec![lookup(RecordType::A, answer_of(&error), error.raw_os_error())];
        }
        Err(_) => return vec![lookup(RecordType::A, Answer::TimedOut, None)],
    };
    let (v4, v6): (Vec<IpAddr>, Vec<IpAddr>) = addresses.into_iter().partition(IpAddr::is_ipv4);
    let mut lookups = vec![lookup(RecordType::A, records(name, v4), None)];
    if !v6.is_empty() {
        lookups.push(lookup(RecordType::Aaaa, records(name, v6), None));
    }
    lookups
}

async fn resolve(budget: &Budget<'_>, name: &DnsName) -> io::Result<Vec<IpAddr>> {
    let turn = Arc::clone(&budget.rate.resolver).acquire_owned().await;
    let turn = turn.map_err(io::Error::other)?;
    // A dot at the end, so that no suffix is appended.
    let name = match name.as_str().parse::<IpAddr>() {
        Ok(address) => address.to_string(),
        Err(_) => format!("{name}."),
    };
    let resolved = tokio::task::spawn_blocking(move || {
        // Held until the resolver returns, also when nobody waits for it any more.
        let _turn = turn;
        let found = (name.as_str(), 0).to_socket_addrs()?;
        // Each once: it gives every address for every type of socket.
        let mut seen = HashSet::new();
        Ok(found.map(|found| found.ip()).filter(|address| seen.insert(*address)).collect())
    });
    resolved.await.map_err(io::Error::other)?
}

fn records(name: &DnsName, addresses: Vec<IpAddr>) -> Answer {
    let record = |address| Record {
        name: name.clone(),
        data: RecordData::Address(address),
        ttl: None,
        line: None,
    };
    answered(addresses.into_iter().map(record).collect(), Answer::NoData)
}

/// The answer behind an error: of `getaddrinfo` only the sentence reaches us on Unix, and the number on
/// Windows.
fn answer_of(error: &io::Error) -> Answer {
    match error.raw_os_error() {
        // WSAHOST_NOT_FOUND, WSATRY_AGAIN, WSANO_RECOVERY, WSANO_DATA
        Some(11001) => return Answer::NoSuchName,
        Some(11002 | 11003) => return Answer::ServerFailure,
        Some(11004) => return Answer::NoData,
        _ => {}
    }
    let text = error.to_string();
    let says = |sentences: &[&str]| sentences.iter().any(|sentence| text.contains(sentence));
    if says(&["Name or service not known", "Name does not resolve"]) {
        Answer::NoSuchName
    } else if says(&["No address associated with hostname", "Name has no usable address"]) {
        Answer::NoData
    } else if says(&["Temporary failure in name resolution", "Try again"]) {
        Answer::ServerFailure
    } else {
        Answer::Unreachable(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_addresses_than_a_report_holds_are_no_list_of_some() {
        let name: DnsName = "dc2.lab.test".parse().expect("a name");
        let of = |count: u32| {
            let address = |last: u32| IpAddr::from((0x0a00_0000 + last).to_be_bytes());
            records(&name, (0..count).map(address).collect())
        };
        assert_eq!(of(0), Answer::NoData);
        assert!(matches!(of(256), Answer::Records(all) if all.len() == 256));
        assert!(matches!(of(257), Answer::Malformed(why) if why.contains("257 records")));
    }

    #[test]
    fn only_plain_words_are_a_no() {
        let said = |text: &str| {
            answer_of(&io::Error::other(format!("failed to lookup address information: {text}")))
        };
        assert_eq!(said("Name or service not known"), Answer::NoSuchName);
        assert_eq!(said("No address associated with hostname"), Answer::NoData);
        assert_eq!(said("Temporary failure in name resolution"), Answer::ServerFailure);
        assert!(matches!(said("System error"), Answer::Unreachable(_)));
        assert_eq!(answer_of(&io::Error::from_raw_os_error(11001)), Answer::NoSuchName);
    }
}
