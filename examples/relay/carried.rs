//! The next hop's replies, as answers to the sender: code, enhanced code, text.

use ehlo::server::{
    Answer, Data, DataAccepted, Mail, MailAccepted, Message, MessageAccepted, Rcpt, RcptAccepted,
    Rejection,
};
use ehlo::types::{EnhancedCode, Protocol, Recipient, Reply, ReplyCode, ReplyText, Severity};

/// That acceptance in the words of the reply, if it accepts.
macro_rules! in_the_words_of {
    ($reply:expr, $acceptance:expr) => {{
        let accepted = $acceptance.with_text(accepted($reply)?);
        Ok(match $reply.enhanced() {
            Some(enhanced) => accepted.with_enhanced(enhanced),
            None => accepted,
        })
    }};
}

pub(crate) fn mail(reply: &Reply<'_>) -> Answer<Mail> {
    in_the_words_of!(reply, MailAccepted::default())
}

pub(crate) fn rcpt(reply: &Reply<'_>) -> Answer<Rcpt> {
    let acceptance = match reply.code() == ReplyCode::WILL_FORWARD {
        true => RcptAccepted::will_forward(),
        false => RcptAccepted::default(),
    };
    in_the_words_of!(reply, acceptance)
}

pub(crate) fn data(reply: &Reply<'_>) -> Answer<Data> {
    match reply.code() {
        ReplyCode::START_MAIL_INPUT => Ok(DataAccepted::new(text(reply)?)),
        _ => Err(refusal(reply)),
    }
}

fn message(reply: &Reply<'_>) -> Answer<Message> {
    in_the_words_of!(reply, MessageAccepted::default())
}

/// A refusal, word for word.
pub(crate) fn refusal(reply: &Reply<'_>) -> Rejection {
    let refusal = text(reply)
        .and_then(|text| rejection(reply.code(), reply.enhanced(), text.as_str().to_owned()));
    refusal.unwrap_or_else(|local_error| local_error)
}

/// The text, if it accepts something.
fn accepted(reply: &Reply<'_>) -> Result<ReplyText, Rejection> {
    match reply.code().severity() {
        Severity::PositiveCompletion => text(reply),
        _ => Err(refusal(reply)),
    }
}

/// The text, but for what a line of a reply cannot have (RFC 5321 §4.2).
fn text(reply: &Reply<'_>) -> Result<ReplyText, Rejection> {
    let is_barred = |letter: char| letter.is_control() && letter != '\n';
    ReplyText::new(reply.text().replace(is_barred, " ")).map_err(|_| Rejection::LOCAL_ERROR)
}

/// What the next hop said to a message.
pub(crate) struct Completions {
    protocol: Protocol,
    /// One, or in LMTP one for each recipient that was accepted.
    replies: Vec<Reply<'static>>,
}

impl Completions {
    /// Nothing yet, from a next hop that speaks that.
    pub(crate) const fn new(protocol: Protocol) -> Self {
        Self {
            protocol,
            replies: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, reply: Reply<'static>) {
        self.replies.push(reply);
    }

    /// The answer to the sender, which in LMTP is about one of the recipients,
    /// as soon as it is known.
    pub(crate) fn answer(
        &self,
        recipient: Option<usize>,
        recipients: &[Recipient],
    ) -> Option<Answer<Message>> {
        match (self.protocol, recipient) {
            // One reply, which is about all of them.
            (Protocol::Smtp, _) => self.replies.first().map(message),
            (Protocol::Lmtp, Some(index)) => self.replies.get(index).map(message),
            (Protocol::Lmtp, None) if self.replies.len() < recipients.len() => None,
            (Protocol::Lmtp, None) => Some(self.merged(recipients)),
        }
    }

    /// Several replies in one, for a sender by SMTP, which has no words for
    /// recipients that differ after the message (RFC 2033 §1).
    ///
    /// Where they agree, that is the answer; of refusals a transient one, if
    /// there is any: to try again harms nobody while nobody has the message.
    /// Where they differ, there is a choice of evils. 250 would make the relay
    /// owe the sender a report, and it has no queue to send one from: the
    /// message would be lost to some without a word. 4yz would bring another
    /// copy to those who have it with every retry, for days. So it is 554, once,
    /// and the text, which the sender's own server will report, says whom the
    /// message did not reach, and that it reached the others.
    fn merged(&self, recipients: &[Recipient]) -> Answer<Message> {
        let is_positive = |reply: &&Reply<'_>| reply.code().is_positive();
        let is_transient = |reply: &&Reply<'_>| reply.code().is_transient();
        let (taken, refused): (Vec<_>, Vec<_>) = self.replies.iter().partition(is_positive);
        match (taken.first(), refused.first()) {
            (Some(taken), None) => message(taken),
            (None, Some(first)) => {
                let transient = refused.iter().copied().find(is_transient);
                message(transient.unwrap_or(first))
            }
            (Some(_), Some(first)) => Err(self.in_part(first, recipients)),
            // No recipient, no message.
            (None, None) => Err(Rejection::LOCAL_ERROR),
        }
    }

    /// The message has reached some recipients and others not.
    fn in_part(&self, first: &Reply<'_>, recipients: &[Recipient]) -> Rejection {
        /// Recipients that are named.
        const MOST: usize = 20;
        let replies = recipients.iter().zip(&self.replies);
        let refused: Vec<_> = replies
            .filter(|(_, reply)| !reply.code().is_positive())
            .map(|(recipient, reply)| {
                let said = reply.to_string().replace(char::is_control, " ");
                format!("{}: {said}", recipient.forward_path)
            })
            .collect();
        let mut lines: Vec<_> = refused.iter().take(MOST).cloned().collect();
        if refused.len() > MOST {
            lines.push(format!("and {} more", refused.len() - MOST));
        }
        lines.push("All others have the message".to_owned());
        let code = ReplyCode::TRANSACTION_FAILED;
        let enhanced = first.enhanced().and_then(|first| first.for_code(code));
        rejection(code, enhanced, lines.join("\n")).unwrap_or_else(|local_error| local_error)
    }
}

fn rejection(
    code: ReplyCode,
    enhanced: Option<EnhancedCode>,
    text: String,
) -> Result<Rejection, Rejection> {
    Rejection::new(code, enhanced, text).map_err(|_| Rejection::LOCAL_ERROR)
}
