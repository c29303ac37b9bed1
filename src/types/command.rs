//! Commands (RFC 5321 §4.1).

use alloc::borrow::Cow;
use core::fmt;

use super::{ForwardPath, HelloName, MailParameters, RcptParameters, ReversePath};

/// The verb of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verb {
    /// EHLO (RFC 5321 §4.1.1.1).
    Ehlo,
    /// HELO (RFC 5321 §4.1.1.1).
    Helo,
    /// LHLO (RFC 2033 §4.1).
    Lhlo,
    /// MAIL (RFC 5321 §4.1.1.2).
    Mail,
    /// RCPT (RFC 5321 §4.1.1.3).
    Rcpt,
    /// DATA (RFC 5321 §4.1.1.4).
    Data,
    /// RSET (RFC 5321 §4.1.1.5).
    Rset,
    /// VRFY (RFC 5321 §4.1.1.6).
    Vrfy,
    /// EXPN (RFC 5321 §4.1.1.7).
    Expn,
    /// HELP (RFC 5321 §4.1.1.8).
    Help,
    /// NOOP (RFC 5321 §4.1.1.9).
    Noop,
    /// QUIT (RFC 5321 §4.1.1.10).
    Quit,
    /// Anything else.
    Unknown,
}

impl Verb {
    /// The verb in upper case; empty for [`Verb::Unknown`].
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ehlo => "EHLO",
            Self::Helo => "HELO",
            Self::Lhlo => "LHLO",
            Self::Mail => "MAIL",
            Self::Rcpt => "RCPT",
            Self::Data => "DATA",
            Self::Rset => "RSET",
            Self::Vrfy => "VRFY",
            Self::Expn => "EXPN",
            Self::Help => "HELP",
            Self::Noop => "NOOP",
            Self::Quit => "QUIT",
            Self::Unknown => "",
        }
    }

    /// Whether a client must wait for the reply before it sends more: the
    /// commands that can only be the last of a group (RFC 2920 §3.1).
    ///
    /// HELP stands in neither list of the RFC; a client does well to wait, a
    /// server does not insist.
    #[must_use]
    pub const fn is_last_in_group(self) -> bool {
        !matches!(self, Self::Mail | Self::Rcpt | Self::Rset)
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The rest of a line, taken as it is: the argument of VRFY, EXPN, HELP, NOOP.
///
/// RFC 5321 §3.5.1 leaves the form to the server. Not empty, no control
/// characters, no blank at either end.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Argument<'a>(pub(crate) Cow<'a, str>);

impl Argument<'_> {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A copy that borrows nothing: one allocation.
    #[must_use]
    pub fn into_owned(self) -> Argument<'static> {
        Argument(Cow::Owned(self.0.into_owned()))
    }
}

impl fmt::Display for Argument<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Argument<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// A command whose verb this crate does not know, kept as written.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct UnknownCommand<'a> {
    text: Cow<'a, str>,
    /// Octets of the verb; a space follows if there is an argument.
    verb: u16,
}

impl<'a> UnknownCommand<'a> {
    /// The caller has checked the grammar; `verb` is its length.
    pub(crate) const fn from_checked(text: Cow<'a, str>, verb: u16) -> Self {
        Self { text, verb }
    }

    /// The verb as written: ASCII letters, digits and hyphens.
    #[must_use]
    pub fn verb(&self) -> &str {
        self.text.get(..usize::from(self.verb)).unwrap_or_default()
    }

    /// What stands behind the space that follows the verb, if anything does.
    #[must_use]
    pub fn argument(&self) -> Option<&str> {
        self.text.get(usize::from(self.verb) + 1..)
    }

    /// The whole line.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// A copy that borrows nothing: one allocation.
    #[must_use]
    pub fn into_owned(self) -> UnknownCommand<'static> {
        UnknownCommand {
            text: Cow::Owned(self.text.into_owned()),
            verb: self.verb,
        }
    }
}

impl fmt::Debug for UnknownCommand<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

