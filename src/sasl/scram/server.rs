//! The server's side of SCRAM.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::mem;

use base64ct::{Base64, Encoding};

use super::super::error::{CredentialsError, Failure};
use super::super::step::{Question, ServerStep, Verdict};
use super::super::{
    ChannelBinding, Hash, Nonce, ScramKeys, ServerMechanism, prepare, saslname, text,
};
use super::keys::xor;
use super::message::{attribute, decode};
use crate::Secret;
use crate::types::Mechanism;

/// Octets of the salt of a user that there is not.
const DECOY_SALT: usize = 16;

/// What a user that there is not is given for keys, so that names cannot be
/// probed: always the same salt, of 16 octets, another for each hash, and a
/// number of iterations. Both should be as other users have them.
#[derive(Clone, Debug)]
pub struct Decoy {
    secret: Secret,
    iterations: u32,
}

impl Decoy {
    /// `secret` is the server's own: random, and kept for as long as it keeps
    /// its users.
    #[must_use]
    pub fn new(secret: impl Into<Secret>, iterations: u32) -> Self {
        Self {
            secret: secret.into(),
            iterations,
        }
    }

    fn keys(&self, hash: Hash, name: &str) -> Result<ScramKeys, CredentialsError> {
        let derive = |what| {
            let message = format!("{what} of {name}");
            hash.hmac(self.secret.expose(), message.as_bytes())
        };
        let salt = derive("salt");
        let salt = salt.expose().iter().take(DECOY_SALT).copied();
        let salt: Vec<u8> = salt.collect();
        ScramKeys::new(hash, salt, self.iterations, derive("one"), derive("other"))
    }
}

/// The server's side of SCRAM. Asks for the [keys](Question::Keys) of the user
/// and, where the client wants to act for somebody else, whether it
/// [may](Question::Authorize).
#[derive(Debug)]
pub struct ScramServer {
    hash: Hash,
    is_plus: bool,
    nonce: Nonce,
    decoy: Decoy,
    bindings: Vec<ChannelBinding>,
    state: State,
}

#[derive(Debug)]
enum State {
    Begun,
    Asked(First),
    Challenged(Challenged),
    /// The client has proved who it is, and that is the server's proof.
    Authorizing(Secret),
    /// Both have proved what they had to.
    Proved(String),
    Over,
}

/// What the client's first message said.
#[derive(Debug)]
struct First {
    name: String,
    authzid: String,
    nonce: String,
    /// client-first-message-bare.
    bare: String,
    /// What the client must say again, to show that nobody changed it: the
    /// header, and the channel.
    binding: Secret,
}

/// What the client's proof is checked against.
#[derive(Debug)]
struct Challenged {
    first: First,
    keys: ScramKeys,
    is_known: bool,
    /// The server's first message.
    challenge: String,
    nonce: String,
}

impl ScramServer {
    /// An exchange that begins, with a nonce that is fresh, and random. `None`:
    /// the mechanism is another one.
    #[must_use]
    pub fn new(mechanism: Mechanism, nonce: Nonce, decoy: Decoy) -> Option<Self> {
        let (hash, is_plus) = match mechanism {
            Mechanism::SCRAM_SHA_1 => (Hash::Sha1, false),
            Mechanism::SCRAM_SHA_1_PLUS => (Hash::Sha1, true),
            Mechanism::SCRAM_SHA_256 => (Hash::Sha256, false),
            Mechanism::SCRAM_SHA_256_PLUS => (Hash::Sha256, true),
            _ => return None,
        };
        Some(Self {
            hash,
            is_plus,
            nonce,
            decoy,
            bindings: Vec::new(),
            state: State::Begun,
        })
    }

    /// What the TLS channel is known by. To be given exactly where the server
    /// offers `-PLUS`, also to the mechanism without: a client that says it was
    /// not offered any is refused (RFC 5802 §6).
    #[must_use]
    pub fn with_bindings(mut self, bindings: impl IntoIterator<Item = ChannelBinding>) -> Self {
        self.bindings.extend(bindings);
        self
    }

    /// The client's first message: who it is.
    fn ask(&mut self, message: &str) -> Result<ServerStep, Failure> {
        let first = self.read_first(message)?;
        let name = first.name.clone();
        self.state = State::Asked(first);
        let hash = self.hash;
        Ok(ServerStep::Ask(Question::Keys { name, hash }))
    }

    fn read_first(&self, message: &str) -> Result<First, Failure> {
        let mut parts = message.splitn(3, ',');
        let (Some(flag), Some(authzid), Some(bare)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(Failure::Malformed);
        };
        let channel = self.channel(flag)?;
        let mut binding = format!("{flag},{authzid},").into_bytes();
        binding.extend_from_slice(channel);
        let saslname = |encoded| saslname::decode(encoded).ok_or(Failure::Malformed);
        let authzid = match authzid {
            "" => String::new(),
            authzid => saslname(authzid.strip_prefix("a=").ok_or(Failure::Malformed)?)?,
        };
        // A mandatory extension, `m=`, cannot be met.
        let mut attributes = bare.split(',');
        let mut next = |name| attribute(&mut attributes, name).ok_or(Failure::Malformed);
        let (name, nonce) = (saslname(next("n")?)?, Nonce::new(next("r")?));
        let name = prepare(&name).map_err(|_| Failure::Malformed)?;
        Ok(First {
            name: name.into_owned(),
            authzid,
            nonce: nonce.map_err(|_| Failure::Malformed)?.as_str().to_owned(),
            bare: bare.to_owned(),
            binding: Secret::from(binding),
        })
    }

