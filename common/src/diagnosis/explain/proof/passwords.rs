//! Proof from machine accounts: when the source's password was set, by the copies of the directory at both ends. It is
//! told where an error may come of an old password.

use epmesh_facts::Reading;

use super::{
    super::super::{
        case::{Case, age_in_words},
        cause::Step,
        replication_error::Kind,
        verdict::EvidenceItem,
    },
    item::item,
};

pub(super) fn passwords(case: &Case<'_>, items: &mut Vec<EvidenceItem>) {
    let platform = case.destination_platform();
    let may_be = |error| matches!(Kind::of(error, platform), Kind::Principal | Kind::Logon);
    if !case.attempts().any(|attempt| may_be(attempt.error)) {
        return;
    }
    let source = case.source();
    items.extend(case.passwords().into_iter().map(|password| {
        let (fact, raw) = match password.at {
            Reading::Value(at) => (
                format!(
                    "in its directory the password of the account of {source} was set {}",
                    age_in_words(at.until(case.now))
                ),
                Some(format!("pwdLastSet {at}")),
            ),
            Reading::Absent | Reading::NotApplicable => (
                format!("in its directory the password of the account of {source} was never set"),
                Some("pwdLastSet 0".to_owned()),
            ),
            Reading::Unreadable(why) => (
                format!(
                    "when the password of the account of {source} was set could not be seen: {why}"
                ),
                None,
            ),
        };
        item(Step::Identity, password.copy.witness, password.copy.at, fact, raw)
    }));
}
