//! LIMITS (RFC 9422).

/// What a server promises to take of a session, so that a client need not find
/// out by refusals (RFC 9422). `None`: it says nothing.
///
/// A promise about this session as it stands: a later EHLO may give others, and
/// a client goes by the latest.
///
/// ```
/// use ehlo::types::Limits;
/// let limits = Limits::new().with_recipients(100).unwrap();
/// assert_eq!(limits.recipients(), Some(100));
/// assert_eq!(Limits::new().with_mails(0), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Limits {
    mails: Option<u32>,
    recipients: Option<u32>,
    domains: Option<u32>,
}

/// The number, if it is one that a limit may be: 1 to 999,999.
const fn checked(number: u32) -> Option<u32> {
    match number {
        1..=999_999 => Some(number),
        _ => None,
    }
}

impl Limits {
    /// None at all.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            mails: None,
            recipients: None,
            domains: None,
        }
    }

    /// MAILMAX: transactions in a session.
    #[must_use]
    pub const fn mails(self) -> Option<u32> {
        self.mails
    }

    /// RCPTMAX: recipients in a transaction.
    #[must_use]
    pub const fn recipients(self) -> Option<u32> {
        self.recipients
    }

    /// RCPTDOMAINMAX: distinct domains of recipients in a transaction.
    #[must_use]
    pub const fn recipient_domains(self) -> Option<u32> {
        self.domains
    }

    /// With MAILMAX; `None` outside 1 to 999,999.
    #[must_use]
    pub const fn with_mails(self, number: u32) -> Option<Self> {
        match checked(number) {
            None => None,
            mails => Some(Self { mails, ..self }),
        }
    }

    /// With RCPTMAX; `None` outside 1 to 999,999.
    #[must_use]
    pub const fn with_recipients(self, number: u32) -> Option<Self> {
        match checked(number) {
            None => None,
            recipients => Some(Self { recipients, ..self }),
        }
    }

    /// With RCPTDOMAINMAX; `None` outside 1 to 999,999.
    #[must_use]
    pub const fn with_recipient_domains(self, number: u32) -> Option<Self> {
        match checked(number) {
            None => None,
            domains => Some(Self { domains, ..self }),
        }
    }
}
