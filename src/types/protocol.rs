//! The protocols of a session.

/// The protocol that a session speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// SMTP (RFC 5321): EHLO or HELO, one reply to a message.
    #[default]
    Smtp,
    /// LMTP (RFC 2033): LHLO, a reply for each recipient to a message.
    Lmtp,
}
