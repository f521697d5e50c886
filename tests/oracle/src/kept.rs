//! Decoders of what the agent itself has written: the spool, the plan, a pending enrolment.

use epmesh_agent::{daemon::plan_file, enrolment::PendingEnrolment, session::spool_record};

use super::property::comes_back;

/// The bytes as a file, and as the body of a file whose sum is right.
pub(super) fn spooled_report(bytes: &[u8]) {
    for file in [bytes, &spool_record::sealed(bytes)] {
        comes_back(file, |bytes| spool_record::decode(bytes).ok_or(()), spool_record::encode);
    }
}

pub(super) fn plan(bytes: &[u8]) {
    comes_back(bytes, |bytes| plan_file::decode(bytes).ok_or(()), plan_file::encode);
}

pub(super) fn pending_enrolment(bytes: &[u8]) {
    comes_back(bytes, PendingEnrolment::decode, serde_json::to_vec);
}
