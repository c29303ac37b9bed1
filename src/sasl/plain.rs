//! PLAIN (RFC 4616): all at once.

use alloc::borrow::ToOwned;
use alloc::string::String;

use super::error::{CredentialsError, Failure, MechanismError};
use super::step::{Question, ServerStep, Verdict};
use super::{ClientMechanism, ServerMechanism, check, text};
use crate::Secret;
use crate::types::Mechanism;

/// The client's side of PLAIN.
#[derive(Debug)]
pub struct PlainClient(Secret);

impl PlainClient {
    /// Says that it is `name`, who has that password.
    ///
    /// # Errors
    ///
    /// One of them is empty, or holds a NUL.
    pub fn new(name: &str, password: &Secret) -> Result<Self, CredentialsError> {
        Self::message("", name, password)
    }

    /// Wants to act for `authzid` as well.
    ///
    /// # Errors
    ///
    /// One of them is empty, or holds a NUL.
    pub fn acting_for(
        authzid: &str,
        name: &str,
        password: &Secret,
    ) -> Result<Self, CredentialsError> {
        check(authzid.as_bytes(), |octet| octet != 0)?;
        Self::message(authzid, name, password)
    }

    fn message(authzid: &str, name: &str, password: &Secret) -> Result<Self, CredentialsError> {
        let password = password.expose_str().ok_or(CredentialsError::Character)?;
        for part in [name, password] {
            check(part.as_bytes(), |octet| octet != 0)?;
        }
        Ok(Self(Secret::from([authzid, name, password].join("\0"))))
    }
}

impl ClientMechanism for PlainClient {
    fn mechanism(&self) -> Mechanism {
        Mechanism::PLAIN
    }

    fn initial_response(&mut self) -> Option<Secret> {
        Some(core::mem::take(&mut self.0))
    }

    fn respond(&mut self, _: &Secret) -> Result<Secret, MechanismError> {
        Err(MechanismError::Unexpected)
    }
}

/// The server's side of PLAIN. Asks whether the
/// [password](Question::Password) is right and, where the client wants to act
/// for somebody else, whether it [may](Question::Authorize).
#[derive(Debug, Default)]
pub struct PlainServer(State);

#[derive(Debug, Default)]
enum State {
    #[default]
    Begun,
    Asked {
        name: String,
        authzid: String,
    },
    Authorizing,
    Over,
}

impl PlainServer {
    /// An exchange that begins.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl ServerMechanism for PlainServer {
    fn mechanism(&self) -> Mechanism {
        Mechanism::PLAIN
    }

    fn respond(&mut self, response: &Secret) -> Result<ServerStep, Failure> {
        let State::Begun = core::mem::replace(&mut self.0, State::Over) else {
            return Err(Failure::OutOfStep);
        };
        let mut parts = text(response)?.split('\0');
        let (Some(authzid), Some(name), Some(password), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Failure::Malformed);
        };
        if name.is_empty() || password.is_empty() {
            return Err(Failure::Malformed);
        }
        self.0 = State::Asked {
            name: name.to_owned(),
            authzid: authzid.to_owned(),
        };
        Ok(ServerStep::Ask(Question::Password {
            name: name.to_owned(),
            password: Secret::from(password),
        }))
    }

    fn verdict(&mut self, verdict: Verdict) -> Result<ServerStep, Failure> {
        match core::mem::replace(&mut self.0, State::Over) {
            State::Asked { name, authzid } => {
                let identity = verdict.identity()?;
                if authzid.is_empty() || authzid == name || authzid == identity {
                    return Ok(ServerStep::done(identity));
                }
                self.0 = State::Authorizing;
                Ok(ServerStep::Ask(Question::Authorize { identity, authzid }))
            }
            State::Authorizing => verdict.identity().map(ServerStep::done),
            State::Begun | State::Over => Err(Failure::OutOfStep),
        }
    }
}
