//! Commands to octets and back (RFC 5321 §4.1).

use alloc::borrow::Cow;
use core::fmt;
use core::str::FromStr;

use bytes::BufMut;

use super::error::{AddressError, CommandError, Part};
use super::line::CRLF;
use super::parameter::parameters;
use super::path::{Cursor, Fault, forward_path, hello_name, reverse_path};
use super::syntax::Syntax;
use crate::types::class::{self, KEYWORD, TEXT};
use crate::types::{Argument, Command, MailParameters, RcptParameters, UnknownCommand, Verb};

impl<'a> Command<'a> {
    /// Reads a line, given without its CRLF. Borrows from it, allocates nothing.
    ///
    /// A verb that is not known is no error but [`Command::Unknown`].
    ///
    /// # Errors
    ///
    /// The line is not a command under `syntax`; the error says which part is
    /// wrong and where. No line that holds a CR or an LF is a command.
    pub fn parse(line: &'a [u8], syntax: &Syntax) -> Result<Self, CommandError> {
        let verb = verb(line);
        let error = |(part, offset)| CommandError { verb, part, offset };
        // RFC 6531 §3.3: what is not ASCII is UTF-8.
        let text = core::str::from_utf8(line)
            .map_err(|invalid| error((Part::Line, invalid.valid_up_to())))?;
        // RFC 5321 §4.1.1: white space before the CRLF is to be tolerated.
        let text = text.trim_end_matches([' ', '\t']);
        let mut cursor = Cursor::new(text, 0);
        command(verb, &mut cursor, syntax).map_err(error)
    }

    /// Writes the line with its CRLF.
    ///
    /// `out` must have room: as `BufMut` has it, a full fixed buffer panics.
    pub fn write(&self, out: &mut impl BufMut) {
        self.pieces(&mut |piece| out.put_slice(piece.as_bytes()));
        out.put_slice(CRLF);
    }

    /// Octets of the line as written, CRLF included.
    #[must_use]
    pub fn wire_len(&self) -> usize {
        let mut length = CRLF.len();
        self.pieces(&mut |piece| length += piece.len());
        length
    }

    /// Hands out the line piece by piece.
    fn pieces(&self, put: &mut impl FnMut(&str)) {
        match self {
            Self::Unknown(unknown) => put(unknown.as_str()),
            Self::Mail {
                reverse_path,
                parameters,
            } => {
                put("MAIL FROM:<");
                put(reverse_path.as_str());
                put(">");
                put_argument(parameters.as_str(), put);
            }
            Self::Rcpt {
                forward_path,
                parameters,
            } => {
                put("RCPT TO:<");
                put(forward_path.as_str());
                put(">");
                put_argument(parameters.as_str(), put);
            }
            _ => {
                put(self.verb().as_str());
                put_argument(self.argument(), put);
            }
        }
    }

    /// The argument of a command that is a verb and a text.
    fn argument(&self) -> &str {
        match self {
            Self::Ehlo(name) | Self::Helo(name) | Self::Lhlo(name) => name.as_str(),
            Self::Vrfy(argument)
            | Self::Expn(argument)
            | Self::Help(Some(argument))
            | Self::Noop(Some(argument)) => argument.as_str(),
            _ => "",
        }
    }
}

/// A space and `text`, unless there is none.
fn put_argument(text: &str, put: &mut impl FnMut(&str)) {
    if !text.is_empty() {
        put(" ");
        put(text);
    }
}

/// The line without its CRLF.
impl fmt::Display for Command<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut result = Ok(());
        self.pieces(&mut |piece| result = result.and_then(|()| f.write_str(piece)));
        result
    }
}

