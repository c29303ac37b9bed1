//! CRAM-MD5 (RFC 2195): the server's text, hashed with the password.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use core::fmt::Write;
use core::mem;

use super::error::{CredentialsError, Failure, MechanismError};
use super::hash::hmac_md5;
use super::step::{Question, ServerStep, Verdict};
use super::{ClientMechanism, Nonce, ServerMechanism, check, text};
use crate::Secret;
use crate::types::{Domain, Mechanism};

/// The client's side of CRAM-MD5.
#[derive(Debug)]
pub struct CramMd5Client {
    name: String,
    password: Option<Secret>,
}

impl CramMd5Client {
    /// Shows that it is `name`, who has that password.
    ///
    /// # Errors
    ///
    /// One of them is empty.
    pub fn new(name: &str, password: &Secret) -> Result<Self, CredentialsError> {
        check(name.as_bytes(), |_| true)?;
        check(password.expose(), |_| true)?;
        Ok(Self {
            name: name.to_owned(),
            password: Some(password.clone()),
        })
    }
}

impl ClientMechanism for CramMd5Client {
    fn mechanism(&self) -> Mechanism {
        Mechanism::CRAM_MD5
    }

    fn initial_response(&mut self) -> Option<Secret> {
        None
    }

    fn respond(&mut self, challenge: &Secret) -> Result<Secret, MechanismError> {
        let password = self.password.take().ok_or(MechanismError::Unexpected)?;
        if challenge.is_empty() {
            return Err(MechanismError::Malformed);
        }
        let proof = proof(&password, challenge.expose());
        Ok(Secret::from(format!("{} {proof}", self.name)))
    }
}

/// The server's side of CRAM-MD5. Asks for the [password](Question::Secret),
/// which must be stored as it is: SCRAM needs less.
#[derive(Debug)]
pub struct CramMd5Server {
    challenge: Secret,
    state: State,
}

#[derive(Debug)]
enum State {
    Begun,
    Challenged,
    Asked { name: String, proof: Secret },
    Over,
}

impl CramMd5Server {
    /// An exchange that begins, with a nonce that is this exchange's alone: RFC
    /// 2195 §2 has digits and a timestamp for it, but any [`Nonce`] will do.
    #[must_use]
    pub fn new(nonce: &Nonce, host: &Domain<'_>) -> Self {
        let challenge = format!("<{}@{host}>", nonce.as_str());
        Self {
            challenge: Secret::from(challenge),
            state: State::Begun,
        }
    }
}

impl ServerMechanism for CramMd5Server {
    fn mechanism(&self) -> Mechanism {
        Mechanism::CRAM_MD5
    }

    /// RFC 4954 §4: there is no initial response.
    fn begin(&mut self, initial_response: Option<&Secret>) -> Result<ServerStep, Failure> {
        match (mem::replace(&mut self.state, State::Over), initial_response) {
            (State::Begun, None) => {
                self.state = State::Challenged;
                Ok(ServerStep::challenge(self.challenge.clone()))
            }
            (State::Begun, Some(_)) => Err(Failure::Malformed),
            _ => Err(Failure::OutOfStep),
        }
    }

    fn respond(&mut self, response: &Secret) -> Result<ServerStep, Failure> {
        let State::Challenged = mem::replace(&mut self.state, State::Over) else {
            return Err(Failure::OutOfStep);
        };
        // The proof has no space; the name may.
        let parts = text(response)?.rsplit_once(' ');
        let parts = parts.filter(|(name, _)| !name.is_empty());
        let (name, proof) = parts.ok_or(Failure::Malformed)?;
        self.state = State::Asked {
            name: name.to_owned(),
            proof: Secret::from(proof),
        };
        let name = name.to_owned();
        Ok(ServerStep::Ask(Question::Secret { name }))
    }

    fn verdict(&mut self, verdict: Verdict) -> Result<ServerStep, Failure> {
        let State::Asked { name, proof } = mem::replace(&mut self.state, State::Over) else {
            return Err(Failure::OutOfStep);
        };
        let (password, is_known) = match verdict {
            Verdict::Secret(password) => (password, true),
            // Takes as long as for a user that there is.
            Verdict::Reject => (Secret::default(), false),
            Verdict::Unavailable => return Err(Failure::Unavailable),
            Verdict::Accept(_) | Verdict::Keys(_) => return Err(Failure::OutOfStep),
        };
        let is_proved = Secret::from(self::proof(&password, self.challenge.expose())) == proof;
        match is_proved & is_known {
            true => Ok(ServerStep::done(name)),
            false => Err(Failure::Refused),
        }
    }
}

/// The keyed digest in lower-case hexadecimal (RFC 2195 §2).
fn proof(password: &Secret, challenge: &[u8]) -> String {
    let digest = hmac_md5(password.expose(), challenge);
    digest
        .expose()
        .iter()
        .fold(String::new(), |mut hex, octet| {
            // A `String` takes everything.
            let _ = write!(hex, "{octet:02x}");
            hex
        })
}
