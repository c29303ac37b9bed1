//! Commands (RFC 5321 §4.1).

use alloc::borrow::Cow;
use core::fmt;

use super::text::text_type;
use super::word::{self, word};
use super::{
    AbsoluteUri, DomainList, EtrnTarget, ForwardPath, HelloName, MailParameters, Mechanism,
    RcptParameters, ReversePath, SaslMessage, XclientAttributes, XforwardAttributes,
};

macro_rules! verbs {
    ($($(#[$doc:meta])* $name:ident $text:literal)*) => {
        /// The verb of a command.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Verb {
            $($(#[$doc])* $name,)*
            /// Anything else.
            Unknown,
        }

        impl Verb {
            /// Every verb that this crate knows.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The verb in upper case; empty for [`Verb::Unknown`].
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                    Self::Unknown => "",
                }
            }

            /// The one of four letters that are that [`word`], which is half a
            /// word then.
            #[allow(non_upper_case_globals, clippy::cast_possible_truncation)]
            #[inline]
            const fn from_half_word(found: u32) -> Self {
                $(const $name: u32 = word($text.as_bytes()) as u32;)*
                match found {
                    $($name if $text.len() == 4 => Self::$name,)*
                    _ => Self::Unknown,
                }
            }

            /// The one that has that [`word`].
            #[allow(non_upper_case_globals)]
            const fn from_word(found: u64) -> Self {
                $(const $name: u64 = word($text.as_bytes());)*
                match found {
                    $($name => Self::$name,)*
                    _ => Self::Unknown,
                }
            }
        }
    };
}

verbs! {
    /// EHLO (RFC 5321 §4.1.1.1).
    Ehlo "EHLO"
    /// HELO (RFC 5321 §4.1.1.1).
    Helo "HELO"
    /// LHLO (RFC 2033 §4.1).
    Lhlo "LHLO"
    /// MAIL (RFC 5321 §4.1.1.2).
    Mail "MAIL"
    /// RCPT (RFC 5321 §4.1.1.3).
    Rcpt "RCPT"
    /// DATA (RFC 5321 §4.1.1.4).
    Data "DATA"
    /// BDAT (RFC 3030 §2).
    Bdat "BDAT"
    /// BURL (RFC 4468 §3).
    Burl "BURL"
    /// RSET (RFC 5321 §4.1.1.5).
    Rset "RSET"
    /// VRFY (RFC 5321 §4.1.1.6).
    Vrfy "VRFY"
    /// EXPN (RFC 5321 §4.1.1.7).
    Expn "EXPN"
    /// HELP (RFC 5321 §4.1.1.8).
    Help "HELP"
    /// NOOP (RFC 5321 §4.1.1.9).
    Noop "NOOP"
    /// QUIT (RFC 5321 §4.1.1.10).
    Quit "QUIT"
    /// STARTTLS (RFC 3207 §4).
    StartTls "STARTTLS"
    /// AUTH (RFC 4954 §4).
    Auth "AUTH"
    /// ETRN (RFC 1985 §5).
    Etrn "ETRN"
    /// ATRN (RFC 2645 §5.2.1).
    Atrn "ATRN"
    /// TURN (RFC 821 §3.8).
    Turn "TURN"
    /// SEND (RFC 821 §3.4).
    Send "SEND"
    /// SOML (RFC 821 §3.4).
    Soml "SOML"
    /// SAML (RFC 821 §3.4).
    Saml "SAML"
    /// XCLIENT (Postfix).
    Xclient "XCLIENT"
    /// XFORWARD (Postfix).
    Xforward "XFORWARD"
}

impl Verb {
    /// The verb whose spelling, in any case, is the first `length` octets, and
    /// those are letters. None has more than eight, so the word says it all.
    #[inline]
    pub(crate) fn at(octets: &[u8], length: usize) -> Self {
        match length {
            ..=8 => Self::from_word(word::at(octets, length)),
            _ => Self::Unknown,
        }
    }

    /// The verb whose spelling, in any case, four letters are.
    #[inline]
    pub(crate) const fn of_four(letters: [u8; 4]) -> Self {
        Self::from_half_word(u32::from_le_bytes(letters) & 0xdfdf_dfdf)
    }

    /// The verb whose parameters it takes: SEND, SOML and SAML those of MAIL.
    pub(crate) const fn parameters_of(self) -> Self {
        match self {
            Self::Send | Self::Soml | Self::Saml => Self::Mail,
            verb => verb,
        }
    }

    /// Whether a client must wait for the reply before it sends more: the
    /// commands that can only be the last of a group (RFC 2920 §3.1).
    ///
    /// That is what stands for BDAT and BURL without `LAST`; with it, they too
    /// come last: see [`Command::is_last_in_group`]. HELP stands in neither
    /// list of the RFC; a client does well to wait, a server does not insist.
    #[must_use]
    pub const fn is_last_in_group(self) -> bool {
        !matches!(
            self,
            Self::Mail
                | Self::Rcpt
                | Self::Rset
                | Self::Send
                | Self::Soml
                | Self::Saml
                // RFC 3030 §2 and RFC 4468 §3.2 let chunks follow each other.
                | Self::Bdat
                | Self::Burl
                | Self::Xforward
        )
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

text_type! {
    /// The rest of a line, taken as it is: the argument of VRFY, EXPN, HELP, NOOP.
    ///
    /// RFC 5321 §3.5.1 leaves the form to the server. Not empty, no control
    /// characters, no blank at either end.
    Argument
}

impl Argument<'_> {
    /// Splits off the SMTPUTF8 parameter of VRFY and EXPN: what is asked about,
    /// and whether the client takes UTF-8 in the reply (RFC 6531 §3.7.4.2).
    ///
    /// The last word is that parameter only if the server offers SMTPUTF8, so
    /// only then call this. A lone `SMTPUTF8` is what is asked about.
    ///
    /// ```
    /// use ehlo::types::Argument;
    /// let argument = Argument::try_from("Jos\u{e9} SMTPUTF8")?;
    /// assert_eq!(argument.split_smtputf8(), ("Jos\u{e9}", true));
    /// # Ok::<(), ehlo::codec::AddressError>(())
    /// ```
    #[must_use]
    pub fn split_smtputf8(&self) -> (&str, bool) {
        match self.0.rsplit_once(' ') {
            Some((string, flag)) if flag.eq_ignore_ascii_case("SMTPUTF8") => {
                (string.trim_end_matches(' '), true)
            }
            _ => (&self.0, false),
        }
    }
}

/// A command whose verb this crate does not know, kept as written.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct UnknownCommand<'a> {
    text: Cow<'a, str>,
    /// Octets of the verb; a space follows if there is an argument.
    verb: u16,
}

impl<'a> UnknownCommand<'a> {
    /// The caller has checked the grammar; `verb` is its length.
    pub(crate) const fn from_checked(text: Cow<'a, str>, verb: u16) -> Self {
        Self { text, verb }
    }

    /// The verb as written: ASCII letters, digits and hyphens.
    #[must_use]
    pub fn verb(&self) -> &str {
        self.text.get(..usize::from(self.verb)).unwrap_or_default()
    }

    /// What stands behind the space that follows the verb, if anything does.
    #[must_use]
    pub fn argument(&self) -> Option<&str> {
        self.text.get(usize::from(self.verb) + 1..)
    }

    /// The whole line.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// A copy that borrows nothing: one allocation.
    #[must_use]
    pub fn into_owned(self) -> UnknownCommand<'static> {
        UnknownCommand {
            text: Cow::Owned(self.text.into_owned()),
            verb: self.verb,
        }
    }
}