/// The verb that the line begins with. All known ones have four letters, so
/// they are compared as one number, upper case by mask.
fn verb(line: &[u8]) -> Verb {
    const fn number(verb: [u8; 4]) -> u32 {
        u32::from_be_bytes(verb)
    }
    const UPPER_CASE: u32 = 0xdfdf_dfdf;

    let Some((first, rest)) = line.split_first_chunk::<4>() else {
        return Verb::Unknown;
    };
    // A control character ends the verb too, so that the argument is at fault.
    if !matches!(rest.first(), None | Some(..=b' ')) {
        return Verb::Unknown;
    }
    match number(*first) & UPPER_CASE {
        n if n == const { number(*b"MAIL") } => Verb::Mail,
        n if n == const { number(*b"RCPT") } => Verb::Rcpt,
        n if n == const { number(*b"DATA") } => Verb::Data,
        n if n == const { number(*b"EHLO") } => Verb::Ehlo,
        n if n == const { number(*b"HELO") } => Verb::Helo,
        n if n == const { number(*b"LHLO") } => Verb::Lhlo,
        n if n == const { number(*b"RSET") } => Verb::Rset,
        n if n == const { number(*b"NOOP") } => Verb::Noop,
        n if n == const { number(*b"QUIT") } => Verb::Quit,
        n if n == const { number(*b"VRFY") } => Verb::Vrfy,
        n if n == const { number(*b"EXPN") } => Verb::Expn,
        n if n == const { number(*b"HELP") } => Verb::Help,
        _ => Verb::Unknown,
    }
}

/// Reads the argument that `verb` takes.
fn command<'a>(verb: Verb, cursor: &mut Cursor<'a>, syntax: &Syntax) -> Result<Command<'a>, Fault> {
    if verb == Verb::Unknown {
        return unknown(cursor.remainder());
    }
    cursor.skip(verb.as_str().len());
    match verb {
        Verb::Mail => {
            keyword(cursor, " FROM:")?;
            Ok(Command::Mail {
                reverse_path: reverse_path(cursor, syntax)?,
                parameters: MailParameters(parameters(cursor, verb, syntax)?),
            })
        }
        Verb::Rcpt => {
            keyword(cursor, " TO:")?;
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
        Verb::Unknown => unknown(cursor.remainder()),
    }
}

/// A verb that takes no argument.
fn alone<'a>(cursor: &mut Cursor<'a>, command: Command<'a>) -> Result<Command<'a>, Fault> {
    cursor.skip_blanks();
    match cursor.is_at_end() {
        true => Ok(command),
        false => Err((Part::Argument, cursor.at())),
    }
}

/// A fixed word, in any case.
fn keyword(cursor: &mut Cursor<'_>, word: &str) -> Result<(), Fault> {
    let found = cursor.rest().get(..word.len());
    if !found.is_some_and(|found| found.eq_ignore_ascii_case(word.as_bytes())) {
        return Err((Part::Argument, cursor.at()));
    }
    cursor.skip(word.len());
    Ok(())
}

fn hello<'a>(
    cursor: &mut Cursor<'a>,
    syntax: &Syntax,
) -> Result<crate::types::HelloName<'a>, Fault> {
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
        let error = |offset| AddressError {
            part: Part::Argument,
            offset,
        };
        let printable = class::span(text.as_bytes(), TEXT);
        if printable < text.len() {
            return Err(error(printable));
        }
        if text.is_empty() || text.starts_with(' ') {
            return Err(error(0));
        }
        if text.ends_with(' ') {
            return Err(error(text.len() - 1));
        }
        Ok(Self(Cow::Borrowed(text)))
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
        let verb = verb(line.as_bytes());
        match Command::parse(line.as_bytes(), &Syntax::STRICT)? {
            Command::Unknown(unknown) if unknown.as_str() == line => Ok(unknown),
            _ => Err(CommandError {
                verb,
                part: Part::Verb,
                offset: 0,
            }),
        }
    }
}

impl FromStr for UnknownCommand<'static> {
    type Err = CommandError;

    fn from_str(line: &str) -> Result<Self, CommandError> {
        UnknownCommand::try_from(line).map(UnknownCommand::into_owned)
    }
}
