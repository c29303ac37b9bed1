//! Commands from octets (RFC 5321 §4.1, and the RFC of each).

use alloc::borrow::Cow;
use core::str::FromStr;

use super::error::{AddressError, CommandError, Part};
use super::leaf;
use super::parameter::parameters;
use super::path::{Cursor, Fault, forward_path, hello_name, reverse_path};
use super::plain;
use super::queue::{absolute_uri, domain_list, etrn_target};
use super::sasl::auth;
use super::syntax::Syntax;
use crate::types::class::{self, DIGIT, KEYWORD, LETTER, TEXT};
use crate::types::{
    Argument, Command, HelloName, MailParameters, RcptParameters, UnknownCommand, Verb,
    XclientAttributes, XforwardAttributes,
};

impl<'a> Command<'a> {
    /// Reads a line, given without its CRLF. Borrows from it, and allocates
    /// nothing (but under [`Syntax::extra_blanks`], where there are some).
    ///
    /// A verb that is not known is no error but [`Command::Unknown`].
    ///
    /// # Errors
    ///
    /// The line is not a command under `syntax`; the error says which part is
    /// wrong and where. No line that holds a CR or an LF is a command.
    pub fn parse(line: &'a [u8], syntax: &Syntax) -> Result<Self, CommandError> {
        let (verb, length) = verb(line);
        let rest = line.get(length..).unwrap_or_default();
        if rest.is_empty() {
            if let Some(command) = plain::alone(verb) {
                return Ok(command);
            }
        }
        match plain::with_argument(verb, rest, syntax) {
            Some(command) => Ok(command),
            None => any(verb, length, line, syntax),
        }
    }
}

impl<'a> TryFrom<&'a str> for Command<'a> {
    type Error = CommandError;

    /// Reads a line without its CRLF, under [`Syntax::STRICT`].
    fn try_from(line: &'a str) -> Result<Self, CommandError> {
        Self::parse(line.as_bytes(), &Syntax::STRICT)
    }
}

impl FromStr for Command<'static> {
    type Err = CommandError;

    /// Reads a line without its CRLF, under [`Syntax::STRICT`].
    fn from_str(line: &str) -> Result<Self, CommandError> {
        Command::try_from(line).map(Command::into_owned)
    }
}

/// Reads any line. A function of its own, so that those which are plain do not
/// pay for its frame.
#[inline(never)]
pub(super) fn any<'a>(
    verb: Verb,
    length: usize,
    line: &'a [u8],
    syntax: &Syntax,
) -> Result<Command<'a>, CommandError> {
    let error = |(part, offset)| CommandError::new(verb, part, offset).in_line(line);
    // RFC 6531 §3.3: what is not ASCII is UTF-8.
    let text =
        core::str::from_utf8(line).map_err(|invalid| error((Part::Line, invalid.valid_up_to())))?;
    // RFC 5321 §4.1.1: white space before the CRLF is to be tolerated.
    let mut cursor = Cursor::new(without_trailing_blanks(text));
    cursor.skip(length);
    command(verb, &mut cursor, syntax).map_err(error)
}

#[inline]
fn without_trailing_blanks(text: &str) -> &str {
    match text.as_bytes() {
        [.., b' ' | b'\t'] => text.trim_end_matches([' ', '\t']),
        _ => text,
    }
}

/// The verb that the line begins with, and its octets: none of one that is not
/// known. Most have four letters. A control character ends the verb too, so
/// that the argument is at fault.
#[inline]
pub(crate) fn verb(line: &[u8]) -> (Verb, usize) {
    match line.split_first_chunk() {
        Some((letters, [] | [..=b' ', ..])) => match Verb::of_four(*letters) {
            Verb::Unknown => (Verb::Unknown, 0),
            verb => (verb, 4),
        },
        _ => long_verb(line),
    }
}

#[cold]
fn long_verb(line: &[u8]) -> (Verb, usize) {
    let length = class::span(line, LETTER);
    match (line.get(length), Verb::at(line, length)) {
        (_, Verb::Unknown) | (Some(b'!'..), _) => (Verb::Unknown, 0),
        (_, verb) => (verb, length),
    }
}

