//! Reply codes, and the registered ones by name.

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
    }

    fn format_digits(number: u16) -> [u8; 3] {
        let text = alloc::format!("{number}");
        text.as_bytes().try_into().unwrap()
    }
}
