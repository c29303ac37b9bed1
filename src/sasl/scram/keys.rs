//! What a server stores instead of a password.

use alloc::vec::Vec;

use super::super::{CredentialsError, Hash, prepare};
use crate::Secret;

/// What a server stores of a password (RFC 5802 §3): enough to check a proof,
/// not enough to make one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScramKeys {
    hash: Hash,
    salt: Vec<u8>,
    iterations: u32,
    stored_key: Secret,
    server_key: Secret,
}

impl ScramKeys {
    /// Derives the keys from a password, which is prepared. The salt is random,
    /// the user's own, and best of 16 octets; of iterations there are 4096 or
    /// more (RFC 7677 §4). Takes as long as so many hashes take.
    ///
    /// # Errors
    ///
    /// The password is empty or cannot be [prepared](prepare()).
    pub fn derive(
        hash: Hash,
        password: &Secret,
        salt: &[u8],
        iterations: u32,
    ) -> Result<Self, CredentialsError> {
        let password = prepared(password)?;
        let salted = hash.salted(password.expose(), salt, iterations);
        let client_key = client_key(hash, &salted);
        Ok(Self {
            hash,
            salt: salt.to_vec(),
            iterations,
            stored_key: hash.digest(client_key.expose()),
            server_key: server_key(hash, &salted),
        })
    }

    /// The keys as they were stored.
    ///
    /// # Errors
    ///
    /// A key is not as long as the hash.
    pub fn new(
        hash: Hash,
        salt: impl Into<Vec<u8>>,
        iterations: u32,
        stored_key: impl Into<Secret>,
        server_key: impl Into<Secret>,
    ) -> Result<Self, CredentialsError> {
        let (stored_key, server_key) = (stored_key.into(), server_key.into());
        let is_key = |key: &Secret| key.expose().len() == hash.octets();
        match is_key(&stored_key) && is_key(&server_key) {
            true => Ok(Self {
                hash,
                salt: salt.into(),
                iterations,
                stored_key,
                server_key,
            }),
            false => Err(CredentialsError::Key),
        }
    }

    /// What they were derived with.
    #[must_use]
    pub const fn hash(&self) -> Hash {
        self.hash
    }

    /// The salt.
    #[must_use]
    pub fn salt(&self) -> &[u8] {
        &self.salt
    }

    /// How often the password was hashed.
    #[must_use]
    pub const fn iterations(&self) -> u32 {
        self.iterations
    }

    /// StoredKey.
    #[must_use]
    pub const fn stored_key(&self) -> &Secret {
        &self.stored_key
    }

    /// ServerKey.
    #[must_use]
    pub const fn server_key(&self) -> &Secret {
        &self.server_key
    }
}

/// RFC 5802 §2.2 Normalize.
pub(super) fn prepared(password: &Secret) -> Result<Secret, CredentialsError> {
    let text = password.expose_str().ok_or(CredentialsError::Character)?;
    if text.is_empty() {
        return Err(CredentialsError::Empty);
    }
    Ok(Secret::from(prepare(text)?.into_owned()))
}

pub(super) fn client_key(hash: Hash, salted: &Secret) -> Secret {
    hash.hmac(salted.expose(), b"Client Key")
}

pub(super) fn server_key(hash: Hash, salted: &Secret) -> Secret {
    hash.hmac(salted.expose(), b"Server Key")
}

/// `left` with `right` over it, of the same length.
pub(super) fn xor(left: &Secret, right: &Secret) -> Secret {
    let pairs = left.expose().iter().zip(right.expose());
    Secret::from(pairs.map(|(left, right)| left ^ right).collect::<Vec<_>>())
}
