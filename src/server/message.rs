//! Messages: octets behind a 354, up to CR LF `.` CR LF (RFC 5321 §4.1.1.4).

use bytes::{Bytes, BytesMut};

use super::event::{AbortReason, CloseReason, Event};
use super::exchange::Message;
use super::replies::{self, Said};
use super::reply::{Step, after};
use super::state::{Framing, Next, Phase, Subject};
use super::{Config, Server};
use crate::Timestamp;
use crate::codec::{BareLineEnd, BareLineEnds, Decoded, DotDecoder, LfDecoder, LineEndCheck};
use crate::types::{Protocol, Verb};

/// The message that is being received.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools)] // each is a fact of its own
pub(super) struct Incoming {
    decoder: Decoder,
    /// Octets handed out.
    pub(super) octets: u64,
    /// Octets dropped.
    discarded: u64,
    /// Octets of the chunk that are still to come.
    pub(super) remaining: u64,
    /// When the message began, while one is being received; while its clock
    /// stands still, that much later than the epoch as it has run.
    began: Option<Timestamp>,
    /// Whether the clock stands still: the application takes its time.
    is_paused: bool,
    /// In LMTP, the recipient to ask about next.
    pub(super) recipient: u32,
    /// Whether the message ends with the chunk.
    pub(super) is_last: bool,
    /// Whether the application waits for its end.
    pub(super) is_wanted: bool,
    /// Whether the session ends with the reply.
    pub(super) close_after: bool,
    /// Whether the reply may be UTF-8.
    pub(super) utf8_reply: bool,
}

/// What takes line ends, and dots, for what they are.
#[derive(Debug)]
pub(super) enum Decoder {
    Dot(DotDecoder),
    Lf(LfDecoder),
    Check(LineEndCheck),
    /// Chunks whose line ends are nobody's business.
    Binary,
}

impl Incoming {
    pub(super) const fn new() -> Self {
        Self {
            decoder: Decoder::Binary,
            octets: 0,
            discarded: 0,
            remaining: 0,
            began: None,
            is_paused: false,
            recipient: 0,
            is_last: false,
            is_wanted: false,
            close_after: false,
            utf8_reply: false,
        }
    }

    /// A message that the application wants.
    pub(super) fn begin(&mut self, decoder: Decoder) {
        *self = Self {
            decoder,
            is_wanted: true,
            remaining: self.remaining,
            is_last: self.is_last,
            ..Self::new()
        };
    }

    /// Starts the clock, and the count of octets, unless it runs already; says
    /// whether it did not.
    pub(super) const fn start_clock(&mut self, now: Timestamp) -> bool {
        if self.began.is_some() {
            return false;
        }
        self.began = Some(now);
        self.octets = 0;
        self.discarded = 0;
        true
    }

    pub(super) const fn stop_clock(&mut self) {
        self.began = None;
        self.is_paused = false;
    }

    pub(super) fn pause_clock(&mut self, now: Timestamp) {
        if !self.is_paused {
            self.began = self.began.map(|began| before(now, began));
            self.is_paused = self.began.is_some();
        }
    }

    pub(super) fn resume_clock(&mut self, now: Timestamp) {
        if self.is_paused {
            self.began = self.began.map(|ran| before(now, ran));
            self.is_paused = false;
        }
    }

    /// The check of a message in chunks, if its line ends matter.
    pub(super) const fn line_ends(&mut self) -> Option<&mut LineEndCheck> {
        match &mut self.decoder {
            Decoder::Check(check) => Some(check),
            _ => None,
        }
    }

    fn decode(&mut self, input: &mut BytesMut) -> Option<Result<Decoded, BareLineEnd>> {
        match &mut self.decoder {
            Decoder::Dot(decoder) => decoder.next(input),
            Decoder::Lf(decoder) => decoder.next(input),
            Decoder::Check(_) | Decoder::Binary => None,
        }
    }
}

impl Decoder {
    /// For DATA.
    pub(super) const fn for_lines(config: &Config, is_lf: bool) -> Self {
        match is_lf {
            true => Self::Lf(LfDecoder::new()),
            false => Self::Dot(DotDecoder::new(config.bare_line_ends)),
        }
    }

    /// For BDAT. RFC 3030 §2: unless the message is binary, it is made of
    /// lines; to let bare line ends in here would let them out with DATA
    /// elsewhere (attack rule A12).
    pub(super) fn for_chunks(config: &Config, is_binary: bool) -> Self {
        match config.bare_line_ends {
            BareLineEnds::Reject if !is_binary => Self::Check(LineEndCheck::new()),
            _ => Self::Binary,
        }
    }
}

impl Server {
    /// Takes the next octets of the message from the input.
    pub(super) fn receive(&mut self, now: Timestamp, input: &mut BytesMut) -> Step {
        self.go_on_waiting(now);
        let before = input.len();
        let decoded = self.incoming.decode(input);
        let taken = before - input.len();
        match decoded {
            None if self.state.eof => self.close_silently(now, CloseReason::Eof),
            None => Step::Wait,
            Some(Ok(Decoded::Piece(piece))) => {
                self.deadline = after(now, self.config.timeouts.data_block);
                match self.state.phase {
                    Phase::Body(framing) => self.hand_out(now, framing, piece),
                    _ => self.discard(now, taken),
                }
            }
            Some(Ok(Decoded::End)) => match self.state.phase {
                Phase::Body(_) => Step::Event(self.ask_about_message(now)),
                _ => self.end_refused_message(),
            },
            Some(Err(_)) => {
                if let Phase::Body(framing) = self.state.phase {
                    self.refuse_bare_line_end(framing);
                }
                Step::Again
            }
        }
    }

