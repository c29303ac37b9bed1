//! What the application may not do.

use alloc::boxed::Box;

use bytes::Bytes;
use thiserror::Error;

use crate::codec::BareLineEndAt;
use crate::types::{Envelope, Extension};

/// [`Client::open`](super::Client::open) is not possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// It was opened before, or a hello was accepted.
    #[error("the session is open already")]
    AlreadyOpen,
    /// The session is over, or will be.
    #[error("the session is closed or about to be")]
    Closed,
    /// The name makes a line longer than RFC 5321 §4.5.3.1.4 allows.
    #[error("the command line is too long")]
    LineTooLong,
}

/// [`Client::send`](super::Client::send) is not possible. Nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SendError {
    /// The session is over, or will be: QUIT was said.
    #[error("the session is closed or about to be")]
    Closed,
    /// BDAT, BURL, STARTTLS or AUTH: what follows them is no command, and this
    /// machine does not speak it.
    #[error("the command is not supported")]
    Unsupported,
    /// There are [`Limits::commands`](super::Limits::commands) unanswered commands.
    #[error("too many commands without a reply")]
    QueueFull,
    /// The line is longer than 512 octets and what the extensions of its
    /// parameters add (RFC 5321 §4.5.3.1.4).
    #[error("the command line is too long")]
    LineTooLong,
}

/// Why [`Client::deliver`](super::Client::deliver) is not possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Undeliverable {
    /// No hello has been accepted yet: wait for
    /// [`Event::Ready`](super::Event::Ready).
    #[error("the session is not open yet")]
    NotReady,
    /// There is a transaction already.
    #[error("another transaction is under way")]
    Busy,
    /// The session is over, or will be.
    #[error("the session is closed or about to be")]
    Closed,
    /// The server would not reset: what state it is in is not known.
    #[error("the session is in doubt")]
    InDoubt,
    /// The envelope has no recipients.
    #[error("no recipients")]
    NoRecipients,
    /// The message or its envelope needs an extension that the server does not
    /// offer.
    #[error("the server does not offer {}", .0.keyword())]
    NotOffered(Extension),
    /// BODY=BINARYMIME cannot be sent with DATA (RFC 3030 §3).
    #[error("a binary message cannot be sent with DATA")]
    Binary,
    /// The message is larger than the server's SIZE limit, in octets (RFC 1870 §6.1).
    #[error("the message is larger than {limit} octets")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// The MAIL line is longer than 512 octets and what the extensions of its
    /// parameters add (RFC 5321 §4.5.3.1.4).
    #[error("the MAIL line is too long")]
    MailTooLong,
    /// So is a RCPT line.
    #[error("the RCPT line of recipient {recipient} is too long")]
    RcptTooLong {
        /// The index of the recipient in the envelope.
        recipient: usize,
    },
}

/// [`Client::deliver`](super::Client::deliver) is not possible. Nothing was
/// sent, and the envelope comes back.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{reason}")]
pub struct DeliverError {
    pub(super) reason: Undeliverable,
    pub(super) envelope: Box<Envelope>,
}

impl DeliverError {
    /// Why not.
    #[must_use]
    pub const fn reason(&self) -> Undeliverable {
        self.reason
    }

    /// The envelope.
    #[must_use]
    pub fn into_envelope(self) -> Envelope {
        *self.envelope
    }
}

/// [`Body::write`](super::Body::write) did not take the chunk, which comes
/// back whole.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WriteError {
    /// There is more output than [`Limits::output`](super::Limits::output):
    /// write it to the transport first.
    #[error("the output is full")]
    Blocked(Bytes),
    /// A CR or LF that is not part of CR LF, with [`LineEnds::Strict`](crate::codec::LineEnds::Strict).
    #[error("{at}")]
    BareLineEnd {
        /// Which, and where in the chunk.
        at: BareLineEndAt,
        /// The chunk.
        chunk: Bytes,
    },
}

impl WriteError {
    /// The chunk.
    #[must_use]
    pub fn into_chunk(self) -> Bytes {
        match self {
            Self::Blocked(chunk) | Self::BareLineEnd { chunk, .. } => chunk,
        }
    }
}
