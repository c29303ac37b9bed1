//! Goes through the steps of a row, says QUIT, and notes what it hears.

use std::fmt;

use ehlo::types::ReplyCode;

use crate::options::Options;
use crate::session::{Heard, Session};
use crate::table::{Probe, Step};

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// QUIT was answered.
    Quit,
    /// The server closed before that.
    Closed,
    /// The server says nothing and waits for more.
    Silence,
    /// The server says what is no reply, or no end of it.
    Garbage,
    /// The TLS handshake failed.
    NoHandshake,
    /// There was more in plaintext before the handshake.
    Plaintext,
    /// What was repeated was refused that time, or not answered.
    Limit(u32),
    /// It was repeated as often as it is, and nothing came of it.
    NoLimit(u32),
}

/// What a server did.
pub(crate) struct Record {
    /// The codes of the replies to the attack, in order, the 221 to the probe's
    /// own QUIT left out. What was repeated has the first, and the one that differs.
    pub(crate) replies: Vec<ReplyCode>,
    pub(crate) end: End,
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// More tell no more.
        const SHOWN: usize = 5;
        for code in self.replies.iter().take(SHOWN) {
            write!(f, "{code}, ")?;
        }
        if self.replies.len() > SHOWN {
            f.write_str("…, ")?;
        }
        match self.end {
            End::Quit => f.write_str("221"),
            End::Closed => f.write_str("closed"),
            End::Silence => f.write_str("silence"),
            End::Garbage => f.write_str("no reply"),
            End::NoHandshake => f.write_str("no handshake"),
            End::Plaintext => f.write_str("more plaintext"),
            End::Limit(times) => write!(f, "time {times}"),
            End::NoLimit(times) => write!(f, "{times} times"),
        }
    }
}

/// Attacks the server as the row says.
pub(crate) fn run(session: &mut Session, probe: &Probe, options: &Options) -> Record {
    let mut replies = Vec::new();
    let mut run = || -> Result<(), End> {
        for step in probe.steps {
            take(session, *step, options, &mut replies)?;
            // What was refused leads nowhere.
            if is_refused(&replies) {
                break;
            }
        }
        while replies.len() < probe.replies && !is_refused(&replies) {
            hear(session, &mut replies)?;
        }
        session.say(b"QUIT\r\n".to_vec());
        loop {
            hear(session, &mut replies)?;
            // The reply to QUIT, unless the attack said QUIT itself.
            if replies.len() > 1 && replies.last() == Some(&ReplyCode::CLOSING) {
                replies.pop();
                return Err(End::Quit);
            }
        }
    };
    let end = run().err().unwrap_or(End::Quit);
    Record { replies, end }
}

fn take(
    session: &mut Session,
    step: Step,
    options: &Options,
    replies: &mut Vec<ReplyCode>,
) -> Result<(), End> {
    match step {
        Step::Say(octets) => session.say(options.fill(octets)),
        Step::Line(octets) => session.say(long_line(octets)),
        Step::Hear => hear(session, replies)?,
        Step::Repeat(octets, times) => {
            for time in 1..=times {
                session.say(options.fill(octets));
                match hear(session, replies) {
                    Ok(()) if is_same(replies) => replies.truncate(1),
                    Ok(()) | Err(End::Closed) => return Err(End::Limit(time)),
                    // Slower than the probe has time for.
                    Err(_) => return Err(End::NoLimit(time)),
                }
            }
            return Err(End::NoLimit(times));
        }
        Step::Handshake => {
            if session.has_input() {
                return Err(End::Plaintext);
            }
            session.handshake().map_err(|_| End::NoHandshake)?;
        }
        Step::EndOutput => session.end_output(),
    }
    Ok(())
}

fn hear(session: &mut Session, replies: &mut Vec<ReplyCode>) -> Result<(), End> {
    match session.hear() {
        Heard::Reply(reply) => {
            replies.push(reply.code());
            Ok(())
        }
        Heard::Closed => Err(End::Closed),
        Heard::Silence => Err(End::Silence),
        Heard::Garbage => Err(End::Garbage),
    }
}

fn is_refused(replies: &[ReplyCode]) -> bool {
    replies.last().is_some_and(|code| !code.is_positive())
}

/// Whether the last reply is no more of a refusal than the first.
fn is_same(replies: &[ReplyCode]) -> bool {
    is_refused(&replies[..1]) == is_refused(replies)
        && replies.last() != Some(&ReplyCode::SERVICE_NOT_AVAILABLE)
}

/// A line of that many octets, wherever it is cut made of commands.
fn long_line(octets: usize) -> Vec<u8> {
    let mut line = b"NOOP ".repeat(octets / 5);
    line.extend_from_slice(b"\r\n");
    line
}
