//! Sending a message behind DATA.
//!
//! lettre keeps its encoder private: it is reached through a connection, which
//! here is a stream that takes everything, and reads one reply for a message.
//! Not here: mailin, mailrs and smtp-codec do not send.

use std::hint::black_box;
use std::io::IoSlice;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use ehlo::codec::{DotEncoder, LineEnds};
use futures::FutureExt;
use futures::io::AsyncWriteExt;
use io_smtp::coroutine::{SmtpCoroutine, SmtpCoroutineState, SmtpYield};
use io_smtp::rfc5321::data::SmtpData;
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream};
use lettre::transport::smtp::extension::ClientId;

use crate::measure::{Group, Unit};
use crate::shared::bodies::{self, SHAPES};

const OCTETS: usize = 192 * 1024;

pub fn groups() -> Vec<Group> {
    SHAPES.iter().map(|shape| encode(shape)).collect()
}

/// Looks at what it is given, but takes no copy, as a vectored write would not.
/// Says yes to whoever listens.
#[derive(Debug)]
struct Sink;

impl futures::io::AsyncWrite for Sink {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        black_box(octets);
        Poll::Ready(Ok(octets.len()))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        black_box(slices);
        Poll::Ready(Ok(slices.iter().map(|slice| slice.len()).sum()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl tokio::io::AsyncWrite for Sink {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        black_box(octets);
        Poll::Ready(Ok(octets.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl tokio::io::AsyncRead for Sink {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        octets: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        octets.put_slice(b"250 ok\r\n");
        Poll::Ready(Ok(()))
    }
}

impl AsyncTokioStream for Sink {
    fn peer_addr(&self) -> std::io::Result<SocketAddr> {
        Ok(([127, 0, 0, 1], 25).into())
    }
}

fn encode(shape: &str) -> Group {
    let message: &'static [u8] = bodies::message(shape, OCTETS).leak();
    let mut group = Group::new(format!("send: {shape}"), Unit::Octets(message.len()));
    let chunks: Vec<Bytes> = message.chunks(16 * 1024).map(Bytes::from_static).collect();
    for (name, line_ends) in [
        ("ehlo, strict", LineEnds::Strict),
        ("ehlo, normalizing", LineEnds::Normalize),
    ] {
        let chunks = chunks.clone();
        group.add(name, move || {
            let mut sink = |slice: Bytes| {
                black_box(&slice);
            };
            let mut encoder = DotEncoder::new(line_ends);
            for chunk in &chunks {
                let _ = black_box(encoder.encode(black_box(chunk), &mut sink));
            }
            let _ = black_box(encoder.finish(&mut sink));
        });
    }
    // In one piece: a piece that begins with a dot makes it fail.
    group.add("smtp-message", move || {
        let mut writer = smtp_message::EscapingDataWriter::new(Sink);
        let written = ready(writer.write_all(black_box(message)));
        assert!(written.is_ok() && ready(writer.finish()).is_ok());
    });
    group.add("mail-send", move || {
        let mut client = mail_send::SmtpClient {
            stream: Sink,
            timeout: Duration::from_secs(1),
        };
        assert!(ready(client.write_message(black_box(message))).is_ok());
    });
    let hello = ClientId::Domain("client.example".to_owned());
    let mut lettre = ready(AsyncSmtpConnection::connect_with_transport(
        Box::new(Sink),
        &hello,
    ))
    .expect("it says yes");
    group.add("lettre", move || {
        assert!(ready(lettre.message(black_box(message))).is_ok());
    });
    // It takes the message by value and gives it back in a new one.
    let prepare = || message.to_vec();
    group.add_prepared("io-smtp", prepare, |message: &mut Vec<u8>| {
        let mut data = SmtpData::new(std::mem::take(message));
        let mut heard = None;
        loop {
            match data.resume(heard.take()) {
                SmtpCoroutineState::Yielded(SmtpYield::WantsRead) => {
                    heard = Some(&b"354 go\r\n"[..])
                }
                SmtpCoroutineState::Yielded(SmtpYield::WantsWrite(octets)) => {
                    black_box(&octets);
                    if octets.ends_with(b".\r\n") {
                        break;
                    }
                }
                SmtpCoroutineState::Complete(_) => {
                    unreachable!("the message has not been answered")
                }
            }
        }
    });
    let mut copy = vec![0; message.len()];
    group.add("memcpy", move || {
        copy.copy_from_slice(black_box(message));
        black_box(&copy);
    });
    group
}

/// What a future that never waits comes to.
fn ready<T>(future: impl Future<Output = T>) -> T {
    Box::pin(future)
        .now_or_never()
        .expect("a sink is always ready")
}