    /// Hands out a piece, or as much of it as a message may have.
    pub(super) fn hand_out(&mut self, now: Timestamp, framing: Framing, mut piece: Bytes) -> Step {
        let room = match self.config.limits.message {
            Some(limit) => limit.saturating_sub(self.incoming.octets),
            None => u64::MAX,
        };
        let fits = usize::try_from(room).unwrap_or(usize::MAX);
        if piece.len() > fits {
            let excess = piece.split_off(fits);
            self.refuse_message(framing, replies::TOO_BIG, AbortReason::TooBig);
            self.discard(now, excess.len());
        }
        self.incoming.octets += piece.len() as u64;
        if piece.is_empty() {
            return Step::Again;
        }
        // Until it polls again, it is the application that takes its time.
        self.incoming.pause_clock(now);
        self.deadline = None;
        Step::Event(Event::Body(piece))
    }

    /// The application has taken what it was handed out: from now on, the peer
    /// is waited for again.
    pub(super) fn go_on_waiting(&mut self, now: Timestamp) {
        if self.incoming.is_paused {
            self.incoming.resume_clock(now);
            self.deadline = after(now, self.config.timeouts.data_block);
        }
    }

    /// Counts octets of a message that nobody wants: not without end.
    pub(super) fn discard(&mut self, now: Timestamp, octets: usize) -> Step {
        self.incoming.discarded = self.incoming.discarded.saturating_add(octets as u64);
        if self.is_too_much_to_discard(self.incoming.discarded) {
            self.close_with(now, replies::TOO_BIG, CloseReason::DiscardedTooMuch);
        }
        Step::Again
    }

    pub(super) fn refuse_bare_line_end(&mut self, framing: Framing) {
        let said = replies::BARE_LINE_END_IN_DATA;
        self.refuse_message(framing, said, AbortReason::BareLineEnd);
    }

    fn refuse_message(&mut self, framing: Framing, said: Said, reason: AbortReason) {
        self.stage_own(said);
        self.swallow(framing, reason);
    }

    /// Reads on to the end of the message for its end's sake; what will be
    /// said then has been staged. It is said at once, and the session over,
    /// where the rest of a chunk is known to be more than is dropped.
    pub(super) fn swallow(&mut self, framing: Framing, reason: AbortReason) {
        self.abort(reason);
        let is_chunk = framing == Framing::Chunk;
        if is_chunk && self.is_too_much_to_discard(self.incoming.remaining) {
            let next = Next::Close(CloseReason::DiscardedTooMuch);
            self.state.answer(Subject::Chunk(Verb::Bdat), next);
        } else {
            self.state.phase = Phase::Swallow(framing);
        }
    }

    /// A message that nobody wants is at its end: its reply is given, in LMTP
    /// to each recipient (RFC 2033 §4.2, §4.3), even if there are none.
    pub(super) fn end_refused_message(&mut self) -> Step {
        if self.config.protocol == Protocol::Lmtp {
            self.output.repeat(self.recipients());
        }
        let next = self.end_message();
        self.state.answer(Subject::Message, next);
        Step::Again
    }

    pub(super) fn ask_about_message(&mut self, now: Timestamp) -> Event {
        let question = Message {
            octets: self.incoming.octets,
            recipient: match self.config.protocol {
                Protocol::Smtp => None,
                Protocol::Lmtp => Some(self.incoming.recipient as usize),
            },
        };
        self.incoming.is_wanted = false;
        self.incoming.stop_clock();
        Event::Message(self.ask(now, Subject::Message, question))
    }

    /// The last reply to the message is known: the transaction is over.
    pub(super) fn end_message(&mut self) -> Next {
        self.reset_transaction();
        match self.incoming.close_after {
            true => Next::Close(CloseReason::Rejected),
            false => Next::Command,
        }
    }

    /// How many recipients have been accepted.
    pub(super) fn recipients(&self) -> usize {
        self.envelope()
            .map_or(0, |envelope| envelope.recipients.len())
    }

    /// When the message must be complete: at the latest, or for being slower
    /// on the average than is borne with (attack rule A20).
    pub(super) fn message_deadline(&self) -> Option<Timestamp> {
        let began = self.incoming.began.filter(|_| !self.incoming.is_paused)?;
        let timeouts = &self.config.timeouts;
        let octets = self.incoming.octets.saturating_add(self.incoming.discarded);
        let for_rate = timeouts.rate.map(|rate| rate.allows(octets));
        let limit = [timeouts.message, for_rate].into_iter().flatten().min();
        after(began, limit)
    }
}

/// The point that lies as long before `now` as the other one lies behind the
/// epoch.
fn before(now: Timestamp, other: Timestamp) -> Timestamp {
    Timestamp::from_elapsed(now.since(other))
}
