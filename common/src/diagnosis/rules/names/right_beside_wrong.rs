//! A wrong address beside right ones.

use super::super::{
    super::{
        case::{Case, Owner, goes_on, has_no_way},
        cause::State,
        name_source::MappedAddress,
    },
    addresses::right_server,
    exclusions::may_be_cut_on_purpose,
    finding::Finding,
};

/// The finding on a wrong address, or on the right ones beside it. A wrong address beside right ones breaks
/// some of the attempts. Where none of the right ones leads through either, what stops the destination
/// there breaks all of them, and is the cause.
pub(in super::super) fn right_beside_wrong(
    case: &Case<'_>,
    tried: &[MappedAddress],
    wrong: Finding,
) -> Finding {
    // An address that nobody claims may be right.
    let may_be_right = |mapped: &&MappedAddress| {
        let address = mapped.address;
        !matches!(case.owner(address), Owner::Other(_))
            && !has_no_way(case, address, &case.reach(address))
    };
    let right: Vec<MappedAddress> = tried.iter().filter(may_be_right).copied().collect();
    if right.iter().all(|mapped| case.owner(mapped.address) != Owner::Source) {
        return wrong;
    }
    let there = right_server(case, &right);
    if there.state != State::Failing || may_be_cut_on_purpose(case, &there) {
        return wrong;
    }
    // From a silent address the destination goes on to the wrong one, whose answer it reports. To one that
    // may be the source itself, it gets through.
    let all_silent = right.iter().all(|mapped| goes_on(&case.reach(mapped.address)));
    if all_silent && wrong.state == State::Unknown {
        return wrong;
    }
    Finding { error: if all_silent { wrong.error } else { there.error }, ..there }
}