/// Reads the argument that `verb` takes.
#[inline]
fn command<'a>(verb: Verb, cursor: &mut Cursor<'a>, syntax: &Syntax) -> Result<Command<'a>, Fault> {
    match verb {
        Verb::Mail => {
            keyword(cursor, b" FROM:", syntax)?;
            Ok(Command::Mail {
                reverse_path: reverse_path(cursor, syntax)?,
                parameters: MailParameters(parameters(cursor, verb, syntax)?),
            })
        }
        Verb::Rcpt => {
            keyword(cursor, b" TO:", syntax)?;
            Ok(Command::Rcpt {
                forward_path: forward_path(cursor, syntax)?,
                parameters: RcptParameters(parameters(cursor, verb, syntax)?),
            })
        }
        Verb::Ehlo => hello(cursor, syntax).map(Command::Ehlo),
        Verb::Helo => hello(cursor, syntax).map(Command::Helo),
        Verb::Lhlo => hello(cursor, syntax).map(Command::Lhlo),
        Verb::Vrfy => required(cursor).map(Command::Vrfy),
        Verb::Expn => required(cursor).map(Command::Expn),
        Verb::Help => optional(cursor).map(Command::Help),
        Verb::Noop => optional(cursor).map(Command::Noop),
        Verb::Data => alone(cursor, Command::Data),
        Verb::Rset => alone(cursor, Command::Rset),
        Verb::Quit => alone(cursor, Command::Quit),
        _ => rarer(verb, cursor, syntax),
    }
}

/// The commands that not every session has.
#[cold]
fn rarer<'a>(verb: Verb, cursor: &mut Cursor<'a>, syntax: &Syntax) -> Result<Command<'a>, Fault> {
    match verb {
        Verb::Bdat => chunk(cursor),
        Verb::Burl => burl(cursor),
        Verb::StartTls => alone(cursor, Command::StartTls),
        Verb::Auth => auth(cursor).map(|(mechanism, initial_response)| Command::Auth {
            mechanism,
            initial_response,
        }),
        Verb::Etrn => {
            cursor.skip_blanks();
            let target = etrn_target(cursor)?;
            alone(cursor, Command::Etrn(target))
        }
        Verb::Atrn => {
            cursor.skip_blanks();
            if cursor.is_at_end() {
                return Ok(Command::Atrn(None));
            }
            let domains = domain_list(cursor)?;
            alone(cursor, Command::Atrn(Some(domains)))
        }
        Verb::Turn => alone(cursor, Command::Turn),
        Verb::Send | Verb::Soml | Verb::Saml => {
            keyword(cursor, b" FROM:", syntax)?;
            let reverse_path = reverse_path(cursor, syntax)?;
            let parameters = MailParameters(parameters(cursor, verb, syntax)?);
            Ok(match verb {
                Verb::Send => Command::Send {
                    reverse_path,
                    parameters,
                },
                Verb::Soml => Command::Soml {
                    reverse_path,
                    parameters,
                },
                _ => Command::Saml {
                    reverse_path,
                    parameters,
                },
            })
        }
        Verb::Xclient => XclientAttributes::parse(cursor).map(Command::Xclient),
        Verb::Xforward => XforwardAttributes::parse(cursor).map(Command::Xforward),
        _ => unknown(cursor.remainder()),
    }
}

/// `chunk-size [SP end-marker]` (RFC 3030 §2). Checked digit by digit: no
/// number of them wraps.
fn chunk<'a>(cursor: &mut Cursor<'a>) -> Result<Command<'a>, Fault> {
    cursor.skip_blanks();
    let start = cursor.at();
    let fault = (Part::ChunkSize, start);
    let digits = cursor.take(leaf::run(DIGIT)).ok_or(fault)?;
    let size = digits.iter().try_fold(0_u64, |size, digit| {
        size.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
    });
    let size = size.ok_or(fault)?;
    let last = end_marker(cursor).ok_or((Part::ChunkSize, cursor.at()))?;
    Ok(Command::Bdat { size, last })
}

/// `absolute-URI [SP end-marker]` (RFC 4468 §3.5)
fn burl<'a>(cursor: &mut Cursor<'a>) -> Result<Command<'a>, Fault> {
    cursor.skip_blanks();
    let uri = absolute_uri(cursor)?;
    let last = end_marker(cursor).ok_or((Part::Argument, cursor.at()))?;
    Ok(Command::Burl { uri, last })
}

/// `[SP "LAST"]` and the end of the line; `None` if it is something else.
fn end_marker(cursor: &mut Cursor<'_>) -> Option<bool> {
    if cursor.is_at_end() {
        return Some(false);
    }
    if !cursor.eat(b' ') {
        return None;
    }
    cursor.skip_blanks();
    cursor.rest().eq_ignore_ascii_case(b"LAST").then_some(true)
}

