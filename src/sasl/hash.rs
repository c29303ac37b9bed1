//! What the hashes are used for.

use alloc::vec;

use hmac::Hmac;
use hmac::digest::{Digest, Key, KeyInit, Mac};
use md5::Md5;
use pbkdf2::pbkdf2_hmac;
use sha1::Sha1;
use sha2::Sha256;
use zeroize::Zeroize;

use crate::Secret;
use crate::types::Mechanism;

/// The hash of a SCRAM mechanism.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Hash {
    /// Of SCRAM-SHA-1 (RFC 5802).
    Sha1,
    /// Of SCRAM-SHA-256 (RFC 7677).
    Sha256,
}

impl Hash {
    /// The mechanism, with channel binding or without.
    #[must_use]
    pub const fn mechanism(self, is_plus: bool) -> Mechanism {
        match (self, is_plus) {
            (Self::Sha1, false) => Mechanism::SCRAM_SHA_1,
            (Self::Sha1, true) => Mechanism::SCRAM_SHA_1_PLUS,
            (Self::Sha256, false) => Mechanism::SCRAM_SHA_256,
            (Self::Sha256, true) => Mechanism::SCRAM_SHA_256_PLUS,
        }
    }

    /// Octets of a hash.
    #[must_use]
    pub const fn octets(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    /// H of RFC 5802 §2.2.
    pub(super) fn digest(self, octets: &[u8]) -> Secret {
        match self {
            Self::Sha1 => secret(Sha1::digest(octets)),
            Self::Sha256 => secret(Sha256::digest(octets)),
        }
    }

    /// HMAC of RFC 5802 §2.2.
    pub(super) fn hmac(self, key: &[u8], message: &[u8]) -> Secret {
        match self {
            Self::Sha1 => hmac::<Sha1, Hmac<Sha1>>(key, message),
            Self::Sha256 => hmac::<Sha256, Hmac<Sha256>>(key, message),
        }
    }

    /// Hi of RFC 5802 §2.2.
    pub(super) fn salted(self, password: &[u8], salt: &[u8], iterations: u32) -> Secret {
        let mut salted = vec![0; self.octets()];
        match self {
            Self::Sha1 => pbkdf2_hmac::<Sha1>(password, salt, iterations, &mut salted),
            Self::Sha256 => pbkdf2_hmac::<Sha256>(password, salt, iterations, &mut salted),
        }
        Secret::from(salted)
    }
}

/// The HMAC of CRAM-MD5 (RFC 2195 §2).
pub(super) fn hmac_md5(key: &[u8], message: &[u8]) -> Secret {
    hmac::<Md5, Hmac<Md5>>(key, message)
}

/// RFC 2104 §2: a key longer than a block is hashed. Done here, since a key of
/// one block cannot be of a wrong length.
fn hmac<H: Digest, M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Secret {
    let mut block = Key::<M>::default();
    let hashed = (key.len() > block.len()).then(|| secret(H::digest(key)));
    let key = hashed.as_ref().map_or(key, Secret::expose);
    for (place, octet) in block.iter_mut().zip(key) {
        *place = *octet;
    }
    let mac = <M as KeyInit>::new(&block).chain_update(message);
    block.as_mut_slice().zeroize();
    secret(mac.finalize().into_bytes())
}

/// Takes the octets over.
fn secret(mut octets: impl AsMut<[u8]>) -> Secret {
    let copy = Secret::from(&*octets.as_mut());
    octets.as_mut().zeroize();
    copy
}
