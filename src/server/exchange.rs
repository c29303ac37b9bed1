//! Questions to the application, and the tokens they are answered with.

use core::fmt;
use core::ops::Deref;

use thiserror::Error;

use super::Server;
use super::answer::{
    AtrnAccepted, AuthStep, DataAccepted, EtrnAccepted, Expanded, Fetched, Greeting, HelloAccepted,
    Helped, MailAccepted, MessageAccepted, RcptAccepted, Rejection, StartTlsAccepted,
    UnknownAccepted, Verified, XforwardAccepted,
};
use super::state::Subject;
use crate::Secret;
use crate::types::{
    AbsoluteUri, Argument, BodyType, DomainList, EtrnTarget, ForwardPath, HelloName,
    MailParameters, Mechanism, RcptParameters, ReversePath, UnknownCommand, Verb,
    XclientAttributes, XforwardAttributes,
};

/// Which session this is: a number that the caller chooses and does not use
/// twice. It catches an answer that is given to the wrong session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u64);

/// A question that the application answers, yes or no: one for each command
/// that it has a say in.
///
/// What a yes may say differs, so each has its own `Acceptance`. All but that
/// of AUTH have a default: `Ok(Default::default())` is a plain yes. A no is
/// always a [`Rejection`].
pub trait Exchange: Settle {
    /// What a yes says.
    type Acceptance;
}

/// The answer to an [`Exchange`].
pub type Answer<E> = Result<<E as Exchange>::Acceptance, Rejection>;

/// What the machine does with an answer. Sealed: the questions are those of
/// the protocol.
#[doc(hidden)]
pub trait Settle: Sized {
    #[doc(hidden)]
    fn settle(self, server: &mut Server, answer: Result<Self::Acceptance, Rejection>)
    where
        Self: Exchange;
}

/// A question that waits for its answer. Read it as the question itself; give
/// it back to [`Server::answer`] with the answer.
///
/// It can be kept and sent to another thread while the answer is found out. It
/// cannot be cloned, and answering consumes it, so a question is not answered
/// twice:
///
/// ```compile_fail
/// # use ehlo::server::{Mail, Pending, Server};
/// fn twice(server: &mut Server, mail: Pending<Mail>) {
///     let _ = server.answer(mail, Ok(Default::default()));
///     let _ = server.answer(mail, Ok(Default::default())); // use of moved value
/// }
/// ```
///
/// nor with the answer to another one:
///
/// ```compile_fail
/// # use ehlo::server::{DataAccepted, Mail, Pending, Server};
/// fn wrong(server: &mut Server, mail: Pending<Mail>) {
///     let _ = server.answer(mail, Ok(DataAccepted::default())); // expected `MailAccepted`
/// }
/// ```
///
/// nor MAIL with a step of AUTH, nor AUTH with a plain yes:
///
/// ```compile_fail
/// # use ehlo::server::{AuthStep, Authenticated, Mail, Pending, Server};
/// fn wrong(server: &mut Server, mail: Pending<Mail>) {
///     let done = AuthStep::Done(Authenticated::new("user"));
///     let _ = server.answer(mail, Ok(done)); // expected `MailAccepted`
/// }
/// ```
///
/// ```compile_fail
/// # use ehlo::server::{Auth, Pending, Server};
/// fn wrong(server: &mut Server, auth: Pending<Auth>) {
///     let _ = server.answer(auth, Ok(Default::default())); // `AuthStep` has no default
/// }
/// ```
///
/// and it is not answered from a copy of it:
///
/// ```compile_fail
/// # use ehlo::server::{AuthResponse, Pending, Server};
/// fn copied(server: &mut Server, response: &Pending<AuthResponse>) -> Pending<AuthResponse> {
///     response.clone() // a `Pending` cannot be cloned
/// }
/// ```
#[must_use = "the session waits until this is answered"]
#[derive(Debug)]
pub struct Pending<E> {
    pub(super) question: E,
    pub(super) subject: Subject,
    pub(super) session: SessionId,
    pub(super) serial: u32,
}

