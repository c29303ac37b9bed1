//! What became of a transaction, recipient by recipient.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::types::{Envelope, ParameterKind, ParameterKinds, Recipient, Reply, ReplyCode};

/// What became of a recipient, sorted for a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The server took the message for this recipient: it is responsible now
    /// (RFC 5321 §4.2.5).
    Delivered,
    /// Refused for good: tell the sender.
    Permanent,
    /// Refused for now, or for this reason: try again later.
    Transient,
    /// Nothing was decided, and the server does not have the message: safe to
    /// try again at once in another transaction, or on another connection.
    LeftOver,
    /// The connection was lost after the end of the message had been handed to
    /// the transport: the server may have the message or not (RFC 1047). To try
    /// again may deliver it twice, not to try again may lose it.
    Unknown,
}

/// Which reply decided about a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decider {
    None,
    Mail,
    Rcpt,
    Data,
    /// The reply to the message.
    Completion,
    /// The reply to the message for this recipient, in LMTP.
    OwnCompletion,
    /// What ended the session.
    Closing,
}

/// What is known of a recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) rcpt: Option<Reply<'static>>,
    /// Only in LMTP.
    pub(super) completion: Option<Reply<'static>>,
    pub(super) verdict: Option<(Outcome, Decider)>,
}

impl Slot {
    pub(super) const EMPTY: Self = Self {
        rcpt: None,
        completion: None,
        verdict: None,
    };

    /// One that is not asked about (RFC 9422).
    pub(super) const LEFT_OVER: Self = Self {
        rcpt: None,
        completion: None,
        verdict: Some((Outcome::LeftOver, Decider::None)),
    };
}

/// The replies that were said once for all recipients.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Replies {
    pub(super) mail: Option<Reply<'static>>,
    pub(super) data: Option<Reply<'static>>,
    pub(super) completion: Option<Reply<'static>>,
    pub(super) closing: Option<Reply<'static>>,
}

/// What became of a transaction.
///
/// Has an outcome for every recipient, in the order of the envelope, whatever
/// happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report(pub(super) Box<Contents>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Contents {
    pub(super) envelope: Envelope,
    /// As many recipients as were asked for, or all.
    pub(super) slots: Vec<Slot>,
    pub(super) replies: Replies,
    dropped: ParameterKinds,
    pub(super) is_reusable: bool,
}

/// What became of one recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecipientReport<'a> {
    /// The recipient.
    pub recipient: &'a Recipient,
    /// What became of it.
    pub outcome: Outcome,
    /// The reply that decided it, to whatever command it was; `None` if no
    /// reply did.
    pub reply: Option<&'a Reply<'static>>,
    /// The reply to its RCPT, if there was one: 251 says where the message goes.
    pub rcpt_reply: Option<&'a Reply<'static>>,
}

impl Report {
    /// Nothing has become of anybody yet.
    pub(super) fn new(envelope: Envelope, dropped: ParameterKinds) -> Self {
        let slots = Vec::with_capacity(envelope.recipients.len());
        Self(Box::new(Contents {
            envelope,
            slots,
            replies: Replies::default(),
            dropped,
            is_reusable: false,
        }))
    }

