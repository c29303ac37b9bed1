//! The command line.

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

use ehlo::Secret;
use ehlo::client::Chunking;
use ehlo::types::{
    Envelope, ForwardPath, HelloName, MailParameters, Mailbox, Notify, RcptParameters, Recipient,
    ReversePath,
};

use crate::auth::Login;

type Failure = Box<dyn std::error::Error>;

const USAGE: &str = "\
usage: sendmail --connect HOST:PORT --from ADDRESS --to ADDRESS [OPTION …] [FILE …]

  --to ADDRESS               as often as wanted
  --helo NAME                who the client is; default its address
  --lmtp                     speak LMTP
  --starttls | --tls | --plaintext
                             default: STARTTLS if it is offered
  --ca FILE | --insecure     whose certificates are good
  --user NAME --password PASSWORD | --token TOKEN
  --mechanism NAME           this one only, not the strongest
  --chunking | --no-chunking BDAT wherever it is offered, or never
  --no-pipelining            one command at a time
  --dsn-notify success,failure,delay | never
  --dsn-ret full | hdrs      --dsn-envid ID
  --count N                  each message so many times
  --connections N            on so many connections at once
  --verbose                  print the events of each session
exit status: 0 all accepted, 1 some refused, 2 a session failed
";

/// Whether sessions are encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encryption {
    /// With STARTTLS if it is offered, and in plaintext if that fails.
    Opportunistic,
    /// `--starttls`: with STARTTLS, or not at all.
    StartTls,
    /// `--tls`: from the first octet (RFC 8314 §3.3).
    Implicit,
    /// `--plaintext`: never.
    Never,
}

/// Whose certificates are good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Those of the system's authorities, unless encryption is opportunistic.
    Default,
    /// `--ca FILE`: those of the authorities in a PEM file.
    Authorities(PathBuf),
    /// `--insecure`: anybody's.
    Anybody,
}

pub(crate) struct Options {
    /// `--connect HOST:PORT`.
    pub(crate) server: (String, u16),
    /// `--helo NAME`; default the address of the socket.
    pub(crate) helo: Option<HelloName<'static>>,
    pub(crate) encryption: Encryption,
    pub(crate) trust: Trust,
    /// `--user U` and `--password P` or `--token T`; `--mechanism M` to use that
    /// one only, of which EXTERNAL and ANONYMOUS need nothing else.
    pub(crate) login: Option<Login>,
    /// `--lmtp`: speak LMTP (RFC 2033).
    pub(crate) lmtp: bool,
    /// `--chunking`: BDAT wherever it is offered; `--no-chunking`: never;
    /// default only for messages that cannot be sent with DATA.
    pub(crate) chunking: Chunking,
    /// `--no-pipelining`: one command at a time.
    pub(crate) pipelining: bool,
    /// `--from A`, empty for reports; `--to B`, as often as wanted.
    /// `--dsn-notify success,failure,delay|never`, `--dsn-ret full|hdrs` and
    /// `--dsn-envid ID` ask for reports (RFC 3461).
    pub(crate) envelope: Envelope,
    /// `--count N`: each message so many times.
    pub(crate) count: Option<NonZeroU64>,
    /// `--connections N`: on so many connections at once.
    pub(crate) connections: Option<NonZeroUsize>,
    /// `--verbose`: prints the events of each session.
    pub(crate) verbose: bool,
    /// `FILE …`; none for standard input.
    pub(crate) files: Vec<PathBuf>,
}

