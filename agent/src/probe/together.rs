//! Futures run side by side in one task, so that dropping a look ends all of it.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
};

enum Slot<'a, T> {
    Running(Pin<Box<dyn Future<Output = T> + Send + 'a>>),
    Done(T),
}

/// Runs them at the same time; the results in the order of the futures. For tens, not thousands:
/// every wake-up polls all that still run.
pub(super) async fn all<'a, T, F>(futures: impl IntoIterator<Item = F>) -> Vec<T>
where
    T: Unpin + Send + 'a,
    F: Future<Output = T> + Send + 'a,
{
    let mut slots: Vec<Slot<'a, T>> =
        futures.into_iter().map(|future| Slot::Running(Box::pin(future))).collect();
    poll_fn(|context| {
        let mut running = false;
        for slot in &mut slots {
            if let Slot::Running(future) = slot {
                match future.as_mut().poll(context) {
                    Poll::Ready(value) => *slot = Slot::Done(value),
                    Poll::Pending => running = true,
                }
            }
        }
        if running { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    let done = |slot| match slot {
        Slot::Done(value) => Some(value),
        Slot::Running(_) => None,
    };
    slots.into_iter().filter_map(done).collect()
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn the_first_may_wait_for_the_last() {
        let (send, receive) = oneshot::channel();
        let first: Pin<Box<dyn Future<Output = u8> + Send>> =
            Box::pin(async { receive.await.unwrap() });
        let second: Pin<Box<dyn Future<Output = u8> + Send>> = Box::pin(async {
            send.send(1).unwrap();
            2
        });
        assert_eq!(all([first, second]).await, [1, 2]);
        assert!(all(Vec::<std::future::Ready<u8>>::new()).await.is_empty());
    }
}
