//! A connection, encrypted or not.

use std::future::{Future, poll_fn};
use std::io;
use std::mem;
use std::pin::pin;
use std::task::{Context, Poll};

use bytes::{Buf, BytesMut};
use ehlo::Secret;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufWriter, empty};
use tokio::net::TcpStream;

use crate::tls::{self, Tls};

/// Octets that are read at once: replies are short.
const BLOCK: usize = 4 * 1024;

/// A socket, or TLS on one.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for T {}

pub(crate) struct Connection {
    /// Buffered: the output of the machine is in slices, some of them small.
    stream: BufWriter<Box<dyn Stream>>,
    /// Why nothing more can be written, or read.
    failure: Option<io::Error>,
    channel: Option<Secret>,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self::of(Box::new(stream))
    }

    fn of(stream: Box<dyn Stream>) -> Self {
        Self {
            stream: BufWriter::new(stream),
            failure: None,
            channel: None,
        }
    }

    /// Encrypts it from now on.
    pub(crate) async fn start_tls(&mut self, tls: &Tls) -> io::Result<()> {
        let plain = mem::replace(self, Self::of(Box::new(empty())));
        let stream = tls.connect(plain.stream.into_inner()).await?;
        let channel = tls::channel(&stream);
        *self = Self::of(Box::new(stream));
        self.channel = channel;
        Ok(())
    }

    /// What names the TLS channel, if there is one that has a name.
    pub(crate) const fn channel(&self) -> Option<&Secret> {
        self.channel.as_ref()
    }

    /// Waits until something was read, or some of the output was written: a
    /// server may have something to say in the middle of a message. False when
    /// nothing more can be read.
    ///
    /// That nothing more can be written is not the end: why the server does not
    /// take it may still be there to be read.
    pub(crate) async fn exchange(&mut self, output: &mut impl Buf, input: &mut BytesMut) -> bool {
        poll_fn(|context| {
            input.reserve(BLOCK);
            match pin!(self.stream.read_buf(input)).poll(context) {
                Poll::Ready(Ok(octets)) => return Poll::Ready(octets > 0),
                Poll::Ready(Err(error)) => {
                    self.failure.get_or_insert(error);
                    return Poll::Ready(false);
                }
                Poll::Pending if self.failure.is_some() => return Poll::Pending,
                Poll::Pending => {}
            }
            self.poll_write(output, context).map(|written| {
                self.failure = written.err();
                true
            })
        })
        .await
    }

    /// Writes some of the output; once there is none, all that was buffered.
    fn poll_write(
        &mut self,
        output: &mut impl Buf,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        if output.has_remaining() {
            return pin!(self.stream.write_buf(output))
                .poll(context)
                .map_ok(|_| ());
        }
        // There is nothing more to be done than to wait for input.
        match pin!(self.stream.flush()).poll(context) {
            Poll::Ready(Ok(())) => Poll::Pending,
            flushed => flushed,
        }
    }

    /// Why it broke, if it did.
    pub(crate) fn take_failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }

    /// Tells the server that nothing more will come. Whether it hears that is
    /// of no interest any more.
    pub(crate) async fn close(mut self) {
        let _ = self.stream.shutdown().await;
    }
}
