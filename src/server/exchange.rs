//! Questions to the application, and the tokens they are answered with.

use core::fmt;
use core::ops::Deref;

use thiserror::Error;

use super::Server;
use super::answer::{
    DataAccepted, Expanded, Greeting, HelloAccepted, Helped, MailAccepted, MessageAccepted,
    RcptAccepted, Rejection, Verified,
};
use super::state::Subject;
use crate::types::{
    Argument, BodyType, ForwardPath, HelloName, MailParameters, RcptParameters, ReversePath, Verb,
};

/// Which session this is: a number that the caller chooses and does not use
/// twice. It catches an answer that is given to the wrong session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u64);

/// A question that the application answers, yes or no: one for each command
/// that it has a say in.
///
/// What a yes may say differs, so each has its own `Acceptance`, with a
/// default: `Ok(Default::default())` is a plain yes to anything. A no is
/// always a [`Rejection`].
pub trait Exchange: Settle {
    /// What a yes says.
    type Acceptance: Default;
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

/// DATA: may the message come? At least one recipient has been accepted. After
/// a yes come [`Body`](super::Event::Body) pieces, then one of
/// [`Message`](super::Event::Message) and [`Aborted`](super::Event::Aborted). A
/// no gives up the transaction.
#[derive(Debug)]
#[non_exhaustive]
pub struct Data {
    /// What the octets of the message are said to be.
    pub body: BodyType,
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
}

/// EXPN, if [`Config::expn`](super::Config::expn) is on.
#[derive(Debug)]
#[non_exhaustive]
pub struct Expand {
    /// What is to be expanded.
    pub argument: Argument<'static>,
}

/// HELP, if [`Config::help`](super::Config::help) is on.
#[derive(Debug)]
#[non_exhaustive]
pub struct Help {
    /// What about.
    pub argument: Option<Argument<'static>>,
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
}