/// A verb that takes no argument.
fn alone<'a>(cursor: &mut Cursor<'a>, command: Command<'a>) -> Result<Command<'a>, Fault> {
    cursor.skip_blanks();
    if cursor.is_at_end() {
        Ok(command)
    } else {
        Err((Part::Argument, cursor.at()))
    }
}

/// A fixed word, in any case, behind a blank.
#[inline]
fn keyword<const N: usize>(
    cursor: &mut Cursor<'_>,
    word: &[u8; N],
    syntax: &Syntax,
) -> Result<(), Fault> {
    if syntax.extra_blanks {
        while matches!(cursor.rest(), [b' ' | b'\t', b' ' | b'\t', ..]) {
            cursor.skip(1);
        }
    }
    if leaf::after(cursor.rest(), word).is_none() {
        return Err((Part::Argument, cursor.at()));
    }
    cursor.skip(N);
    Ok(())
}

fn hello<'a>(cursor: &mut Cursor<'a>, syntax: &Syntax) -> Result<HelloName<'a>, Fault> {
    cursor.skip_blanks();
    hello_name(cursor, syntax)
}

/// The rest of the line, which must not be empty.
fn required<'a>(cursor: &mut Cursor<'a>) -> Result<Argument<'a>, Fault> {
    optional(cursor)?.ok_or((Part::Argument, cursor.at()))
}

/// The rest of the line, which may be empty.
fn optional<'a>(cursor: &mut Cursor<'a>) -> Result<Option<Argument<'a>>, Fault> {
    cursor.skip_blanks();
    if cursor.is_at_end() {
        return Ok(None);
    }
    let text = cursor.remainder();
    let printable = class::span(text.as_bytes(), TEXT);
    if printable < text.len() {
        return Err((Part::Argument, cursor.at() + printable));
    }
    Ok(Some(Argument(Cow::Borrowed(text))))
}

/// A word and, behind one blank, anything printable.
#[cold]
fn unknown(line: &str) -> Result<Command<'_>, Fault> {
    let verb = class::span(line.as_bytes(), KEYWORD);
    let (_, rest) = line.split_at_checked(verb).unwrap_or((line, ""));
    if verb == 0 || !matches!(rest.bytes().next(), None | Some(..=b' ')) {
        return Err((Part::Verb, verb));
    }
    let printable = class::span(rest.as_bytes(), TEXT);
    if printable < rest.len() {
        return Err((Part::Argument, verb + printable));
    }
    let verb = u16::try_from(verb).map_err(|_| (Part::Verb, 0))?;
    Ok(Command::Unknown(UnknownCommand::from_checked(
        Cow::Borrowed(line),
        verb,
    )))
}

impl<'a> TryFrom<&'a str> for Argument<'a> {
    type Error = AddressError;

    /// Takes any text that is not empty, holds no control character, and has
    /// no blank at either end.
    fn try_from(text: &'a str) -> Result<Self, AddressError> {
        let error = |offset| Err(AddressError::new(Part::Argument, offset));
        let printable = class::span(text.as_bytes(), TEXT);
        if printable < text.len() {
            error(printable)
        } else if text.is_empty() || text.starts_with(' ') {
            error(0)
        } else if text.ends_with(' ') {
            error(text.len() - 1)
        } else {
            Ok(Self(Cow::Borrowed(text)))
        }
    }
}

impl FromStr for Argument<'static> {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Argument::try_from(text).map(Argument::into_owned)
    }
}

impl<'a> TryFrom<&'a str> for UnknownCommand<'a> {
    type Error = CommandError;

    /// Takes a word of letters, digits and hyphens that is no verb of this
    /// crate's, and behind one space, anything printable.
    fn try_from(line: &'a str) -> Result<Self, CommandError> {
        let (verb, _) = verb(line.as_bytes());
        match Command::parse(line.as_bytes(), &Syntax::STRICT)? {
            Command::Unknown(unknown) if unknown.as_str() == line => Ok(unknown),
            _ => Err(CommandError::new(verb, Part::Verb, 0)),
        }
    }
}

impl FromStr for UnknownCommand<'static> {
    type Err = CommandError;

    fn from_str(line: &str) -> Result<Self, CommandError> {
        UnknownCommand::try_from(line).map(UnknownCommand::into_owned)
    }
}
