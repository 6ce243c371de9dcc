//! Listening.

use tokio::net::TcpListener;

use super::{App, router};

/// Answers requests until `shutdown` is ready, lets running requests finish, and closes what was open.
pub async fn serve(
    app: App,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let served = axum::serve(listener, router(&app))
        .with_graceful_shutdown(shutdown)
        .await;
    if let Some(live) = app.live() {
        live.stop().await;
    }
    app.db().close().await;
    served
}
