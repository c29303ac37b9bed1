//! The driver loop: what joins the machine to a socket and a clock.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use ehlo::Timestamp;
use ehlo::server::{Config, Event, Rejection, Server, SessionId};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use crate::GRACE;
use crate::application::{Application, Service};
use crate::connection::Connection;

/// Poll, write, read, in that order, until the session is closed.
///
/// A timeout needs no code of its own: the next poll finds that it is due.
pub(crate) async fn serve(
    mut connection: Connection,
    config: Arc<Config>,
    id: SessionId,
    service: Arc<Service>,
    peer: SocketAddr,
    mut stopping: watch::Receiver<bool>,
) -> io::Result<()> {
    let mut server = Server::new(config, id, connection.security(), now());
    let mut application = Application::new(service, peer);
    let mut input = BytesMut::new();
    let mut stop = pin!(stopping.wait_for(|stopping| *stopping));
    let mut is_stopping = false;
    loop {
        while let Some(event) = server.poll_event(now(), &mut input) {
            application.trace(id, &event);
            match event {
                Event::Handover => {
                    let handshake = connection.accept_tls(application.tls()?);
                    connection = timeout_at(deadline(&server), handshake).await??;
                    server.tls_established(now(), &mut input);
                }
                event => application.handle(&mut server, event).await,
            }
        }
        if server.output().has_remaining() {
            application.trace_output(id, server.output().chunk());
            let deadline = deadline(&server);
            let written = timeout_at(deadline, connection.write(server.output())).await;
            written.unwrap_or(Ok(()))?;
        } else if server.is_closed() {
            return connection.close().await;
        } else {
            tokio::select! {
                biased;
                _ = &mut stop, if !is_stopping => {
                    is_stopping = true;
                    server.shutdown(Rejection::SHUTTING_DOWN, now().after(GRACE));
                }
                read = timeout_at(deadline(&server), connection.read(&mut input)),
                    if server.wants_input() =>
                {
                    if let Ok(0) = read.unwrap_or(Ok(1)) {
                        server.handle_eof();
                    }
                }
            }
        }
    }
}

/// When the program began: the epoch of all timestamps.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

fn now() -> Timestamp {
    Timestamp::from_elapsed(START.elapsed())
}

/// Until when to wait; far away if there is nothing to wait for.
fn deadline(server: &Server) -> Instant {
    const FAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
    let timeout = server.poll_timeout();
    *START + timeout.map_or(START.elapsed() + FAR, Timestamp::elapsed)
}
