//! Questions that are asked rarely: those that make noise in somebody's log, or are answered by nobody.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// How long a question that brings nothing new is left alone.
pub(in crate::probe) const RARELY: Duration = Duration::from_secs(3600);

/// The most addresses that are remembered. What is forgotten is asked again.
const MAX: usize = 65_536;

/// When something was last so, by address.
#[derive(Debug, Default)]
pub(in crate::probe) struct Rare(Mutex<HashMap<IpAddr, Instant>>);

impl Rare {
    /// Whether it was so within the last hour.
    pub(in crate::probe) fn is_recent(&self, address: IpAddr) -> bool {
        let noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        noted.get(&address).is_some_and(|at| at.elapsed() < RARELY)
    }

    /// It is so now.
    pub(in crate::probe) fn note(&self, address: IpAddr) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.len() >= MAX {
            noted.retain(|_, at| at.elapsed() < RARELY);
        }
        if noted.len() < MAX {
            noted.insert(address, Instant::now());
        }
    }

    /// It is not so any more.
    pub(in crate::probe) fn forget(&self, address: IpAddr) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&address);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_hour_later_it_is_asked_again() {
        let (rare, address) = (Rare::default(), IpAddr::from([192, 0, 2, 1]));
        assert!(!rare.is_recent(address));
        rare.note(address);
        tokio::time::advance(RARELY - Duration::from_millis(1)).await;
        assert!(rare.is_recent(address) && !rare.is_recent(IpAddr::from([192, 0, 2, 2])));
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(!rare.is_recent(address));
        rare.note(address);
        rare.forget(address);
        assert!(!rare.is_recent(address));
    }
}
