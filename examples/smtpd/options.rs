//! The command line.

use std::fmt;
use std::path::PathBuf;

use ehlo::Secret;

const USAGE: &str = "\
usage: smtpd --listen ADDRESS:PORT --maildir DIR [OPTION …]

listeners, each as often as wanted:
  --listen ADDRESS:PORT      SMTP
  --submission ADDRESS:PORT  SMTP, no mail without AUTH
  --smtps ADDRESS:PORT       SMTP with TLS from the first octet
  --lmtp ADDRESS:PORT        LMTP
mail:
  --maildir DIR              where messages are stored
  --discard                  take and drop them; --null: do not even look
  --hostname NAME            who the server is
  --domain NAME              take mail for this domain only, unless authenticated
  --max-size OCTETS          of a message
  --received                 put a Received: field before each message
TLS:
  --cert FILE --key FILE     in PEM; or --self-signed
AUTH:
  --user NAME --password PASSWORD
  --token TOKEN              for XOAUTH2 and OAUTHBEARER
  --anonymous                let nobody in, too
else:
  --lenient                  bear with clients that are not
  --xclient                  take XCLIENT and XFORWARD from anybody
  --trace                    print each session, without secrets and messages
";

/// What a listener is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// SMTP; STARTTLS and AUTH at the client's choice.
    Smtp,
    /// SMTP for those who have a name here: no mail without AUTH (RFC 6409).
    Submission,
    /// SMTP with TLS from the first octet (RFC 8314).
    Smtps,
    /// LMTP (RFC 2033).
    Lmtp,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Smtp => "smtp",
            Self::Submission => "submission",
            Self::Smtps => "smtps",
            Self::Lmtp => "lmtp",
        })
    }
}

/// Where the server's certificate comes from.
pub(crate) enum Certificate {
    SelfSigned,
    Files { chain: PathBuf, key: PathBuf },
}

/// What is done with mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// It is stored.
    Store,
    /// It is taken and dropped.
    Discard,
    /// It is not even looked at.
    Null,
}

#[allow(clippy::struct_excessive_bools)] // each is an independent switch
pub(crate) struct Options {
    /// `--listen`, `--submission`, `--smtps`, `--lmtp ADDRESS:PORT`; port 0 is any.
    pub(crate) listeners: Vec<(Kind, String)>,
    /// `--maildir DIR`: where messages go.
    pub(crate) maildir: PathBuf,
    /// `--hostname NAME`.
    pub(crate) hostname: String,
    /// `--domain NAME`, as often as wanted: mail for others is taken only from
    /// those who have authenticated. Without any, all mail is taken.
    pub(crate) domains: Vec<String>,
    /// `--cert FILE --key FILE`, or `--self-signed`.
    pub(crate) certificate: Option<Certificate>,
    /// `--user NAME --password PASSWORD`.
    pub(crate) user: Option<(String, Secret)>,
    /// `--token TOKEN`: for XOAUTH2 and OAUTHBEARER.
    pub(crate) token: Option<Secret>,
    /// `--anonymous`: lets those in who say that they are nobody.
    pub(crate) anonymous: bool,
    /// `--max-size OCTETS`.
    pub(crate) max_size: Option<u64>,
    /// `--discard` or `--null`, for measurements.
    pub(crate) mode: Mode,
    /// `--lenient`: bears with clients that are not.
    pub(crate) lenient: bool,
    /// `--trace`: prints each session, without secrets and messages.
    pub(crate) trace: bool,
    /// `--received`: puts a `Received:` field before each message.
    pub(crate) received: bool,
    /// `--xclient`: takes XCLIENT and XFORWARD, so that a proxy can tell who
    /// its client is. It can tell anything: not for the open network.
    pub(crate) xclient: bool,
}

impl Options {
    pub(crate) fn from_arguments() -> Result<Self, lexopt::Error> {
        use lexopt::prelude::*;

        let (mut maildir, mut self_signed, mut chain, mut key) = (None, false, None, None);
        let (mut user, mut password) = (None, None);
        let mut options = Self {
            listeners: Vec::new(),
            maildir: PathBuf::new(),
            hostname: "mx.example".to_owned(),
            domains: Vec::new(),
            certificate: None,
            user: None,
            token: None,
            anonymous: false,
            max_size: None,
            mode: Mode::Store,
            lenient: false,
            trace: false,
            received: false,
            xclient: false,
        };
        let mut arguments = lexopt::Parser::from_env();
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("help") => {
                    print!("{USAGE}");
                    std::process::exit(0);
                }
                Long("listen") => options
                    .listeners
                    .push((Kind::Smtp, arguments.value()?.string()?)),
                Long("submission") => options
                    .listeners
                    .push((Kind::Submission, arguments.value()?.string()?)),
                Long("smtps") => options
                    .listeners
                    .push((Kind::Smtps, arguments.value()?.string()?)),
                Long("lmtp") => options
                    .listeners
                    .push((Kind::Lmtp, arguments.value()?.string()?)),
                Long("maildir") => maildir = Some(PathBuf::from(arguments.value()?)),
                Long("hostname") => options.hostname = arguments.value()?.string()?,
                Long("domain") => options.domains.push(arguments.value()?.string()?),
                Long("self-signed") => self_signed = true,
                Long("cert") => chain = Some(PathBuf::from(arguments.value()?)),
                Long("key") => key = Some(PathBuf::from(arguments.value()?)),
                Long("user") => user = Some(arguments.value()?.string()?),
                Long("password") => password = Some(Secret::from(arguments.value()?.string()?)),
                Long("token") => options.token = Some(Secret::from(arguments.value()?.string()?)),
                Long("anonymous") => options.anonymous = true,
                Long("max-size") => options.max_size = Some(arguments.value()?.parse()?),
                Long("discard") => options.mode = Mode::Discard,
                Long("null") => options.mode = Mode::Null,
                Long("lenient") => options.lenient = true,
                Long("trace") => options.trace = true,
                Long("received") => options.received = true,
                Long("xclient") => options.xclient = true,
                _ => return Err(argument.unexpected()),
            }
        }
        options.certificate = match (chain, key) {
            (None, None) if self_signed => Some(Certificate::SelfSigned),
            (None, None) => None,
            (Some(chain), Some(key)) if !self_signed => Some(Certificate::Files { chain, key }),
            _ => return Err("either --self-signed or --cert FILE and --key FILE".into()),
        };
        options.user = match (user, password) {
            (None, None) => None,
            (Some(user), Some(password)) => Some((user, password)),
            _ => return Err("--user NAME and --password PASSWORD go together".into()),
        };
        options.maildir = match (maildir, options.mode) {
            (Some(maildir), _) => maildir,
            (None, Mode::Store) => return Err("--maildir DIR is missing".into()),
            (None, _) => PathBuf::new(),
        };
        options.check()?;
        Ok(options)
    }

    fn check(&self) -> Result<(), &'static str> {
        let has = |kind| self.listeners.iter().any(|(other, _)| *other == kind);
        let is_plain = self.certificate.is_none();
        if self.listeners.is_empty() {
            Err("--listen ADDRESS:PORT is missing")
        } else if is_plain && (has(Kind::Smtps) || has(Kind::Submission)) {
            Err("--smtps and --submission need a certificate")
        } else if has(Kind::Submission) && self.user.is_none() && self.token.is_none() {
            Err("--submission needs a user or a token")
        } else {
            Ok(())
        }
    }
}