impl<E> Pending<E> {
    /// The session that asks.
    #[must_use]
    pub const fn session(&self) -> SessionId {
        self.session
    }
}

impl<E> Deref for Pending<E> {
    type Target = E;

    fn deref(&self) -> &E {
        &self.question
    }
}

/// An answer that nobody waits for: the session has timed out or is closed, or
/// the question is another session's. Holds the answer.
#[derive(Clone, Error, PartialEq, Eq)]
#[error("nobody waits for this answer")]
pub struct StaleAnswer<A>(pub A);

impl<A> fmt::Debug for StaleAnswer<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StaleAnswer(..)")
    }
}

/// A peer has connected. A no is the greeting instead (RFC 5321 §3.1): the
/// peer may then only QUIT.
#[derive(Debug)]
#[non_exhaustive]
pub struct Connect {}

/// EHLO, HELO or LHLO. A yes gives up a transaction that is open (RFC 5321
/// §4.1.4); a no changes nothing.
#[derive(Debug)]
#[non_exhaustive]
pub struct Hello {
    /// Which of them.
    pub verb: Verb,
    /// Who the client says it is.
    pub name: HelloName<'static>,
}

/// MAIL: a transaction begins.
#[derive(Debug)]
#[non_exhaustive]
pub struct Mail {
    /// Where reports about the message go.
    pub reverse_path: ReversePath<'static>,
    /// The parameters.
    pub parameters: MailParameters<'static>,
}

/// RCPT: a recipient is named. One that gets a yes is in
/// [`Server::envelope`] from then on.
#[derive(Debug)]
#[non_exhaustive]
pub struct Rcpt {
    /// Whom the message is for.
    pub forward_path: ForwardPath<'static>,
    /// The parameters.
    pub parameters: RcptParameters<'static>,
}

/// DATA, or the first BDAT or BURL: may the message come? At least one
/// recipient has been accepted. After a yes come [`Body`](super::Event::Body)
/// pieces, then one of [`Message`](super::Event::Message) and
/// [`Aborted`](super::Event::Aborted). A no gives up the transaction.
#[derive(Debug)]
#[non_exhaustive]
pub struct Data {
    /// What the octets of the message are said to be.
    pub body: BodyType,
    /// How they come. The pieces look the same either way.
    pub transfer: Transfer,
    /// What ends the lines of the message.
    pub line_ends: LineEnding,
}

/// How a message comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transfer {
    /// With DATA, up to a line that is a dot.
    Dot,
    /// With BDAT, in counted chunks, or with BURL (RFC 3030, RFC 4468).
    Chunks,
}

/// What ends the lines of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LineEnding {
    /// CR LF, as it should be.
    CrLf,
    /// LF alone: an LF session, see
    /// [`EarlyInput::Allow`](super::EarlyInput::Allow). To be converted by the
    /// application before the message goes anywhere.
    Lf,
}

/// The message is complete: is it taken? The envelope is
/// [`Server::envelope`]'s; the answer ends the transaction.
///
/// A client that does not hear the answer will send the message again, so the
/// time between making it durable and answering is best short (RFC 1047). The
/// end of input does not take the question back.
#[derive(Debug)]
#[non_exhaustive]
pub struct Message {
    /// Octets of the message, as they were handed out.
    pub octets: u64,
    /// In LMTP, the recipient that is asked about, as an index into the
    /// envelope's recipients: each is asked about in turn (RFC 2033 §4.2). In
    /// SMTP, `None`: the answer is for all.
    pub recipient: Option<usize>,
}

/// VRFY, if [`Config::vrfy`](super::Config::vrfy) is on.
#[derive(Debug)]
#[non_exhaustive]
pub struct Verify {
    /// What is to be verified.
    pub argument: Argument<'static>,
    /// Whether the answer may be UTF-8 (RFC 6531 §3.7.4.2).
    pub smtputf8: bool,
}

/// EXPN, if [`Config::expn`](super::Config::expn) is on.
#[derive(Debug)]
#[non_exhaustive]
pub struct Expand {
    /// What is to be expanded.
    pub argument: Argument<'static>,
    /// Whether the answer may be UTF-8 (RFC 6531 §3.7.4.2).
    pub smtputf8: bool,
}

