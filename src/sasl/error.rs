//! What goes wrong with a mechanism, on either side.

use alloc::string::String;

use thiserror::Error;

use crate::server::Rejection;

/// Credentials that a mechanism cannot carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CredentialsError {
    /// A name, a password or a token is empty.
    #[error("nothing is not a name, a password or a token")]
    Empty,
    /// There is a character that the mechanism has no place for: NUL in PLAIN
    /// (RFC 4616 §2), a control character in what goes with a token.
    #[error("the mechanism cannot carry a character of it")]
    Character,
    /// Longer than the 255 characters of ANONYMOUS (RFC 4505 §2).
    #[error("longer than 255 characters")]
    TooLong,
    /// A stored key is not as long as its hash.
    #[error("a key is not as long as its hash")]
    Key,
    /// [`prepare`](super::prepare()) refuses it.
    #[error("{0}")]
    Unprepared(#[from] super::PrepareError),
}

/// Why a client's mechanism does not go on. What the server sent is not
/// repeated here, unless it is meant to be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MechanismError {
    /// A challenge that is not base64 on one line (RFC 4954 §4).
    #[error("the challenge is not base64")]
    NotBase64,
    /// A challenge to which the mechanism has nothing more to say.
    #[error("a challenge where none is due")]
    Unexpected,
    /// A challenge that is not in the form that the mechanism has.
    #[error("the challenge is malformed")]
    Malformed,
    /// The response is longer than the line that RFC 4954 §4 allows.
    #[error("the response is too long")]
    TooLong,
    /// The server's nonce does not begin with the client's (RFC 5802 §5.1).
    #[error("the server's nonce does not extend the client's")]
    Nonce,
    /// The server wants this many iterations: too few to be safe, or more than
    /// the client is ready to compute.
    #[error("{0} iterations are too few or too many")]
    Iterations(u32),
    /// The server does not know the secret: it is not who it says it is.
    #[error("the server's signature is wrong")]
    Signature,
    /// The server says why it refuses, in the mechanism (RFC 5802 §7): a text
    /// without control characters.
    #[error("the server says {0}")]
    Refused(String),
    /// The server says that AUTH has succeeded, and has not yet proved that it
    /// knows the secret.
    #[error("the server has proved nothing")]
    Unproven,
}

/// Why a server's mechanism lets nobody in. For logs: the client hears no more
/// than the [`Rejection`] it becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Failure {
    /// A response that is not in the form that the mechanism has.
    #[error("the response is malformed")]
    Malformed,
    /// A response where none is due, or a verdict on nothing or on something else.
    #[error("out of step")]
    OutOfStep,
    /// The application said no, or the proof is wrong.
    #[error("wrong credentials")]
    Refused,
    /// The application cannot tell now.
    #[error("not available now")]
    Unavailable,
    /// The client takes the server for one without channel binding, and it has
    /// it: somebody between them changes what is offered (RFC 5802 §6).
    #[error("the client was told that there is no channel binding")]
    Downgrade,
    /// The channel binding is of another type, or of another channel.
    #[error("wrong channel binding")]
    Binding,
}

/// 454 4.7.0 where nothing can be told now (RFC 4954 §6), else 535 5.7.8.
impl From<Failure> for Rejection {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unavailable => Self::NOT_NOW,
            _ => Self::BAD_CREDENTIALS,
        }
    }
}
