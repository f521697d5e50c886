//! The links of an incident, in little room.

use std::collections::BTreeMap;

use epmesh_common::{diagnosis::Link, facts::DnsName, rpc::InterfaceId};
use serde::{Deserialize, Serialize};

/// The bytes that a new bundle takes besides its names.
const BUNDLE: usize = 120;

/// A bundle of links that have one end and the interface in common. A fault mostly lies at one end: of
/// four hundred links behind one dead service only the names of the destinations are written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Packed {
    interface: InterfaceId,
    /// The end that all have in common.
    one: DnsName,
    /// Whether that end is the source.
    to: bool,
    /// The other ends.
    others: Vec<DnsName>,
}

/// The links of an incident as they are stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PackedLinks {
    pub(super) links: Vec<Packed>,
    pub(super) latent: Vec<Packed>,
    pub(super) unseen: Vec<Packed>,
    pub(super) shared: Vec<Packed>,
}

/// As many of the first `links` as fit into `room` bytes, and the room that is left.
pub(super) fn pack(links: &[Link], mut room: usize) -> (Vec<Packed>, usize) {
    let ends = |to: bool, link: &Link| match to {
        true => (link.source.clone(), link.destination.clone()),
        false => (link.destination.clone(), link.source.clone()),
    };
    let bundles = |to: bool| {
        let of = links.iter().map(|link| (ends(to, link).0, link.interface));
        of.collect::<std::collections::BTreeSet<_>>().len()
    };
    let to = bundles(true) <= bundles(false);
    let mut packed: BTreeMap<(DnsName, InterfaceId), Vec<DnsName>> = BTreeMap::new();
    for link in links {
        let (one, other) = ends(to, link);
        let key = (one, link.interface);
        let bundle = if packed.contains_key(&key) { 0 } else { key.0.as_str().len() + BUNDLE };
        let bytes = other.as_str().len() + 3 + bundle;
        if bytes > room {
            break;
        }
        room -= bytes;
        packed.entry(key).or_default().push(other);
    }
    let bundle = |((one, interface), others)| Packed { interface, one, to, others };
    (packed.into_iter().map(bundle).collect(), room)
}

/// The links of these bundles, in order.
pub(super) fn unpack(packed: Vec<Packed>) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    for Packed { interface, one, to, others } in packed {
        links.extend(others.into_iter().map(|other| {
            let (destination, source) =
                if to { (other, one.clone()) } else { (one.clone(), other) };
            Link { destination, source, interface }
        }));
    }
    links.sort();
    links
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::samples::{DRSUAPI, name};

    fn links(all: impl Iterator<Item = (usize, usize)>) -> Vec<Link> {
        let long = "x".repeat(40);
        let dc = |number: usize| name(&format!("dc{number:04}.{long}.example.com"));
        let link = |(from, to)| Link { destination: dc(from), source: dc(to), interface: DRSUAPI };
        all.map(link).collect()
    }

    #[test]
    fn what_is_packed_is_what_comes_out() {
        for all in [
            links((2..402).map(|from| (from, 1))),
            links((2..402).map(|to| (1, to))),
            links((0..20).flat_map(|from| (20..40).map(move |to| (from, to)))),
            Vec::new(),
        ] {
            let (packed, left) = pack(&all, 40 * 1024);
            let bytes = serde_json::to_vec(&packed).expect("JSON").len();
            assert!(bytes <= 40 * 1024 - left + 2, "{bytes} bytes, {left} left");
            assert_eq!(unpack(packed), all, "names of sixty letters, four hundred links");
        }
    }

    #[test]
    fn what_does_not_fit_is_cut_at_the_end() {
        let all = links((1..5_000).map(|to| (0, to)));
        let (packed, left) = pack(&all, 10_000);
        let kept = unpack(packed);
        assert_eq!(kept, all[..kept.len()]);
        assert!(left < 100 && kept.len() > 100, "{} kept, {left} left", kept.len());
    }
}
