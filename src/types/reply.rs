//! Replies (RFC 5321 §4.2).

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;

use memchr::memchr;

use super::code::ReplyCode;
use super::enhanced::EnhancedCode;

/// A reply: a code, perhaps an enhanced code, and lines of text (RFC 5321
/// §4.2, RFC 2034).
///
/// Held as the octets of the wire, lines and all, so that a borrowed parse
/// copies nothing and an owned reply is one allocation. The text of a received
/// reply may be 8-bit in any encoding; it is kept, and viewed as UTF-8 lossily.
///
/// `Display` gives the wire form, line ends as `\n` between lines, control
/// characters escaped: a reply can be logged as it is.
///
/// ```
/// use ehlo::types::{EnhancedCode, Reply, ReplyCode};
/// let reply = Reply::new(
///     ReplyCode::MAILBOX_UNAVAILABLE,
///     Some(EnhancedCode::NO_SUCH_MAILBOX),
///     "No such user here\nTry the postmaster",
/// )?;
/// assert_eq!(reply.to_string(), "550-5.1.1 No such user here\n550 5.1.1 Try the postmaster");
/// assert_eq!(reply.lines().count(), 2);
/// # Ok::<(), ehlo::codec::InvalidReply>(())
/// ```
#[derive(Clone)]
pub struct Reply<'a> {
    code: ReplyCode,
    enhanced: Option<EnhancedCode>,
    /// Whole lines, each with its code and its CRLF.
    wire: Cow<'a, [u8]>,
}

impl<'a> Reply<'a> {
    /// The caller has checked the grammar.
    pub(crate) const fn from_checked(
        code: ReplyCode,
        enhanced: Option<EnhancedCode>,
        wire: Cow<'a, [u8]>,
    ) -> Self {
        Self {
            code,
            enhanced,
            wire,
        }
    }

    /// The reply code, the same on every line.
    #[must_use]
    pub const fn code(&self) -> ReplyCode {
        self.code
    }

    /// The enhanced status code, if there is one whose class is that of the
    /// reply code (RFC 2034 §4); another one is text.
    #[must_use]
    pub const fn enhanced(&self) -> Option<EnhancedCode> {
        self.enhanced
    }

    /// The text of each line, without code, enhanced code and line end.
    pub fn lines(&self) -> impl Iterator<Item = &[u8]> + '_ {
        self.raw_lines()
            .map(|line| strip_enhanced(line.get(4..).unwrap_or_default(), self.enhanced))
    }

    /// The text as UTF-8, lines joined by `\n`; what is not UTF-8 is replaced
    /// (U+FFFD).
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (number, line) in self.lines().enumerate() {
            if number > 0 {
                text.push('\n');
            }
            text.push_str(&String::from_utf8_lossy(line));
        }
        text
    }

    /// The octets of the wire: every line with its code and its CRLF.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.wire
    }

    /// A copy that borrows nothing: one allocation.
    #[must_use]
    pub fn into_owned(self) -> Reply<'static> {
        Reply {
            code: self.code,
            enhanced: self.enhanced,
            wire: Cow::Owned(self.wire.into_owned()),
        }
    }

    /// Each line with its code, without its CRLF.
    fn raw_lines(&self) -> impl Iterator<Item = &[u8]> + '_ {
        let mut rest = self.as_bytes();
        core::iter::from_fn(move || {
            let end = memchr(b'\n', rest)?;
            let (line, behind) = rest.split_at_checked(end + 1)?;
            rest = behind;
            Some(line.strip_suffix(b"\r\n").unwrap_or(line))
        })
    }
}

/// A line's text behind the enhanced code, if it begins with that one.
#[inline]
fn strip_enhanced(text: &[u8], enhanced: Option<EnhancedCode>) -> &[u8] {
    enhanced
        .and_then(|enhanced| {
            let (found, rest) = EnhancedCode::parse_prefix(text)?;
            (found == enhanced).then_some(rest)
        })
        .unwrap_or(text)
}

/// Equal when code, enhanced code and the text of each line are.
impl PartialEq for Reply<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code && self.enhanced == other.enhanced && self.lines().eq(other.lines())
    }
}

impl Eq for Reply<'_> {}

impl fmt::Display for Reply<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, line) in self.raw_lines().enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            write_escaped(line, f)?;
        }
        Ok(())
    }
}

/// UTF-8 as it is, control characters and stray octets as escapes, so that a
/// hostile reply cannot forge a line of a log or steer a terminal.
fn write_escaped(octets: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for chunk in octets.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character.is_control() {
                write!(f, "{}", character.escape_default())?;
            } else {
                write!(f, "{character}")?;
            }
        }
        write!(f, "{}", chunk.invalid().escape_ascii())?;
    }
    Ok(())
}

impl fmt::Debug for Reply<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply(\"{self}\")")
    }
}

/// Text for a reply that a server says: lines separated by LF or CR LF.
///
/// Printable characters and tabs; no other control character. It is cut into
/// lines that fit when the reply is written. A character that is not ASCII is
/// written only where RFC 6531 §3.7.4 allows it, and as `?` elsewhere.
#[derive(Clone, PartialEq, Eq)]
pub struct ReplyText(pub(crate) Cow<'static, str>);

impl ReplyText {
    /// A text of this crate's own, known to be good.
    pub(crate) const fn from_static(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ReplyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ReplyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
