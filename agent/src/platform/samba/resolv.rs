//! `/etc/resolv.conf` (resolv.conf(5)).

use std::net::IpAddr;

use epmesh_common::facts::DnsName;

/// What a resolv.conf says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResolvConf {
    /// The servers in order. glibc uses the first three; all are kept, up to 16.
    pub servers: Vec<IpAddr>,
    /// The search list; the last `search` or `domain` line counts.
    pub search: Vec<DnsName>,
}

/// The most servers, and the most suffixes, that are kept.
const MAX: usize = 16;

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
                    word.split('%').next().and_then(|address| address.parse().ok())
                });
                if let Some(address) = address
                    && conf.servers.len() < MAX
                {
                    conf.servers.push(address);
                }
            }
            Some("search" | "domain") => {
                conf.search = words.filter_map(|word| word.parse().ok()).take(MAX).collect();
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

    proptest! {
        #[test]
        fn takes_any_text(text in any::<String>()) {
            prop_assert!(parse(&text).servers.len() <= MAX);
        }
    }
}
