//! EXTERNAL (RFC 4422 appendix A): who the client is, is known from elsewhere.

use alloc::borrow::ToOwned;
use core::mem;

use super::error::{CredentialsError, Failure, MechanismError};
use super::step::{Question, ServerStep, Verdict};
use super::{ClientMechanism, ServerMechanism, check, text};
use crate::Secret;
use crate::types::Mechanism;

/// The client's side of EXTERNAL.
#[derive(Debug)]
pub struct ExternalClient(Secret);

impl ExternalClient {
    /// Says that the server knows who it is. Wants to act for `authzid`, if
    /// there is one.
    ///
    /// # Errors
    ///
    /// `authzid` is empty, or holds a NUL.
    pub fn new(authzid: Option<&str>) -> Result<Self, CredentialsError> {
        if let Some(authzid) = authzid {
            check(authzid.as_bytes(), |octet| octet != 0)?;
        }
        Ok(Self(Secret::from(authzid.unwrap_or_default())))
    }
}

impl ClientMechanism for ExternalClient {
    fn mechanism(&self) -> Mechanism {
        Mechanism::EXTERNAL
    }

    fn initial_response(&mut self) -> Option<Secret> {
        Some(mem::take(&mut self.0))
    }

    fn respond(&mut self, _: &Secret) -> Result<Secret, MechanismError> {
        Err(MechanismError::Unexpected)
    }
}

/// The server's side of EXTERNAL. Asks [who the client is](Question::External).
#[derive(Debug, Default)]
pub struct ExternalServer(State);

#[derive(Debug, Default)]
pub(super) enum State {
    #[default]
    Begun,
    Asked,
    Over,
}

impl ExternalServer {
    /// An exchange that begins.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl ServerMechanism for ExternalServer {
    fn mechanism(&self) -> Mechanism {
        Mechanism::EXTERNAL
    }

    fn respond(&mut self, response: &Secret) -> Result<ServerStep, Failure> {
        self.0.ask()?;
        let authzid = text(response)?;
        if authzid.contains('\0') {
            return Err(Failure::Malformed);
        }
        let authzid = (!authzid.is_empty()).then(|| authzid.to_owned());
        Ok(ServerStep::Ask(Question::External { authzid }))
    }

    fn verdict(&mut self, verdict: Verdict) -> Result<ServerStep, Failure> {
        self.0.settle(verdict)
    }
}

/// One message, one question, and that is all.
impl State {
    pub(super) fn ask(&mut self) -> Result<(), Failure> {
        match mem::replace(self, Self::Asked) {
            Self::Begun => Ok(()),
            Self::Asked | Self::Over => {
                *self = Self::Over;
                Err(Failure::OutOfStep)
            }
        }
    }

    pub(super) fn settle(&mut self, verdict: Verdict) -> Result<ServerStep, Failure> {
        match mem::replace(self, Self::Over) {
            Self::Asked => verdict.identity().map(ServerStep::done),
            Self::Begun | Self::Over => Err(Failure::OutOfStep),
        }
    }
}
