//! Reply codes and enhanced status codes, and the registered ones by name.

use core::fmt;

/// What a reply code says about the command: its first digit (RFC 5321 §4.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// 2yz: done.
    PositiveCompletion = 2,
    /// 3yz: go on.
    PositiveIntermediate = 3,
    /// 4yz: not now; trying again later may help.
    TransientNegative = 4,
    /// 5yz: no; the same command will be refused again.
    PermanentNegative = 5,
}

/// What a reply code is about: its second digit (RFC 5321 §4.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// x0z: syntax.
    Syntax,
    /// x1z: information.
    Information,
    /// x2z: the connection.
    Connection,
    /// x5z: the mail system.
    MailSystem,
    /// x3z, x4z and above, to which RFC 5321 gives no meaning.
    Unspecified,
}

/// A reply code, 200 to 599 (RFC 5321 §4.2).
///
/// No extension in use sends a 1yz, so it is not a reply code here.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplyCode(u16);

impl ReplyCode {
    /// The code of that number; `None` outside 200 to 599.
    #[must_use]
    pub const fn new(number: u16) -> Option<Self> {
        match number {
            200..=599 => Some(Self(number)),
            _ => None,
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }

    /// The first digit.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self.0 / 100 {
            2 => Severity::PositiveCompletion,
            3 => Severity::PositiveIntermediate,
            4 => Severity::TransientNegative,
            _ => Severity::PermanentNegative,
        }
    }

    /// The second digit.
    #[must_use]
    pub const fn category(self) -> Category {
        match self.0 / 10 % 10 {
            0 => Category::Syntax,
            1 => Category::Information,
            2 => Category::Connection,
            5 => Category::MailSystem,
            _ => Category::Unspecified,
        }
    }

    /// Whether the command was done or may go on: 2yz or 3yz.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.0 < 400
    }

    /// Whether trying again later may help: 4yz.
    #[must_use]
    pub const fn is_transient(self) -> bool {
        matches!(self.severity(), Severity::TransientNegative)
    }

    /// Whether the same command will be refused again: 5yz.
    #[must_use]
    pub const fn is_permanent(self) -> bool {
        matches!(self.severity(), Severity::PermanentNegative)
    }

    /// The three octets as they are written.
    pub(crate) fn digits(self) -> [u8; 3] {
        [self.0 / 100, self.0 / 10 % 10, self.0 % 10].map(digit)
    }
}

/// The octet of a number below ten.
fn digit(number: u16) -> u8 {
    b'0' + (number % 10) as u8
}

