//! Entries of the DNS client's cache for a name, and the answer that they give.

use std::error::Error;

use epmesh_facts::{Answer, Record, error::chain};

/// The content of the DNS client's cache for a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cached {
    /// These records.
    Records(Vec<Record>),
    /// The cache holds that the name does not exist: a negative entry (`DNS_ERROR_RCODE_NAME_ERROR`, 9003), for
    /// as long as which nobody is asked.
    NoSuchName,
    /// No entry of this name and type (`DNS_ERROR_RECORD_DOES_NOT_EXIST`, 9701), or one that the name
    /// has no such record (`DNS_INFO_NO_RECORDS`, 9501).
    Nothing,
}

/// The answer that this is. A call that failed says nothing of the name: it was not seen.
#[must_use]
pub fn answer<E: Error>(cached: Result<Cached, E>) -> Answer {
    match cached {
        Ok(Cached::Records(records)) => Answer::Records(records),
        Ok(Cached::NoSuchName) => Answer::NoSuchName,
        Ok(Cached::Nothing) => Answer::NoData,
        Err(error) => Answer::NotAsked(chain(&error)),
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn a_negative_entry_is_told_from_none_and_from_a_call_that_failed() {
        let told = |cached| answer(Ok::<_, io::Error>(cached));
        assert_eq!(told(Cached::NoSuchName), Answer::NoSuchName);
        assert_eq!(told(Cached::Nothing), Answer::NoData);
        let failed = answer(Err(io::Error::from_raw_os_error(5)));
        assert!(matches!(failed, Answer::NotAsked(why) if why.contains("os error 5")));
    }
}
