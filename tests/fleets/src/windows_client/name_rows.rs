//! Sources of an address on a Windows destination, their order, and which answer ends the search.

use epmesh_common::facts::Answer;

use super::around::NetBios;

/// The names of a source, by which it is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// `<objectGUID>._msdcs.<forest root>`.
    Alias,
    /// The fully qualified name.
    Host,
    /// The NetBIOS name.
    NetBios,
}

/// The next name is tried where the one before leads to no address. KB 4469661 (event 2087): "attempts to
/// resolve the globally unique identifier (GUID) in the alias (CNAME) resource record, the fully qualified
/// domain name (FQDN), and the NetBIOS name … have all failed"; event 2088 where one of the latter two helps.
/// On Samba only the first: its `drepl` binds to the `_msdcs` name.
pub(super) const NAMES: [(Name, OnSamba); 3] =
    [(Name::Alias, OnSamba::Yes), (Name::Host, OnSamba::No), (Name::NetBios, OnSamba::No)];

/// Whether Samba does so too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnSamba {
    Yes,
    No,
}

/// A source of DNS names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Hosts,
    Cache,
    Dns,
}

/// A, resolution 2: the CNAME's host name is turned into an address "via DNS client cache lookup, Host / LMHost
/// file lookup, host A / AAAA record in DNS, or WINS". The client loads the hosts file into its cache when it
/// starts and whenever the file changes ("Windows TCP/IP host name resolution", KB 172218), and what comes
/// from the file is not replaced by answers: a line goes before what was learnt.
pub(super) const SOURCES: [Source; 3] = [Source::Hosts, Source::Cache, Source::Dns];

/// [MS-NBTE] 3.1.8: preloaded names stand in the local name table and are found first (step 3); the file is
/// read "when NetBIOS name resolution, which uses NetBIOS protocols, does not result in successful name
/// resolution". A broadcast comes between (NodeType 8, h-node, cc759557); it stays within the subnet, and
/// which hosts share one the surroundings do not tell: left out.
pub(super) const NETBIOS: [NetBios; 3] = [NetBios::Preloaded, NetBios::Wins, NetBios::Lmhosts];

/// What an answer does to the search for one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// It is the answer.
    Takes,
    /// It ends the search: there is no address.
    Ends,
    /// The next server is asked.
    Next,
    /// The documents leave it open: it ends the search, or the next server is asked.
    Open,
}

/// What a DNS server's answer does.
pub(super) const fn after(answer: &Answer) -> Then {
    match answer {
        Answer::Records(_) => Then::Takes,
        // KB 2834226: "Any Name Error response by any of the DNS servers will cause the process to stop -
        // client doesn't retry with the next server if the response was negative."
        Answer::NoSuchName => Then::Ends,
        // RFC 2308 2.2: no data is an answer of a server that knows the name; events 2087 and 2088 print it
        // as 11004, "The requested name is valid, but no data of the requested type was found".
        Answer::NoData => Then::Ends,
        // KB 2834226, the older text: "Any Name Error or Server Failure response … will cause the process to
        // stop"; the present one has Name Error only. Of the other codes neither speaks.
        Answer::ServerFailure | Answer::Refused | Answer::OtherCode(_) | Answer::Malformed(_) => {
            Then::Open
        }
        // KB 2834226: "Client tries new servers only if the previous are unreachable."
        Answer::TimedOut | Answer::Unreachable(_) => Then::Next,
        // The observer did not ask: nothing is known of what the client gets.
        Answer::NotAsked(_) => Then::Open,
    }
}

/// Where the documents leave something open, it is played in each of these ways, and what comes of any of
/// them may come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    /// A failing server ends the search for a name.
    pub(super) failure_ends: bool,
    /// A hosts line with one family of addresses speaks for the other family too: no article says whether
    /// DNS is still asked for AAAA where the file has an IPv4 address of the name.
    pub(super) line_speaks_for_all: bool,
    /// An alias's addresses in the cache are taken as they are; else the name it leads to is looked for anew,
    /// in the hosts file first: A has both sources, and not which of them counts then.
    pub(super) cached_whole: bool,
}

/// All of them.
pub(super) const WAYS: [Way; 8] = {
    let mut all = [Way { failure_ends: false, line_speaks_for_all: false, cached_whole: false }; 8];
    let mut at = 0;
    while at < all.len() {
        all[at] = Way {
            failure_ends: at & 1 != 0,
            line_speaks_for_all: at & 2 != 0,
            cached_whole: at & 4 != 0,
        };
        at += 1;
    }
    all
};
