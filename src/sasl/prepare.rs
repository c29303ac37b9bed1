//! SASLprep (RFC 4013): one form for each of the ways to type a name.

use alloc::borrow::Cow;

use thiserror::Error;

/// A text that cannot be prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PrepareError {
    /// It has characters that SASLprep prohibits (RFC 4013 §2.3 to §2.5), or
    /// is empty when prepared.
    #[error("the text has characters that SASLprep prohibits")]
    Prohibited,
    /// It is not in US-ASCII, and the feature `saslprep` is off. RFC 5802 §2.2
    /// allows such an implementation no other text.
    #[error("the text is not in US-ASCII")]
    NotAscii,
}

/// A name or a password as SASLprep has it (RFC 4013), as a stored string: what
/// was unassigned in Unicode 3.2 is refused.
///
/// SCRAM prepares by itself. What the other mechanisms carry is as it was
/// typed, and RFC 4616 §2 leaves the preparation of that to the server's side:
/// an application whose names or passwords are not all in US-ASCII prepares
/// what it stores and what it is asked about.
///
/// ```
/// use ehlo::sasl::prepare;
/// assert_eq!(prepare("user").unwrap(), "user");
/// assert!(prepare("us\u{7}er").is_err());
/// ```
///
/// # Errors
///
/// See [`PrepareError`].
pub fn prepare(text: &str) -> Result<Cow<'_, str>, PrepareError> {
    match text.is_ascii() {
        true if text.is_empty() || text.contains(|c: char| c.is_ascii_control()) => {
            Err(PrepareError::Prohibited)
        }
        true => Ok(Cow::Borrowed(text)),
        false => beyond_ascii(text),
    }
}

#[cfg(feature = "saslprep")]
fn beyond_ascii(text: &str) -> Result<Cow<'_, str>, PrepareError> {
    match stringprep::saslprep(text) {
        Ok(prepared) if !prepared.is_empty() => Ok(prepared),
        _ => Err(PrepareError::Prohibited),
    }
}

#[cfg(not(feature = "saslprep"))]
const fn beyond_ascii(_: &str) -> Result<Cow<'_, str>, PrepareError> {
    Err(PrepareError::NotAscii)
}
