//! Envelopes: what travels beside a message (RFC 5321 §2.3.1).

use alloc::vec::Vec;

use super::{ForwardPath, MailParameters, Mailbox, RcptParameters, ReversePath};

/// A recipient, with the parameters it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Recipient {
    /// Whom the message is for.
    pub forward_path: ForwardPath<'static>,
    /// The parameters of RCPT.
    #[cfg_attr(feature = "serde", serde(default))]
    pub parameters: RcptParameters<'static>,
}

impl From<ForwardPath<'static>> for Recipient {
    fn from(forward_path: ForwardPath<'static>) -> Self {
        Self {
            forward_path,
            parameters: RcptParameters::new(),
        }
    }
}

impl From<Mailbox<'static>> for Recipient {
    fn from(mailbox: Mailbox<'static>) -> Self {
        Self::from(ForwardPath::Mailbox(mailbox))
    }
}

/// Where a message comes from and where it goes: what a queue stores beside
/// the message itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Envelope {
    /// Where reports about the message go.
    pub reverse_path: ReversePath<'static>,
    /// The parameters of MAIL.
    #[cfg_attr(feature = "serde", serde(default))]
    pub parameters: MailParameters<'static>,
    /// Whom the message is for, in the order they were named.
    pub recipients: Vec<Recipient>,
}

impl Envelope {
    /// An envelope without parameters and, for now, without recipients.
    #[must_use]
    pub fn new(reverse_path: impl Into<ReversePath<'static>>) -> Self {
        Self {
            reverse_path: reverse_path.into(),
            parameters: MailParameters::new(),
            recipients: Vec::new(),
        }
    }

    /// Adds a recipient.
    #[must_use]
    pub fn to(mut self, recipient: impl Into<Recipient>) -> Self {
        self.recipients.push(recipient.into());
        self
    }

    /// Whether every path is plain ASCII; if not, it needs SMTPUTF8 (RFC 6531).
    #[must_use]
    pub fn is_ascii(&self) -> bool {
        self.reverse_path.is_ascii()
            && self
                .recipients
                .iter()
                .all(|recipient| recipient.forward_path.is_ascii())
    }
}
