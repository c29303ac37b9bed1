//! What replies to VRFY, EXPN, ETRN and HELP say, as values.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use crate::types::{Mailbox, Reply};

/// A user as VRFY and EXPN name one: `Full Name <local@domain>`, or the
/// mailbox alone (RFC 5321 §3.5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Member {
    /// The line as it was said; what is not UTF-8 replaced (U+FFFD).
    pub text: String,
    /// The mailbox that it names, if it names one.
    pub mailbox: Option<Mailbox<'static>>,
}

impl Member {
    fn of_line(line: &[u8]) -> Self {
        let text = String::from_utf8_lossy(line).trim().to_owned();
        let in_brackets = text
            .rsplit_once('<')
            .and_then(|(_, rest)| rest.split_once('>'))
            .map(|(mailbox, _)| mailbox);
        let mailbox = in_brackets.unwrap_or(&text).parse().ok();
        Self { text, mailbox }
    }

    fn all_of(reply: &Reply<'_>) -> Vec<Self> {
        reply.lines().map(Self::of_line).collect()
    }

    fn of(reply: &Reply<'_>) -> Self {
        let last = reply.lines().last();
        Self::of_line(last.unwrap_or_default())
    }
}

/// What a reply to VRFY says (RFC 5321 §3.5, §4.2.3).
///
/// ```
/// use ehlo::client::Verification;
/// use ehlo::types::Reply;
/// let reply = Reply::parse(b"250 Fred Smith <Smith@isi.example>\r\n")?;
/// let Verification::Found(user) = Verification::from(&reply) else { panic!() };
/// assert_eq!(user.mailbox.unwrap().as_str(), "Smith@isi.example");
/// # Ok::<(), ehlo::codec::ReplyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verification {
    /// 250: that is the user.
    Found(Member),
    /// 251: the user is elsewhere, and mail will be forwarded there.
    Forwarded(Member),
    /// 252: the server cannot or will not say, and would take mail.
    NotSaid,
    /// 551: the user is elsewhere, and mail is to be sent there.
    Elsewhere(Member),
    /// 553: it could be any of those, if the server names them.
    Ambiguous(Vec<Member>),
    /// 550: there is no such user.
    NoSuchUser,
    /// 500, 502, 504: the server does not know the command, or not in this form.
    NotImplemented,
    /// Anything else; see the reply.
    Refused,
}

impl From<&Reply<'_>> for Verification {
    fn from(reply: &Reply<'_>) -> Self {
        match reply.code().get() {
            250 => Self::Found(Member::of(reply)),
            251 => Self::Forwarded(Member::of(reply)),
            252 => Self::NotSaid,
            551 => Self::Elsewhere(Member::of(reply)),
            553 => Self::Ambiguous(named(Member::all_of(reply))),
            550 => Self::NoSuchUser,
            500 | 502 | 504 => Self::NotImplemented,
            _ => Self::Refused,
        }
    }
}

/// Those that are mailboxes; the others are words around them.
fn named(members: Vec<Member>) -> Vec<Member> {
    let is_named = |member: &Member| member.mailbox.is_some();
    members.into_iter().filter(is_named).collect()
}

/// What a reply to EXPN says (RFC 5321 §3.5, §4.2.3).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expansion {
    /// 250: those are on the list, a line for each.
    Members(Vec<Member>),
    /// 252: the server cannot or will not say, and would take mail.
    NotSaid,
    /// 550: there is no such list, or it is nobody's business.
    NoSuchList,
    /// 500, 502, 504: the server does not know the command, or not in this form.
    NotImplemented,
    /// Anything else; see the reply.
    Refused,
}

impl From<&Reply<'_>> for Expansion {
    fn from(reply: &Reply<'_>) -> Self {
        match reply.code().get() {
            250 => Self::Members(Member::all_of(reply)),
            252 => Self::NotSaid,
            550 => Self::NoSuchList,
            500 | 502 | 504 => Self::NotImplemented,
            _ => Self::Refused,
        }
    }
}

/// What a reply to ETRN says (RFC 1985 §5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QueueStart {
    /// 250, 252: what waits is on its way.
    Started,
    /// 253: so many messages are.
    StartedSome(u64),
    /// 251: nothing waits.
    NothingWaits,
    /// 458: not now.
    Unable,
    /// 459: not for that node, or not for this client.
    NotAllowed,
    /// 500, 502, 504: the server does not know the command, or not in this form.
    NotImplemented,
    /// Anything else; see the reply.
    Refused,
}

impl From<&Reply<'_>> for QueueStart {
    fn from(reply: &Reply<'_>) -> Self {
        match reply.code().get() {
            250 | 252 => Self::Started,
            251 => Self::NothingWaits,
            // "253 OK, <n> pending messages for node <x> started"
            253 => number_in(reply).map_or(Self::Started, Self::StartedSome),
            458 => Self::Unable,
            459 => Self::NotAllowed,
            500 | 502 | 504 => Self::NotImplemented,
            _ => Self::Refused,
        }
    }
}

/// The first number among the words of a reply.
fn number_in(reply: &Reply<'_>) -> Option<u64> {
    let text = reply.text();
    text.split_whitespace().find_map(|word| word.parse().ok())
}

/// What a reply to HELP says (211, 214); `None` if it refuses.
#[must_use]
pub fn help_text(reply: &Reply<'_>) -> Option<String> {
    reply.code().is_positive().then(|| reply.text())
}