/// HELP, if [`Config::help`](super::Config::help) is on.
#[derive(Debug)]
#[non_exhaustive]
pub struct Help {
    /// What about.
    pub argument: Option<Argument<'static>>,
}

/// STARTTLS. After a yes, [`Handover`](super::Event::Handover) follows when the
/// 220 has been written.
#[derive(Debug)]
#[non_exhaustive]
pub struct StartTls {}

/// AUTH: the client says who it is. Answered with a step of the mechanism:
/// [`sasl`](crate::sasl) has some.
#[derive(Debug)]
#[non_exhaustive]
pub struct Auth {
    /// The mechanism; one of those offered.
    pub mechanism: Mechanism,
    /// What the client says without being asked, decoded; perhaps empty.
    pub initial_response: Option<Secret>,
}

/// What the client said to the last challenge. A client that gives up, or says
/// what is not base64, is refused by the machine; another [`Auth`] begins anew.
#[derive(Debug)]
#[non_exhaustive]
pub struct AuthResponse {
    /// The response, decoded; perhaps empty.
    pub response: Secret,
}

/// ETRN (RFC 1985): what waits for that node is wanted. 458 and 459 are the
/// codes of a no.
#[derive(Debug)]
#[non_exhaustive]
pub struct Etrn {
    /// Whose mail.
    pub target: EtrnTarget<'static>,
}

/// ATRN (RFC 2645), from an authenticated client: the mail of those domains is
/// wanted on this very connection.
#[derive(Debug)]
#[non_exhaustive]
pub struct Atrn {
    /// Whose mail; `None`: of all domains that are the client's.
    pub domains: Option<DomainList<'static>>,
}

/// XCLIENT: the client stands for that one. After a yes the session begins
/// anew, with a greeting; who the client is, is the application's to remember.
#[derive(Debug)]
#[non_exhaustive]
pub struct Xclient {
    /// What is said of it.
    pub attributes: XclientAttributes<'static>,
}

/// XFORWARD: where the next message came from.
#[derive(Debug)]
#[non_exhaustive]
pub struct Xforward {
    /// What is said of it.
    pub attributes: XforwardAttributes<'static>,
}

/// BURL (RFC 4468): the server is to fetch a part of the message, in the order
/// of the chunks around it. After the last one, [`Message`] follows.
#[derive(Debug)]
#[non_exhaustive]
pub struct Burl {
    /// Where from.
    pub uri: AbsoluteUri<'static>,
    /// Whether the message ends with it.
    pub last: bool,
}

/// A verb of one's own ([`Config::private_verbs`](super::Config::private_verbs)).
#[derive(Debug)]
#[non_exhaustive]
pub struct Unknown {
    /// The whole command.
    pub command: UnknownCommand<'static>,
}

macro_rules! exchanges {
    ($($question:ty => $acceptance:ty, $settle:ident;)*) => {$(
        impl Exchange for $question {
            type Acceptance = $acceptance;
        }

        impl Settle for $question {
            fn settle(self, server: &mut Server, answer: Result<$acceptance, Rejection>) {
                server.$settle(self, answer);
            }
        }
    )*};
}

exchanges! {
    Connect => Greeting, settle_connect;
    Hello => HelloAccepted, settle_hello;
    Mail => MailAccepted, settle_mail;
    Rcpt => RcptAccepted, settle_rcpt;
    Data => DataAccepted, settle_data;
    Message => MessageAccepted, settle_message;
    Verify => Verified, settle_verify;
    Expand => Expanded, settle_expand;
    Help => Helped, settle_help;
    StartTls => StartTlsAccepted, settle_start_tls;
    Auth => AuthStep, settle_auth;
    AuthResponse => AuthStep, settle_auth_response;
    Etrn => EtrnAccepted, settle_etrn;
    Atrn => AtrnAccepted, settle_atrn;
    Xclient => Greeting, settle_xclient;
    Xforward => XforwardAccepted, settle_xforward;
    Burl => Fetched, settle_burl;
    Unknown => UnknownAccepted, settle_unknown;
}
