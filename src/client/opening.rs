//! How a session begins.

use crate::types::{Capabilities, Command, HelloName, Reply};

/// How [`Client::open`](super::Client::open) is to begin the session.
///
/// ```
/// use ehlo::client::Opening;
/// use ehlo::types::{Domain, HelloName};
/// let opening = Opening::new(Domain::try_from("client.example.com")?);
/// # let _ = opening;
/// # Ok::<(), ehlo::codec::AddressError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Opening {
    /// Who the client says it is: its domain name, or its address as a literal
    /// (RFC 5321 §4.1.4). Some servers refuse `localhost`.
    pub hello: HelloName<'static>,
}

impl Opening {
    /// Says EHLO, or LHLO under LMTP, with that name; if the server does not
    /// know EHLO, HELO.
    #[must_use]
    pub fn new(hello: impl Into<HelloName<'static>>) -> Self {
        Self {
            hello: hello.into(),
        }
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
