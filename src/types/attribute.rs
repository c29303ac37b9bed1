//! What XCLIENT and XFORWARD say of a client (Postfix, `XCLIENT_README`,
//! `XFORWARD_README`).

use alloc::borrow::Cow;
use core::fmt;

use super::parameter::{Parameter, Parameters};

/// What is said of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Attribute {
    /// `NAME`: its host name.
    Name,
    /// `ADDR`: its IP address.
    Addr,
    /// `PORT`: its TCP port.
    Port,
    /// `PROTO`: `SMTP` or `ESMTP`.
    Proto,
    /// `HELO`: the name it gave itself.
    Helo,
    /// `LOGIN`: the name it authenticated as (XCLIENT only).
    Login,
    /// `DESTADDR`: the IP address it connected to (XCLIENT only).
    DestAddr,
    /// `DESTPORT`: the TCP port it connected to (XCLIENT only).
    DestPort,
    /// `IDENT`: the queue id of the message (XFORWARD only).
    Ident,
    /// `SOURCE`: `LOCAL` or `REMOTE` (XFORWARD only).
    Source,
}

impl Attribute {
    /// The attributes of XCLIENT.
    pub const XCLIENT: &'static [Self] = &[
        Self::Name,
        Self::Addr,
        Self::Port,
        Self::Proto,
        Self::Helo,
        Self::Login,
        Self::DestAddr,
        Self::DestPort,
    ];

    /// The attributes of XFORWARD.
    pub const XFORWARD: &'static [Self] = &[
        Self::Name,
        Self::Addr,
        Self::Port,
        Self::Proto,
        Self::Helo,
        Self::Ident,
        Self::Source,
    ];

    /// The name in upper case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "NAME",
            Self::Addr => "ADDR",
            Self::Port => "PORT",
            Self::Proto => "PROTO",
            Self::Helo => "HELO",
            Self::Login => "LOGIN",
            Self::DestAddr => "DESTADDR",
            Self::DestPort => "DESTPORT",
            Self::Ident => "IDENT",
            Self::Source => "SOURCE",
        }
    }

    /// The one of `known` that has that name, in any ASCII case.
    pub(crate) fn find(known: &[Self], name: &str) -> Option<Self> {
        let mut known = known.iter().copied();
        known.find(|attribute| attribute.as_str().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The value of an attribute, decoded.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AttributeValue<'a> {
    /// `[UNAVAILABLE]`: there is none.
    Unavailable,
    /// `[TEMPUNAVAIL]`: it could not be found out for now.
    TemporarilyUnavailable,
    /// The value. Of an IPv6 address, with its `IPV6:`.
    Text(Cow<'a, str>),
}

macro_rules! attributes {
    ($(#[$doc:meta])* $name:ident $known:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name<'a>(pub(crate) Parameters<'a>);

        impl $name<'_> {
            pub(crate) const KNOWN: &'static [Attribute] = Attribute::$known;

            /// The attributes as written, a space between them.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }

            /// Every attribute that is said something of, in the order written.
            pub fn iter(&self) -> impl Iterator<Item = Attribute> {
                self.0.iter().filter_map(|parameter: Parameter<'_>| {
                    Attribute::find(Self::KNOWN, parameter.name())
                })
            }

            /// A copy that borrows nothing: one allocation.
            #[must_use]
            pub fn into_owned(self) -> $name<'static> {
                $name(self.0.into_owned())
            }
        }

        impl fmt::Display for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_list().entries(self.0.iter()).finish()
            }
        }
    };
}

attributes! {
    /// The argument of XCLIENT: who the client is to be taken for. At least one
    /// attribute, each once.
    ///
    /// ```
    /// use ehlo::types::{Attribute, AttributeValue, XclientAttributes};
    /// let attributes: XclientAttributes = "NAME=spike.example.org ADDR=192.0.2.1".parse()?;
    /// let name = attributes.get(Attribute::Name);
    /// assert_eq!(name, Some(AttributeValue::Text("spike.example.org".into())));
    /// assert_eq!(attributes.address(), Some([192, 0, 2, 1].into()));
    /// # Ok::<(), ehlo::codec::AddressError>(())
    /// ```
    XclientAttributes XCLIENT
}

attributes! {
    /// The argument of XFORWARD: who the client was, for the log. At least one
    /// attribute, each once.
    XforwardAttributes XFORWARD
}
