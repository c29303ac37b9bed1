//! Trace information: the `Received:` field (RFC 5321 §4.4).

use core::fmt;
use core::net::IpAddr;

use super::{Security, Server};
use crate::types::{ForwardPath, Host, Protocol};

/// The `Received:` field that the server adds to a message (RFC 5321 §4.4).
///
/// Says what the session knows: the client's hello, the server's name, the
/// protocol (RFC 3848, RFC 6531 §4.3), the recipient if there is just one. The
/// rest is given: where the peer is, the id of the message, the date. `Display`
/// gives the field, folded, its line ends included.
///
/// ```
/// # use ehlo::Timestamp;
/// # use ehlo::server::{Config, Security, Server, SessionId};
/// # use ehlo::types::Domain;
/// # let config = Config::new(Domain::try_from("mx.example").unwrap());
/// # let server = Server::new(config.into(), SessionId(1), Security::Plain, Timestamp::ZERO);
/// let field = server
///     .received()
///     .from_address([192, 0, 2, 1].into())
///     .with_id("4711")
///     .at("Sat, 21 Nov 2026 23:00:00 +0000");
/// assert_eq!(
///     field.to_string(),
///     "Received: from unknown ([192.0.2.1])\r\n\
///      \tby mx.example with SMTP id 4711;\r\n\
///      \tSat, 21 Nov 2026 23:00:00 +0000\r\n",
/// );
/// ```
#[derive(Clone, Debug)]
#[must_use = "a field is to be written"]
pub struct Received<'a> {
    server: &'a Server,
    address: Option<IpAddr>,
    id: Option<&'a str>,
    date: Option<&'a str>,
}

impl<'a> Received<'a> {
    pub(super) const fn new(server: &'a Server) -> Self {
        Self {
            server,
            address: None,
            id: None,
            date: None,
        }
    }

    /// The peer's address (RFC 5321 §4.4 `TCP-info`).
    pub const fn from_address(mut self, address: IpAddr) -> Self {
        self.address = Some(address);
        self
    }

    /// The id under which the message is queued. What is not an atom or a
    /// message id is left out.
    pub fn with_id(mut self, id: &'a str) -> Self {
        self.id = is_graphic(id, false).then_some(id);
        self
    }

    /// The date and time, as RFC 5322 §3.3 has it. A text with a control
    /// character is left out.
    pub fn at(mut self, date: &'a str) -> Self {
        self.date = is_graphic(date, true).then_some(date);
        self
    }

    /// The `with` value: SMTP or LMTP, extended, with TLS, authenticated
    /// (RFC 3848), with UTF-8 (RFC 6531 §4.3).
    #[must_use]
    pub fn protocol(&self) -> &'static str {
        let server = self.server;
        let is_lmtp = server.config.protocol == Protocol::Lmtp;
        let is_utf8 = server
            .envelope()
            .is_some_and(|envelope| envelope.parameters.smtputf8());
        let has_tls = server.security == Security::Tls;
        let table: [&'static str; 4] = match (is_lmtp, is_utf8, server.is_extended()) {
            (true, true, _) => ["UTF8LMTP", "UTF8LMTPA", "UTF8LMTPS", "UTF8LMTPSA"],
            (true, false, _) => ["LMTP", "LMTPA", "LMTPS", "LMTPSA"],
            (false, true, _) => ["UTF8SMTP", "UTF8SMTPA", "UTF8SMTPS", "UTF8SMTPSA"],
            (false, false, true) => ["ESMTP", "ESMTPA", "ESMTPS", "ESMTPSA"],
            (false, false, false) => ["SMTP"; 4],
        };
        let [plain, authenticated, tls, both] = table;
        match (has_tls, server.identity.is_some()) {
            (false, false) => plain,
            (false, true) => authenticated,
            (true, false) => tls,
            (true, true) => both,
        }
    }

    /// The one recipient; several are nobody's business but the server's
    /// (RFC 5321 §7.2).
    fn recipient(&self) -> Option<&ForwardPath<'static>> {
        match self.server.envelope()?.recipients.as_slice() {
            [only] => Some(&only.forward_path),
            _ => None,
        }
    }
}

impl fmt::Display for Received<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.server.hello() {
            Some(hello) => write!(f, "Received: from {hello}")?,
            None => f.write_str("Received: from unknown")?,
        }
        if let Some(address) = self.address {
            write!(f, " ({})", Host::from(address))?;
        }
        let hostname = &self.server.config.hostname;
        write!(f, "\r\n\tby {hostname} with {}", self.protocol())?;
        if let Some(id) = self.id {
            write!(f, " id {id}")?;
        }
        if let Some(recipient) = self.recipient() {
            write!(f, "\r\n\tfor {recipient}")?;
        }
        write!(f, ";\r\n\t{}\r\n", self.date.unwrap_or_default())
    }
}

/// Whether a text is printable ASCII, with or without blanks.
fn is_graphic(text: &str, blanks: bool) -> bool {
    let is_allowed = |octet: u8| octet.is_ascii_graphic() || blanks && octet == b' ';
    !text.is_empty() && text.bytes().all(is_allowed)
}
