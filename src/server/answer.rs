//! Answers: what an application may say to each question.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;

use super::config::Config;
use super::replies::{self, Said};
use crate::Secret;
use crate::codec::InvalidReply;
use crate::types::{EnhancedCode, ReplyCode, ReplyText, Severity};

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
    /// 535 5.7.8: the credentials are wrong.
    BAD_CREDENTIALS: AUTHENTICATION_FAILED BAD_CREDENTIALS, "Authentication credentials invalid";
    /// 454 4.7.0: TLS or authentication is not to be had now.
    NOT_NOW: TEMPORARY_AUTHENTICATION_FAILURE SECURITY, "Not available now; try again later";
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
            return Err(InvalidReply::WrongCode);
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
    /// always closes: RFC 5321 §3.8. Unless its text begins with it, the
    /// server's name is put before: §4.2.2.)
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
    /// Yes to STARTTLS: 220; [`Handover`](super::Event::Handover) follows.
    StartTlsAccepted = START_TLS;
    /// Yes to ETRN: 250, 251, 252 or 253.
    EtrnAccepted = QUEUE_STARTED;
    /// Yes to ATRN: 250, and the session is over; the caller becomes the
    /// client on the same connection (RFC 2645).
    AtrnAccepted = TURNED;
    /// Yes to XFORWARD: 250.
    XforwardAccepted = NOTED;
    /// BURL has been done: 250. The octets are the application's business.
    Fetched = FETCHED;
    /// An answer to a verb of one's own: 250, or any 2yz.
    UnknownAccepted = DONE;
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
        let text = ReplyText::new(format!("Ok: queued as {id}"))?;
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

impl EtrnAccepted {
    /// With another code of RFC 1985 §5.4: 251 nothing waits, 252 and 253
    /// something does.
    ///
    /// # Errors
    ///
    /// The code is none of 250 to 253.
    pub fn with_code(mut self, code: ReplyCode) -> Result<Self, InvalidReply> {
        match code.get() {
            250..=253 => self.0.code = code,
            _ => return Err(InvalidReply::WrongCode),
        }
        Ok(self)
    }
}

impl UnknownAccepted {
    /// With another code.
    ///
    /// # Errors
    ///
    /// The code is not a 2yz.
    pub fn with_code(mut self, code: ReplyCode) -> Result<Self, InvalidReply> {
        if code.severity() != Severity::PositiveCompletion {
            return Err(InvalidReply::WrongCode);
        }
        self.0.code = code;
        Ok(self)
    }
}

/// Answers that may change what holds for this peer from now on.
macro_rules! with_config {
    ($($name:ident),*) => {$(
        impl $name {
            /// With another configuration for the rest of the session: for a
            /// peer that is trusted more, or less, than others.
            #[must_use]
            pub fn with_config(mut self, config: Arc<Config>) -> Self {
                self.config = Some(config);
                self
            }
        }
    )*};
}

with_config!(Greeting, HelloAccepted, Authenticated);

/// Yes to a connection: the greeting, `220 hostname text` (RFC 5321 §4.2).
#[derive(Clone, Debug)]
pub struct Greeting {
    pub(super) text: ReplyText,
    pub(super) config: Option<Arc<Config>>,
}

impl Default for Greeting {
    fn default() -> Self {
        Self::new(ReplyText::from_static("ESMTP"))
    }
}

impl Greeting {
    /// Says `text` behind the host name.
    #[must_use]
    pub const fn new(text: ReplyText) -> Self {
        Self { text, config: None }
    }
}

/// Yes to EHLO, HELO or LHLO: `250 hostname text`, and what is offered.
#[derive(Clone, Debug)]
pub struct HelloAccepted {
    pub(super) text: ReplyText,
    pub(super) config: Option<Arc<Config>>,
}

impl Default for HelloAccepted {
    fn default() -> Self {
        Self::new(ReplyText::from_static("at your service"))
    }
}

impl HelloAccepted {
    /// Says the first line of `text` behind the host name.
    #[must_use]
    pub const fn new(text: ReplyText) -> Self {
        Self { text, config: None }
    }
}

/// Yes to DATA: 354. To the first BDAT or BURL: nothing is said yet, and the
/// text does not matter.
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

/// What the server's side of a SASL mechanism comes to with what the client
/// said (RFC 4422 §3). There is no default: nobody is let in by accident.
#[derive(Clone, Debug)]
pub enum AuthStep {
    /// 334: a challenge, perhaps empty; [`AuthResponse`](super::AuthResponse)
    /// follows.
    Challenge(Secret),
    /// 235: the client is who it says it is.
    Done(Authenticated),
}

/// Yes to AUTH: 235. Says who the client is from now on.
#[derive(Clone, Debug)]
pub struct Authenticated {
    pub(super) identity: String,
    pub(super) positive: Positive,
    pub(super) config: Option<Arc<Config>>,
}

impl Authenticated {
    /// The client is `identity`: [`Server::identity`](super::Server::identity)
    /// from now on.
    #[must_use]
    pub fn new(identity: impl Into<String>) -> Self {
        Self {
            identity: identity.into(),
            positive: Positive::new(replies::AUTHENTICATED),
            config: None,
        }
    }

    /// Says `text` instead of the default.
    #[must_use]
    pub fn with_text(mut self, text: ReplyText) -> Self {
        self.positive.text = text;
        self
    }
}
