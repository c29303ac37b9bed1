//! Chunks: BDAT and BURL (RFC 3030, RFC 4468).
//!
//! A chunk is behind its command whatever the server thinks of it, so every
//! BDAT, offered or not, in its place or not, is read to the end of its chunk:
//! a message is never taken for commands (attack rules A10, A12).

use alloc::boxed::Box;

use bytes::{Bytes, BytesMut};

use super::event::{AbortReason, CloseReason, Event};
use super::exchange::{Burl, Data, Transfer};
use super::replies::{self, Said};
use super::reply::{Step, after};
use super::state::{Framing, Next, Phase, Subject, Transaction};
use super::{LineEnding, Server};
use crate::Timestamp;
use crate::codec::Place;
use crate::types::{AbsoluteUri, Extension, Protocol, Verb};

/// A BURL that waits for the message to be accepted.
#[derive(Debug)]
pub(super) struct PendingBurl {
    uri: AbsoluteUri<'static>,
    last: bool,
}

impl PendingBurl {
    pub(super) const fn is_last(&self) -> bool {
        self.last
    }
}

impl Server {
    /// BDAT: so many octets follow.
    pub(super) fn bdat(&mut self, now: Timestamp, size: u64, last: bool) -> Step {
        self.incoming.remaining = size;
        self.incoming.is_last = last;
        if let Err(said) = self.check_bdat(size) {
            // RFC 2033 §4.3 is about messages: a command that does not exist
            // here has one reply, and ends none.
            self.incoming.is_last &= !is_about_command(said);
            return self.refuse_chunk(now, size, said);
        }
        // A chunk that says nothing costs as much as one that does (attack
        // rule A12), so there are not to be many.
        if size == 0 && !last {
            if let Some(step) = self.count_error(Verb::Bdat, replies::CHUNK_RECEIVED, None) {
                return step;
            }
        }
        if self.state.transaction == Transaction::Rcpt {
            return self.ask_for_message(now, Verb::Bdat);
        }
        self.proceed(now, Next::Body(Framing::Chunk))
    }

    fn check_bdat(&self, size: u64) -> Result<(), Said> {
        self.check_chunk(Verb::Bdat, Extension::Chunking)?;
        let begun = match self.state.transaction {
            Transaction::Chunks => self.incoming.octets,
            _ => 0,
        };
        match self.config.limits.message {
            Some(limit) if begun.saturating_add(size) > limit => Err(replies::TOO_BIG),
            _ => Ok(()),
        }
    }

    /// Whether a chunk may come with that command, and come now.
    fn check_chunk(&self, verb: Verb, extension: Extension) -> Result<(), Said> {
        let order = self.check_order(verb);
        let is_offered = self.offers(extension) && !self.framer.is_lf();
        let may_follow = self.is_extended() || self.hello.is_none();
        match order {
            Err(said) if is_about_command(said) => order,
            _ if is_offered && may_follow => order,
            _ => Err(replies::NOT_IMPLEMENTED),
        }
    }

    /// Reads the chunk for its end's sake, then says why.
    fn refuse_chunk(&mut self, now: Timestamp, size: u64, said: Said) -> Step {
        if self.is_too_much_to_discard(size) {
            self.close_with(now, replies::TOO_BIG, CloseReason::DiscardedTooMuch);
            return Step::Again;
        }
        if let Some(step) = self.count_error(Verb::Bdat, said, None) {
            return step;
        }
        self.stage_own(said);
        self.abort(AbortReason::TooBig);
        self.proceed(now, Next::Swallow);
        self.tell_refused(Verb::Bdat, said.code, None)
    }

    /// Whether a chunk is not read to its end if it is refused.
    pub(super) fn is_too_much_to_discard(&self, size: u64) -> bool {
        let limit = self.config.limits.discard;
        limit.is_some_and(|limit| size > limit)
    }

    fn ask_for_message(&mut self, now: Timestamp, verb: Verb) -> Step {
        let question = Data {
            body: self.declared_body(),
            transfer: Transfer::Chunks,
            line_ends: LineEnding::CrLf,
        };
        Step::Event(Event::Data(self.ask(now, Subject::Chunk(verb), question)))
    }

    /// Takes the next octets of the chunk from the input.
    pub(super) fn receive_chunk(&mut self, now: Timestamp, input: &mut BytesMut) -> Step {
        self.go_on_waiting(now);
        if self.incoming.remaining == 0 {
            return self.end_chunk(now);
        }
        // A chunk that the application refused has not begun yet.
        if self.incoming.start_clock(now) {
            self.deadline = after(now, self.config.timeouts.data_block);
        }
        let length = self.takeable(input);
        if length == 0 {
            return match self.state.eof {
                true => self.close_silently(now, CloseReason::Eof),
                false => Step::Wait,
            };
        }
        self.deadline = after(now, self.config.timeouts.data_block);
        if matches!(self.state.phase, Phase::Swallow(_)) {
            self.take_of_chunk(input, length);
            return self.discard(now, length);
        }
        let octets = input.get(..length).unwrap_or_default();
        let checked = self.incoming.line_ends().map(|check| check.check(octets));
        let Some(Err(at)) = checked else {
            let piece = self.take_of_chunk(input, length);
            return self.hand_out(now, Framing::Chunk, piece);
        };
        // The rest of the chunk stays, to be dropped.
        let piece = match at.place {
            Place::Offset(offset) => self.take_of_chunk(input, offset),
            Place::Before => Bytes::new(),
        };
        self.incoming.octets += piece.len() as u64;
        self.refuse_bare_line_end(Framing::Chunk);
        match piece.is_empty() {
            true => Step::Again,
            false => Step::Event(Event::Body(piece)),
        }
    }

