//! The choice of the witnesses whose observations of a source go into evidence.

use std::collections::BTreeMap;

use epmesh_common::facts::{DnsName, Timestamp};

use super::dc::WitnessView;

/// The most witnesses besides the destination whose observations go into one evidence.
pub(super) const MOST_WITNESSES: usize = 16;

/// How many of them stand in the source's own site, where so many do: what keeps them out keeps everybody out. As many
/// more stand beside the destination.
pub(super) const NEIGHBOURS: usize = 4;

/// How many of them saw the same, before others that saw the same are taken.
const ALIKE: usize = 3;

/// The sorts of what was seen that are told apart.
const SORTS: usize = 16;

/// The witnesses that saw the source, one more than go into one evidence: the fresh ones, of these first those that
/// read the whole map. Where there are more, those that have something to tell.
pub(super) fn witnesses<'v>(
    views: &'v BTreeMap<DnsName, WitnessView>,
    fresh_since: Timestamp,
    near: &[DnsName],
) -> Vec<(&'v DnsName, &'v WitnessView)> {
    if views.len() > MOST_WITNESSES {
        return telling(views, fresh_since, near);
    }
    let is_fresh = |seen: &WitnessView| seen.at >= fresh_since;
    let classes = [(true, true), (true, false), (false, true), (false, false)].into_iter();
    let of_class =
        |class| views.iter().filter(move |(_, seen)| (is_fresh(seen), seen.read_map) == class);
    classes.flat_map(of_class).collect()
}

/// Up to `most` of the witnesses that stand `near`, a list in the order of names: those that are `wanted`. A site may
/// have thousands of domain controllers, and a source few witnesses: the shorter list is walked.
pub(super) fn neighbours<'v>(
    views: &'v BTreeMap<DnsName, WitnessView>,
    near: &[DnsName],
    most: usize,
    wanted: impl Fn(&(&DnsName, &WitnessView)) -> bool,
) -> Vec<(&'v DnsName, &'v WitnessView)> {
    if near.len() <= views.len() {
        let there = near.iter().filter_map(|dc| views.get_key_value(dc));
        return there.filter(wanted).take(most).collect();
    }
    let there = views.iter().filter(|(dc, _)| near.binary_search(dc).is_ok());
    there.filter(wanted).take(most).collect()
}

/// Of many witnesses some of those that stand `near` the source, which tell a host from a way; then some of each sort
/// of what was seen, which show contrast and address translation; and then the first by name, those that are not fresh
/// last.
fn telling<'v>(
    views: &'v BTreeMap<DnsName, WitnessView>,
    fresh_since: Timestamp,
    near: &[DnsName],
) -> Vec<(&'v DnsName, &'v WitnessView)> {
    let is_fresh = |seen: &WitnessView| seen.at >= fresh_since;
    let most = MOST_WITNESSES + 1;
    let mut sorts: Vec<(u64, usize)> = Vec::with_capacity(SORTS);
    let mut is_one_more_of = |sort: u64| {
        if let Some((_, count)) = sorts.iter_mut().find(|(known, _)| *known == sort) {
            *count += 1;
            return *count <= ALIKE;
        }
        let is_told_apart = sorts.len() < SORTS;
        if is_told_apart {
            sorts.push((sort, 1));
        }
        is_told_apart
    };
    let mut all: Vec<(&DnsName, &WitnessView)> = Vec::with_capacity(3 * most);
    all.extend(neighbours(views, near, NEIGHBOURS, |(_, seen)| is_fresh(seen)));
    all.iter().for_each(|(_, seen)| _ = is_one_more_of(seen.sort));
    let neighbours = all.len();
    let (mut rest, mut old) = (Vec::with_capacity(most), Vec::new());
    for view in views {
        if all.iter().take(neighbours).any(|(taken, _)| std::ptr::eq(*taken, view.0)) {
            continue;
        }
        let list = match is_fresh(view.1) {
            true if all.len() < most && is_one_more_of(view.1.sort) => &mut all,
            true => &mut rest,
            false => &mut old,
        };
        if list.len() < most {
            list.push(view);
        }
    }
    all.extend(rest.into_iter().chain(old));
    all.truncate(most);
    all
}
