//! What the application may not do.

use alloc::boxed::Box;

use bytes::Bytes;
use thiserror::Error;

use crate::codec::BareLineEndAt;
use crate::types::{Envelope, Extension, Mechanism, Parameter, ParameterKind};

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

/// [`Client::authenticate`](super::Client::authenticate) or a step of its
/// exchange is not possible. Nothing was sent, and the secret was wiped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AuthError {
    /// The session is over, or will be.
    #[error("the session is closed or about to be")]
    Closed,
    /// The session is not open, or there is a transaction (RFC 4954 §4), or
    /// another exchange; or for a response: there is no challenge.
    #[error("it is not the time for this")]
    NotNow,
    /// AUTH has succeeded in this session (RFC 4954 §4).
    #[error("the session is authenticated already")]
    AlreadyAuthenticated,
    /// The newest EHLO does not offer the mechanism.
    #[error("the server does not offer {0}")]
    NotOffered(Mechanism),
    /// The mechanism shows its secret, and there is no TLS: see
    /// [`Leniency::cleartext_auth`](super::Leniency::cleartext_auth).
    #[error("{0} is not used without TLS")]
    Cleartext(Mechanism),
    /// The response is longer than the 12,288 octets of a line that RFC 4954
    /// §4 allows, in base64.
    #[error("the response is too long")]
    TooLong,
}

/// [`Client::send`](super::Client::send) is not possible. Nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SendError {
    /// The session is over, or will be: QUIT was said.
    #[error("the session is closed or about to be")]
    Closed,
    /// BDAT, for which there is [`send_chunk`](super::Client::send_chunk); or
    /// BURL with LAST in LMTP, whose replies no RFC counts.
    #[error("the command cannot be sent like this")]
    Unsupported,
    /// STARTTLS was asked for: nothing may be behind it before TLS is
    /// established (RFC 3207 §4).
    #[error("STARTTLS is outstanding")]
    StartTlsOutstanding,
    /// STARTTLS, where there is TLS already (RFC 3207 §4.2).
    #[error("the session is encrypted already")]
    AlreadyEncrypted,
    /// AUTH, where another AUTH is outstanding.
    #[error("AUTH is outstanding")]
    AuthOutstanding,
    /// AUTH with a mechanism that shows its secret, without TLS: see
    /// [`Leniency::cleartext_auth`](super::Leniency::cleartext_auth).
    #[error("the mechanism is not used without TLS")]
    Cleartext,
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
    /// There is a transaction made of commands.
    #[error("another transaction is under way")]
    Busy,
    /// There are [`Limits::transactions`](super::Limits::transactions)
    /// unreported ones.
    #[error("too many transactions without a report")]
    QueueFull,
    /// The server has taken, or will have, as many messages as it takes in a
    /// session (RFC 9422 MAILMAX): use another connection.
    #[error("the server takes no more than {limit} messages in a session")]
    TooManyMessages {
        /// The limit.
        limit: u32,
    },
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
    /// The envelope has a parameter that the server does not offer and that
    /// [`Config::parameters`](super::Config::parameters) does not let go.
    #[error("the server does not offer {}", .parameter.map_or("a parameter", ParameterKind::as_str))]
    ParameterNotOffered {
        /// Which; `None`: one that this crate does not know. See
        /// [`DeliverError::parameter`].
        parameter: Option<ParameterKind>,
        /// Whose: the index of the recipient in the envelope; `None`: MAIL's.
        recipient: Option<usize>,
        /// Its index among the parameters.
        index: usize,
    },
    /// HOLDFOR or HOLDUNTIL is beyond the server's maximum (RFC 4865 §4), or
    /// BY in mode `R` below its minimum (RFC 2852 §4.1).
    #[error("{parameter} is out of the server's range")]
    OutOfRange {
        /// Which.
        parameter: ParameterKind,
    },
    /// REQUIRETLS, where there is no TLS (RFC 8689 §4.2).
    #[error("REQUIRETLS needs TLS")]
    NotEncrypted,
    /// A binary message cannot be sent with DATA (RFC 3030 §3), and
    /// [`Chunking::Never`](super::Chunking::Never) was asked for.
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

    /// The parameter that is not offered, if that is why.
    #[must_use]
    pub fn parameter(&self) -> Option<Parameter<'_>> {
        let Undeliverable::ParameterNotOffered {
            recipient, index, ..
        } = self.reason
        else {
            return None;
        };
        match recipient {
            None => self.envelope.parameters.iter().nth(index),
            Some(recipient) => {
                let recipient = self.envelope.recipients.get(recipient)?;
                recipient.parameters.iter().nth(index)
            }
        }
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
