//! Messages: octets behind a 354, up to CR LF `.` CR LF (RFC 5321 §4.1.1.4).

use bytes::{Bytes, BytesMut};

use super::config::Protocol;
use super::event::{AbortReason, CloseReason, Event};
use super::exchange::Message;
use super::replies;
use super::state::{Next, Phase, Subject};
use super::{Server, Step, after};
use crate::Timestamp;
use crate::codec::{BareLineEnds, Decoded, DotDecoder};

/// The message that is being received.
#[derive(Debug)]
pub(super) struct Incoming {
    decoder: DotDecoder,
    /// Octets handed out.
    octets: u64,
    /// Octets dropped.
    discarded: u64,
    /// In LMTP, the recipient to ask about next.
    pub(super) recipient: usize,
    /// Whether the session ends with the reply.
    pub(super) close_after: bool,
}

impl Incoming {
    pub(super) const fn new(bare: BareLineEnds) -> Self {
        Self {
            decoder: DotDecoder::new(bare),
            octets: 0,
            discarded: 0,
            recipient: 0,
            close_after: false,
        }
    }

    pub(super) const fn begin(&mut self, bare: BareLineEnds) {
        *self = Self::new(bare);
    }
}

impl Server {
    /// Takes the next octets of the message from the input.
    pub(super) fn receive(&mut self, now: Timestamp, input: &mut BytesMut) -> Step {
        let before = input.len();
        let decoded = self.incoming.decoder.next(input);
        let taken = before - input.len();
        match decoded {
            None if self.state.eof => {
                self.abort(AbortReason::Eof);
                self.close_silently(now, CloseReason::Eof)
            }
            None => Step::Wait,
            Some(Ok(Decoded::Piece(piece))) => {
                self.deadline = after(now, self.config.timeouts.data_block);
                match self.state.phase {
                    Phase::Body => self.hand_out(now, piece),
                    _ => self.discard(now, taken),
                }
            }
            Some(Ok(Decoded::End)) => self.message_is_complete(now),
            Some(Err(_)) => {
                if self.state.phase == Phase::Body {
                    self.refuse_message(replies::BARE_LINE_END_IN_DATA, AbortReason::BareLineEnd);
                }
                Step::Again
            }
        }
    }

    /// Hands out a piece, or as much of it as a message may have.
    fn hand_out(&mut self, now: Timestamp, mut piece: Bytes) -> Step {
        let room = match self.config.limits.message {
            Some(limit) => limit.saturating_sub(self.incoming.octets),
            None => u64::MAX,
        };
        let fits = usize::try_from(room).unwrap_or(usize::MAX);
        if piece.len() > fits {
            let excess = piece.split_off(fits);
            self.refuse_message(replies::TOO_BIG, AbortReason::TooBig);
            self.discard(now, excess.len());
        }
        self.incoming.octets += piece.len() as u64;
        match piece.is_empty() {
            true => Step::Again,
            false => Step::Event(Event::Body(piece)),
        }
    }

    /// Counts octets of a message that nobody wants: not without end.
    fn discard(&mut self, now: Timestamp, octets: usize) -> Step {
        self.incoming.discarded = self.incoming.discarded.saturating_add(octets as u64);
        let limit = self.config.limits.discard;
        if limit.is_some_and(|limit| self.incoming.discarded > limit) {
            self.close_with(now, replies::TOO_BIG, CloseReason::DiscardedTooMuch);
        }
        Step::Again
    }

    fn refuse_message(&mut self, said: replies::Said, reason: AbortReason) {
        self.stage_own(said);
        self.swallow(reason);
    }

    /// Reads on to the end of the message for its end's sake; what will be
    /// said then has been staged.
    pub(super) const fn swallow(&mut self, reason: AbortReason) {
        self.abort(reason);
        self.state.phase = Phase::Swallow;
    }

    fn message_is_complete(&mut self, now: Timestamp) -> Step {
        if self.state.phase == Phase::Body {
            return Step::Event(self.ask_about_message(now));
        }
        if self.config.protocol == Protocol::Lmtp {
            // RFC 2033 §4.2: each recipient gets the refusal.
            let recipients = self
                .envelope()
                .map_or(1, |envelope| envelope.recipients.len());
            self.output.repeat(recipients);
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
                Protocol::Lmtp => Some(self.incoming.recipient),
            },
        };
        self.message_deadline = None;
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
}
