//! The events that are watched, and the queries that select them.

/// The events of one log and one provider that are watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watched {
    /// The log.
    pub log: &'static str,
    /// The providers that write them; an event of another provider with the same number is
    /// another event.
    pub providers: &'static [&'static str],
    /// Their ids.
    pub ids: &'static [u32],
}

/// The log that the audit policy decides about.
pub const SECURITY: &str = "Security";

/// The watched events, by log.
///
/// The directory service's provider has one name in its manifest (2008 and later) and several,
/// `NTDS …`, as classic sources before; all are asked for.
///
/// Tcpip 4227 and 4231 are of TCP's dynamic ports, 4266 of UDP's, which a DNS server uses up first ("Troubleshoot port
/// exhaustion issues"). Event 8 of the RPC runtime is the only line that names a registration that failed: program,
/// process, protocol sequence, endpoint, interface, error ("Event ID 8 — RPC Service Endpoint Functionality",
/// `RPC_EVENTLOG_FW_EP_ADD_ERR`).
pub const WATCHED: [Watched; 5] = [
    Watched {
        log: "Directory Service",
        providers: &[
            "Microsoft-Windows-ActiveDirectory_DomainService",
            "NTDS KCC",
            "NTDS General",
            "NTDS Replication",
        ],
        ids: &[1113, 1115, 1125, 1265, 1311, 1655, 1865, 1925, 1960, 2087, 2088],
    },
    Watched { log: "System", providers: &["NETLOGON"], ids: &[5719, 5783, 5809, 5820] },
    Watched { log: "System", providers: &["Tcpip", "Tcpip6"], ids: &[4227, 4231, 4266] },
    Watched { log: "Application", providers: &["Microsoft-Windows-RPC-Events"], ids: &[8] },
    Watched { log: SECURITY, providers: &["Microsoft-Windows-Security-Auditing"], ids: &[5712] },
];

/// The most ids of one query: beyond some twenty terms the event log service refuses an XPath.
pub const MAX_IDS: usize = 22;

/// A question to the event log (`EvtQuery`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The log, as its `Path`.
    pub log: &'static str,
    /// The XPath that selects the events. It has no time in it: how far back the log is looked through is
    /// bounded by records, and a time in an XPath is a difference in milliseconds, of which nobody says that
    /// it may exceed 32 bits.
    pub xpath: String,
    /// The first provider, and which of its questions it is.
    name: (&'static str, usize),
}

impl Query {
    /// What a query is called where its place is kept: it stays the same when other queries are added.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}/{}/{}", self.log, self.name.0, self.name.1)
    }
}

/// The questions that select the watched events.
#[must_use]
pub fn queries() -> Vec<Query> {
    WATCHED.iter().flat_map(of).collect()
}

fn of(watched: &Watched) -> Vec<Query> {
    let providers = watched.providers.iter().map(|name| format!("@Name='{name}'"));
    let providers = providers.collect::<Vec<_>>().join(" or ");
    // The providers count as terms too.
    let room = MAX_IDS.saturating_sub(watched.providers.len() + 1).max(1);
    let first = watched.providers.first().copied().unwrap_or_default();
    let query = |(place, ids): (usize, &[u32])| {
        let ids = ids.iter().map(|id| format!("EventID={id}")).collect::<Vec<_>>().join(" or ");
        Query {
            log: watched.log,
            xpath: format!("*[System[Provider[{providers}] and ({ids})]]"),
            name: (first, place),
        }
    };
    watched.ids.chunks(room).enumerate().map(query).collect()
}

/// Whether an event is one of the watched.
#[must_use]
pub fn is_watched(log: &str, provider: &str, id: u32) -> bool {
    WATCHED.iter().any(|watched| {
        watched.log.eq_ignore_ascii_case(log)
            && watched.providers.iter().any(|name| name.eq_ignore_ascii_case(provider))
            && watched.ids.contains(&id)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_short_enough_and_select_every_id() {
        let queries = queries();
        for query in &queries {
            assert!(query.xpath.matches('=').count() <= MAX_IDS + 2, "{}", query.xpath);
            assert_eq!(queries.iter().filter(|other| other.key() == query.key()).count(), 1);
        }
        for watched in WATCHED {
            for id in watched.ids {
                let selects = |query: &&Query| {
                    query.log == watched.log && query.xpath.contains(&format!("EventID={id}"))
                };
                assert_eq!(queries.iter().filter(selects).count(), 1, "{id}");
            }
        }
        assert_eq!(
            queries.last().map(|query| query.xpath.as_str()),
            Some(
                "*[System[Provider[@Name='Microsoft-Windows-Security-Auditing'] and (EventID=5712)]]"
            )
        );
    }

    #[test]
    fn a_number_alone_is_not_enough() {
        assert!(is_watched("System", "NETLOGON", 5809));
        assert!(!is_watched("System", "Service Control Manager", 5809));
        assert!(!is_watched("Application", "NETLOGON", 5809));
        assert!(is_watched("Application", "Microsoft-Windows-RPC-Events", 8));
        assert!(!is_watched("Application", "Application Hang", 8));
    }
}