impl fmt::Display for ReplyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for ReplyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! reply_codes {
    ($($(#[$doc:meta])* $number:literal $name:ident)*) => {
        /// The registered codes.
        impl ReplyCode {
            $($(#[$doc])* pub const $name: Self = Self($number);)*
        }
    };
}

reply_codes! {
    /// System status, or a reply to HELP (RFC 5321).
    211 SYSTEM_STATUS
    /// Help, for a human reader (RFC 5321).
    214 HELP
    /// The service is ready: the greeting, and the go-ahead for TLS (RFC 5321, RFC 3207).
    220 READY
    /// The service closes the connection: the reply to QUIT (RFC 5321).
    221 CLOSING
    /// Authentication succeeded (RFC 4954).
    235 AUTHENTICATED
    /// Done (RFC 5321).
    250 OK
    /// The user is elsewhere, the message will be forwarded (RFC 5321).
    251 WILL_FORWARD
    /// Not verified, but the message will be accepted (RFC 5321).
    252 CANNOT_VERIFY
    /// So many messages for that node have been started (RFC 1985).
    253 QUEUE_STARTED
    /// A server challenge follows (RFC 4954).
    334 CHALLENGE
    /// Send the message (RFC 5321).
    354 START_MAIL_INPUT
    /// Send the rest, from that octet on (RFC 1845).
    355 OCTET_OFFSET
    /// The service is not available and closes the connection (RFC 5321).
    421 SERVICE_NOT_AVAILABLE
    /// The recipient's mailbox is over its quota (in use, not registered).
    422 MAILBOX_OVER_QUOTA
    /// A password transition is needed (RFC 4954).
    432 PASSWORD_TRANSITION_NEEDED
    /// The mailbox is busy or blocked for now (RFC 5321).
    450 MAILBOX_BUSY
    /// An error in processing (RFC 5321).
    451 LOCAL_ERROR
    /// Out of storage, or too many recipients (RFC 5321 §4.5.3.1.10).
    452 INSUFFICIENT_STORAGE
    /// You have no mail (RFC 2645).
    453 NO_MAIL
    /// Temporary authentication failure, or TLS not available (RFC 4954, RFC 3207).
    454 TEMPORARY_AUTHENTICATION_FAILURE
    /// The parameters cannot be honoured now (RFC 5321).
    455 PARAMETERS_NOT_ACCOMMODATED
    /// Messages for that node cannot be queued (RFC 1985).
    458 UNABLE_TO_QUEUE
    /// That node is not allowed (RFC 1985).
    459 NODE_NOT_ALLOWED
    /// The command is not known, or the line is too long (RFC 5321).
    500 SYNTAX_ERROR
    /// A syntax error in the arguments (RFC 5321).
    501 ARGUMENT_SYNTAX_ERROR
    /// The command is not implemented (RFC 5321).
    502 COMMAND_NOT_IMPLEMENTED
    /// The command is out of place (RFC 5321).
    503 BAD_SEQUENCE
    /// The parameter is not implemented (RFC 5321).
    504 PARAMETER_NOT_IMPLEMENTED
    /// This host takes no mail (RFC 7504).
    521 NO_MAIL_SERVICE
    /// The message is larger than the recipient's or the server's limit (in use, not registered).
    523 MESSAGE_TOO_LARGE_FOR_MAILBOX
    /// The domain of the mail list or of the recipient is not served (in use, not registered).
    524 DOMAIN_NOT_SERVED
    /// The user account is disabled (in use, not registered).
    525 ACCOUNT_DISABLED
    /// Authentication, or TLS, is required first (RFC 4954, RFC 3207).
    530 AUTHENTICATION_REQUIRED
    /// The mechanism is too weak (RFC 4954).
    534 MECHANISM_TOO_WEAK
    /// The credentials are wrong (RFC 4954).
    535 AUTHENTICATION_FAILED
    /// The mechanism needs encryption (RFC 2554, historical).
    538 ENCRYPTION_REQUIRED
    /// The mailbox is not available, or policy says no (RFC 5321).
    550 MAILBOX_UNAVAILABLE
    /// The user is elsewhere, try there (RFC 5321).
    551 USER_NOT_LOCAL
    /// The message is too big, or storage is exceeded (RFC 5321).
    552 EXCEEDED_STORAGE
    /// The mailbox name is not allowed (RFC 5321).
    553 MAILBOX_NAME_NOT_ALLOWED
    /// The transaction failed, or there is no service here (RFC 5321).
    554 TRANSACTION_FAILED
    /// A parameter of MAIL or RCPT is not known (RFC 5321).
    555 PARAMETERS_NOT_RECOGNIZED
    /// The domain takes no mail (RFC 7504).
    556 DOMAIN_TAKES_NO_MAIL
}

/// An enhanced status code, `class.subject.detail` (RFC 3463, RFC 2034).
///
/// The class is that of a reply code, 2, 4 or 5; subject and detail are 0 to 999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnhancedCode {
    class: Severity,
    subject: u16,
    detail: u16,
}

impl EnhancedCode {
    /// The code of those numbers; `None` if one is out of range.
    #[must_use]
    pub const fn new(class: u8, subject: u16, detail: u16) -> Option<Self> {
        if subject > 999 || detail > 999 {
            return None;
        }
        let class = match class {
            2 => Severity::PositiveCompletion,
            4 => Severity::TransientNegative,
            5 => Severity::PermanentNegative,
            _ => return None,
        };
        Some(Self {
            class,
            subject,
            detail,
        })
    }

    /// The class: 2, 4 or 5.
    #[must_use]
    pub const fn class(self) -> u8 {
        self.class as u8
    }

    /// The subject: what kind of thing the code is about.
    #[must_use]
    pub const fn subject(self) -> u16 {
        self.subject
    }

    /// The detail.
    #[must_use]
    pub const fn detail(self) -> u16 {
        self.detail
    }

    /// The same subject and detail in the class of `code`; `None` for a 3yz,
    /// which carries no enhanced code (RFC 2034 §4).
    #[must_use]
    pub const fn for_code(self, code: ReplyCode) -> Option<Self> {
        match code.severity() {
            Severity::PositiveIntermediate => None,
            class => Some(Self { class, ..self }),
        }
    }

    /// Whether the class is that of `code` (RFC 2034 §4).
    #[must_use]
    pub const fn agrees_with(self, code: ReplyCode) -> bool {
        self.class as u8 == code.severity() as u8
    }
}

impl fmt::Display for EnhancedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class(), self.subject, self.detail)
    }
}

impl fmt::Debug for EnhancedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

