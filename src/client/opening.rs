//! How a session begins.

use core::net::IpAddr;

use crate::types::{Capabilities, Command, Domain, HelloName, Host, Reply};

/// Whether a session is encrypted by STARTTLS (RFC 3207).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsPolicy {
    /// STARTTLS is not said.
    #[default]
    Never,
    /// STARTTLS is said if the server offers it; if it does not, or declines,
    /// the session goes on in plaintext. An attacker on the way can see to that.
    /// Where the handshake fails there is nothing to go on with: try again on
    /// another connection, without, if that will do.
    Opportunistic,
    /// The session ends before AUTH and MAIL unless TLS is established: if
    /// STARTTLS is not offered or declined, and where the server knows HELO
    /// only (CVE-2016-0772).
    Required,
    /// The connection was encrypted before the greeting (RFC 8314 §3.3).
    AlreadyOn,
}

/// Whether a session is authenticated (RFC 4954).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthPolicy {
    /// AUTH is not said.
    #[default]
    Never,
    /// [`Event::AuthWanted`](super::Event::AuthWanted) comes if the server
    /// offers AUTH; if it does not, the session goes on.
    IfOffered,
    /// The session ends before MAIL unless AUTH succeeds.
    Required,
}

/// How [`Client::open`](super::Client::open) is to begin the session.
///
/// ```
/// use ehlo::client::{AuthPolicy, Opening, TlsPolicy};
/// use ehlo::types::Domain;
/// let opening = Opening::new(Domain::try_from("client.example.com")?)
///     .with_tls(TlsPolicy::Required)
///     .with_auth(AuthPolicy::Required);
/// assert_eq!(opening.hello.as_str(), "client.example.com");
/// # Ok::<(), ehlo::codec::AddressError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Opening {
    /// Who the client says it is: its domain name, or its address as a literal
    /// (RFC 5321 §4.1.4). See [`hello_name`].
    pub hello: HelloName<'static>,
    /// Whether the session is encrypted. Default [`TlsPolicy::Never`].
    pub tls: TlsPolicy,
    /// Whether the session is authenticated. Default [`AuthPolicy::Never`].
    pub auth: AuthPolicy,
}

impl Opening {
    /// Says EHLO, or LHLO under LMTP, with that name; if the server does not
    /// know EHLO, HELO. Without TLS, without AUTH.
    #[must_use]
    pub fn new(hello: impl Into<HelloName<'static>>) -> Self {
        Self {
            hello: hello.into(),
            tls: TlsPolicy::Never,
            auth: AuthPolicy::Never,
        }
    }

    /// With [`tls`](Self::tls).
    #[must_use]
    pub fn with_tls(self, tls: TlsPolicy) -> Self {
        Self { tls, ..self }
    }

    /// With [`auth`](Self::auth).
    #[must_use]
    pub fn with_auth(self, auth: AuthPolicy) -> Self {
        Self { auth, ..self }
    }
}

/// What to say in EHLO on a host of that name that speaks from that address:
/// the name if it is one that others may know, else the address as a literal
/// (RFC 5321 §4.1.4).
///
/// A name without a dot, such as `localhost`, and one below `localhost`,
/// `local` or `localdomain`, means nothing to the server, and some refuse it.
///
/// ```
/// use ehlo::client::hello_name;
/// let address = "192.0.2.1".parse()?;
/// assert_eq!(hello_name("mail.example.com", address).as_str(), "mail.example.com");
/// assert_eq!(hello_name("localhost", address).as_str(), "[192.0.2.1]");
/// assert_eq!(hello_name("not a name", "::1".parse()?).as_str(), "[IPv6:::1]");
/// # Ok::<(), core::net::AddrParseError>(())
/// ```
#[must_use]
pub fn hello_name(host_name: &str, address: IpAddr) -> HelloName<'static> {
    let name = host_name.strip_suffix('.').unwrap_or(host_name);
    let means_something = name.rsplit_once('.').is_some_and(|(_, top)| {
        let is = |private: &str| top.eq_ignore_ascii_case(private);
        !(is("localhost") || is("local") || is("localdomain"))
    });
    match Domain::try_from(name) {
        // RFC 6531 §3.3: U-labels have no place in EHLO.
        Ok(domain) if means_something && name.is_ascii() => domain.into_owned().into(),
        _ => Host::from(address).into(),
    }
}

/// Which hello.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hello {
    Ehlo,
    Helo,
    Lhlo,
}

impl Hello {
    pub(super) const fn command(self, name: HelloName<'_>) -> Command<'_> {
        match self {
            Self::Ehlo => Command::Ehlo(name),
            Self::Helo => Command::Helo(name),
            Self::Lhlo => Command::Lhlo(name),
        }
    }
}

/// What is offered by a server that accepted HELO: nothing, whatever it says
/// behind the first line.
pub(super) fn nothing_offered(reply: &Reply<'_>) -> Capabilities<'static> {
    let wire = reply.as_bytes();
    let first = wire.split_inclusive(|&octet| octet == b'\n').next();
    let mut first = first.unwrap_or(wire).to_vec();
    if let Some(separator @ b'-') = first.get_mut(3) {
        *separator = b' ';
    }
    let first = Reply::parse(&first).map_or_else(|_| reply.clone().into_owned(), Reply::into_owned);
    Capabilities::from(first)
}
