//! Answers: what an application may say to each question.

use alloc::borrow::Cow;

use super::replies::{self, Said};
use crate::codec::InvalidReply;
use crate::types::{EnhancedCode, ReplyCode, ReplyText};

/// A refusal: 4yz or 5yz, with its text, and perhaps the end of the session.
///
/// ```
/// use ehlo::server::Rejection;
/// use ehlo::types::{EnhancedCode, ReplyCode};
/// let greylisted = Rejection::new(
///     ReplyCode::MAILBOX_BUSY,
///     EnhancedCode::new(4, 7, 1),
///     "Come back in a few minutes",
/// )?;
/// let relaying = Rejection::RELAYING_DENIED.closing();
/// # let _ = (greylisted, relaying);
/// # Ok::<(), ehlo::codec::InvalidReply>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    pub(super) code: ReplyCode,
    pub(super) enhanced: Option<EnhancedCode>,
    pub(super) text: ReplyText,
    pub(super) closes: bool,
}

macro_rules! rejections {
    ($($(#[$doc:meta])* $name:ident: $code:ident $enhanced:ident, $text:literal;)*) => {
        /// Common refusals.
        impl Rejection {
            $($(#[$doc])* pub const $name: Self = Self {
                code: ReplyCode::$code,
                enhanced: Some(EnhancedCode::$enhanced),
                text: ReplyText::from_static($text),
                closes: false,
            };)*
        }
    };
}

rejections! {
    /// 550 5.1.1: there is no such mailbox.
    NO_SUCH_MAILBOX: MAILBOX_UNAVAILABLE NO_SUCH_MAILBOX, "No such mailbox here";
    /// 550 5.7.1: this server does not deliver there for this client.
    RELAYING_DENIED: MAILBOX_UNAVAILABLE NOT_AUTHORIZED, "Relaying denied";
    /// 451 4.3.0: something is wrong here; try again later.
    LOCAL_ERROR: LOCAL_ERROR MAIL_SYSTEM, "Local error; try again later";
    /// 452 4.3.1: the storage is full; try again later.
    STORAGE_FULL: INSUFFICIENT_STORAGE MAIL_SYSTEM_FULL, "Storage is full; try again later";
    /// 554 5.0.0: the transaction failed.
    TRANSACTION_FAILED: TRANSACTION_FAILED REFUSED, "Transaction failed";
    /// 554 5.7.1: as a greeting, there is no service for this client.
    NO_SERVICE: TRANSACTION_FAILED NOT_AUTHORIZED, "No SMTP service here";
    /// 421 4.3.2: the server is about to stop; closes.
    SHUTTING_DOWN: SERVICE_NOT_AVAILABLE NOT_ACCEPTING, "Shutting down";
}

impl Rejection {
    /// A refusal.
    ///
    /// # Errors
    ///
    /// `code` is not 4yz or 5yz, `enhanced` is of another class, or `text`
    /// holds a control character.
    pub fn new(
        code: ReplyCode,
        enhanced: Option<EnhancedCode>,
        text: impl Into<Cow<'static, str>>,
    ) -> Result<Self, InvalidReply> {
        if code.is_positive() {
            return Err(InvalidReply::NotNegative);
        }
        if enhanced.is_some_and(|enhanced| !enhanced.agrees_with(code)) {
            return Err(InvalidReply::EnhancedClass);
        }
        Ok(Self {
            code,
            enhanced,
            text: ReplyText::new(text)?,
            closes: false,
        })
    }

    /// The same, and the connection is closed once it has been said. (A 421
    /// always closes: RFC 5321 §3.8.)
    #[must_use]
    pub fn closing(self) -> Self {
        Self {
            closes: true,
            ..self
        }
    }

    /// The reply code.
    #[must_use]
    pub const fn code(&self) -> ReplyCode {
        self.code
    }

    pub(super) fn ends_session(&self) -> bool {
        self.closes || self.code == ReplyCode::SERVICE_NOT_AVAILABLE
    }
}

/// What a positive answer will say: a default that parts of may be replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Positive {
    pub(super) code: ReplyCode,
    pub(super) enhanced: Option<EnhancedCode>,
    pub(super) text: ReplyText,
}

impl Positive {
    const fn new(said: Said) -> Self {
        Self {
            code: said.code,
            enhanced: said.enhanced,
            text: ReplyText::from_static(said.text),
        }
    }
}

macro_rules! acceptances {
    ($($(#[$doc:meta])* $name:ident = $default:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(pub(super) Positive);

        impl Default for $name {
            fn default() -> Self {
                Self(Positive::new(replies::$default))
            }
        }

        impl $name {
            /// Says `text` instead of the default.
            #[must_use]
            pub fn with_text(mut self, text: ReplyText) -> Self {
                self.0.text = text;
                self
            }

            /// With another enhanced code; its class becomes that of the reply.
            #[must_use]
            pub fn with_enhanced(mut self, enhanced: EnhancedCode) -> Self {
                self.0.enhanced = enhanced.for_code(self.0.code);
                self
            }
        }
    )*};
}

acceptances! {
    /// Yes to MAIL: 250.
    MailAccepted = SENDER_OK;
    /// Yes to RCPT: 250, or 251 where the message will be forwarded.
    RcptAccepted = RECIPIENT_OK;
    /// Yes to a message: 250. From here on the message is the server's
    /// (RFC 5321 §4.2.5): make it durable first.
    MessageAccepted = ACCEPTED;
    /// An answer to VRFY: 250, 251 or 252.
    Verified = VERIFIED;
    /// An answer to EXPN: 250, a line for each member.
    Expanded = EXPANDED;
    /// An answer to HELP: 214.
    Helped = HELP;
}

impl RcptAccepted {
    /// 251: not a mailbox here, the message will be forwarded (RFC 5321 §3.4).
    #[must_use]
    pub const fn will_forward() -> Self {
        Self(Positive::new(replies::WILL_FORWARD))
    }
}

impl MessageAccepted {
    /// 250 with the id under which the message is queued.
    ///
    /// # Errors
    ///
    /// `id` holds a control character.
    pub fn queued_as(id: &str) -> Result<Self, InvalidReply> {
        let text = ReplyText::new(alloc::format!("Ok: queued as {id}"))?;
        Ok(Self::default().with_text(text))
    }
}

impl Verified {
    /// 251: the user is not local, and messages will be forwarded.
    #[must_use]
    pub const fn will_forward() -> Self {
        Self(Positive::new(replies::WILL_FORWARD))
    }

    /// 252: not verified, but a message will be accepted (RFC 5321 §3.5.3).
    #[must_use]
    pub const fn unverified() -> Self {
        Self(Positive::new(replies::CANNOT_VERIFY))
    }
}

/// Yes to a connection: the greeting, `220 hostname text` (RFC 5321 §4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Greeting(pub(super) ReplyText);

impl Default for Greeting {
    fn default() -> Self {
        Self(ReplyText::from_static("ESMTP"))
    }
}

impl Greeting {
    /// Says `text` behind the host name.
    #[must_use]
    pub const fn new(text: ReplyText) -> Self {
        Self(text)
    }
}

/// Yes to EHLO, HELO or LHLO: `250 hostname text`, and what is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelloAccepted(pub(super) ReplyText);

impl Default for HelloAccepted {
    fn default() -> Self {
        Self(ReplyText::from_static("at your service"))
    }
}

impl HelloAccepted {
    /// Says the first line of `text` behind the host name.
    #[must_use]
    pub const fn new(text: ReplyText) -> Self {
        Self(text)
    }
}

/// Yes to DATA: 354.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataAccepted(pub(super) ReplyText);

impl Default for DataAccepted {
    fn default() -> Self {
        Self(ReplyText::from_static(replies::START_INPUT.text))
    }
}

impl DataAccepted {
    /// Says `text` instead of the default.
    #[must_use]
    pub const fn new(text: ReplyText) -> Self {
        Self(text)
    }
}
