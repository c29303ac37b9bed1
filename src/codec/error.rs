//! Parse errors: which part was wrong, and where.

use thiserror::Error;

use crate::types::{EnhancedCode, ParameterKind, ReplyCode, Verb};

/// The part of a command that a parse error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum Part {
    /// The line as a whole: it is not UTF-8 (RFC 6531 §3.3).
    #[error("the line is not UTF-8")]
    Line,
    /// The verb: there is none, or it is not a word.
    #[error("no verb")]
    Verb,
    /// The argument: missing, unwanted, or not of the verb's form.
    #[error("a bad argument")]
    Argument,
    /// The frame of a path: its brackets or its source route.
    #[error("a bad path")]
    Path,
    /// The local part of a mailbox.
    #[error("a bad local part")]
    LocalPart,
    /// The domain or address literal.
    #[error("a bad domain")]
    Domain,
    /// The name of a parameter.
    #[error("a bad parameter name")]
    ParameterName,
    /// The value of a parameter.
    #[error("a bad parameter value")]
    ParameterValue,
    /// A parameter whose name stands there twice.
    #[error("a duplicate parameter")]
    DuplicateParameter,
    /// A parameter that another one rules out or calls for: HOLDFOR and
    /// HOLDUNTIL, MTRK without ENVID.
    #[error("parameters that do not go together")]
    ConflictingParameters,
    /// A parameter beyond [`Syntax::max_parameters`](super::Syntax::max_parameters).
    #[error("too many parameters")]
    TooManyParameters,
    /// The chunk size of BDAT, or what stands behind it. Where the chunk ends
    /// is not known then, so a server closes the connection.
    #[error("a bad chunk size")]
    ChunkSize,
    /// The name of a SASL mechanism.
    #[error("a bad mechanism name")]
    Mechanism,
    /// The base64 of AUTH.
    #[error("bad base64")]
    Base64,
}

/// A line is not a command.
///
/// Says what a server needs for its reply, so that it need not parse again.
///
/// ```
/// use ehlo::codec::{Part, Syntax};
/// use ehlo::types::{Command, EnhancedCode, ParameterKind, ReplyCode};
/// let line = b"MAIL FROM:<alice@example.com> SIZE=1k";
/// let error = Command::parse(line, &Syntax::STRICT).unwrap_err();
/// assert_eq!((error.part(), error.offset()), (Part::ParameterValue, 35));
/// assert_eq!(error.parameter(), Some(ParameterKind::Size));
/// assert_eq!(error.code(), ReplyCode::ARGUMENT_SYNTAX_ERROR);
/// assert_eq!(error.enhanced_code(), EnhancedCode::INVALID_ARGUMENTS);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{part} at octet {offset}")]
pub struct CommandError {
    verb: Verb,
    part: Part,
    parameter: Option<ParameterKind>,
    offset: usize,
}

impl CommandError {
    pub(super) const fn new(verb: Verb, part: Part, offset: usize) -> Self {
        Self {
            verb,
            part,
            parameter: None,
            offset,
        }
    }

    /// Says which parameter the fault is in, if it is in one.
    #[cold]
    pub(super) fn in_line(self, line: &[u8]) -> Self {
        if !matches!(self.part, Part::ParameterValue | Part::DuplicateParameter) {
            return self;
        }
        let before = line.get(..self.offset).unwrap_or(line);
        let start = before.iter().rposition(|&octet| octet == b' ');
        let parameter = line.get(start.map_or(0, |space| space + 1)..);
        let name = parameter
            .unwrap_or_default()
            .split(|octet| matches!(octet, b'=' | b' '))
            .next()
            .and_then(|name| core::str::from_utf8(name).ok());
        Self {
            parameter: name.and_then(|name| ParameterKind::of(self.verb.parameters_of(), name)),
            ..self
        }
    }

    /// The verb, as far as it was read.
    #[must_use]
    pub const fn verb(&self) -> Verb {
        self.verb
    }

    /// The part that is wrong.
    #[must_use]
    pub const fn part(&self) -> Part {
        self.part
    }

    /// The parameter that is wrong, if it is one and this crate knows it.
    #[must_use]
    pub const fn parameter(&self) -> Option<ParameterKind> {
        self.parameter
    }

    /// The octet of the line, from 0, at which reading stopped; the length of
    /// the line if something was missing at its end.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// The reply code that fits: 500 for a verb (RFC 5321 §4.2.4), 504 for a
    /// mechanism that cannot exist (RFC 4954 §4), 501 for the rest.
    #[must_use]
    pub const fn code(&self) -> ReplyCode {
        match self.part {
            Part::Verb => ReplyCode::SYNTAX_ERROR,
            Part::Mechanism => ReplyCode::PARAMETER_NOT_IMPLEMENTED,
            _ => ReplyCode::ARGUMENT_SYNTAX_ERROR,
        }
    }

    /// The enhanced code that fits: 5.1.7 for a bad sender, 5.1.3 for a bad
    /// recipient, 5.5.4 for a bad parameter, chunk size or mechanism, 5.5.2 for
    /// MT-PRIORITY (RFC 6710 §4.1) and for the rest (RFC 3463, RFC 5248).
    #[must_use]
    pub const fn enhanced_code(&self) -> EnhancedCode {
        match (self.part, self.verb) {
            (
                Part::Path | Part::LocalPart | Part::Domain,
                Verb::Mail | Verb::Send | Verb::Soml | Verb::Saml,
            ) => EnhancedCode::BAD_SENDER_SYNTAX,
            (Part::Path | Part::LocalPart | Part::Domain, Verb::Rcpt) => {
                EnhancedCode::BAD_RECIPIENT_SYNTAX
            }
            (
                Part::ParameterName
                | Part::ParameterValue
                | Part::DuplicateParameter
                | Part::ConflictingParameters
                | Part::TooManyParameters
                | Part::ChunkSize
                | Part::Mechanism,
                _,
            ) => match self.parameter {
                Some(ParameterKind::MtPriority) => EnhancedCode::SYNTAX_ERROR,
                _ => EnhancedCode::INVALID_ARGUMENTS,
            },
            _ => EnhancedCode::SYNTAX_ERROR,
        }
    }
}

/// A text is not a value of the type it was to become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{part} at octet {offset}")]
pub struct AddressError {
    part: Part,
    offset: usize,
}

impl AddressError {
    pub(super) const fn new(part: Part, offset: usize) -> Self {
        Self { part, offset }
    }

    /// The part that is wrong.
    #[must_use]
    pub const fn part(&self) -> Part {
        self.part
    }

    /// The octet of the text, from 0, at which reading stopped.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }
}

impl From<(Part, usize)> for AddressError {
    fn from((part, offset): (Part, usize)) -> Self {
        Self::new(part, offset)
    }
}
