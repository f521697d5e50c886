//! `/etc/resolv.conf` (resolv.conf(5)).

use std::net::IpAddr;

use epmesh_facts::{DnsName, Reading};
use epmesh_wire::limits;

/// The content of a resolv.conf.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResolvConf {
    /// The servers in order. glibc uses the first three; all are kept.
    pub servers: Vec<IpAddr>,
    /// The search list; the last `search` or `domain` line counts.
    pub search: Vec<DnsName>,
}

impl ResolvConf {
    /// The servers as a report holds them: all, or none with the reason.
    #[must_use]
    pub fn servers(self) -> Reading<Vec<IpAddr>> {
        Reading::whole(self.servers, limits::DNS_SERVERS, "name servers")
    }

    /// The search list as a report holds it.
    #[must_use]
    pub fn search(self) -> Reading<Vec<DnsName>> {
        Reading::whole(self.search, limits::SEARCH_NAMES, "suffixes in the search list")
    }
}

/// Reads the text of a resolv.conf.
#[must_use]
pub fn parse(text: &str) -> ResolvConf {
    let mut conf = ResolvConf::default();
    for line in text.lines() {
        // Only these two start a comment, and only at the start of a line or word.
        let mut words =
            line.split_ascii_whitespace().take_while(|word| !word.starts_with(['#', ';']));
        match words.next() {
            Some("nameserver") => {
                let address = words.next().and_then(|word| {
                    word.split('%').next().and_then(|address| address.parse::<IpAddr>().ok())
                });
                conf.servers.extend(address);
            }
            Some("search" | "domain") => {
                conf.search = words.filter_map(|word| word.parse().ok()).collect();
            }
            _ => {}
        }
    }
    conf
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keeps_the_order_of_servers_and_the_last_search_list() {
        let conf = parse(
            "# made by hand\ndomain old.test\nsearch lab.test sub.lab.test ; not this\n\
             nameserver 10.0.0.1\n;nameserver 10.0.0.99\nnameserver fe80::1%eth0\nnameserver\n\
             nameserver 10.0.0.3 # third\nnameserver 10.0.0.4\noptions ndots:2\n",
        );
        let servers: Vec<String> = conf.servers.iter().map(ToString::to_string).collect();
        assert_eq!(servers, ["10.0.0.1", "fe80::1", "10.0.0.3", "10.0.0.4"]);
        let search: Vec<&str> = conf.search.iter().map(DnsName::as_str).collect();
        assert_eq!(search, ["lab.test", "sub.lab.test"]);
    }

    #[test]
    fn the_lists_are_whole_or_could_not_be_read() {
        let servers = |count: usize| parse(&"nameserver 10.0.0.1\n".repeat(count)).servers();
        assert_eq!(servers(64).value().map(Vec::len), Some(64));
        assert!(
            matches!(servers(65), Reading::Unreadable(why) if why.starts_with("65 name servers"))
        );
        let search =
            |count: usize| parse(&format!("search{}\n", " lab.test".repeat(count))).search();
        assert_eq!(search(256).value().map(Vec::len), Some(256));
        assert!(matches!(search(257), Reading::Unreadable(_)));
    }

    proptest! {
        #[test]
        fn takes_any_text(text in any::<String>()) {
            prop_assert!(parse(&text).servers.len() <= text.lines().count());
        }
    }
}