    /// The channel that the client names, if it must name one (RFC 5802 §6).
    fn channel(&self, flag: &str) -> Result<&[u8], Failure> {
        match (flag, flag.strip_prefix("p=")) {
            ("n", _) if !self.is_plus => Ok(&[]),
            ("y", _) if !self.is_plus && self.bindings.is_empty() => Ok(&[]),
            ("y", _) if !self.is_plus => Err(Failure::Downgrade),
            (_, Some(kind)) if self.is_plus => {
                let mut bindings = self.bindings.iter();
                let binding = bindings.find(|binding| binding.kind.as_str() == kind);
                binding.map_or(Err(Failure::Binding), |binding| Ok(binding.data.expose()))
            }
            ("n" | "y", _) | (_, Some(_)) => Err(Failure::Binding),
            _ => Err(Failure::Malformed),
        }
    }

    /// The server's first message: what the client is to use.
    fn challenge(&mut self, first: First, keys: ScramKeys, is_known: bool) -> ServerStep {
        let nonce = first.nonce.clone() + self.nonce.as_str();
        let salt = Base64::encode_string(keys.salt());
        let challenge = format!("r={nonce},s={salt},i={}", keys.iterations());
        let step = ServerStep::challenge(Secret::from(challenge.as_str()));
        self.state = State::Challenged(Challenged {
            first,
            keys,
            is_known,
            challenge,
            nonce,
        });
        step
    }

    /// The client's last message: its proof.
    fn check(&mut self, challenged: Challenged, message: &str) -> Result<ServerStep, Failure> {
        let Challenged { first, keys, .. } = challenged;
        let (last, proof) = message.rsplit_once(",p=").ok_or(Failure::Malformed)?;
        let proof = decode(proof).ok_or(Failure::Malformed)?;
        let mut attributes = last.split(',');
        let mut next = |name| attribute(&mut attributes, name).ok_or(Failure::Malformed);
        let (binding, nonce) = (next("c")?, next("r")?);
        let binding = decode(binding).ok_or(Failure::Malformed)?;
        if binding != first.binding {
            return Err(Failure::Binding);
        }
        let signed = format!("{},{},{last}", first.bare, challenged.challenge);
        let sign = |key: &Secret| self.hash.hmac(key.expose(), signed.as_bytes());
        let client_key = xor(&proof, &sign(keys.stored_key()));
        let is_proved = self.hash.digest(client_key.expose()) == *keys.stored_key();
        let is_whole = proof.expose().len() == self.hash.octets() && nonce == challenged.nonce;
        if !(is_proved & challenged.is_known & is_whole) {
            return Err(Failure::Refused);
        }
        let signature = sign(keys.server_key());
        if first.authzid.is_empty() || first.authzid == first.name {
            return Ok(self.prove(first.name, &signature));
        }
        self.state = State::Authorizing(signature);
        Ok(ServerStep::Ask(Question::Authorize {
            identity: first.name,
            authzid: first.authzid,
        }))
    }

    /// The server's last message: its own proof.
    fn prove(&mut self, identity: String, signature: &Secret) -> ServerStep {
        self.state = State::Proved(identity);
        let signature = Base64::encode_string(signature.expose());
        ServerStep::challenge(Secret::from(format!("v={signature}")))
    }
}

impl ServerMechanism for ScramServer {
    fn mechanism(&self) -> Mechanism {
        self.hash.mechanism(self.is_plus)
    }

    fn respond(&mut self, response: &Secret) -> Result<ServerStep, Failure> {
        match mem::replace(&mut self.state, State::Over) {
            State::Begun => self.ask(text(response)?),
            State::Challenged(challenged) => self.check(challenged, text(response)?),
            // RFC 4954 §4: what the client says to that is nothing.
            State::Proved(identity) if response.is_empty() => Ok(ServerStep::done(identity)),
            State::Proved(_) => Err(Failure::Malformed),
            State::Asked(_) | State::Authorizing(_) | State::Over => Err(Failure::OutOfStep),
        }
    }

    fn verdict(&mut self, verdict: Verdict) -> Result<ServerStep, Failure> {
        match (mem::replace(&mut self.state, State::Over), verdict) {
            (State::Asked(first), Verdict::Keys(keys)) if keys.hash() == self.hash => {
                Ok(self.challenge(first, keys, true))
            }
            (State::Asked(first), Verdict::Reject) => {
                let keys = self.decoy.keys(self.hash, &first.name);
                Ok(self.challenge(first, keys.map_err(|_| Failure::Refused)?, false))
            }
            (State::Asked(_), Verdict::Unavailable) => Err(Failure::Unavailable),
            (State::Authorizing(signature), verdict) => {
                let identity = verdict.identity()?;
                Ok(self.prove(identity, &signature))
            }
            _ => Err(Failure::OutOfStep),
        }
    }
}