impl Options {
    pub(crate) fn from_arguments() -> Result<Self, Failure> {
        use lexopt::prelude::*;

        let (mut connect, mut from, mut to) = (None, None, Vec::new());
        let mut mail = MailParameters::new();
        let mut notify = None;
        let (mut user, mut password, mut token, mut mechanism) = (None, None, None, None);
        let mut options = Self {
            server: (String::new(), 0),
            helo: None,
            encryption: Encryption::Opportunistic,
            trust: Trust::Default,
            login: None,
            lmtp: false,
            chunking: Chunking::IfNeeded,
            pipelining: true,
            envelope: Envelope::new(ReversePath::Null),
            count: None,
            connections: None,
            verbose: false,
            files: Vec::new(),
        };
        let mut arguments = lexopt::Parser::from_env();
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("help") => {
                    print!("{USAGE}");
                    std::process::exit(0);
                }
                Long("connect") => connect = Some(arguments.value()?.parse_with(server)?),
                Long("helo") => options.helo = Some(arguments.value()?.parse()?),
                Long("starttls") => options.encryption = Encryption::StartTls,
                Long("tls") => options.encryption = Encryption::Implicit,
                Long("plaintext") => options.encryption = Encryption::Never,
                Long("ca") => options.trust = Trust::Authorities(arguments.value()?.into()),
                Long("insecure") => options.trust = Trust::Anybody,
                Long("user") => user = Some(arguments.value()?.string()?),
                Long("password") => password = Some(Secret::from(arguments.value()?.string()?)),
                Long("token") => token = Some(Secret::from(arguments.value()?.string()?)),
                Long("mechanism") => mechanism = Some(arguments.value()?.parse()?),
                Long("lmtp") => options.lmtp = true,
                Long("chunking") => options.chunking = Chunking::IfOffered,
                Long("no-chunking") => options.chunking = Chunking::Never,
                Long("no-pipelining") => options.pipelining = false,
                Long("from") => from = Some(arguments.value()?.parse_with(reverse_path)?),
                Long("to") => to.push(arguments.value()?.parse_with(forward_path)?),
                Long("dsn-notify") => notify = Some(arguments.value()?.parse()?),
                Long("dsn-ret") => mail = mail.with_ret(arguments.value()?.parse()?),
                Long("dsn-envid") => mail = mail.with_envid(&arguments.value()?.string()?)?,
                Long("count") => options.count = Some(arguments.value()?.parse()?),
                Long("connections") => options.connections = Some(arguments.value()?.parse()?),
                Long("verbose") => options.verbose = true,
                Value(path) => options.files.push(path.into()),
                _ => return Err(argument.unexpected().into()),
            }
        }
        options.server = connect.ok_or("--connect HOST:PORT is missing")?;
        options.login = Login::new(user, password, token, mechanism)?;
        options.envelope = envelope(from.ok_or("--from ADDRESS is missing")?, mail, to, notify);
        if options.envelope.recipients.is_empty() {
            return Err("--to ADDRESS is missing".into());
        }
        Ok(options)
    }

    /// Whether this is about speed, and not about each message.
    pub(crate) const fn is_load(&self) -> bool {
        self.count.is_some() || self.connections.is_some()
    }

    /// Whether TLS with anybody will do, and none at all if it fails: where
    /// nothing was said about it, and nothing is at stake. An attacker on the
    /// way could hide STARTTLS just as well.
    pub(crate) fn takes_any_tls(&self) -> bool {
        self.encryption == Encryption::Opportunistic
            && self.trust == Trust::Default
            && self.login.is_none()
    }
}

fn server(text: &str) -> Result<(String, u16), &'static str> {
    let (host, port) = text.rsplit_once(':').ok_or("it is not HOST:PORT")?;
    let port = port.parse().map_err(|_| "there is no such port")?;
    Ok((host.trim_matches(['[', ']']).to_owned(), port))
}

fn reverse_path(text: &str) -> Result<ReversePath<'static>, ehlo::codec::AddressError> {
    match text {
        "" => Ok(ReversePath::Null),
        _ => Ok(text.parse::<Mailbox<'static>>()?.into()),
    }
}

fn forward_path(text: &str) -> Result<ForwardPath<'static>, ehlo::codec::AddressError> {
    // RFC 5321 §4.5.1: the one who needs no domain.
    if text.eq_ignore_ascii_case("postmaster") {
        return Ok(ForwardPath::Postmaster);
    }
    Ok(text.parse::<Mailbox<'static>>()?.into())
}

fn envelope(
    from: ReversePath<'static>,
    parameters: MailParameters<'static>,
    to: Vec<ForwardPath<'static>>,
    notify: Option<Notify>,
) -> Envelope {
    let parameters_of_each = match notify {
        Some(notify) => RcptParameters::new().with_notify(notify),
        None => RcptParameters::new(),
    };
    let recipients = to.into_iter().map(|forward_path| Recipient {
        forward_path,
        parameters: parameters_of_each.clone(),
    });
    let mut envelope = Envelope::new(from);
    envelope.parameters = parameters;
    envelope.recipients = recipients.collect();
    envelope
}
