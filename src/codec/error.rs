//! Parse errors: which part was wrong, and where.

use thiserror::Error;

use crate::types::{EnhancedCode, ReplyCode, Verb};

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
    /// A parameter beyond [`Syntax::max_parameters`](super::Syntax::max_parameters).
    #[error("too many parameters")]
    TooManyParameters,
}

/// A line is not a command.
///
/// Says what a server needs for its reply, so that it need not parse again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{part} at octet {offset}")]
pub struct CommandError {
    pub(super) verb: Verb,
    pub(super) part: Part,
    pub(super) offset: usize,
}

impl CommandError {
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

    /// The octet of the line, from 0, at which reading stopped; the length of
    /// the line if something was missing at its end.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// The reply code that fits: 500 or 501 (RFC 5321 §4.2.4).
    #[must_use]
    pub const fn code(&self) -> ReplyCode {
        match self.part {
            Part::Verb => ReplyCode::SYNTAX_ERROR,
            _ => ReplyCode::ARGUMENT_SYNTAX_ERROR,
        }
    }

    /// The enhanced code that fits: 5.1.7 for a bad sender, 5.1.3 for a bad
    /// recipient, 5.5.4 for a bad parameter, 5.5.2 for the rest (RFC 3463,
    /// RFC 5248).
    #[must_use]
    pub const fn enhanced_code(&self) -> EnhancedCode {
        match (self.part, self.verb) {
            (Part::Path | Part::LocalPart | Part::Domain, Verb::Mail) => {
                EnhancedCode::BAD_SENDER_SYNTAX
            }
            (Part::Path | Part::LocalPart | Part::Domain, Verb::Rcpt) => {
                EnhancedCode::BAD_RECIPIENT_SYNTAX
            }
            (
                Part::ParameterName
                | Part::ParameterValue
                | Part::DuplicateParameter
                | Part::TooManyParameters,
                _,
            ) => EnhancedCode::INVALID_ARGUMENTS,
            _ => EnhancedCode::SYNTAX_ERROR,
        }
    }
}

/// A text is not a value of the type it was to become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{part} at octet {offset}")]
pub struct AddressError {
    pub(super) part: Part,
    pub(super) offset: usize,
}

impl AddressError {
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
