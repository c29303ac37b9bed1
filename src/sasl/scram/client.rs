//! The client's side of SCRAM.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use core::mem;
use core::ops::RangeInclusive;

use base64ct::{Base64, Encoding};

use super::super::error::{CredentialsError, MechanismError};
use super::super::{ChannelBinding, ClientMechanism, Hash, Nonce, check, prepare, saslname};
use super::keys::{client_key, prepared, server_key, xor};
use super::message::{attribute, decode, positive};
use crate::Secret;
use crate::types::Mechanism;

/// The client's side of SCRAM.
#[derive(Debug)]
pub struct ScramClient {
    hash: Hash,
    /// In the form of a message.
    name: String,
    authzid: String,
    nonce: Nonce,
    flag: Flag,
    iterations: RangeInclusive<u32>,
    state: State,
}

/// What is said about channel binding (RFC 5802 §6).
#[derive(Debug)]
enum Flag {
    /// The client has none.
    None,
    /// The client has it, and thinks that the server has not.
    Missing,
    /// Both have it.
    Bound(ChannelBinding),
}

#[derive(Debug)]
enum State {
    /// The password is to be used.
    Begun(Secret),
    /// What the server is to prove is known.
    Proved(Secret),
    /// The server has proved that it knows the password.
    Verified,
    Over,
}

impl ScramClient {
    /// Shows that it is `name`, who has that password, and sees that the server
    /// knows it too. The nonce is fresh, and random.
    ///
    /// # Errors
    ///
    /// One of them is empty or cannot be [prepared](prepare()).
    pub fn new(
        hash: Hash,
        name: &str,
        password: &Secret,
        nonce: Nonce,
    ) -> Result<Self, CredentialsError> {
        Ok(Self {
            hash,
            name: saslname::encode(&prepare(name)?),
            authzid: String::new(),
            nonce,
            flag: Flag::None,
            iterations: 4096..=2_000_000,
            state: State::Begun(prepared(password)?),
        })
    }

    /// Wants to act for `authzid`.
    ///
    /// # Errors
    ///
    /// It is empty, or has control characters.
    pub fn acting_for(self, authzid: &str) -> Result<Self, CredentialsError> {
        check(authzid.as_bytes(), |octet| !octet.is_ascii_control())?;
        let authzid = format!("a={}", saslname::encode(authzid));
        Ok(Self { authzid, ..self })
    }

    /// Binds the exchange to a TLS channel: the mechanism is the `-PLUS` one.
    #[must_use]
    pub fn with_binding(self, binding: ChannelBinding) -> Self {
        let flag = Flag::Bound(binding);
        Self { flag, ..self }
    }

    /// Says that it could bind the exchange to its channel, but was not offered
    /// to: a server that did offer it knows then that somebody is between them
    /// (RFC 5802 §6).
    #[must_use]
    pub fn missing_binding(self) -> Self {
        let flag = Flag::Missing;
        Self { flag, ..self }
    }

    /// Takes no fewer iterations, since a password would be easy to guess from
    /// what is said, and no more, since they take time. Default 4096 (RFC 7677
    /// §4) to 2,000,000, which is a second or so.
    #[must_use]
    pub fn with_iterations(self, iterations: RangeInclusive<u32>) -> Self {
        Self { iterations, ..self }
    }

    /// RFC 5802 §7 gs2-header.
    fn header(&self) -> String {
        let flag = match &self.flag {
            Flag::None => "n".to_owned(),
            Flag::Missing => "y".to_owned(),
            Flag::Bound(binding) => format!("p={}", binding.kind.as_str()),
        };
        format!("{flag},{},", self.authzid)
    }

    /// client-first-message-bare.
    fn first(&self) -> String {
        format!("n={},r={}", self.name, self.nonce.as_str())
    }

    /// The server's first message is answered with a proof.
    fn prove(&mut self, password: &Secret, challenge: &str) -> Result<Secret, MechanismError> {
        // A mandatory extension, `m=`, cannot be met.
        let mut attributes = challenge.split(',');
        let mut next = |name| attribute(&mut attributes, name).ok_or(MechanismError::Malformed);
        let (nonce, salt, iterations) = (next("r")?, next("s")?, next("i")?);
        let salt = decode(salt).ok_or(MechanismError::Malformed)?;
        let iterations = positive(iterations).ok_or(MechanismError::Malformed)?;
        // RFC 5802 §5.1
        let own = nonce.strip_prefix(self.nonce.as_str());
        if own.is_none_or(str::is_empty) {
            return Err(MechanismError::Nonce);
        }
        if !self.iterations.contains(&iterations) {
            return Err(MechanismError::Iterations(iterations));
        }
        let mut binding = self.header().into_bytes();
        if let Flag::Bound(channel) = &self.flag {
            binding.extend_from_slice(channel.data.expose());
        }
        let last = format!("c={},r={nonce}", Base64::encode_string(&binding));
        let message = format!("{},{challenge},{last}", self.first());

        let hash = self.hash;
        let salted = hash.salted(password.expose(), salt.expose(), iterations);
        let client_key = client_key(hash, &salted);
        let stored_key = hash.digest(client_key.expose());
        let signature = hash.hmac(stored_key.expose(), message.as_bytes());
        let proof = xor(&client_key, &signature);
        let server_key = server_key(hash, &salted);
        self.state = State::Proved(hash.hmac(server_key.expose(), message.as_bytes()));
        let proof = Base64::encode_string(proof.expose());
        Ok(Secret::from(format!("{last},p={proof}")))
    }

    /// The server's last message proves that it knows the password.
    fn check(&mut self, signature: &Secret, challenge: &str) -> Result<Secret, MechanismError> {
        let mut attributes = challenge.split(',');
        let first = attributes.next().unwrap_or_default();
        match first.split_once('=') {
            Some(("v", claimed)) => {
                let claimed = decode(claimed).ok_or(MechanismError::Malformed)?;
                if claimed != *signature {
                    return Err(MechanismError::Signature);
                }
                self.state = State::Verified;
                // RFC 4954 §4: 334 is answered, with nothing.
                Ok(Secret::default())
            }
            Some(("e", error)) if !error.contains(char::is_control) => {
                Err(MechanismError::Refused(error.to_owned()))
            }
            _ => Err(MechanismError::Malformed),
        }
    }
}

impl ClientMechanism for ScramClient {
    fn mechanism(&self) -> Mechanism {
        self.hash.mechanism(matches!(self.flag, Flag::Bound(_)))
    }

    fn initial_response(&mut self) -> Option<Secret> {
        let message = self.header() + &self.first();
        Some(Secret::from(message))
    }

    fn respond(&mut self, challenge: &Secret) -> Result<Secret, MechanismError> {
        let challenge = challenge.expose_str().ok_or(MechanismError::Malformed)?;
        match mem::replace(&mut self.state, State::Over) {
            State::Begun(password) => self.prove(&password, challenge),
            State::Proved(signature) => self.check(&signature, challenge),
            State::Verified | State::Over => Err(MechanismError::Unexpected),
        }
    }

    fn verify(&self) -> Result<(), MechanismError> {
        match self.state {
            State::Verified => Ok(()),
            _ => Err(MechanismError::Unproven),
        }
    }
}
