//! The line ends of a message that comes in BDAT chunks.

use super::BareLineEndAt;

/// Finds a bare CR or LF in octets that are passed on as they are.
///
/// BDAT has no dots to decode, but unless BODY=BINARYMIME its text is bound by
/// RFC 5321 §2.3.8 like any other (RFC 3030 §2), and a relay that takes a bare
/// LF by BDAT and sends it on by DATA smuggles. One check lasts for a whole
/// message: a CR LF may be cut by the border of two chunks.
///
/// ```
/// # use ehlo::codec::{BareLineEnd, LineEndCheck, Place};
/// let mut check = LineEndCheck::new();
/// assert_eq!(check.check(b"one\r"), Ok(()));
/// assert_eq!(check.check(b"\ntwo\r"), Ok(()));
/// let error = check.check(b"three").unwrap_err();
/// assert_eq!((error.kind, error.place), (BareLineEnd::Cr, Place::Before));
/// ```
#[derive(Debug, Clone, Default)]
pub struct LineEndCheck {
    after_cr: bool,
}

impl LineEndCheck {
    /// A check for a new message.
    #[must_use]
    pub const fn new() -> Self {
        Self { after_cr: false }
    }

    /// Looks at the next octets of the message. Does not panic.
    ///
    /// # Errors
    ///
    /// The first CR or LF that is not part of CR LF. The octets count as seen
    /// nevertheless, so the check can go on behind them.
    pub fn check(&mut self, octets: &[u8]) -> Result<(), BareLineEndAt> {
        let found = BareLineEndAt::at_border(self.after_cr, octets)
            .or_else(|| BareLineEndAt::inside(octets, 0));
        if let Some(last) = octets.last() {
            self.after_cr = *last == b'\r';
        }
        found.map_or(Ok(()), Err)
    }

    /// Ends the message; the next octets are those of a new one.
    ///
    /// # Errors
    ///
    /// The message ended with a CR.
    pub fn finish(&mut self) -> Result<(), BareLineEndAt> {
        if core::mem::take(&mut self.after_cr) {
            return Err(BareLineEndAt::BEFORE);
        }
        Ok(())
    }
}
