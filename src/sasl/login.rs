//! LOGIN, which no RFC defines: the name, then the password.

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::mem;

use super::error::{CredentialsError, Failure, MechanismError};
use super::step::{Question, ServerStep, Verdict};
use super::{ClientMechanism, ServerMechanism, check, text};
use crate::Secret;
use crate::types::Mechanism;

/// The client's side of LOGIN. What is asked first is the name, whatever the
/// words: servers have many.
#[derive(Debug)]
pub struct LoginClient {
    name: Option<Secret>,
    password: Option<Secret>,
}

impl LoginClient {
    /// Says that it is `name`, who has that password.
    ///
    /// # Errors
    ///
    /// One of them is empty.
    pub fn new(name: &str, password: &Secret) -> Result<Self, CredentialsError> {
        check(name.as_bytes(), |_| true)?;
        check(password.expose(), |_| true)?;
        Ok(Self {
            name: Some(Secret::from(name)),
            password: Some(password.clone()),
        })
    }
}

impl ClientMechanism for LoginClient {
    fn mechanism(&self) -> Mechanism {
        Mechanism::LOGIN
    }

    /// Some servers take none with LOGIN.
    fn initial_response(&mut self) -> Option<Secret> {
        None
    }

    fn respond(&mut self, _: &Secret) -> Result<Secret, MechanismError> {
        let next = self.name.take().or_else(|| self.password.take());
        next.ok_or(MechanismError::Unexpected)
    }
}

/// The server's side of LOGIN. Asks whether the
/// [password](Question::Password) is right.
#[derive(Debug, Default)]
pub struct LoginServer(State);

#[derive(Debug, Default)]
enum State {
    #[default]
    Begun,
    Named(String),
    Asked,
    Over,
}

impl LoginServer {
    /// An exchange that begins.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl ServerMechanism for LoginServer {
    fn mechanism(&self) -> Mechanism {
        Mechanism::LOGIN
    }

    fn begin(&mut self, initial_response: Option<&Secret>) -> Result<ServerStep, Failure> {
        match initial_response {
            Some(name) => self.respond(name),
            // To the letter: there are clients that compare.
            None => Ok(ServerStep::challenge(Secret::from("Username:"))),
        }
    }

    fn respond(&mut self, response: &Secret) -> Result<ServerStep, Failure> {
        match mem::replace(&mut self.0, State::Over) {
            State::Begun | State::Named(_) if response.is_empty() => Err(Failure::Malformed),
            State::Begun => {
                self.0 = State::Named(text(response)?.to_owned());
                Ok(ServerStep::challenge(Secret::from("Password:")))
            }
            State::Named(name) => {
                self.0 = State::Asked;
                let password = response.clone();
                Ok(ServerStep::Ask(Question::Password { name, password }))
            }
            State::Asked | State::Over => Err(Failure::OutOfStep),
        }
    }

    fn verdict(&mut self, verdict: Verdict) -> Result<ServerStep, Failure> {
        match mem::replace(&mut self.0, State::Over) {
            State::Asked => verdict.identity().map(ServerStep::done),
            _ => Err(Failure::OutOfStep),
        }
    }
}
