//! Secrets: octets that must not show and must not stay.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

/// Octets that nobody but their user is to see: passwords, tokens, what a
/// SASL mechanism sends.
///
/// In its own allocation, overwritten when it is dropped. `Debug` and
/// `Display` say the same few words whatever it holds, in every build, and do
/// not give its length away.
///
/// ```
/// use ehlo::Secret;
/// let secret = Secret::from("correct horse");
/// assert_eq!(format!("{secret:?} {secret}"), "[secret] [secret]");
/// assert_eq!(secret.expose(), b"correct horse");
/// ```
#[derive(Clone, Default)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// What `Debug` and `Display` say.
    pub(crate) const REDACTED: &'static str = "[secret]";

    /// The octets. Take care where they go.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The octets as text, if they are UTF-8.
    #[must_use]
    pub fn expose_str(&self) -> Option<&str> {
        core::str::from_utf8(&self.0).ok()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Takes the allocation over. What spare room it has is wiped too.
impl From<Vec<u8>> for Secret {
    fn from(octets: Vec<u8>) -> Self {
        Self(Zeroizing::new(octets))
    }
}

/// Takes the allocation over.
impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::from(text.into_bytes())
    }
}

/// A copy; wiping the original is the caller's.
impl From<&[u8]> for Secret {
    fn from(octets: &[u8]) -> Self {
        Self::from(octets.to_vec())
    }
}

/// A copy; wiping the original is the caller's.
impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::from(text.as_bytes())
    }
}

/// Takes as long for a wrong guess as for the right one of the same length.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        eq_constant_time(self.expose(), other.expose())
    }
}

impl Eq for Secret {}

/// Whether both are the same, looking at every octet whatever is found.
pub(crate) fn eq_constant_time(left: &[u8], right: &[u8]) -> bool {
    let differing = left
        .iter()
        .zip(right)
        .fold(0, |differing, (left, right)| differing | (left ^ right));
    left.len() == right.len() && core::hint::black_box(differing) == 0
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::REDACTED)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::REDACTED)
    }
}
