//! The endpoint map as Windows tells it without the network: the entries that its texts make.

use epmesh_rpc::{Binding, Endpoint, InterfaceId, ProtocolSequence};
use uuid::Uuid;

/// An entry as the RPC runtime tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The interface.
    pub interface: InterfaceId,
    /// The object; nil for any.
    pub object: Uuid,
    /// Protocol sequence, host and endpoint, as the text of its binding has them; none where the runtime gave no
    /// such text.
    pub binding: Option<(String, String, String)>,
    /// Free text of the registration.
    pub annotation: String,
}

/// The endpoints of some entries, sorted, and how many entries could not be read. Such an entry stays in the
/// list, with a sequence that may be any ([`ProtocolSequence::unread`]): its interface is registered, and the
/// rest of the map is as good without it.
#[must_use]
pub fn endpoints(entries: impl IntoIterator<Item = Entry>) -> (Vec<Endpoint>, usize) {
    let mut unread = 0;
    let mut endpoints: Vec<Endpoint> = Vec::new();
    for Entry { interface, object, binding, annotation } in entries {
        let binding = binding.and_then(|(sequence, host, endpoint)| {
            let sequence = sequence.parse().ok()?;
            let host = Some(host).filter(|host| !host.is_empty());
            Some(Binding { sequence, endpoint, host })
        });
        let binding = binding.unwrap_or_else(|| {
            unread += 1;
            Binding { sequence: ProtocolSequence::unread(), endpoint: String::new(), host: None }
        });
        let object = Some(object).filter(|object| !object.is_nil());
        endpoints.push(Endpoint { interface, object, binding, annotation });
    }
    endpoints.sort();
    (endpoints, unread)
}

#[cfg(test)]
mod tests {
    use epmesh_facts::holds_over_tcp;
    use epmesh_rpc::names;

    use super::*;

    fn entry(interface: &str, binding: Option<(&str, &str)>) -> Entry {
        Entry {
            interface: names::find(interface).expect("a known interface"),
            object: Uuid::nil(),
            binding: binding.map(|(sequence, endpoint)| {
                (sequence.to_owned(), String::new(), endpoint.to_owned())
            }),
            annotation: String::new(),
        }
    }

    /// A map of Windows Server 2025 with containers: one sequence more than the field's five, one that is new, and
    /// two that say nothing.
    #[test]
    fn an_entry_that_is_not_understood_loses_no_other() {
        let service = "42011404-0324-4cd0-b565-ed6806063ecc";
        let (endpoints, unread) = endpoints([
            entry("drsuapi", Some(("ncacn_ip_tcp", "49664"))),
            entry("drsuapi", Some(("ncalrpc", "NTDS_LPC"))),
            entry("lsarpc", Some(("ncacn_hvsocket", service))),
            entry("samr", Some(("ncacn_quic", "x"))),
            entry("netlogon", Some(("", ""))),
            entry("dfsr", None),
        ]);
        assert_eq!((endpoints.len(), unread), (6, 2));
        let texts: Vec<String> = endpoints.iter().map(|row| row.binding.to_string()).collect();
        for text in [
            "ncacn_ip_tcp:[49664]".to_owned(),
            format!("ncacn_hvsocket:[{service}]"),
            "ncacn_quic:[x]".to_owned(),
            "protocols:[]".to_owned(),
        ] {
            assert!(texts.contains(&text), "{text} in {texts:?}");
        }
        let over_tcp = |interface| names::find(interface).map(|id| holds_over_tcp(&endpoints, id));
        assert_eq!(over_tcp("drsuapi"), Some(Some(true)));
        assert_eq!(over_tcp("lsarpc"), Some(Some(false)));
        assert_eq!(over_tcp("netlogon"), Some(None), "nobody knows where it is");
    }
}