    /// Every recipient of the envelope, in order.
    pub fn recipients(&self) -> impl Iterator<Item = RecipientReport<'_>> {
        let slots = self.0.slots.iter().chain(core::iter::repeat(&Slot::EMPTY));
        self.0
            .envelope
            .recipients
            .iter()
            .zip(slots)
            .map(|(recipient, slot)| {
                let (outcome, decider) = slot.verdict.unwrap_or((Outcome::LeftOver, Decider::None));
                let reply = match decider {
                    Decider::None => None,
                    Decider::Mail => self.0.replies.mail.as_ref(),
                    Decider::Rcpt => slot.rcpt.as_ref(),
                    Decider::Data => self.0.replies.data.as_ref(),
                    Decider::Completion => self.0.replies.completion.as_ref(),
                    Decider::OwnCompletion => slot.completion.as_ref(),
                    Decider::Closing => self.0.replies.closing.as_ref(),
                };
                RecipientReport {
                    recipient,
                    outcome,
                    reply,
                    rcpt_reply: slot.rcpt.as_ref(),
                }
            })
    }

    /// Those of that outcome, in order.
    pub fn with_outcome(&self, outcome: Outcome) -> impl Iterator<Item = RecipientReport<'_>> {
        self.recipients()
            .filter(move |recipient| recipient.outcome == outcome)
    }

    /// Those for whom the server took the message: done.
    pub fn delivered(&self) -> impl Iterator<Item = RecipientReport<'_>> {
        self.with_outcome(Outcome::Delivered)
    }

    /// Those refused for good: to be reported to the sender.
    pub fn permanent(&self) -> impl Iterator<Item = RecipientReport<'_>> {
        self.with_outcome(Outcome::Permanent)
    }

    /// Those refused for now: to be tried again later.
    pub fn transient(&self) -> impl Iterator<Item = RecipientReport<'_>> {
        self.with_outcome(Outcome::Transient)
    }

    /// Those about whom nothing was decided: to be tried again at once.
    pub fn left_over(&self) -> impl Iterator<Item = RecipientReport<'_>> {
        self.with_outcome(Outcome::LeftOver)
    }

    /// Those whom the message may have reached or not.
    pub fn unknown(&self) -> impl Iterator<Item = RecipientReport<'_>> {
        self.with_outcome(Outcome::Unknown)
    }

    /// The envelope with those recipients only whose outcome is wanted: what a
    /// queue keeps.
    ///
    /// ```
    /// # use ehlo::client::{Outcome, Report};
    /// # use ehlo::types::Envelope;
    /// fn to_be_tried_again(report: Report) -> Envelope {
    ///     report.into_envelope_of(|outcome| {
    ///         matches!(outcome, Outcome::Transient | Outcome::LeftOver)
    ///     })
    /// }
    /// ```
    #[must_use]
    pub fn into_envelope_of(mut self, is_wanted: impl Fn(Outcome) -> bool) -> Envelope {
        let wanted: Vec<bool> = self
            .recipients()
            .map(|recipient| is_wanted(recipient.outcome))
            .collect();
        let mut wanted = wanted.into_iter();
        self.0
            .envelope
            .recipients
            .retain(|_| wanted.next().unwrap_or(false));
        self.0.envelope
    }

    /// Parameters that this crate knows and that were left out, because the
    /// server does not offer them (see
    /// [`ParameterPolicy`](super::ParameterPolicy)). Where NOTIFY asked for
    /// SUCCESS, a relay owes its sender a report that it relayed the message
    /// (RFC 3461 §5.2.2).
    pub fn dropped(&self) -> impl Iterator<Item = ParameterKind> + '_ {
        let kinds = ParameterKind::ALL.iter().copied();
        kinds.filter(|kind| self.0.dropped.contains(*kind))
    }

    /// Whether every recipient is [`Outcome::Delivered`].
    #[must_use]
    pub fn is_delivered_to_all(&self) -> bool {
        self.recipients()
            .all(|recipient| recipient.outcome == Outcome::Delivered)
    }

    /// The reply to MAIL, if there was one.
    #[must_use]
    pub const fn mail_reply(&self) -> Option<&Reply<'static>> {
        self.0.replies.mail.as_ref()
    }

    /// The reply to DATA, or the one that refused a chunk, if there was one.
    #[must_use]
    pub const fn data_reply(&self) -> Option<&Reply<'static>> {
        self.0.replies.data.as_ref()
    }

    /// The reply to the message, if there was one; this is where servers tell
    /// the id under which they queued it. In LMTP each recipient has its own,
    /// and this is `None`, unless the server refused before the end.
    #[must_use]
    pub const fn completion_reply(&self) -> Option<&Reply<'static>> {
        self.0.replies.completion.as_ref()
    }

    /// Whether the session was in step with the server afterwards, without a
    /// transaction, and could go on. If not, [`Event::Closed`](super::Event::Closed)
    /// follows, or the session is to be [quit](super::Client::quit).
    #[must_use]
    pub const fn is_session_reusable(&self) -> bool {
        self.0.is_reusable
    }

    /// The envelope as it was given to [`deliver`](super::Client::deliver).
    #[must_use]
    pub const fn envelope(&self) -> &Envelope {
        &self.0.envelope
    }

    /// The envelope as it was given to [`deliver`](super::Client::deliver).
    #[must_use]
    pub fn into_envelope(self) -> Envelope {
        self.0.envelope
    }
}

/// What a negative reply says by its class.
pub(super) fn outcome_of(reply: &Reply<'_>) -> Outcome {
    if reply.code().is_permanent() {
        Outcome::Permanent
    } else {
        Outcome::Transient
    }
}

/// What a reply to the message says.
pub(super) fn completion_outcome(reply: &Reply<'_>) -> Outcome {
    if reply.code().is_positive() {
        Outcome::Delivered
    } else {
        outcome_of(reply)
    }
}

/// What a negative reply to RCPT says, where `accepted` recipients were
/// accepted before it in this transaction.
///
/// 452, and 552 from old servers, mean that there are too many recipients
/// (RFC 5321 §4.5.3.1.10), but not if there are none, or if the enhanced code
/// is about something else, such as a full mailbox.
pub(super) fn outcome_of_rcpt(reply: &Reply<'_>, accepted: usize) -> Outcome {
    let says_too_many = matches!(
        reply.code(),
        ReplyCode::INSUFFICIENT_STORAGE | ReplyCode::EXCEEDED_STORAGE
    ) && (reply.enhanced().is_none() || is_too_many(reply));
    if says_too_many && accepted > 0 {
        Outcome::LeftOver
    } else {
        outcome_of(reply)
    }
}

/// Whether the reply has the enhanced code X.5.3, too many recipients.
pub(super) fn is_too_many(reply: &Reply<'_>) -> bool {
    reply
        .enhanced()
        .is_some_and(|enhanced| (enhanced.subject(), enhanced.detail()) == (5, 3))
}
