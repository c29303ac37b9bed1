//! Commands as nearly every session says them: a verb alone, MAIL or RCPT with a
//! mailbox of dot-string and domain, a hello with a domain.
//!
//! Takes nothing that the whole grammar, in [`command`](super::command), does not
//! take, and means the same by it; what is wrong with a line is for that to say.

#![allow(
    clippy::inline_always,
    reason = "a command that is not built in its place costs more to move than to parse; measured"
)]

use alloc::borrow::Cow;

use super::leaf;
use super::parameter::plain_parameters;
use super::path::{DOMAIN_LIMIT, LOCAL_PART_LIMIT, PATH_LIMIT};
use super::syntax::Syntax;
use crate::types::{
    Command, ForwardPath, HelloName, HostKind, MailParameters, Mailbox, MailboxLayout, Parameters,
    RcptParameters, ReversePath, Verb,
};

/// The command that `verb` is by itself.
pub(super) const fn alone<'a>(verb: Verb) -> Option<Command<'a>> {
    Some(match verb {
        Verb::Data => Command::Data,
        Verb::Rset => Command::Rset,
        Verb::Quit => Command::Quit,
        Verb::Noop => Command::Noop(None),
        Verb::Help => Command::Help(None),
        Verb::StartTls => Command::StartTls,
        _ => return None,
    })
}

/// The command of `verb` and what stands behind it.
#[inline(always)]
pub(super) fn with_argument<'a>(
    verb: Verb,
    rest: &'a [u8],
    syntax: &Syntax,
) -> Option<Command<'a>> {
    match verb {
        Verb::Mail => {
            let (mailbox, parameters) = plain_path(verb, leaf::after(rest, b" FROM:<")?, syntax)?;
            Some(Command::Mail {
                reverse_path: ReversePath::Mailbox(mailbox),
                parameters: MailParameters(parameters),
            })
        }
        Verb::Rcpt => {
            let path = leaf::after(rest, b" TO:<")?;
            // RFC 5321 §4.1.1.3: the one path that needs no domain.
            if let Some([]) = leaf::after(path, b"POSTMASTER>") {
                return Some(Command::Rcpt {
                    forward_path: ForwardPath::Postmaster,
                    parameters: RcptParameters::default(),
                });
            }
            let (mailbox, parameters) = plain_path(verb, path, syntax)?;
            Some(Command::Rcpt {
                forward_path: ForwardPath::Mailbox(mailbox),
                parameters: RcptParameters(parameters),
            })
        }
        Verb::Ehlo => plain_name(rest).map(Command::Ehlo),
        Verb::Helo => plain_name(rest).map(Command::Helo),
        _ => None,
    }
}

/// `Dot-string "@" Domain ">"` within the limits, and parameters.
#[inline(always)]
fn plain_path<'a>(
    verb: Verb,
    path: &'a [u8],
    syntax: &Syntax,
) -> Option<(Mailbox<'a>, Parameters<'a>)> {
    let local = leaf::dot_string_length(path);
    let host = path.get(local..)?.strip_prefix(b"@")?;
    let domain = leaf::domain_length(host);
    let behind = host.get(domain..)?.strip_prefix(b">")?;
    let length = local + 1 + domain;
    let is_within = matches!(local, 1..=LOCAL_PART_LIMIT)
        && matches!(domain, 1..=DOMAIN_LIMIT)
        && length <= PATH_LIMIT - "<>".len();
    if !is_within {
        return None;
    }
    let text = core::str::from_utf8(path).ok()?;
    let parameters = if behind.is_empty() {
        Parameters::default()
    } else {
        plain_parameters(verb, text.get(length + 1..)?, syntax)?
    };
    let layout = MailboxLayout {
        local: 0,
        at: u16::try_from(local).ok()?,
        host: HostKind::Domain,
    };
    let mailbox = Mailbox::from_checked(Cow::Borrowed(text.get(..length)?), layout);
    Some((mailbox, parameters))
}

/// A space and a domain within the limit, up to the end of the line.
#[inline]
fn plain_name(rest: &[u8]) -> Option<HelloName<'_>> {
    let name = rest.strip_prefix(b" ")?;
    if leaf::domain_length(name) != name.len() || !matches!(name.len(), 1..=DOMAIN_LIMIT) {
        return None;
    }
    let text = core::str::from_utf8(name).ok()?;
    let kind = Some(HostKind::Domain);
    Some(HelloName::from_checked(Cow::Borrowed(text), kind))
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::{String, ToString};
    use alloc::vec::Vec;

    use super::*;
    use crate::codec::command::{any, verb};

    /// Lines that are plain, each with a length next to every limit, and as
    /// they might be spoilt.
    fn lines() -> Vec<String> {
        let mut lines = Vec::new();
        for local in [1, 63, 64, 65] {
            for domain in [1, 190, 191, 192, 254, 255, 256] {
                let mailbox = format!("{}@{}", "l".repeat(local), "d".repeat(domain));
                lines.push(format!("MAIL FROM:<{mailbox}>"));
                lines.push(format!("rcpt to:<{mailbox}>"));
                lines.push(format!("EHLO {}", "d".repeat(domain)));
            }
        }
        let spoilers = [
            " ", "\t", "<", ">", "@", ".", "-", ":", "\"", "\r", "\0", "é", " SIZE=1",
        ];
        for line in [
            "MAIL FROM:<a.b@c-d.example>",
            "MAIL FROM:<grüße@例え.jp> SMTPUTF8 BODY=8BITMIME",
            "RCPT TO:<a@b> NOTIFY=NEVER",
            "RCPT TO:<postMaster>",
            "HELO a.b-c",
            "NOOP",
        ] {
            for (at, _) in line.char_indices().chain([(line.len(), ' ')]) {
                let (front, behind) = line.split_at(at);
                lines.extend(spoilers.map(|spoiler| format!("{front}{spoiler}{behind}")));
            }
        }
        lines
    }

    #[test]
    fn what_is_plain_means_what_the_whole_grammar_says() {
        let lenient = Syntax {
            extra_blanks: true,
            blanks_before_path: true,
            long_paths: true,
            loose_dots: true,
            local_paths: true,
            max_parameters: 1,
            ..Syntax::STRICT
        };
        let mut plain_ones = 0;
        for syntax in [Syntax::STRICT, lenient] {
            for line in lines() {
                let (verb, length) = verb(line.as_bytes());
                let rest = &line.as_bytes()[length..];
                let plain = match rest {
                    [] => alone(verb),
                    _ => with_argument(verb, rest, &syntax),
                };
                if let Some(plain) = plain {
                    let whole = any(verb, length, line.as_bytes(), &syntax);
                    assert_eq!(whole.as_ref(), Ok(&plain), "{line:?}");
                    assert_eq!(whole.unwrap().to_string(), plain.to_string());
                    plain_ones += 1;
                }
            }
        }
        assert!(plain_ones > 100, "{plain_ones}");
    }
}
