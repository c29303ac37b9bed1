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
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::GRACE;
use crate::application::{Application, Service};
use crate::connection::Connection;

/// Poll, write, read, in that order, until the session is closed.
///
/// A deadline that passes needs no code of its own: the next poll sees it.
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
    application.bind(connection.channel()?);
    let mut input = BytesMut::new();
    let mut stop = pin!(stopping.wait_for(|stopping| *stopping));
    let mut is_stopping = false;
    // One for the whole session: to put it off is cheap, to make one is not.
    let mut alarm = pin!(sleep_until(deadline(&server)));
    loop {
        while let Some(event) = server.poll_event(now(), &mut input) {
            application.trace(id, &event);
            match event {
                Event::Handover => {
                    let handshake = connection.accept_tls(application.tls()?);
                    connection = timeout_at(deadline(&server), handshake).await??;
                    application.bind(connection.channel()?);
                    server.tls_established(now(), &mut input);
                }
                event => application.handle(&mut server, event).await,
            }
        }
        alarm.as_mut().reset(deadline(&server));
        if server.output().has_remaining() {
            application.trace_output(id, server.output().chunk());
            tokio::select! {
                biased;
                written = connection.write(server.output()) => written?,
                () = &mut alarm => {}
            }
        } else if server.is_closed() {
            return connection.close().await;
        } else {
            tokio::select! {
                biased;
                read = connection.read(&mut input), if server.wants_input() => {
                    if read? == 0 {
                        server.handle_eof();
                    }
                }
                _ = &mut stop, if !is_stopping => {
                    is_stopping = true;
                    server.shutdown(Rejection::SHUTTING_DOWN, now().after(GRACE));
                }
                () = &mut alarm => {}
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
    match server.poll_timeout() {
        Some(timeout) => *START + timeout.elapsed(),
        None => Instant::now() + FAR,
    }
}