macro_rules! enhanced_codes {
    ($($(#[$doc:meta])* $class:ident $subject:literal $detail:literal $name:ident)*) => {
        /// The codes that the machines and most applications say. Where a code
        /// is registered for several classes, this is the usual one;
        /// [`for_code`](Self::for_code) gives the others.
        impl EnhancedCode {
            $($(#[$doc])* pub const $name: Self = Self {
                class: Severity::$class,
                subject: $subject,
                detail: $detail,
            };)*
        }
    };
}

enhanced_codes! {
    /// 2.0.0: done (RFC 3463 §3.1).
    PositiveCompletion 0 0 OK
    /// 2.1.0: the sender is good (RFC 3463 §3.2).
    PositiveCompletion 1 0 SENDER_OK
    /// 2.1.5: the recipient is good (RFC 3463 §3.2).
    PositiveCompletion 1 5 RECIPIENT_OK
    /// 2.5.0: a protocol status that nothing more is said about (RFC 3463 §3.6).
    PositiveCompletion 5 0 PROTOCOL
    /// 4.3.0: something is wrong with the mail system (RFC 3463 §3.4).
    TransientNegative 3 0 MAIL_SYSTEM
    /// 4.3.1: the mail system is full (RFC 3463 §3.4).
    TransientNegative 3 1 MAIL_SYSTEM_FULL
    /// 4.3.2: the system takes no messages now (RFC 3463 §3.4).
    TransientNegative 3 2 NOT_ACCEPTING
    /// 4.4.2: the connection is bad, as after a timeout (RFC 3463 §3.5).
    TransientNegative 4 2 BAD_CONNECTION
    /// 4.5.3: too many recipients (RFC 3463 §3.6).
    TransientNegative 5 3 TOO_MANY_RECIPIENTS
    /// 4.7.0: the security policy objects (RFC 3463 §3.8).
    TransientNegative 7 0 SECURITY
    /// 5.0.0: refused, and nothing more is said (RFC 3463 §3.1).
    PermanentNegative 0 0 REFUSED
    /// 5.1.1: there is no such mailbox (RFC 3463 §3.2).
    PermanentNegative 1 1 NO_SUCH_MAILBOX
    /// 5.1.2: there is no such system (RFC 3463 §3.2).
    PermanentNegative 1 2 NO_SUCH_SYSTEM
    /// 5.1.3: the recipient's address is malformed (RFC 3463 §3.2).
    PermanentNegative 1 3 BAD_RECIPIENT_SYNTAX
    /// 5.1.7: the sender's address is malformed (RFC 3463 §3.2).
    PermanentNegative 1 7 BAD_SENDER_SYNTAX
    /// 5.1.8: the sender's system does not exist (RFC 3463 §3.2).
    PermanentNegative 1 8 BAD_SENDER_SYSTEM
    /// 5.2.2: the mailbox is full (RFC 3463 §3.3).
    PermanentNegative 2 2 MAILBOX_FULL
    /// 5.3.4: the message is too big for the system (RFC 3463 §3.4).
    PermanentNegative 3 4 MESSAGE_TOO_BIG
    /// 5.5.0: a protocol error (RFC 3463 §3.6).
    PermanentNegative 5 0 PROTOCOL_ERROR
    /// 5.5.1: a command that is not valid, here or at all (RFC 3463 §3.6).
    PermanentNegative 5 1 INVALID_COMMAND
    /// 5.5.2: a syntax error (RFC 3463 §3.6).
    PermanentNegative 5 2 SYNTAX_ERROR
    /// 5.5.4: an argument that is not valid (RFC 3463 §3.6).
    PermanentNegative 5 4 INVALID_ARGUMENTS
    /// 5.6.7: an address that is not ASCII is not allowed here (RFC 6531 §6).
    PermanentNegative 6 7 NON_ASCII_ADDRESS
    /// 5.7.1: delivery is not authorised, as in relaying (RFC 3463 §3.8).
    PermanentNegative 7 1 NOT_AUTHORIZED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_keep_to_their_ranges() {
        for number in 0..=u16::MAX {
            let code = ReplyCode::new(number);
            assert_eq!(code.is_some(), (200..=599).contains(&number));
            if let Some(code) = code {
                assert_eq!(code.digits(), format_digits(number));
                assert_eq!(code.severity() as u16, number / 100);
            }
        }
        assert_eq!(EnhancedCode::new(3, 0, 0), None);
        assert_eq!(EnhancedCode::new(5, 1000, 0), None);
        assert_eq!(EnhancedCode::new(5, 0, 1000), None);
        assert!(EnhancedCode::new(5, 7, 509).is_some());
    }

    fn format_digits(number: u16) -> [u8; 3] {
        let text = alloc::format!("{number}");
        text.as_bytes().try_into().unwrap()
    }
}
