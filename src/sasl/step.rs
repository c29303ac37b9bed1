//! What a server's mechanism comes to, and what it asks the application.

use alloc::string::String;

use super::error::Failure;
#[cfg(feature = "scram")]
use super::{Hash, ScramKeys};
use crate::Secret;
use crate::server::{AuthStep, Authenticated};

/// What a server's mechanism comes to with what it was given.
#[derive(Debug)]
#[must_use = "the exchange stands still until this is acted on"]
pub enum ServerStep {
    /// The application is to find this out, and to say so with
    /// [`verdict`](super::ServerMechanism::verdict).
    Ask(Question),
    /// AUTH, or the response inside its exchange, is to be answered with this.
    Answer(AuthStep),
}

impl ServerStep {
    pub(super) const fn challenge(challenge: Secret) -> Self {
        Self::Answer(AuthStep::Challenge(challenge))
    }

    pub(super) fn done(identity: String) -> Self {
        Self::Answer(AuthStep::Done(Authenticated::new(identity)))
    }
}

/// What only the application knows. Names are what the client sent: any text
/// but none at all, also with control characters in it.
#[derive(Debug)]
#[non_exhaustive]
pub enum Question {
    /// PLAIN, LOGIN: is that the password of that user? Compare as [`Secret`]s,
    /// or hash: that takes the same time whatever is found.
    Password {
        /// Who the client says it is.
        name: String,
        /// The password it says it has.
        password: Secret,
    },
    /// XOAUTH2, OAUTHBEARER: is the token valid, and whose is it?
    Token {
        /// Who the client says it is; `None`: whoever the token says.
        name: Option<String>,
        /// The bearer token.
        token: Secret,
        /// The host that the client means to have connected to: to be compared
        /// (RFC 7628 §3.2).
        host: Option<String>,
        /// The port, likewise.
        port: Option<u16>,
    },
    /// EXTERNAL: who is the client, by what is known from elsewhere, such as
    /// its certificate?
    External {
        /// Whom it asks to act for; `None`: for whoever it is.
        authzid: Option<String>,
    },
    /// ANONYMOUS: may it be nobody?
    Anonymous {
        /// What it says about itself, if anything: for logs, and not to be
        /// believed (RFC 4505 §2).
        trace: String,
    },
    /// The client has proved who it is, and wants to act for somebody else: may it?
    Authorize {
        /// Who it is.
        identity: String,
        /// Whom it wants to act for.
        authzid: String,
    },
    /// CRAM-MD5: what is the password of that user?
    #[cfg(feature = "scram")]
    Secret {
        /// Who the client says it is.
        name: String,
    },
    /// SCRAM: what are the keys of that user?
    #[cfg(feature = "scram")]
    Keys {
        /// Who the client says it is, prepared.
        name: String,
        /// What the keys must have been derived with.
        hash: Hash,
    },
}

/// What the application says to a [`Question`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Verdict {
    /// Yes; and that is who the client is from now on. It is no answer where
    /// what is stored was asked for.
    Accept(String),
    /// No; or there is no such user.
    Reject,
    /// That cannot be told now.
    Unavailable,
    /// The password, to [`Question::Secret`].
    #[cfg(feature = "scram")]
    Secret(Secret),
    /// The keys, to [`Question::Keys`].
    #[cfg(feature = "scram")]
    Keys(ScramKeys),
}

impl Verdict {
    /// What the client has come to, where the answer is yes or no.
    pub(super) fn identity(self) -> Result<String, Failure> {
        match self {
            Self::Accept(identity) => Ok(identity),
            Self::Reject => Err(Failure::Refused),
            Self::Unavailable => Err(Failure::Unavailable),
            #[cfg(feature = "scram")]
            Self::Secret(_) | Self::Keys(_) => Err(Failure::OutOfStep),
        }
    }
}
