//! A source of names, and what it says of the source DC.

use std::net::IpAddr;

use epmesh_facts::{Answer, DnsName, Source};

/// An address that a source of names gives, and the line of the file on which it stands, for a source that is
/// a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MappedAddress {
    pub(super) address: IpAddr,
    pub(super) line: Option<u32>,
}

/// One source of names (a DNS server, the hosts file, …) and what it says of the source DC.
#[derive(Clone, Copy, Debug)]
pub(super) struct NameSource<'a> {
    pub(super) kind: Source,
    /// What it says of the `_msdcs` alias.
    pub(super) alias: &'a Alias,
    /// The name whose addresses these are: the alias's target, or the host name.
    pub(super) name: &'a DnsName,
    /// The addresses, in the order given.
    pub(super) addresses: &'a [MappedAddress],
    /// Its addresses for the host name, where the alias leads to a name that has none.
    pub(super) beside: &'a [MappedAddress],
    /// Whether it answered the question for the address, be it with "no".
    pub(super) answered: bool,
    /// Whether the destination asks it for the name it is looking for. What the hosts file or the cache has of
    /// the host name alone is not asked for where the alias leads to another host, or nowhere.
    pub(super) asked: bool,
}

/// The alias `<guid>._msdcs.<forest>` by the word of a source of names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Alias {
    /// The source was not asked for the alias.
    NotAsked,
    /// The alias names this host.
    Target(DnsName),
    /// The alias names this host, which is not the source's name and has no address by the same server's word.
    Dead(DnsName),
    /// The server says that there is none.
    Missing,
    /// The server did not say.
    NoAnswer,
}

impl NameSource<'_> {
    /// Whether this source answers the question for the destination conclusively, so that the next is not asked.
    pub(super) fn is_conclusive(&self) -> bool {
        match self.alias {
            Alias::Target(_) | Alias::Dead(_) | Alias::Missing => true,
            Alias::NotAsked => self.answered,
            Alias::NoAnswer => false,
        }
    }

    /// Whether it is a DNS server.
    pub(super) const fn is_dns(&self) -> bool {
        self.dns_server().is_some()
    }

    /// The address of the DNS server that it is, if it is one.
    pub(super) const fn dns_server(&self) -> Option<IpAddr> {
        match self.kind {
            Source::Dns(server) => Some(server),
            _ => None,
        }
    }

    /// Whether it gives this address.
    pub(super) fn gives(&self, address: IpAddr) -> bool {
        self.addresses.iter().any(|mapped| mapped.address == address)
    }
}

/// Whether the source of names answered the question at all.
pub(super) const fn is_answer(answer: &Answer) -> bool {
    matches!(answer, Answer::Records(_) | Answer::NoSuchName | Answer::NoData)
}
