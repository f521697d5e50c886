//! This host's sources of names, read once for all looks of a round.

use std::{sync::Arc, time::Duration};

use epmesh_common::facts::Resolver;
use tokio::{sync::Mutex, time::Instant};

/// The part of an interval for which looks of a round share one reading: at most 5 s in a minute, where a
/// fact decides for three intervals. A look out of turn reads for itself.
const PART: u32 = 12;

/// The last reading. Each costs a dozen files, and in a big round there are many looks a second.
pub(super) struct Names {
    good_for: Duration,
    last: Mutex<Option<(Instant, Arc<Resolver>)>>,
}

impl Names {
    pub(super) fn new(interval: Duration) -> Self {
        Self { good_for: interval / PART, last: Mutex::default() }
    }

    /// The last reading, where it is new enough, or else what `read` gives. Who comes meanwhile waits for
    /// it, so that a read that hangs hangs once.
    pub(super) async fn get(&self, read: impl Future<Output = Resolver>) -> Arc<Resolver> {
        let mut last = self.last.lock().await;
        if let Some((at, resolver)) = &*last
            && at.elapsed() < self.good_for
        {
            return Arc::clone(resolver);
        }
        let resolver = Arc::new(read.await);
        *last = Some((Instant::now(), Arc::clone(&resolver)));
        resolver
    }
}

#[cfg(test)]
mod tests {
    use epmesh_common::facts::Blank;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_reading_is_shared_for_a_part_of_the_interval() {
        let names = Names::new(Duration::from_secs(60));
        let absent = || async { Resolver::blank(&Blank::Absent) };
        let not_again = async { panic!("it was read a moment ago") };
        let first = names.get(absent()).await;
        tokio::time::advance(Duration::from_millis(4999)).await;
        assert!(Arc::ptr_eq(&first, &names.get(not_again).await));
        tokio::time::advance(Duration::from_millis(1)).await;
        let changed = names.get(async { Resolver::blank(&Blank::NotApplicable) }).await;
        assert_ne!(first, changed);
    }
}
