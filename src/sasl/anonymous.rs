//! ANONYMOUS (RFC 4505): nobody.

use alloc::borrow::ToOwned;
use core::mem;

use super::error::{CredentialsError, Failure, MechanismError};
use super::external::State;
use super::step::{Question, ServerStep, Verdict};
use super::{ClientMechanism, ServerMechanism, text};
use crate::Secret;
use crate::types::Mechanism;

/// RFC 4505 §2, in characters.
const TRACE_LIMIT: usize = 255;

/// The client's side of ANONYMOUS.
#[derive(Debug)]
pub struct AnonymousClient(Secret);

impl AnonymousClient {
    /// Says nothing about itself but `trace`, which may be empty: an e-mail
    /// address, or what the client's own administrator understands.
    ///
    /// # Errors
    ///
    /// `trace` has more than 255 characters, or control characters.
    pub fn new(trace: &str) -> Result<Self, CredentialsError> {
        if trace.chars().count() > TRACE_LIMIT {
            return Err(CredentialsError::TooLong);
        }
        if trace.contains(char::is_control) {
            return Err(CredentialsError::Character);
        }
        Ok(Self(Secret::from(trace)))
    }
}

impl ClientMechanism for AnonymousClient {
    fn mechanism(&self) -> Mechanism {
        Mechanism::ANONYMOUS
    }

    fn initial_response(&mut self) -> Option<Secret> {
        Some(mem::take(&mut self.0))
    }

    fn respond(&mut self, _: &Secret) -> Result<Secret, MechanismError> {
        Err(MechanismError::Unexpected)
    }
}

/// The server's side of ANONYMOUS. Asks whether the client
/// [may be nobody](Question::Anonymous).
#[derive(Debug, Default)]
pub struct AnonymousServer(State);

impl AnonymousServer {
    /// An exchange that begins.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl ServerMechanism for AnonymousServer {
    fn mechanism(&self) -> Mechanism {
        Mechanism::ANONYMOUS
    }

    fn respond(&mut self, response: &Secret) -> Result<ServerStep, Failure> {
        self.0.ask()?;
        let trace = text(response)?;
        // RFC 4505 §3 prohibits control characters.
        if trace.contains(char::is_control) || trace.chars().count() > TRACE_LIMIT {
            return Err(Failure::Malformed);
        }
        let trace = trace.to_owned();
        Ok(ServerStep::Ask(Question::Anonymous { trace }))
    }

    fn verdict(&mut self, verdict: Verdict) -> Result<ServerStep, Failure> {
        self.0.settle(verdict)
    }
}
