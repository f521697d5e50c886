//! Readings that more than one section of a round wants.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

/// The last reading of something, when it began, and nothing of one that failed.
#[derive(Debug)]
pub(super) struct Shared<T>(Mutex<Option<(Instant, Arc<T>)>>);

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Shared<T> {
    /// The last reading, where it began at `asked` or later, or else what `read` gives. Who comes
    /// meanwhile waits for it.
    ///
    /// Never an older one, however new: what a host was a moment ago, before something was done to it, is
    /// not what it is.
    ///
    /// # Errors
    /// What `read` says. The next who asks tries anew.
    pub(super) fn get<E>(
        &self,
        asked: Instant,
        read: impl FnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((begun, reading)) = &*last
            && *begun >= asked
        {
            return Ok(Arc::clone(reading));
        }
        // The old one goes first, so that there are never two.
        *last = None;
        let begun = Instant::now();
        let reading = Arc::new(read()?);
        *last = Some((begun, Arc::clone(&reading)));
        Ok(reading)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_was_wanted_together_is_read_once_and_nothing_older_is_given() {
        let shared = Shared::default();
        let asked = Instant::now();
        assert_eq!(shared.get(asked, || Err::<u8, _>("denied")), Err("denied"));
        let first = shared.get(asked, || Ok::<_, ()>(1)).expect("it is read");
        let again = shared.get(asked, || Err("read again")).expect("it is shared");
        assert!(Arc::ptr_eq(&first, &again));
        // The clock has moved on since the first reading began, or this moment comes after it.
        let later = Instant::now() + Duration::from_nanos(1);
        assert_eq!(*shared.get(later, || Ok::<_, ()>(2)).expect("it is read"), 2);
    }
}
