//! Enhanced status codes, and the registered ones by name.

use core::fmt;

use super::code::{ReplyCode, Severity};

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
        /// The registered codes, each in its usual class; in another one by
        /// [`for_code`](Self::for_code).
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
    /// 5.0.0: refused, and nothing more is said (RFC 3463 §3.1).
    PermanentNegative 0 0 REFUSED
    /// 2.1.0: the sender is good (RFC 3463 §3.2).
    PositiveCompletion 1 0 SENDER_OK
    /// 5.1.0: something is wrong with an address (RFC 3463 §3.2).
    PermanentNegative 1 0 BAD_ADDRESS
    /// 5.1.1: there is no such mailbox (RFC 3463 §3.2).
    PermanentNegative 1 1 NO_SUCH_MAILBOX
    /// 5.1.2: there is no such system (RFC 3463 §3.2).
    PermanentNegative 1 2 NO_SUCH_SYSTEM
    /// 5.1.3: the recipient's address is malformed (RFC 3463 §3.2).
    PermanentNegative 1 3 BAD_RECIPIENT_SYNTAX
    /// 5.1.4: the address matches several mailboxes (RFC 3463 §3.2).
    PermanentNegative 1 4 AMBIGUOUS_MAILBOX
    /// 2.1.5: the recipient is good (RFC 3463 §3.2).
    PositiveCompletion 1 5 RECIPIENT_OK
    /// 5.1.6: the mailbox has moved, nobody knows where (RFC 3463 §3.2).
    PermanentNegative 1 6 MAILBOX_MOVED
    /// 5.1.7: the sender's address is malformed (RFC 3463 §3.2).
    PermanentNegative 1 7 BAD_SENDER_SYNTAX
    /// 5.1.8: the sender's system does not exist (RFC 3463 §3.2).
    PermanentNegative 1 8 BAD_SENDER_SYSTEM
    /// 2.1.9: relayed to a system that cannot track it (RFC 3886 §3.3.4).
    PositiveCompletion 1 9 RELAYED_BEYOND_TRACKING
    /// 5.1.10: the recipient's domain takes no mail (RFC 7505 §6, RFC 7504).
    PermanentNegative 1 10 RECIPIENT_NULL_MX
    /// 5.2.0: something is wrong with the mailbox (RFC 3463 §3.3).
    PermanentNegative 2 0 MAILBOX
    /// 5.2.1: the mailbox is disabled (RFC 3463 §3.3).
    PermanentNegative 2 1 MAILBOX_DISABLED
    /// 5.2.2: the mailbox is full (RFC 3463 §3.3).
    PermanentNegative 2 2 MAILBOX_FULL
    /// 5.2.3: the message is too big for the mailbox (RFC 3463 §3.3).
    PermanentNegative 2 3 MESSAGE_TOO_BIG_FOR_MAILBOX
    /// 4.2.4: the mailing list could not be expanded (RFC 3463 §3.3).
    TransientNegative 2 4 LIST_EXPANSION_FAILED
    /// 4.3.0: something is wrong with the mail system (RFC 3463 §3.4).
    TransientNegative 3 0 MAIL_SYSTEM
    /// 4.3.1: the mail system is full (RFC 3463 §3.4).
    TransientNegative 3 1 MAIL_SYSTEM_FULL
    /// 4.3.2: the system takes no messages now; in class 5, never (RFC 3463 §3.4, RFC 7504).
    TransientNegative 3 2 NOT_ACCEPTING
    /// 5.3.3: the system cannot do what the message asks for (RFC 3463 §3.4).
    PermanentNegative 3 3 FEATURE_NOT_SUPPORTED
    /// 5.3.4: the message is too big for the system (RFC 3463 §3.4).
    PermanentNegative 3 4 MESSAGE_TOO_BIG
    /// 5.3.5: the system is not set up to take the message (RFC 3463 §3.4).
    PermanentNegative 3 5 SYSTEM_MISCONFIGURED
    /// 2.3.6: accepted, with another priority (RFC 6710 §10).
    PositiveCompletion 3 6 PRIORITY_CHANGED
    /// 4.4.0: something is wrong with the network (RFC 3463 §3.5).
    TransientNegative 4 0 NETWORK
    /// 4.4.1: the host does not answer (RFC 3463 §3.5).
    TransientNegative 4 1 NO_ANSWER
    /// 4.4.2: the connection is bad, as after a timeout (RFC 3463 §3.5).
    TransientNegative 4 2 BAD_CONNECTION
    /// 4.4.3: a directory, such as the DNS, does not answer (RFC 3463 §3.5).
    TransientNegative 4 3 DIRECTORY_FAILURE
    /// 5.4.4: no next hop is known (RFC 3463 §3.5).
    PermanentNegative 4 4 UNROUTABLE
    /// 4.4.5: the mail system is congested (RFC 3463 §3.5).
    TransientNegative 4 5 CONGESTION
    /// 4.4.6: the message goes round in circles (RFC 3463 §3.5).
    TransientNegative 4 6 ROUTING_LOOP
    /// 5.4.7: the time to deliver the message is up (RFC 3463 §3.5, RFC 2852 §4.1.3).
    PermanentNegative 4 7 DELIVERY_EXPIRED
    /// 2.5.0: a protocol status that nothing more is said about (RFC 3463 §3.6).
    PositiveCompletion 5 0 PROTOCOL
    /// 5.5.0: a protocol error (RFC 3463 §3.6).
    PermanentNegative 5 0 PROTOCOL_ERROR
    /// 5.5.1: a command that is not valid, here or at all (RFC 3463 §3.6).
    PermanentNegative 5 1 INVALID_COMMAND
    /// 5.5.2: a syntax error (RFC 3463 §3.6).
    PermanentNegative 5 2 SYNTAX_ERROR
    /// 4.5.3: too many recipients (RFC 3463 §3.6).
    TransientNegative 5 3 TOO_MANY_RECIPIENTS
    /// 5.5.4: an argument that is not valid (RFC 3463 §3.6).
    PermanentNegative 5 4 INVALID_ARGUMENTS
    /// 5.5.5: the versions of the protocol do not match (RFC 3463 §3.6).
    PermanentNegative 5 5 WRONG_PROTOCOL_VERSION
    /// 5.5.6: a line of an AUTH exchange is too long (RFC 4954 §6).
    PermanentNegative 5 6 AUTH_LINE_TOO_LONG
    /// 5.6.0: something is wrong with the content (RFC 3463 §3.7).
    PermanentNegative 6 0 MEDIA
    /// 5.6.1: the kind of content is not supported (RFC 3463 §3.7).
    PermanentNegative 6 1 MEDIA_NOT_SUPPORTED
    /// 5.6.2: the content would have to be converted, and must not be (RFC 3463 §3.7).
    PermanentNegative 6 2 CONVERSION_PROHIBITED
    /// 5.6.3: the content would have to be converted, and cannot be (RFC 3463 §3.7).
    PermanentNegative 6 3 CONVERSION_NOT_SUPPORTED
    /// 2.6.4: the content was converted, and something was lost (RFC 3463 §3.7).
    PositiveCompletion 6 4 CONVERTED_WITH_LOSS
    /// 5.6.5: converting the content failed (RFC 3463 §3.7).
    PermanentNegative 6 5 CONVERSION_FAILED
    /// 5.6.6: the content could not be fetched (RFC 4468 §5).
    PermanentNegative 6 6 CONTENT_NOT_AVAILABLE
    /// 5.6.7: an address that is not ASCII is not allowed here (RFC 6531 §4.2).
    PermanentNegative 6 7 NON_ASCII_ADDRESS
    /// 5.6.8: the reply would need UTF-8, which the client did not
    /// allow (X.6.10 is a deprecated duplicate) (RFC 6531 §4.2).
    PermanentNegative 6 8 UTF8_REPLY_REQUIRED
    /// 5.6.9: a recipient cannot take a header in UTF-8 (RFC 6531 §4.2).
    PermanentNegative 6 9 UTF8_HEADER_NOT_TAKEN
    /// 2.7.0: authentication succeeded (RFC 4954 §6).
    PositiveCompletion 7 0 AUTHENTICATED
    /// 4.7.0: the security policy objects, for now (RFC 3463 §3.8).
    TransientNegative 7 0 SECURITY
    /// 5.7.0: the security policy objects: authentication or TLS is
    /// needed first (RFC 3463 §3.8, RFC 4954 §6).
    PermanentNegative 7 0 SECURITY_REQUIRED
    /// 5.7.1: delivery is not authorised, as in relaying (RFC 3463 §3.8).
    PermanentNegative 7 1 NOT_AUTHORIZED
    /// 5.7.2: the sender must not write to that mailing list (RFC 3463 §3.8).
    PermanentNegative 7 2 LIST_EXPANSION_PROHIBITED
    /// 5.7.3: secured in a way that cannot be converted (RFC 3463 §3.8).
    PermanentNegative 7 3 SECURITY_CONVERSION_REQUIRED
    /// 5.7.4: a security feature is not supported (RFC 3463 §3.8).
    PermanentNegative 7 4 SECURITY_NOT_SUPPORTED
    /// 5.7.5: the message could not be decrypted or verified (RFC 3463 §3.8).
    PermanentNegative 7 5 CRYPTOGRAPHIC_FAILURE
    /// 5.7.6: the algorithm is not supported (RFC 3463 §3.8).
    PermanentNegative 7 6 CRYPTOGRAPHIC_ALGORITHM_NOT_SUPPORTED
    /// 5.7.7: the message was altered (RFC 3463 §3.8).
    PermanentNegative 7 7 MESSAGE_INTEGRITY_FAILURE
    /// 5.7.8: the credentials are wrong (RFC 4954 §6).
    PermanentNegative 7 8 BAD_CREDENTIALS
    /// 5.7.9: the mechanism is too weak (RFC 4954 §6).
    PermanentNegative 7 9 MECHANISM_TOO_WEAK
    /// 5.7.10: the connection must be encrypted first (RFC 5248 §2.4).
    PermanentNegative 7 10 ENCRYPTION_NEEDED
    /// 5.7.11: the mechanism needs encryption (historical) (RFC 4954 §6).
    PermanentNegative 7 11 ENCRYPTION_REQUIRED
    /// 4.7.12: a password transition is needed (RFC 4954 §6).
    TransientNegative 7 12 PASSWORD_TRANSITION_NEEDED
    /// 5.7.13: the user's account is disabled (RFC 5248 §2.4).
    PermanentNegative 7 13 ACCOUNT_DISABLED
    /// 5.7.14: a third server would have to trust this one (RFC 5248 §2.4).
    PermanentNegative 7 14 TRUST_RELATIONSHIP_REQUIRED
    /// 5.7.15: the priority is too low (RFC 6710 §10).
    PermanentNegative 7 15 PRIORITY_TOO_LOW
    /// 5.7.16: the message is too big for its priority (RFC 6710 §10).
    PermanentNegative 7 16 TOO_BIG_FOR_PRIORITY
    /// 5.7.17: the mailbox belongs to somebody else now (RFC 7293 §15.3).
    PermanentNegative 7 17 MAILBOX_OWNER_CHANGED
    /// 5.7.18: the domain belongs to somebody else now (RFC 7293 §15.3).
    PermanentNegative 7 18 DOMAIN_OWNER_CHANGED
    /// 5.7.19: it is not known since when the mailbox belongs to its owner (RFC 7293 §15.3).
    PermanentNegative 7 19 OWNER_UNKNOWN
    /// 5.7.20: no DKIM signature passes (RFC 7372 §3.1).
    PermanentNegative 7 20 NO_PASSING_DKIM
    /// 5.7.21: no DKIM signature is acceptable (RFC 7372 §3.1).
    PermanentNegative 7 21 NO_ACCEPTABLE_DKIM
    /// 5.7.22: no DKIM signature is the author's (RFC 7372 §3.1).
    PermanentNegative 7 22 NO_AUTHOR_DKIM
    /// 5.7.23: SPF says no (RFC 7372 §3.2).
    PermanentNegative 7 23 SPF_FAILED
    /// 5.7.24: SPF could not be evaluated; in class 4, for now (RFC 7372 §3.2).
    PermanentNegative 7 24 SPF_ERROR
    /// 5.7.25: the reverse DNS of the client is wrong (RFC 7372 §3.3).
    PermanentNegative 7 25 REVERSE_DNS_FAILED
    /// 5.7.26: several authentication checks failed (RFC 7372 §3.4).
    PermanentNegative 7 26 MULTIPLE_CHECKS_FAILED
    /// 5.7.27: the sender's domain takes no mail (RFC 7505 §6).
    PermanentNegative 7 27 SENDER_NULL_MX
    /// 5.7.28: the message is part of a flood (IANA registry).
    PermanentNegative 7 28 MAIL_FLOOD
    /// 5.7.29: the ARC chain does not hold (RFC 8617 §14).
    PermanentNegative 7 29 ARC_FAILED
    /// 5.7.30: no next hop offers REQUIRETLS (RFC 8689 §7).
    PermanentNegative 7 30 REQUIRETLS_NEEDED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_keep_to_their_ranges() {
        assert_eq!(EnhancedCode::new(3, 0, 0), None);
        assert_eq!(EnhancedCode::new(5, 1000, 0), None);
        assert_eq!(EnhancedCode::new(5, 0, 1000), None);
        assert!(EnhancedCode::new(5, 7, 509).is_some());
    }
}
