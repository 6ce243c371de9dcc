//! Work that others shall not wait for. It is handed over boxed: what carries it is then compiled once, and not again for
//! every piece of work, which was a thirtieth of all that this crate is compiled into.

use std::any::Any;

use futures_util::future::BoxFuture;
use tokio::task::{JoinError, JoinHandle};

type Value = Box<dyn Any + Send>;

/// Begins work that keeps a processor or the disk busy, on a thread for such. What comes back waits for its end; the work
/// goes on when nobody does.
///
/// # Errors
/// When the work panics.
pub(crate) fn apart<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> impl Future<Output = Result<T, JoinError>> + Send {
    let boxed: Box<dyn FnOnce() -> Value + Send> = Box::new(|| Box::new(work()));
    let running = tokio::task::spawn_blocking(boxed);
    async move {
        let value = running.await?.downcast::<T>();
        Ok(*value.expect("the work gives what it was asked for"))
    }
}

/// Begins work that mostly waits.
pub(crate) fn beside(work: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    let boxed: BoxFuture<'static, ()> = Box::pin(work);
    tokio::spawn(boxed)
}
