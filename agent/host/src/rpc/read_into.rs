//! Bytes of a stream, read without a buffer in the future that waits for them.

use std::{
    future::poll_fn,
    io,
    mem::MaybeUninit,
    pin::Pin,
    task::{Poll, ready},
};

use tokio::io::{AsyncRead, ReadBuf};

/// The most that is read of a stream at once.
const READ: usize = 8 * 1024;

/// Waits for bytes of `stream` and gives them to `take`; none at its end. The room for them is on the
/// stack, and not in the future: a look waits for many answers at once, and nearly all of its time.
///
/// # Errors
/// As the stream says.
pub async fn read_into<S: AsyncRead + Unpin, T>(
    stream: &mut S,
    mut take: impl FnMut(&[u8]) -> T,
) -> io::Result<T> {
    poll_fn(|context| {
        let mut space = [MaybeUninit::<u8>::uninit(); READ];
        let mut buffer = ReadBuf::uninit(&mut space);
        ready!(Pin::new(&mut *stream).poll_read(context, &mut buffer))?;
        Poll::Ready(Ok(take(buffer.filled())))
    })
    .await
}
