//! Parameters of MAIL and RCPT (RFC 5321 §4.1.2 `esmtp-param`).

use alloc::borrow::{Cow, ToOwned};
use alloc::string::String;
use core::fmt;

/// One parameter, `NAME` or `NAME=value`, as written.
///
/// Names compare without regard to ASCII case, values exactly.
#[derive(Clone)]
pub struct Parameter<'a> {
    text: Cow<'a, str>,
    /// Octets of the name; `=` follows if there is a value.
    name: u16,
}

impl<'a> Parameter<'a> {
    /// The caller has checked the grammar; `name` is its length.
    pub(crate) const fn from_checked(text: Cow<'a, str>, name: u16) -> Self {
        Self { text, name }
    }

    /// The name as written.
    #[must_use]
    pub fn name(&self) -> &str {
        self.text.get(..usize::from(self.name)).unwrap_or_default()
    }

    /// What stands behind the `=`, if there is one; never empty.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        self.text.get(usize::from(self.name) + 1..)
    }

    /// The parameter as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// A copy that borrows nothing: one allocation.
    #[must_use]
    pub fn into_owned(self) -> Parameter<'static> {
        Parameter {
            text: Cow::Owned(self.text.into_owned()),
            name: self.name,
        }
    }
}

impl PartialEq for Parameter<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.name().eq_ignore_ascii_case(other.name()) && self.value() == other.value()
    }
}

impl Eq for Parameter<'_> {}

impl fmt::Display for Parameter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Parameter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

/// The value of BODY: what the octets of a message are (RFC 6152, RFC 3030).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum BodyType {
    /// `7BIT`: lines of ASCII. What a message is when nothing is said.
    #[default]
    SevenBit,
    /// `8BITMIME`: lines of any octets (RFC 6152).
    EightBitMime,
    /// `BINARYMIME`: any octets, sent with BDAT only (RFC 3030).
    BinaryMime,
}

impl BodyType {
    /// The value as it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SevenBit => "7BIT",
            Self::EightBitMime => "8BITMIME",
            Self::BinaryMime => "BINARYMIME",
        }
    }

    /// Reads the value, without regard to ASCII case.
    pub(crate) fn from_value(value: &str) -> Option<Self> {
        if value.eq_ignore_ascii_case("7BIT") {
            Some(Self::SevenBit)
        } else if value.eq_ignore_ascii_case("8BITMIME") {
            Some(Self::EightBitMime)
        } else if value.eq_ignore_ascii_case("BINARYMIME") {
            Some(Self::BinaryMime)
        } else {
            None
        }
    }
}

impl fmt::Display for BodyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Parameters in one piece of text, a space between them: checked, each name
/// once, in the order they were written. However many there are, a borrowed
/// parse allocates nothing and an owned copy is one allocation.
#[derive(Clone, Default)]
pub(crate) struct Parameters<'a>(Cow<'a, str>);

impl<'a> Parameters<'a> {
    /// The caller has checked the grammar.
    pub(crate) const fn from_checked(text: Cow<'a, str>) -> Self {
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Parameter<'_>> {
        self.0
            .split(' ')
            .filter(|text| !text.is_empty())
            .map(|text| {
                let name = text.find('=').unwrap_or(text.len());
                let name = u16::try_from(name).unwrap_or(u16::MAX);
                Parameter::from_checked(Cow::Borrowed(text), name)
            })
    }

    pub(crate) fn get(&self, name: &str) -> Option<Parameter<'_>> {
        self.iter()
            .find(|parameter| parameter.name().eq_ignore_ascii_case(name))
    }

    /// The value of `name`, not tied to a `Parameter` in between.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.0.split(' ').find_map(|text| {
            let (found, value) = text.split_once('=')?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// Adds a checked parameter; one of that name gives way.
    pub(crate) fn set(&mut self, parameter: &str) {
        let name = parameter.split('=').next().unwrap_or(parameter);
        let mut text = String::new();
        let kept = self
            .iter()
            .filter(|other| !other.name().eq_ignore_ascii_case(name))
            .map(|other| other.as_str().to_owned());
        for part in kept.chain([parameter.to_owned()]) {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&part);
        }
        self.0 = Cow::Owned(text);
    }

    pub(crate) fn into_owned(self) -> Parameters<'static> {
        Parameters(Cow::Owned(self.0.into_owned()))
    }
}

/// Equal when they hold the same parameters, in any order.
impl PartialEq for Parameters<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().count() == other.iter().count()
            && self
                .iter()
                .all(|parameter| other.get(parameter.name()).as_ref() == Some(&parameter))
    }
}

impl Eq for Parameters<'_> {}

macro_rules! parameters {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Default, PartialEq, Eq)]
        pub struct $name<'a>(pub(crate) Parameters<'a>);

        impl $name<'_> {
            /// None at all.
            #[must_use]
            pub fn new() -> Self {
                Self::default()
            }

            /// Whether there are none.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.0.as_str().is_empty()
            }

            /// The same, borrowed: for a command that is written and dropped.
            #[must_use]
            pub fn as_borrowed(&self) -> $name<'_> {
                $name(Parameters::from_checked(Cow::Borrowed(self.as_str())))
            }

            /// The parameters as written, a space between them.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }

            /// Every parameter, known or not, in the order written.
            pub fn iter(&self) -> impl Iterator<Item = Parameter<'_>> {
                self.0.iter()
            }

            /// The parameter of that name, in any ASCII case.
            #[must_use]
            pub fn get(&self, name: &str) -> Option<Parameter<'_>> {
                self.0.get(name)
            }

            /// A copy that borrows nothing: at most one allocation.
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
                f.debug_list().entries(self.iter()).finish()
            }
        }
    };
}

parameters! {
    /// The parameters of MAIL.
    ///
    /// Typed where the crate knows them, every other one kept as written.
    ///
    /// ```
    /// use ehlo::types::{BodyType, MailParameters};
    /// let parameters = MailParameters::new().with_size(5120).with_body(BodyType::EightBitMime);
    /// assert_eq!(parameters.as_str(), "SIZE=5120 BODY=8BITMIME");
    /// assert_eq!(parameters.size(), Some(5120));
    /// ```
    MailParameters
}

parameters! {
    /// The parameters of RCPT, in the order written.
    RcptParameters
}

impl MailParameters<'_> {
    /// SIZE: the size of the message in octets, as the client declares it
    /// (RFC 1870). A number beyond `u64` (it may have 20 digits) is `u64::MAX`.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        let digits = self.0.value("SIZE")?;
        Some(digits.parse().unwrap_or(u64::MAX))
    }

    /// BODY: what the octets of the message are (RFC 6152, RFC 3030).
    #[must_use]
    pub fn body(&self) -> Option<BodyType> {
        self.0.value("BODY").and_then(BodyType::from_value)
    }

    /// SMTPUTF8: addresses and header may be UTF-8 (RFC 6531).
    #[must_use]
    pub fn smtputf8(&self) -> bool {
        self.0.get("SMTPUTF8").is_some()
    }
}