    fn take_of_chunk(&mut self, input: &mut BytesMut, octets: usize) -> Bytes {
        self.incoming.remaining -= octets as u64;
        input.split_to(octets).freeze()
    }

    /// How many octets of the input may be taken. A CR at its end stays until
    /// the next octet tells what it is, so that the pieces do not depend on how
    /// the input was cut; at the end of the chunk, it goes, and so do two of
    /// them, the first of which is bare whatever follows.
    fn takeable(&mut self, input: &BytesMut) -> usize {
        let remaining = usize::try_from(self.incoming.remaining).unwrap_or(usize::MAX);
        let length = remaining.min(input.len());
        let ends_in_cr = input.ends_with(b"\r") && !input.ends_with(b"\r\r");
        let ends_in_cr = ends_in_cr && length < remaining;
        match ends_in_cr && self.incoming.line_ends().is_some() && !self.state.eof {
            true => length - 1,
            false => length,
        }
    }

    fn end_chunk(&mut self, now: Timestamp) -> Step {
        let is_last = self.incoming.is_last;
        if let Phase::Body(_) = self.state.phase {
            let ended = self.incoming.line_ends().map(|check| match is_last {
                true => check.finish(),
                false => Ok(()),
            });
            if let Some(Err(_)) = ended {
                self.refuse_bare_line_end(Framing::Chunk);
                return Step::Again;
            }
            if is_last {
                return Step::Event(self.ask_about_message(now));
            }
            self.stage_own(replies::CHUNK_RECEIVED);
        } else if is_last {
            return self.end_refused_message();
        } else {
            self.incoming.stop_clock();
            self.refuse_further_chunks();
        }
        let subject = Subject::Command(Verb::Bdat);
        let next = match self.incoming.close_after {
            true => Next::Close(CloseReason::Rejected),
            false => Next::Command,
        };
        self.state.answer(subject, next);
        Step::Again
    }

    /// A chunk was refused: so are the others, until the last one, RSET, or a
    /// hello (attack rule A12); also where no recipient has been accepted yet,
    /// else one that came late would get a message without its beginning.
    pub(super) fn refuse_further_chunks(&mut self) {
        match self.state.transaction {
            Transaction::None => self.incoming.stop_clock(),
            _ => self.state.transaction = Transaction::Refused,
        }
    }

    /// BURL: a part of the message is to be fetched.
    pub(super) fn burl(&mut self, now: Timestamp, uri: AbsoluteUri<'_>, last: bool) -> Step {
        if let Err(said) = self.check_chunk(Verb::Burl, Extension::Burl) {
            return self.refuse_burl(said, last && !is_about_command(said));
        }
        self.burl = Some(Box::new(PendingBurl {
            uri: uri.into_owned(),
            last,
        }));
        if self.state.transaction == Transaction::Rcpt {
            return self.ask_for_message(now, Verb::Burl);
        }
        self.ask_about_burl(now)
    }

    /// A refused BURL has nothing to swallow; the last one ends the message.
    fn refuse_burl(&mut self, said: Said, last: bool) -> Step {
        if let Some(step) = self.count_error(Verb::Burl, said, None) {
            return step;
        }
        self.stage_own(said);
        let is_open = self.state.transaction == Transaction::Refused;
        if last && (is_open || self.config.protocol == Protocol::Lmtp) {
            self.end_refused_message();
        } else {
            let subject = Subject::Command(Verb::Burl);
            self.state.answer(subject, Next::Command);
        }
        self.tell_refused(Verb::Burl, said.code, None)
    }

    pub(super) fn ask_about_burl(&mut self, now: Timestamp) -> Step {
        let Some(burl) = self.burl.take() else {
            return self.proceed(now, Next::Command);
        };
        let PendingBurl { uri, last } = *burl;
        self.incoming.is_last = last;
        let question = Burl { uri, last };
        let pending = self.ask(now, Subject::Command(Verb::Burl), question);
        Step::Event(Event::Burl(pending))
    }
}

/// Whether it is the command that is refused, whatever it brings: not offered,
/// or not to this client.
fn is_about_command(said: Said) -> bool {
    let refusals = [
        replies::NOT_IMPLEMENTED,
        replies::TLS_FIRST,
        replies::NO_SERVICE,
    ];
    refusals.contains(&said)
}