impl fmt::Debug for UnknownCommand<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

/// A command, as a client sends it and a server reads it.
///
/// Whatever value this has, it can be written, and reads back as itself: no
/// part of it can hold a line end. `Display` gives the line without its CRLF,
/// for a log: in place of the initial response of AUTH, and of a secret in the
/// URI of BURL, it says that there is one. [`write`](Self::write) gives the octets of the wire.
///
/// ```
/// use ehlo::codec::Syntax;
/// use ehlo::types::Command;
/// let command = Command::parse(b"mail from:<alice@example.com> SIZE=5120", &Syntax::STRICT)?;
/// let Command::Mail { reverse_path, parameters } = &command else { panic!() };
/// assert_eq!(reverse_path.as_str(), "alice@example.com");
/// assert_eq!(parameters.size(), Some(5120));
/// assert_eq!(command.to_string(), "MAIL FROM:<alice@example.com> SIZE=5120");
/// # Ok::<(), ehlo::codec::CommandError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command<'a> {
    /// `EHLO name`: hello, with extensions (RFC 5321 §4.1.1.1).
    Ehlo(HelloName<'a>),
    /// `HELO name`: hello, as it was before extensions (RFC 5321 §4.1.1.1).
    Helo(HelloName<'a>),
    /// `LHLO name`: hello in LMTP (RFC 2033 §4.1).
    Lhlo(HelloName<'a>),
    /// `MAIL FROM:<reverse-path> parameters`: begins a transaction (RFC 5321 §4.1.1.2).
    Mail {
        /// Where reports about the message go.
        reverse_path: ReversePath<'a>,
        /// The parameters.
        parameters: MailParameters<'a>,
    },
    /// `RCPT TO:<forward-path> parameters`: names a recipient (RFC 5321 §4.1.1.3).
    Rcpt {
        /// Whom the message is for.
        forward_path: ForwardPath<'a>,
        /// The parameters.
        parameters: RcptParameters<'a>,
    },
    /// `DATA`: the message follows (RFC 5321 §4.1.1.4).
    Data,
    /// `BDAT size LAST`: that many octets of the message follow (RFC 3030 §2).
    Bdat {
        /// Octets that follow.
        size: u64,
        /// Whether the message ends with them.
        last: bool,
    },
    /// `BURL uri LAST`: the server is to fetch a part of the message (RFC 4468 §3).
    Burl {
        /// Where from.
        uri: AbsoluteUri<'a>,
        /// Whether the message ends with it.
        last: bool,
    },
    /// `RSET`: gives up the transaction (RFC 5321 §4.1.1.5).
    Rset,
    /// `VRFY string`: is there such a mailbox (RFC 5321 §4.1.1.6)?
    Vrfy(Argument<'a>),
    /// `EXPN string`: who is on that list (RFC 5321 §4.1.1.7)?
    Expn(Argument<'a>),
    /// `HELP [string]` (RFC 5321 §4.1.1.8).
    Help(Option<Argument<'a>>),
    /// `NOOP [string]`: the argument has no meaning (RFC 5321 §4.1.1.9).
    Noop(Option<Argument<'a>>),
    /// `QUIT` (RFC 5321 §4.1.1.10).
    Quit,
    /// `STARTTLS`: TLS begins behind the reply (RFC 3207 §4).
    StartTls,
    /// `AUTH mechanism initial-response`: the client says who it is (RFC 4954 §4).
    Auth {
        /// How.
        mechanism: Mechanism,
        /// What the mechanism says first, if the client does not wait to be asked.
        initial_response: Option<SaslMessage<'a>>,
    },
    /// `ETRN node`: sends what waits for that node (RFC 1985 §5).
    Etrn(EtrnTarget<'a>),
    /// `ATRN domains`: turns the connection round, for the mail of those
    /// domains, or of all that the client may have (RFC 2645 §5.2.1).
    Atrn(Option<DomainList<'a>>),
    /// `TURN`: turns the connection round, whoever asks (RFC 821 §3.8).
    Turn,
    /// `SEND FROM:<reverse-path>`: to the recipient's terminal (RFC 821 §3.4).
    Send {
        /// Where reports about the message go.
        reverse_path: ReversePath<'a>,
        /// The parameters.
        parameters: MailParameters<'a>,
    },
    /// `SOML FROM:<reverse-path>`: to the terminal or else to the mailbox (RFC 821 §3.4).
    Soml {
        /// Where reports about the message go.
        reverse_path: ReversePath<'a>,
        /// The parameters.
        parameters: MailParameters<'a>,
    },
    /// `SAML FROM:<reverse-path>`: to the terminal and to the mailbox (RFC 821 §3.4).
    Saml {
        /// Where reports about the message go.
        reverse_path: ReversePath<'a>,
        /// The parameters.
        parameters: MailParameters<'a>,
    },
    /// `XCLIENT attributes`: take the client for that one (Postfix).
    Xclient(XclientAttributes<'a>),
    /// `XFORWARD attributes`: that is where the message came from (Postfix).
    Xforward(XforwardAttributes<'a>),
    /// A verb that this crate does not know.
    Unknown(UnknownCommand<'a>),
}

impl Command<'_> {
    /// The verb.
    #[must_use]
    pub const fn verb(&self) -> Verb {
        match self {
            Self::Ehlo(_) => Verb::Ehlo,
            Self::Helo(_) => Verb::Helo,
            Self::Lhlo(_) => Verb::Lhlo,
            Self::Mail { .. } => Verb::Mail,
            Self::Rcpt { .. } => Verb::Rcpt,
            Self::Data => Verb::Data,
            Self::Bdat { .. } => Verb::Bdat,
            Self::Burl { .. } => Verb::Burl,
            Self::Rset => Verb::Rset,
            Self::Vrfy(_) => Verb::Vrfy,
            Self::Expn(_) => Verb::Expn,
            Self::Help(_) => Verb::Help,
            Self::Noop(_) => Verb::Noop,
            Self::Quit => Verb::Quit,
            Self::StartTls => Verb::StartTls,
            Self::Auth { .. } => Verb::Auth,
            Self::Etrn(_) => Verb::Etrn,
            Self::Atrn(_) => Verb::Atrn,
            Self::Turn => Verb::Turn,
            Self::Send { .. } => Verb::Send,
            Self::Soml { .. } => Verb::Soml,
            Self::Saml { .. } => Verb::Saml,
            Self::Xclient(_) => Verb::Xclient,
            Self::Xforward(_) => Verb::Xforward,
            Self::Unknown(_) => Verb::Unknown,
        }
    }

    /// Whether a client must wait for the reply before it sends more (RFC 2920
    /// §3.1, RFC 3030 §2, RFC 4468 §3.2). AUTH counts as such a command; what
    /// RFC 4954 §4 allows behind some initial responses is for the caller to
    /// weigh.
    #[must_use]
    pub const fn is_last_in_group(&self) -> bool {
        match self {
            Self::Bdat { last, .. } | Self::Burl { last, .. } => *last,
            _ => self.verb().is_last_in_group(),
        }
    }

    /// A copy that borrows nothing: one allocation for each text.
    #[must_use]
    pub fn into_owned(self) -> Command<'static> {
        match self {
            Self::Ehlo(name) => Command::Ehlo(name.into_owned()),
            Self::Helo(name) => Command::Helo(name.into_owned()),
            Self::Lhlo(name) => Command::Lhlo(name.into_owned()),
            Self::Mail {
                reverse_path,
                parameters,
            } => Command::Mail {
                reverse_path: reverse_path.into_owned(),
                parameters: parameters.into_owned(),
            },
            Self::Rcpt {
                forward_path,
                parameters,
            } => Command::Rcpt {
                forward_path: forward_path.into_owned(),
                parameters: parameters.into_owned(),
            },
            Self::Data => Command::Data,
            Self::Bdat { size, last } => Command::Bdat { size, last },
            Self::Burl { uri, last } => Command::Burl {
                uri: uri.into_owned(),
                last,
            },
            Self::Rset => Command::Rset,
            Self::Vrfy(argument) => Command::Vrfy(argument.into_owned()),
            Self::Expn(argument) => Command::Expn(argument.into_owned()),
            Self::Help(argument) => Command::Help(argument.map(Argument::into_owned)),
            Self::Noop(argument) => Command::Noop(argument.map(Argument::into_owned)),
            Self::Quit => Command::Quit,
            Self::StartTls => Command::StartTls,
            Self::Auth {
                mechanism,
                initial_response,
            } => Command::Auth {
                mechanism,
                initial_response: initial_response.map(SaslMessage::into_owned),
            },
            Self::Etrn(target) => Command::Etrn(target.into_owned()),
            Self::Atrn(domains) => Command::Atrn(domains.map(DomainList::into_owned)),
            Self::Turn => Command::Turn,
            Self::Send {
                reverse_path,
                parameters,
            } => Command::Send {
                reverse_path: reverse_path.into_owned(),
                parameters: parameters.into_owned(),
            },
            Self::Soml {
                reverse_path,
                parameters,
            } => Command::Soml {
                reverse_path: reverse_path.into_owned(),
                parameters: parameters.into_owned(),
            },
            Self::Saml {
                reverse_path,
                parameters,
            } => Command::Saml {
                reverse_path: reverse_path.into_owned(),
                parameters: parameters.into_owned(),
            },
            Self::Xclient(attributes) => Command::Xclient(attributes.into_owned()),
            Self::Xforward(attributes) => Command::Xforward(attributes.into_owned()),
            Self::Unknown(unknown) => Command::Unknown(unknown.into_owned()),
        }
    }
}
