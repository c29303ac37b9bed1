//! Parameters of MAIL and RCPT (RFC 5321 §4.1.2 `esmtp-param`).
//!
//! A file for the values of each family of parameters; how they are spelt, and
//! the typed getters, are in `codec/parameter`.

mod body;
mod deliver_by;
mod dsn;
mod kind;
mod other;

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;
use core::hash::{Hash, Hasher};

use super::capability::Extension;
use super::code::ReplyCode;
use super::command::Verb;
use super::enhanced::EnhancedCode;

pub use body::BodyType;
pub use deliver_by::{ByMode, DeliverBy};
pub use dsn::{Notify, OriginalRecipient, Ret};
pub use kind::ParameterKind;
pub(crate) use kind::ParameterKinds;
pub use other::{MessageTracking, NoSupportAction, Priority, SubmitterIdentity, ValidSince};

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

    /// Which parameter of `verb`, MAIL or RCPT, it is, if this crate knows it.
    #[must_use]
    pub fn kind(&self, verb: Verb) -> Option<ParameterKind> {
        ParameterKind::of(verb, self.name())
    }

    /// The extension that a server must have offered before `verb` may carry
    /// this; `None` for a parameter that this crate does not know.
    #[must_use]
    pub fn extension(&self, verb: Verb) -> Option<Extension> {
        let kind = self.kind(verb)?;
        let is_binary = kind == ParameterKind::Body
            && self
                .value()
                .is_some_and(|value| value.eq_ignore_ascii_case("BINARYMIME"));
        Some(if is_binary {
            Extension::BinaryMime
        } else {
            kind.extension()
        })
    }

    /// What a server that does not offer this parameter of `verb` says: 504
    /// for CONPERM and CONNEG (RFC 4141 §4.2, §5.2), 555 for the rest (RFC 5321
    /// §4.1.1.11); with 5.5.4.
    #[must_use]
    pub fn refusal(&self, verb: Verb) -> (ReplyCode, EnhancedCode) {
        let code = match self.kind(verb) {
            Some(ParameterKind::ConPerm | ParameterKind::ConNeg) => {
                ReplyCode::PARAMETER_NOT_IMPLEMENTED
            }
            _ => ReplyCode::PARAMETERS_NOT_RECOGNIZED,
        };
        (code, EnhancedCode::INVALID_ARGUMENTS)
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

impl Hash for Parameter<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let name = self.name().bytes();
        name.for_each(|octet| state.write_u8(octet.to_ascii_uppercase()));
        self.value().hash(state);
    }
}

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
        // Most commands have none, and a server asks for each it knows.
        if self.0.is_empty() {
            return None;
        }
        self.iter()
            .find(|parameter| parameter.name().eq_ignore_ascii_case(name))
    }

    /// Whether there is a parameter of that name.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The value of `name`, not tied to a `Parameter` in between.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        if self.0.is_empty() {
            return None;
        }
        self.0.split(' ').find_map(|text| {
            let (found, value) = text.split_once('=')?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// Drops the parameter of that name.
    pub(crate) fn remove(&mut self, name: &str) {
        if self.get(name).is_some() {
            self.0 = Cow::Owned(self.all_but(name));
        }
    }

    /// The text of every parameter that has another name.
    fn all_but(&self, name: &str) -> String {
        let mut text = String::new();
        let kept = self
            .iter()
            .filter(|other| !other.name().eq_ignore_ascii_case(name));
        for parameter in kept {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(parameter.as_str());
        }
        text
    }

    /// Adds a checked parameter; one of that name gives way.
    pub(crate) fn set(&mut self, parameter: &str) {
        let name = parameter.split('=').next().unwrap_or(parameter);
        let mut text = self.all_but(name);
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(parameter);
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

/// Does not depend on the order either: the sum of a hash (FNV-1a) of each.
impl Hash for Parameters<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        struct Fnv(u64);

        impl Hasher for Fnv {
            fn write(&mut self, octets: &[u8]) {
                for octet in octets {
                    self.0 = (self.0 ^ u64::from(*octet)).wrapping_mul(0x0100_0000_01b3);
                }
            }

            fn finish(&self) -> u64 {
                self.0
            }
        }

        let sum = self.iter().fold(0_u64, |sum, parameter| {
            let mut fnv = Fnv(0xcbf2_9ce4_8422_2325);
            parameter.hash(&mut fnv);
            sum.wrapping_add(fnv.finish())
        });
        state.write_u64(sum);
    }
}

macro_rules! parameters {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Default, PartialEq, Eq, Hash)]
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
    /// Equal when they hold the same ones, in any order.
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
    /// The parameters of RCPT.
    ///
    /// Typed where the crate knows them, every other one kept as written.
    /// Equal when they hold the same ones, in any order.
    ///
    /// ```
    /// use ehlo::types::{Notify, RcptParameters};
    /// let parameters = RcptParameters::new().with_notify(Notify::FAILURE | Notify::DELAY);
    /// assert_eq!(parameters.as_str(), "NOTIFY=FAILURE,DELAY");
    /// assert!(!parameters.notify().unwrap().on_success());
    /// ```
    RcptParameters
}
