//! A connection, encrypted or not.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use ehlo::sasl::{BindingType, ChannelBinding};
use ehlo::server::Security;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::tls;

/// Octets that are read at once.
const BLOCK: usize = 16 * 1024;

/// The label of the keying material that names a channel.
const EXPORTER: &[u8] = b"EXPORTER-Channel-Binding";

/// How long the end of a connection may take.
const LINGER: Duration = Duration::from_secs(2);

/// What SASL is told of a TLS channel.
pub(crate) struct Channel {
    /// What names it (RFC 9266 §2).
    pub(crate) binding: ChannelBinding,
    /// Whom the client's certificate names, if it has shown one that does.
    pub(crate) client: Option<String>,
}

pub(crate) enum Connection {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Connection {
    pub(crate) const fn new(stream: TcpStream) -> Self {
        Self::Plain(stream)
    }

    pub(crate) const fn security(&self) -> Security {
        match self {
            Self::Plain(_) => Security::Plain,
            Self::Tls(_) => Security::Tls,
        }
    }

    /// The same connection, encrypted from now on.
    pub(crate) async fn accept_tls(self, tls: &TlsAcceptor) -> io::Result<Self> {
        let Self::Plain(stream) = self else {
            return Err(io::Error::other("TLS in TLS"));
        };
        // Boxed: a handshake is large, and short.
        let stream = Box::pin(tls.accept(stream)).await?;
        Ok(Self::Tls(Box::new(stream)))
    }

    /// The TLS channel, if it is one.
    pub(crate) fn channel(&self) -> io::Result<Option<Channel>> {
        let Self::Tls(stream) = self else {
            return Ok(None);
        };
        let (_, tls) = stream.get_ref();
        let exported = tls.export_keying_material([0; 32], EXPORTER, Some(&[]));
        let data = exported.map_err(io::Error::other)?;
        // Verified, or there would have been no handshake.
        let chain = tls.peer_certificates().unwrap_or_default();
        Ok(Some(Channel {
            binding: ChannelBinding::new(BindingType::TlsExporter, data.to_vec()),
            client: chain.first().and_then(tls::subject),
        }))
    }

    /// Reads to the end of the buffer; 0 octets are the end of input.
    pub(crate) async fn read(&mut self, input: &mut BytesMut) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => read(stream, input).await,
            Self::Tls(stream) => read(stream.as_mut(), input).await,
        }
    }

    /// Writes all there is.
    pub(crate) async fn write(&mut self, output: &mut impl Buf) -> io::Result<()> {
        match self {
            Self::Plain(stream) => write(stream, output).await,
            Self::Tls(stream) => write(stream.as_mut(), output).await,
        }
    }

    /// Tells the peer that nothing more will come, and waits a little for it to
    /// do the same: a socket that is closed with octets unread is reset, and
    /// the peer may then not see what was said last.
    pub(crate) async fn close(mut self) -> io::Result<()> {
        let linger = async {
            match &mut self {
                Self::Plain(stream) => stream.shutdown().await?,
                Self::Tls(stream) => stream.shutdown().await?,
            }
            let mut rest = BytesMut::new();
            while self.read(&mut rest).await? > 0 {
                rest.clear();
            }
            Ok(())
        };
        timeout(LINGER, linger).await.unwrap_or(Ok(()))
    }
}

/// While nothing comes, there is no buffer: an idle session costs none.
async fn read(stream: &mut (impl AsyncRead + Unpin), input: &mut BytesMut) -> io::Result<usize> {
    poll_fn(|context| {
        input.reserve(BLOCK);
        let read = pin!(stream.read_buf(input)).poll(context);
        if read.is_pending() && input.is_empty() {
            *input = BytesMut::new();
        }
        read
    })
    .await
}

async fn write(stream: &mut (impl AsyncWrite + Unpin), output: &mut impl Buf) -> io::Result<()> {
    while output.has_remaining() {
        let written = stream.write(output.chunk()).await?;
        output.advance(written);
    }
    stream.flush().await
}
