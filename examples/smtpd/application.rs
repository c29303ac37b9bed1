//! What this server does about the events of a session.
//!
//! Some local parts behave, so that clients can be shown: `refused` is no
//! mailbox here, `full` has no room (in LMTP, that is told after the message).

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ehlo::Secret;
use ehlo::codec::AddressError;
use ehlo::sasl::ServerMechanism;
use ehlo::server::{
    Answer, Auth, Etrn, EtrnAccepted, Event, Expand, Expanded, HelloAccepted, Help, Helped,
    Message, MessageAccepted, Rcpt, Rejection, Security, Server, SessionId, Transfer, Verified,
    Verify,
};
use ehlo::types::{
    Domain, EnhancedCode, ForwardPath, HelloName, Host, Mailbox, Parameter, Protocol, Recipient,
    ReplyCode, ReplyText, XclientAttributes, XforwardAttributes,
};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use tokio_rustls::TlsAcceptor;

use crate::config;
use crate::connection::Channel;
use crate::options::{Mode, Options};
use crate::sasl::{Accounts, NOBODY};
use crate::spool::Spool;
use crate::trace;

/// What all sessions share.
pub(crate) struct Service {
    pub(crate) options: Options,
    pub(crate) tls: Option<TlsAcceptor>,
    accounts: Accounts,
    domains: Vec<Host<'static>>,
    sessions: AtomicU64,
}

