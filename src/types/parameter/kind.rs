//! Which parameters there are.

use core::fmt;

use crate::types::capability::Extension;
use crate::types::class::{self, KEYWORD};
use crate::types::command::Verb;
use crate::types::word::{self, word};

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $name:literal $verb:ident $extension:ident $adds:literal)*) => {
        /// A parameter that this crate knows.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum ParameterKind {
            $($(#[$doc])* $kind,)*
        }

        impl ParameterKind {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self::$kind),*];

            /// The name in upper case.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }

            /// The command it belongs to: MAIL or RCPT.
            #[must_use]
            pub const fn verb(self) -> Verb {
                match self {
                    $(Self::$kind => Verb::$verb,)*
                }
            }

            /// The extension that brings it. (For BODY that is 8BITMIME; the
            /// value BINARYMIME needs more, see
            /// [`Parameter::extension`](super::Parameter::extension).)
            #[must_use]
            pub const fn extension(self) -> Extension {
                match self {
                    $(Self::$kind => Extension::$extension,)*
                }
            }

            /// By how many octets it may make a command line longer than the
            /// 512 of RFC 5321 §4.5.3.1.4.
            #[must_use]
            pub const fn line_addition(self) -> usize {
                match self {
                    $(Self::$kind => $adds,)*
                }
            }

            /// The one whose name has that [`word`].
            #[allow(non_upper_case_globals)]
            const fn from_word(found: u64) -> Option<Self> {
                $(const $kind: u64 = word($name.as_bytes());)*
                match found {
                    $($kind => Some(Self::$kind),)*
                    _ => None,
                }
            }
        }
    };
}

kinds! {
    /// SIZE (RFC 1870).
    Size "SIZE" Mail Size 26
    /// BODY (RFC 6152, RFC 3030). The addition is that of BINARYMIME.
    Body "BODY" Mail EightBitMime 16
    /// SMTPUTF8 (RFC 6531).
    SmtpUtf8 "SMTPUTF8" Mail SmtpUtf8 10
    /// RET (RFC 3461 §4.3).
    Ret "RET" Mail Dsn 9
    /// ENVID (RFC 3461 §4.4).
    Envid "ENVID" Mail Dsn 107
    /// AUTH (RFC 4954 §5).
    Auth "AUTH" Mail Auth 500
    /// BY (RFC 2852).
    By "BY" Mail DeliverBy 17
    /// HOLDFOR (RFC 4865).
    HoldFor "HOLDFOR" Mail FutureRelease 34
    /// HOLDUNTIL (RFC 4865).
    HoldUntil "HOLDUNTIL" Mail FutureRelease 34
    /// MT-PRIORITY (RFC 6710).
    MtPriority "MT-PRIORITY" Mail MtPriority 15
    /// REQUIRETLS (RFC 8689).
    RequireTls "REQUIRETLS" Mail RequireTls 11
    /// SOLICIT (RFC 3865).
    Solicit "SOLICIT" Mail NoSoliciting 1007
    /// MTRK (RFC 3885).
    Mtrk "MTRK" Mail Mtrk 40
    /// SUBMITTER (RFC 4405, historic). The RFC gives no addition; this one is
    /// that of the longest mailbox.
    Submitter "SUBMITTER" Mail Submitter 264
    /// CONPERM (RFC 4141 §4). The RFC gives no addition.
    ConPerm "CONPERM" Mail ConPerm 8
    /// TRANSID (RFC 1845, historic).
    TransId "TRANSID" Mail Checkpoint 88
    /// NOTIFY (RFC 3461 §4.1).
    Notify "NOTIFY" Rcpt Dsn 29
    /// ORCPT (RFC 3461 §4.2).
    Orcpt "ORCPT" Rcpt Dsn 507
    /// RRVS (RFC 7293).
    Rrvs "RRVS" Rcpt Rrvs 33
    /// CONNEG (RFC 4141 §5). The RFC gives no addition.
    ConNeg "CONNEG" Rcpt ConNeg 7
}

impl ParameterKind {
    /// The parameter of `verb`, MAIL or RCPT, that has that name, in any ASCII
    /// case.
    #[must_use]
    pub fn of(verb: Verb, name: &str) -> Option<Self> {
        let is_keyword = class::all(name.as_bytes(), KEYWORD);
        Self::at(verb, name.as_bytes(), name.len()).filter(|_| is_keyword)
    }

    /// The parameter of `verb` whose name the first `length` octets are; they
    /// are those of a keyword.
    #[inline]
    pub(crate) fn at(verb: Verb, octets: &[u8], length: usize) -> Option<Self> {
        let kind = Self::from_word(word::at(octets, length))?;
        let is_it = kind.verb() == verb && word::is(octets.get(..length)?, kind.as_str());
        is_it.then_some(kind)
    }
}

impl fmt::Display for ParameterKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of parameters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ParameterKinds(u32);

impl ParameterKinds {
    /// Adds one; false if it was there.
    pub(crate) const fn insert(&mut self, kind: ParameterKind) -> bool {
        let is_new = !self.contains(kind);
        self.0 |= 1 << kind as u32;
        is_new
    }

    /// Takes one out.
    pub(crate) const fn remove(&mut self, kind: ParameterKind) {
        self.0 &= !(1 << kind as u32);
    }

    pub(crate) const fn contains(self, kind: ParameterKind) -> bool {
        self.0 & 1 << kind as u32 != 0
    }
}
