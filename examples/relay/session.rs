//! The driver loop: what joins the two machines to two sockets and a clock.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use ehlo::Timestamp;
use ehlo::types::Protocol;
use tokio::io::{self, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};

use crate::Route;
use crate::relay::Relay;

/// Octets that are read at once.
const BLOCK: usize = 16 * 1024;

/// How long the next hop may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(30);

/// How long the end of a connection may take.
const LINGER: Duration = Duration::from_secs(2);

/// Brings a sender's session to the next hop.
pub(crate) async fn serve(
    sender: TcpStream,
    peer: SocketAddr,
    protocol: Protocol,
    route: Arc<Route>,
) -> io::Result<()> {
    sender.set_nodelay(true)?;
    let next_hop = timeout(CONNECT, TcpStream::connect(&route.next_hop)).await;
    let relay = Relay::new(route, protocol, peer, now());
    match next_hop {
        Ok(Ok(next_hop)) => {
            next_hop.set_nodelay(true)?;
            join(relay, sender, next_hop).await
        }
        // Who does not answer is as one who hangs up at once.
        _ => join(relay, sender, io::empty()).await,
    }
}

/// Advance, then wait for whatever happens first: octets that can be read, or
/// written, on either side, or a deadline.
///
/// If the sender's connection fails, both are dropped: a message that has not
/// been handed on to its end is none.
async fn join(
    mut relay: Relay,
    sender: TcpStream,
    next_hop: impl AsyncRead + AsyncWrite,
) -> io::Result<()> {
    let (mut from_sender, mut to_sender) = io::split(sender);
    let (mut from_next_hop, mut to_next_hop) = io::split(next_hop);
    let (mut has_left_sender, mut has_left_next_hop) = (false, false);
    loop {
        relay.advance(now());
        if relay.client.is_closed() && !has_left_next_hop {
            // At once, for this is also how a message is given up.
            let _ = to_next_hop.shutdown().await;
            has_left_next_hop = true;
        }
        if relay.server.is_closed() && !has_left_sender {
            to_sender.shutdown().await?;
            has_left_sender = true;
        }
        if has_left_sender && has_left_next_hop {
            return linger(from_sender).await;
        }
        let is_held = relay.is_held();
        let deadline = deadline(&relay);
        tokio::select! {
            read = read(&mut from_sender, &mut relay.from_sender),
                if relay.server.wants_input() && !is_held =>
            {
                if read? == 0 {
                    relay.server.handle_eof();
                }
            }
            written = to_sender.write_buf(relay.server.output()),
                if relay.server.output().has_remaining() =>
            {
                written?;
            }
            read = read(&mut from_next_hop, &mut relay.from_next_hop),
                if relay.client.wants_input() =>
            {
                if read.unwrap_or(0) == 0 {
                    relay.client.handle_eof();
                }
            }
            written = to_next_hop.write_buf(relay.client.output()),
                if relay.client.output().has_remaining() =>
            {
                if written.is_err() {
                    relay.client.handle_eof();
                }
            }
            () = sleep_until(deadline) => {}
        }
    }
}

/// Waits a little for the peer to hang up, too: a socket that is closed with
/// octets unread is reset, and the peer may then not see what was said last.
async fn linger(mut from_peer: impl AsyncRead + Unpin) -> io::Result<()> {
    let mut nowhere = io::sink();
    let rest = io::copy(&mut from_peer, &mut nowhere);
    timeout(LINGER, rest).await.unwrap_or(Ok(0)).map(|_| ())
}

/// Reads into what is left of the buffer, or into another one if that is
/// little: slices of the old one may wait to be written.
async fn read(stream: &mut (impl AsyncRead + Unpin), input: &mut BytesMut) -> io::Result<usize> {
    if input.capacity() - input.len() < BLOCK / 4 {
        input.reserve(BLOCK);
    }
    stream.read_buf(input).await
}

/// When the program began: the epoch of all timestamps.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

fn now() -> Timestamp {
    Timestamp::from_elapsed(START.elapsed())
}

/// Until when to wait; far away if there is nothing to wait for.
fn deadline(relay: &Relay) -> Instant {
    const FAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
    let deadlines = [relay.server.poll_timeout(), relay.client.poll_timeout()];
    match deadlines.into_iter().flatten().min() {
        Some(deadline) => *START + deadline.elapsed(),
        None => Instant::now() + FAR,
    }
}
