//! What came of an attack.

use std::fmt;

use ehlo::types::ReplyCode;

use crate::engine::{End, Record};
use crate::table::Probe;

/// How bad it is; in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    /// Does not apply.
    NotProbed,
    /// Refused, or harmless.
    Safe,
    /// The server takes what it need not, and bears what it should not. Nobody
    /// is harmed by that alone: somebody else would have to make a mistake too.
    Lax,
    /// The probe did not come so far.
    Unknown,
    /// Somebody's text became commands, or a message that nobody sent.
    Exploitable,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::NotProbed => "-",
            Self::Safe => "safe",
            Self::Lax => "lax",
            Self::Unknown => "unknown",
            Self::Exploitable => "EXPLOITABLE",
        })
    }
}

/// A verdict, and what the server did, in words.
pub(crate) type Finding<Words> = (Verdict, Words);

pub(crate) fn judge(probe: &Probe, record: &Record) -> Finding<String> {
    let (verdict, words) = find(probe, record);
    (verdict, format!("{words} ({record})"))
}

fn find(probe: &Probe, record: &Record) -> Finding<&'static str> {
    const REFUSED: Finding<&str> = (Verdict::Safe, "refuses it");
    let replies = &record.replies;
    match record.end {
        End::Limit(_) => return (Verdict::Safe, "has a limit"),
        End::NoLimit(_) => return (Verdict::Lax, "shows no limit"),
        End::NoHandshake => return (Verdict::Safe, "gives it to TLS, which fails"),
        End::Plaintext => return (Verdict::Lax, "answers it in plaintext"),
        _ => {}
    }
    match replies.get(probe.replies..) {
        // It echoes what it was sent (rule A7).
        None | Some([]) if record.end == End::Garbage => (Verdict::Lax, "says what is no reply"),
        // Fewer than if all is answered.
        None => match record.end {
            End::Silence => (Verdict::Lax, "waits for more"),
            _ if replies.last().is_some_and(|code| !code.is_positive()) => REFUSED,
            _ => (Verdict::Safe, "closes"),
        },
        Some([]) => match replies.last() {
            Some(&ReplyCode::CLOSING) => (Verdict::Safe, "says good-bye"),
            Some(code) if code.is_positive() => probe.taken,
            _ => REFUSED,
        },
        // The good-bye of a server that had enough.
        Some([code]) if !code.is_positive() && record.end == End::Closed => {
            match replies[probe.replies - 1].is_positive() {
                true => (probe.taken.0, "refuses what followed"),
                false => REFUSED,
            }
        }
        Some(_) => probe.more,
    }
}
