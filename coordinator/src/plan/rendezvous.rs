//! Rendezvous hashing (Thaler and Ravishankar, 1996): every chooser ranks every candidate by a
//! hash of the two names.

use std::cmp::Reverse;

use epmesh_common::facts::DnsName;

/// The `count` candidates that rank highest with `chooser`, best first.
pub(super) fn highest<'a>(
    chooser: &DnsName,
    mut candidates: Vec<&'a DnsName>,
    count: usize,
) -> Vec<&'a DnsName> {
    candidates.sort_by_cached_key(|candidate| Reverse((rank(chooser, candidate), *candidate)));
    candidates.truncate(count);
    candidates
}

/// FNV-1a over both names, mixed once more because FNV leaves the high bits of short texts alike.
/// Not the standard library's hasher: plans must not change with the compiler.
fn rank(chooser: &DnsName, candidate: &DnsName) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let bytes = chooser.as_str().bytes().chain([0]).chain(candidate.as_str().bytes());
    for byte in bytes {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_spread_evenly() {
        let name = |number: u32| format!("dc{number}.lab.test").parse::<DnsName>();
        let names: Vec<DnsName> = (0..200).map(|n| name(n).expect("a host name")).collect();
        let mut chosen = vec![0_u32; names.len()];
        for chooser in &names {
            let best = highest(chooser, names.iter().collect(), 20);
            for (count, name) in chosen.iter_mut().zip(&names) {
                *count += u32::from(best.contains(&name));
            }
        }
        // 20 expected each, standard deviation about 4.2.
        assert!(chosen.iter().all(|count| (3..42).contains(count)), "{chosen:?}");
    }
}
