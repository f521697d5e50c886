//! Readings that more than one section of a round wants.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How old what is shared may be: the sections of a round are read at the same time, and the next round
/// is far from that.
const SHARED: Duration = Duration::from_secs(1);

/// The last reading of something, when it began, and nothing of one that failed.
#[derive(Debug)]
pub(super) struct Shared<T>(Mutex<Option<(Instant, Arc<T>)>>);

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Shared<T> {
    /// The last reading, where it is new enough, or else what `read` gives. Who comes meanwhile waits for
    /// it.
    ///
    /// # Errors
    /// What `read` says. The next who asks tries anew.
    pub(super) fn get<E>(&self, read: impl FnOnce() -> Result<T, E>) -> Result<Arc<T>, E> {
        self.at(Instant::now(), read)
    }

    fn at<E>(&self, now: Instant, read: impl FnOnce() -> Result<T, E>) -> Result<Arc<T>, E> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((begun, reading)) = &*last
            && now.saturating_duration_since(*begun) < SHARED
        {
            return Ok(Arc::clone(reading));
        }
        // The old one goes first, so that there are never two.
        *last = None;
        let reading = Arc::new(read()?);
        *last = Some((now, Arc::clone(&reading)));
        Ok(reading)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_is_shared_for_a_moment_and_an_error_is_not() {
        let shared = Shared::default();
        let start = Instant::now();
        assert_eq!(shared.at(start, || Err::<u8, _>("denied")), Err("denied"));
        let first = shared.at(start, || Ok::<_, ()>(1)).expect("it is read");
        let within = start + SHARED.saturating_sub(Duration::from_nanos(1));
        let again = shared.at(within, || Err("read again")).expect("it is shared");
        assert!(Arc::ptr_eq(&first, &again));
        assert_eq!(*shared.at(start + SHARED, || Ok::<_, ()>(2)).expect("it is read"), 2);
    }
}
