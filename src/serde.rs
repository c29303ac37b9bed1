//! What a queue stores, as text: the form of the wire (feature `serde`).
//!
//! What the forms are and what is taken back, the crate's documentation says.

use alloc::vec::Vec;
use core::fmt;

use ::serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use ::serde::ser::{Serialize, Serializer};

use crate::codec::{ReplyError, stored};
use crate::types::{
    BodyType, DateTime, DeliverBy, Domain, EnhancedCode, ForwardPath, HelloName, Host, LocalPart,
    MailParameters, Mailbox, Mechanism, MessageTracking, Notify, OriginalRecipient, Parameter,
    Priority, RcptParameters, Reply, ReplyCode, Ret, ReversePath, SubmitterIdentity, ValidSince,
    XclientAttributes, XforwardAttributes,
};

/// Takes a text, and makes a value of it in one allocation at most.
struct Text<T, E> {
    expecting: &'static str,
    read: fn(&str) -> Result<T, E>,
}

impl<T, E: fmt::Display> Visitor<'_> for Text<T, E> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expecting)
    }

    fn visit_str<D: de::Error>(self, text: &str) -> Result<T, D> {
        (self.read)(text).map_err(D::custom)
    }
}

/// Values that are texts: `Display` gives the form, and `read` takes it.
macro_rules! texts {
    ($($type:ty, $expecting:literal, $read:expr;)*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(Text {
                    expecting: $expecting,
                    read: $read,
                })
            }
        }
    )*};
}

texts! {
    ReversePath<'_>, "a reverse-path in its brackets", stored::reverse_path;
    ForwardPath<'_>, "a forward-path in its brackets", stored::forward_path;
    Mailbox<'_>, "a mailbox", stored::mailbox;
    LocalPart<'_>, "a local part", stored::local_part;
    Domain<'_>, "a domain name", stored::domain;
    Host<'_>, "a domain name or an address literal", stored::host;
    HelloName<'_>, "the argument of EHLO", stored::hello_name;
    SubmitterIdentity<'_>, "a mailbox or `<>`", stored::identity;
    MailParameters<'_>, "parameters of MAIL", str::parse;
    RcptParameters<'_>, "parameters of RCPT", str::parse;
    Parameter<'_>, "a parameter", str::parse;
    XclientAttributes<'_>, "attributes of XCLIENT", str::parse;
    XforwardAttributes<'_>, "attributes of XFORWARD", str::parse;
    OriginalRecipient<'_>, "a value of ORCPT", str::parse;
    MessageTracking<'_>, "a value of MTRK", str::parse;
    BodyType, "a value of BODY", str::parse;
    DeliverBy, "a value of BY", str::parse;
    Notify, "a value of NOTIFY", str::parse;
    Ret, "a value of RET", str::parse;
    ValidSince, "a value of RRVS", str::parse;
    DateTime, "a date and time of RFC 3339", str::parse;
    Mechanism, "the name of a SASL mechanism", str::parse;
    EnhancedCode, "an enhanced status code", str::parse;
}

impl Serialize for ReplyCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.get())
    }
}

impl<'de> Deserialize<'de> for ReplyCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = Self::new(u16::deserialize(deserializer)?);
        code.ok_or_else(|| de::Error::custom(ReplyError::CodeOutOfRange))
    }
}

impl Serialize for Priority {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i8(self.get())
    }
}

impl<'de> Deserialize<'de> for Priority {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let priority = Self::new(i8::deserialize(deserializer)?);
        priority.ok_or_else(|| de::Error::custom("a priority out of range"))
    }
}

/// A text where that is all it takes, and the format is for people; else the
/// octets, which need not be UTF-8.
impl Serialize for Reply<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match core::str::from_utf8(self.as_bytes()) {
            Ok(text) if serializer.is_human_readable() => serializer.serialize_str(text),
            _ => serializer.serialize_bytes(self.as_bytes()),
        }
    }
}

impl<'de> Deserialize<'de> for Reply<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.is_human_readable() {
            true => deserializer.deserialize_any(Wire),
            false => deserializer.deserialize_byte_buf(Wire),
        }
    }
}

/// Takes a reply in whatever form octets have in a format.
struct Wire;

impl<'de> Visitor<'de> for Wire {
    type Value = Reply<'static>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the lines of a reply")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Reply<'static>, E> {
        self.visit_bytes(text.as_bytes())
    }

    fn visit_bytes<E: de::Error>(self, octets: &[u8]) -> Result<Reply<'static>, E> {
        Reply::parse(octets)
            .map(Reply::into_owned)
            .map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Reply<'static>, A::Error> {
        let mut octets = Vec::new();
        while let Some(octet) = seq.next_element()? {
            octets.push(octet);
        }
        self.visit_bytes(&octets)
    }
}
