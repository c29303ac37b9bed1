//! Commands to octets, and how long a line of them may be.

use core::fmt;

use bytes::BufMut;

use super::line::CRLF;
use crate::types::{
    Command, MailParameters, Parameter, ParameterKind, Parameters, RcptParameters, SaslMessage,
    Verb,
};

/// Octets of a command line, CRLF included, without extensions (RFC 5321 §4.5.3.1.4).
const LINE_LIMIT: usize = 512;

/// Whether what is secret is written out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Secrets {
    Written,
    Redacted,
}

impl Command<'_> {
    /// Writes the line with its CRLF.
    ///
    /// `out` must have room: as `BufMut` has it, a full fixed buffer panics.
    pub fn write(&self, out: &mut impl BufMut) {
        self.pieces(Secrets::Written, &mut |piece| {
            out.put_slice(piece.as_bytes());
        });
        out.put_slice(CRLF);
    }

    /// Octets of the line as written, CRLF included.
    #[must_use]
    pub fn wire_len(&self) -> usize {
        let mut length = CRLF.len();
        self.pieces(Secrets::Written, &mut |piece| length += piece.len());
        length
    }

    /// Octets that any server must take of this line, CRLF included: the 512
    /// of RFC 5321 §4.5.3.1.4, and what the RFC of each parameter that it
    /// carries adds (they sum, RFC 3461 §5.4). A parameter that this crate does
    /// not know adds nothing.
    ///
    /// AUTH with its initial response is bound by it too (RFC 4954 §4); where
    /// it does not fit, leave the response out and send it when asked. Lines
    /// inside the AUTH exchange are not.
    #[must_use]
    pub fn line_limit(&self) -> usize {
        let added = match self {
            Self::Mail { parameters, .. }
            | Self::Send { parameters, .. }
            | Self::Soml { parameters, .. }
            | Self::Saml { parameters, .. } => parameters.line_addition(),
            Self::Rcpt { parameters, .. } => parameters.line_addition(),
            _ => 0,
        };
        LINE_LIMIT + added
    }

    /// Whether the line is within its [`line_limit`](Self::line_limit): a
    /// client sends no other.
    #[must_use]
    pub fn fits_line(&self) -> bool {
        self.wire_len() <= self.line_limit()
    }

    /// Hands out the line piece by piece.
    fn pieces(&self, secrets: Secrets, put: &mut impl FnMut(&str)) {
        match self {
            Self::Mail {
                reverse_path,
                parameters,
            } => put_path(
                "MAIL FROM:<",
                reverse_path.as_str(),
                parameters.as_str(),
                put,
            ),
            Self::Rcpt {
                forward_path,
                parameters,
            } => put_path("RCPT TO:<", forward_path.as_str(), parameters.as_str(), put),
            Self::Send {
                reverse_path,
                parameters,
            } => put_path(
                "SEND FROM:<",
                reverse_path.as_str(),
                parameters.as_str(),
                put,
            ),
            Self::Soml {
                reverse_path,
                parameters,
            } => put_path(
                "SOML FROM:<",
                reverse_path.as_str(),
                parameters.as_str(),
                put,
            ),
            Self::Saml {
                reverse_path,
                parameters,
            } => put_path(
                "SAML FROM:<",
                reverse_path.as_str(),
                parameters.as_str(),
                put,
            ),
            Self::Unknown(unknown) => put(unknown.as_str()),
            _ => {
                put(self.verb().as_str());
                self.argument(secrets, put);
            }
        }
    }

    /// The argument of a command that is a verb and an argument, with the space
    /// before it.
    fn argument(&self, secrets: Secrets, put: &mut impl FnMut(&str)) {
        match self {
            Self::Ehlo(name) | Self::Helo(name) | Self::Lhlo(name) => {
                put_argument(name.as_str(), put);
            }
            Self::Vrfy(argument)
            | Self::Expn(argument)
            | Self::Help(Some(argument))
            | Self::Noop(Some(argument)) => put_argument(argument.as_str(), put),
            Self::Bdat { size, last } => {
                put(" ");
                put_number(*size, put);
                put_end_marker(*last, put);
            }
            Self::Burl { uri, last } => {
                let (shown, secret) = match secrets {
                    Secrets::Redacted => uri.shown(),
                    Secrets::Written => (uri.as_str(), None),
                };
                put_argument(shown, put);
                put(secret.unwrap_or_default());
                put_end_marker(*last, put);
            }
            Self::Auth {
                mechanism,
                initial_response,
            } => {
                put_argument(mechanism.as_str(), put);
                if let Some(response) = initial_response {
                    put_argument(spell(response, secrets), put);
                }
            }
            Self::Etrn(target) => {
                let (option, name) = target.parts();
                put(" ");
                put(option);
                put(name);
            }
            Self::Atrn(Some(domains)) => put_argument(domains.as_str(), put),
            Self::Xclient(attributes) => put_argument(attributes.as_str(), put),
            Self::Xforward(attributes) => put_argument(attributes.as_str(), put),
            _ => {}
        }
    }
}

/// An initial response in the form of the AUTH command.
fn spell<'a>(response: &'a SaslMessage<'_>, secrets: Secrets) -> &'a str {
    match secrets {
        Secrets::Redacted => "[secret]",
        // RFC 4954 §4: present, but with no data.
        Secrets::Written if response.is_empty() => "=",
        Secrets::Written => response.expose_base64(),
    }
}

/// A verb with its path and its parameters.
fn put_path(verb: &str, path: &str, parameters: &str, put: &mut impl FnMut(&str)) {
    put(verb);
    put(path);
    put(">");
    if !parameters.is_empty() {
        put_argument(parameters, put);
    }
}

fn put_argument(text: &str, put: &mut impl FnMut(&str)) {
    put(" ");
    put(text);
}

fn put_end_marker(last: bool, put: &mut impl FnMut(&str)) {
    if last {
        put(" LAST");
    }
}

/// A number in decimal.
fn put_number(number: u64, put: &mut impl FnMut(&str)) {
    // The greatest u64 has twenty digits.
    let mut digits = [b'0'; 20];
    let mut rest = number;
    let mut length = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
        length += 1;
        if rest == 0 {
            break;
        }
    }
    let written = digits.get(digits.len() - length..).unwrap_or_default();
    put(core::str::from_utf8(written).unwrap_or_default());
}

/// The line without its CRLF, for a log: without the initial response of AUTH,
/// and the secrets that the URI of BURL may hold.
impl fmt::Display for Command<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut result = Ok(());
        self.pieces(Secrets::Redacted, &mut |piece| {
            result = result.and_then(|()| f.write_str(piece));
        });
        result
    }
}

impl MailParameters<'_> {
    /// Octets by which they may make the command line longer than 512: the sum
    /// of what the RFC of each adds.
    #[must_use]
    pub fn line_addition(&self) -> usize {
        line_addition(&self.0, Verb::Mail)
    }
}

impl RcptParameters<'_> {
    /// Octets by which they may make the command line longer than 512: the sum
    /// of what the RFC of each adds.
    #[must_use]
    pub fn line_addition(&self) -> usize {
        line_addition(&self.0, Verb::Rcpt)
    }
}

fn line_addition(parameters: &Parameters<'_>, verb: Verb) -> usize {
    let kind = |parameter: Parameter<'_>| parameter.kind(verb);
    let added = parameters.iter().filter_map(kind);
    added.map(ParameterKind::line_addition).sum()
}