impl Service {
    pub(crate) fn new(options: Options, tls: Option<TlsAcceptor>) -> Result<Self, Box<dyn Error>> {
        if options.mode == Mode::Store {
            std::fs::create_dir_all(&options.maildir)?;
        }
        let domains = options.domains.iter();
        let domains = domains.map(|name| Ok(Host::from(name.parse::<Domain<'static>>()?)));
        Ok(Self {
            accounts: Accounts::new(&options)?,
            domains: domains.collect::<Result<_, AddressError>>()?,
            options,
            tls,
            sessions: AtomicU64::new(1),
        })
    }

    pub(crate) fn next_session(&self) -> SessionId {
        SessionId(self.sessions.fetch_add(1, Ordering::Relaxed))
    }

    fn is_local(&self, mailbox: &Mailbox<'_>) -> bool {
        self.domains.is_empty() || self.domains.contains(&mailbox.host())
    }

    /// The domain of those who are named without one.
    fn domain(&self) -> &str {
        let first = self.options.domains.first();
        first.unwrap_or(&self.options.hostname)
    }
}

/// One session's side of the story.
pub(crate) struct Application {
    service: Arc<Service>,
    peer: SocketAddr,
    spool: Option<Spool>,
    transfer: Option<Transfer>,
    /// What became of the message: in LMTP, each recipient is told.
    stored: Option<Answer<Message>>,
    /// The TLS channel, if there is one.
    channel: Option<Channel>,
    /// The AUTH exchange that is going on.
    exchange: Option<Box<dyn ServerMechanism>>,
    xclient: Option<XclientAttributes<'static>>,
    xforward: Option<XforwardAttributes<'static>>,
}

impl Application {
    pub(crate) const fn new(service: Arc<Service>, peer: SocketAddr) -> Self {
        Self {
            service,
            peer,
            spool: None,
            transfer: None,
            stored: None,
            channel: None,
            exchange: None,
            xclient: None,
            xforward: None,
        }
    }

    /// The connection is encrypted from now on.
    pub(crate) fn bind(&mut self, channel: Option<Channel>) {
        self.channel = channel;
    }

    pub(crate) fn tls(&self) -> io::Result<&TlsAcceptor> {
        let tls = self.service.tls.as_ref();
        tls.ok_or_else(|| io::Error::other("TLS is not set up"))
    }

    pub(crate) fn trace(&self, id: SessionId, event: &Event) {
        if self.service.options.trace {
            trace::event(id, event);
        }
    }

    pub(crate) fn trace_output(&self, id: SessionId, octets: &[u8]) {
        if self.service.options.trace {
            trace::output(id, octets);
        }
    }

    pub(crate) async fn handle(&mut self, server: &mut Server, event: Event) {
        let in_time = match event {
            Event::Connect(question) => server.answer(question, Ok(Default::default())).is_ok(),
            Event::Hello(question) => {
                let accepted = self.welcome(server);
                server.answer(question, Ok(accepted)).is_ok()
            }
            Event::StartTls(question) => server.answer(question, Ok(Default::default())).is_ok(),
            Event::Auth(question) => {
                let answer = self.begin_auth(&question);
                server.answer(question, answer).is_ok()
            }
            Event::AuthResponse(question) => {
                let answer = self.go_on_auth(&question.response);
                server.answer(question, answer).is_ok()
            }
            Event::Mail(question) => server.answer(question, Ok(Default::default())).is_ok(),
            Event::Rcpt(question) => {
                let answer = self.judge(&question, server);
                server
                    .answer(question, answer.map(|()| Default::default()))
                    .is_ok()
            }
            Event::Data(question) => {
                let answer = self.begin(server, question.transfer).await;
                server
                    .answer(question, answer.map(|()| Default::default()))
                    .is_ok()
            }
            Event::Body(octets) => match self.write(&octets).await {
                Ok(()) => true,
                Err(why) => server.refuse_body(why).is_ok(),
            },
            Event::Message(question) => {
                let answer = self.finish(server, question.recipient).await;
                server.answer(question, answer).is_ok()
            }
            Event::Aborted(_) => {
                self.spool = None;
                true
            }
            Event::Verify(question) => {
                let answer = self.verify(question.argument.as_str(), server);
                server.answer(question, answer).is_ok()
            }
            Event::Expand(question) => {
                let answer = self.expand(question.argument.as_str());
                server.answer(question, answer).is_ok()
            }
            Event::Help(question) => server.answer(question, help()).is_ok(),
            Event::Etrn(question) => server.answer(question, nothing_waits()).is_ok(),
            Event::Xclient(question) => {
                self.xclient = Some(question.attributes.clone());
                server.answer(question, Ok(Default::default())).is_ok()
            }
            Event::Xforward(question) => {
                self.xforward = Some(question.attributes.clone());
                server.answer(question, Ok(Default::default())).is_ok()
            }
            _ => true,
        };
        // Each answer is given before the machine is called again, so the
        // session still waits for it.
        debug_assert!(in_time);
    }

    /// EXTERNAL is offered to those only whom a certificate names.
    fn welcome(&self, server: &Server) -> HelloAccepted {
        let accepted = HelloAccepted::default();
        match &self.channel {
            Some(Channel { client: None, .. }) if self.service.options.client_ca.is_some() => {
                accepted.with_config(Arc::new(config::without_external(server.config())))
            }
            _ => accepted,
        }
    }

    fn begin_auth(&mut self, auth: &Auth) -> Answer<Auth> {
        let accounts = &self.service.accounts;
        let exchange = accounts.begin(auth.mechanism, self.channel.as_ref());
        let exchange = self.exchange.insert(exchange.ok_or(Rejection::NOT_NOW)?);
        let step = exchange.begin(auth.initial_response.as_ref());
        accounts.settle(exchange.as_mut(), step, self.channel.as_ref())
    }

    fn go_on_auth(&mut self, said: &Secret) -> Answer<Auth> {
        let exchange = self.exchange.as_mut().ok_or(Rejection::BAD_CREDENTIALS)?;
        let step = exchange.respond(said);
        let (accounts, channel) = (&self.service.accounts, self.channel.as_ref());
        accounts.settle(exchange.as_mut(), step, channel)
    }

    /// Whether mail for that recipient is taken.
    fn judge(&self, rcpt: &Rcpt, server: &Server) -> Result<(), Rejection> {
        match rcpt.forward_path.mailbox() {
            Some(mailbox) if !self.service.is_local(mailbox) && !is_somebody(server) => {
                Err(Rejection::RELAYING_DENIED)
            }
            Some(mailbox) if has_name(mailbox, "refused") => Err(Rejection::NO_SUCH_MAILBOX),
            Some(mailbox) if has_name(mailbox, "full") && !is_lmtp(server) => Err(mailbox_full()),
            // `None` is `<postmaster>` (RFC 5321 §4.5.1), or, under --lenient,
            // a local part alone.
            None | Some(_) => Ok(()),
        }
    }

    async fn begin(&mut self, server: &Server, transfer: Transfer) -> Result<(), Rejection> {
        self.transfer = Some(transfer);
        if self.service.options.mode == Mode::Discard {
            return Ok(());
        }
        let spool = Spool::new(&self.service.options.maildir);
        let field = self.service.options.received.then(|| {
            let field = server.received().from_address(self.peer.ip());
            field.with_id(spool.id()).at(&date()).to_string()
        });
        self.spool = Some(spool);
        match field {
            Some(field) => self.write(field.as_bytes()).await,
            None => Ok(()),
        }
    }

    async fn write(&mut self, octets: &[u8]) -> Result<(), Rejection> {
        if let Some(spool) = self.spool.take() {
            let spool = spool.write(octets).await;
            self.spool = Some(spool.map_err(|error| local_error(&error))?);
        }
        Ok(())
    }

    /// The message is complete. It is stored once, for all of its recipients;
    /// in LMTP each of them is asked about.
    async fn finish(&mut self, server: &Server, recipient: Option<usize>) -> Answer<Message> {
        if recipient.unwrap_or_default() == 0 {
            let spool = self.spool.take();
            self.stored = Some(self.commit(spool, server).await);
        }
        let path = recipient.and_then(|index| Some(&server.envelope()?.recipients[index]));
        match path.and_then(|recipient| recipient.forward_path.mailbox()) {
            Some(mailbox) if has_name(mailbox, "full") => Err(mailbox_full()),
            _ => self.stored.clone().unwrap_or(Err(Rejection::LOCAL_ERROR)),
        }
    }

    /// Makes the message durable; only then may it be accepted.
    async fn commit(&self, spool: Option<Spool>, server: &Server) -> Answer<Message> {
        let has_room = |to: &Recipient| !is_full(&to.forward_path);
        let is_wanted = server
            .envelope()
            .is_some_and(|envelope| envelope.recipients.iter().any(has_room));
        // Without --maildir, or if nobody has room, it is dropped.
        let Some(spool) = spool.filter(|_| is_wanted) else {
            return Ok(MessageAccepted::default());
        };
        let id = spool.commit(self.facts(server).to_string()).await;
        let id = id.map_err(|error| local_error(&error))?;
        MessageAccepted::queued_as(&id).map_err(|_| Rejection::LOCAL_ERROR)
    }

    /// What is stored beside the message.
    fn facts(&self, server: &Server) -> Value {
        let mut facts = json!({
            "helo": server.hello().map(HelloName::as_str),
            "protocol": server.received().protocol(),
            "tls": server.security() == Security::Tls,
            "identity": server.identity(),
            "peer": self.peer.ip(),
            "chunked": self.transfer == Some(Transfer::Chunks),
            "xclient": self.xclient.as_ref().map(XclientAttributes::as_str),
            "xforward": self.xforward.as_ref().map(XforwardAttributes::as_str),
        });
        if let Some(envelope) = server.envelope() {
            let taken = envelope.recipients.iter();
            let taken = taken.filter(|recipient| !is_full(&recipient.forward_path));
            let (paths, parameters): (Vec<_>, Vec<_>) = taken
                .map(|recipient| {
                    let parameters = object(recipient.parameters.iter());
                    (recipient.forward_path.as_str(), parameters)
                })
                .unzip();
            facts["mail_from"] = envelope.reverse_path.as_str().into();
            facts["mail_parameters"] = object(envelope.parameters.iter());
            facts["rcpt_to"] = paths.into();
            facts["rcpt_parameters"] = parameters.into();
        }
        facts
    }

    fn verify(&self, argument: &str, server: &Server) -> Answer<Verify> {
        let name = argument.trim_start_matches('<').trim_end_matches('>');
        let address = match name.contains('@') {
            true => name.to_owned(),
            false => format!("{name}@{}", self.service.domain()),
        };
        match address.parse::<Mailbox<'static>>() {
            Ok(mailbox) if has_name(&mailbox, "refused") => Err(Rejection::NO_SUCH_MAILBOX),
            Ok(mailbox) if self.service.is_local(&mailbox) => {
                Ok(Verified::default().with_text(text(format!("<{mailbox}>"))?))
            }
            Ok(_) if is_somebody(server) => Ok(Verified::unverified()),
            Ok(_) => Err(Rejection::RELAYING_DENIED),
            Err(_) => Err(Rejection::NO_SUCH_MAILBOX),
        }
    }

    /// There is one list here: `staff`, two people.
    fn expand(&self, argument: &str) -> Answer<Expand> {
        if !argument.eq_ignore_ascii_case("staff") {
            return Err(Rejection::NO_SUCH_MAILBOX);
        }
        let domain = self.service.domain();
        let members = text(format!("<one@{domain}>\n<two@{domain}>"))?;
        Ok(Expanded::default().with_text(members))
    }
}

fn help() -> Answer<Help> {
    const HELP: &str = "Takes mail, and tells what EHLO offers\nMore: RFC 5321";
    Ok(Helped::default().with_text(text(HELP.to_owned())?))
}

fn nothing_waits() -> Answer<Etrn> {
    let nothing = EtrnAccepted::default().with_code(ReplyCode::WILL_FORWARD);
    let nothing = nothing.map_err(|_| Rejection::LOCAL_ERROR)?;
    Ok(nothing.with_text(text("No messages waiting for that node".to_owned())?))
}

fn text(text: String) -> Result<ReplyText, Rejection> {
    ReplyText::new(text).map_err(|_| Rejection::LOCAL_ERROR)
}

fn mailbox_full() -> Rejection {
    let (code, enhanced) = (ReplyCode::INSUFFICIENT_STORAGE, EnhancedCode::new(4, 2, 2));
    Rejection::new(code, enhanced, "Mailbox full").unwrap_or(Rejection::STORAGE_FULL)
}

fn local_error(error: &io::Error) -> Rejection {
    eprintln!("smtpd: storage: {error}");
    Rejection::LOCAL_ERROR
}

fn has_name(mailbox: &Mailbox<'_>, name: &str) -> bool {
    mailbox.local_part().as_str() == name
}

fn is_full(path: &ForwardPath<'_>) -> bool {
    path.mailbox()
        .is_some_and(|mailbox| has_name(mailbox, "full"))
}

/// Whether the client has shown who it is (RFC 4505 §5: anybody may
/// be nobody).
fn is_somebody(server: &Server) -> bool {
    server.identity().is_some_and(|identity| identity != NOBODY)
}

fn is_lmtp(server: &Server) -> bool {
    server.config().protocol == Protocol::Lmtp
}

/// Parameters by their names in upper case; `true` for those without a value.
fn object<'a>(parameters: impl Iterator<Item = Parameter<'a>>) -> Value {
    let pair = |parameter: Parameter<'_>| {
        let value = parameter.value().map_or(Value::Bool(true), Value::from);
        (parameter.name().to_ascii_uppercase(), value)
    };
    Value::Object(parameters.map(pair).collect::<Map<_, _>>())
}

/// Now, as RFC 5322 §3.3 writes it.
fn date() -> String {
    let date = OffsetDateTime::now_utc().format(&Rfc2822);
    date.unwrap_or_default()
}