/// A command, as a client sends it and a server reads it.
///
/// Whatever value this has, it can be written, and reads back as itself: no
/// part of it can hold a line end. `Display` gives the line without its CRLF.
///
/// ```
/// use ehlo::codec::Syntax;
/// use ehlo::types::Command;
/// let command = Command::parse(b"mail from:<alice@example.com> SIZE=5120", &Syntax::STRICT)?;
/// let Command::Mail { reverse_path, parameters } = &command else { panic!() };
/// assert_eq!(reverse_path.as_str(), "alice@example.com");
/// assert_eq!(parameters.size(), Some(5120));
/// assert_eq!(command.to_string(), "MAIL FROM:<alice@example.com> SIZE=5120");
/// # Ok::<(), ehlo::codec::CommandError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command<'a> {
    /// `EHLO name`: hello, with extensions (RFC 5321 §4.1.1.1).
    Ehlo(HelloName<'a>),
    /// `HELO name`: hello, as it was before extensions (RFC 5321 §4.1.1.1).
    Helo(HelloName<'a>),
    /// `LHLO name`: hello in LMTP (RFC 2033 §4.1).
    Lhlo(HelloName<'a>),
    /// `MAIL FROM:<reverse-path> parameters`: begins a transaction (RFC 5321 §4.1.1.2).
    Mail {
        /// Where reports about the message go.
        reverse_path: ReversePath<'a>,
        /// The parameters.
        parameters: MailParameters<'a>,
    },
    /// `RCPT TO:<forward-path> parameters`: names a recipient (RFC 5321 §4.1.1.3).
    Rcpt {
        /// Whom the message is for.
        forward_path: ForwardPath<'a>,
        /// The parameters.
        parameters: RcptParameters<'a>,
    },
    /// `DATA`: the message follows (RFC 5321 §4.1.1.4).
    Data,
    /// `RSET`: gives up the transaction (RFC 5321 §4.1.1.5).
    Rset,
    /// `VRFY string`: is there such a mailbox (RFC 5321 §4.1.1.6)?
    Vrfy(Argument<'a>),
    /// `EXPN string`: who is on that list (RFC 5321 §4.1.1.7)?
    Expn(Argument<'a>),
    /// `HELP [string]` (RFC 5321 §4.1.1.8).
    Help(Option<Argument<'a>>),
    /// `NOOP [string]`: the argument has no meaning (RFC 5321 §4.1.1.9).
    Noop(Option<Argument<'a>>),
    /// `QUIT` (RFC 5321 §4.1.1.10).
    Quit,
    /// A verb that this crate does not know.
    Unknown(UnknownCommand<'a>),
}

impl Command<'_> {
    /// The verb.
    #[must_use]
    pub const fn verb(&self) -> Verb {
        match self {
            Self::Ehlo(_) => Verb::Ehlo,
            Self::Helo(_) => Verb::Helo,
            Self::Lhlo(_) => Verb::Lhlo,
            Self::Mail { .. } => Verb::Mail,
            Self::Rcpt { .. } => Verb::Rcpt,
            Self::Data => Verb::Data,
            Self::Rset => Verb::Rset,
            Self::Vrfy(_) => Verb::Vrfy,
            Self::Expn(_) => Verb::Expn,
            Self::Help(_) => Verb::Help,
            Self::Noop(_) => Verb::Noop,
            Self::Quit => Verb::Quit,
            Self::Unknown(_) => Verb::Unknown,
        }
    }

    /// A copy that borrows nothing: one allocation for each text.
    #[must_use]
    pub fn into_owned(self) -> Command<'static> {
        match self {
            Self::Ehlo(name) => Command::Ehlo(name.into_owned()),
            Self::Helo(name) => Command::Helo(name.into_owned()),
            Self::Lhlo(name) => Command::Lhlo(name.into_owned()),
            Self::Mail {
                reverse_path,
                parameters,
            } => Command::Mail {
                reverse_path: reverse_path.into_owned(),
                parameters: parameters.into_owned(),
            },
            Self::Rcpt {
                forward_path,
                parameters,
            } => Command::Rcpt {
                forward_path: forward_path.into_owned(),
                parameters: parameters.into_owned(),
            },
            Self::Data => Command::Data,
            Self::Rset => Command::Rset,
            Self::Vrfy(argument) => Command::Vrfy(argument.into_owned()),
            Self::Expn(argument) => Command::Expn(argument.into_owned()),
            Self::Help(argument) => Command::Help(argument.map(Argument::into_owned)),
            Self::Noop(argument) => Command::Noop(argument.map(Argument::into_owned)),
            Self::Quit => Command::Quit,
            Self::Unknown(unknown) => Command::Unknown(unknown.into_owned()),
        }
    }
}
