//! Connections to unix sockets, and the time that an exchange on one may take.
//!
//! Each exchange has an asynchronous runtime of its own, on the calling thread: with it ends whatever a library or a peer left behind, be it a task, a connection or a timer.
//! Making one costs tens of microseconds, and there is one exchange now and then.

use std::path::Path;
use std::time::Duration;

use tokio::net::UnixStream;

use super::error::AskError;

/// Waits for an exchange, but no longer than this.
pub(super) fn within<T>(
    time: Duration,
    exchange: impl Future<Output = Result<T, AskError>>,
) -> Result<T, AskError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .map_err(AskError::Io)?;
    let waited = runtime.block_on(async { tokio::time::timeout(time, exchange).await });
    waited.unwrap_or(Err(AskError::Timeout))
}

/// Connects.
pub(super) async fn connect(path: &Path) -> Result<UnixStream, AskError> {
    UnixStream::connect(path).await.map_err(AskError::Connect)
}
