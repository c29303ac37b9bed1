//! What a server understands of what it is told, and what it says: honest, if
//! often unkind. It is strict about what may be said when, and remembers whose
//! message it has.

use std::collections::{BTreeSet, VecDeque};

use ehlo::client::{AuthPolicy, TlsPolicy};
use ehlo::codec::Syntax;
use ehlo::types::{Command, Verb};

/// What the session is like.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_excessive_bools)] // each is an offer
pub(crate) struct Setup {
    pub(crate) is_lmtp: bool,
    pub(crate) tls: TlsPolicy,
    pub(crate) auth: AuthPolicy,
    pub(crate) pipelining: bool,
    pub(crate) chunking: bool,
    /// Whether DATA is accepted though no recipient was (RFC 2920 §3.1).
    pub(crate) takes_nobody: bool,
    pub(crate) most: Most,
}

/// LIMITS (RFC 9422).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Most {
    pub(crate) mails: Option<usize>,
    pub(crate) recipients: Option<usize>,
    pub(crate) domains: Option<usize>,
}

impl Most {
    fn offer(self) -> String {
        let limits = [
            ("MAILMAX", self.mails),
            ("RCPTMAX", self.recipients),
            ("RCPTDOMAINMAX", self.domains),
        ];
        let limits = limits.iter().filter_map(|(name, most)| {
            let most = (*most)?;
            Some(format!(" {name}={most}"))
        });
        format!("250-LIMITS X=1{}\r\n", limits.collect::<String>())
    }
}

/// A reply that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Due {
    Greeting,
    Hello,
    Mail,
    Rcpt(String),
    Data,
    Chunk,
    /// To the whole message, for those recipients.
    Message(Vec<String>),
    StartTls,
    /// AUTH, and what it asks for.
    Challenge,
    Credentials,
    Rset,
    /// Any other, which ends a group (RFC 2920 §3.1).
    Last,
}

/// The server.
#[allow(clippy::struct_excessive_bools)] // it is a model, to be read
pub(crate) struct Listener {
    pub(crate) setup: Setup,
    heard: Vec<u8>,
    /// DATA was heard, and the dot was not.
    in_data: bool,
    /// DATA was answered.
    goes_ahead: bool,
    in_sasl: bool,
    /// Octets of a chunk still to come, and the reply that is due behind it.
    chunk: Option<(usize, Vec<Due>)>,
    is_encrypted: bool,
    /// STARTTLS was answered, and TLS is not there.
    pub(crate) is_handing_over: bool,
    has_hello: bool,
    has_mail: bool,
    accepted: Vec<String>,
    is_chunk_refused: bool,
    /// Whether a line had begun when the chunk was refused.
    has_half_a_line: bool,
    due: VecDeque<Due>,
    mails: usize,
    asked: Vec<String>,
    /// Whether something was said that is no answer: then nobody knows whose
    /// turn it is.
    pub(crate) is_rogue: bool,
    /// It has closed, and says no more.
    pub(crate) is_gone: bool,
    /// Of the message: what it heard, and what the application gave.
    message: Vec<u8>,
    pub(crate) given: Vec<u8>,
    pub(crate) is_finished: bool,
    /// Recipients whose message it has, and has said so.
    pub(crate) has: BTreeSet<String>,
}

impl Listener {
    pub(crate) fn new(setup: Setup) -> Self {
        Self {
            setup,
            heard: Vec::new(),
            in_data: false,
            goes_ahead: false,
            in_sasl: false,
            chunk: None,
            is_encrypted: setup.tls == TlsPolicy::AlreadyOn,
            is_handing_over: false,
            has_hello: false,
            has_mail: false,
            accepted: Vec::new(),
            is_chunk_refused: false,
            has_half_a_line: false,
            due: VecDeque::from([Due::Greeting]),
            mails: 0,
            asked: Vec::new(),
            is_rogue: false,
            is_gone: false,
            message: Vec::new(),
            given: Vec::new(),
            is_finished: false,
            has: BTreeSet::new(),
        }
    }

    pub(crate) fn hear(&mut self, octets: &[u8]) {
        assert!(octets.is_empty() || !self.is_handing_over);
        self.heard.extend_from_slice(octets);
        loop {
            if let Some((left, due)) = self.chunk.take() {
                let here = left.min(self.heard.len());
                self.message.extend(self.heard.drain(..here));
                if here < left {
                    self.chunk = Some((left - here, due));
                    return;
                }
                if !matches!(due[..], [Due::Chunk]) {
                    self.check_message();
                }
                self.due.extend(due);
            }
            let Some(end) = self.heard.windows(2).position(|pair| pair == b"\r\n") else {
                return;
            };
            let line: Vec<u8> = self.heard.drain(..end + 2).collect();
            self.hear_line(&line[..end]);
        }
    }

    fn hear_line(&mut self, line: &[u8]) {
        if self.in_data {
            assert!(self.goes_ahead || self.is_rogue, "ran ahead of the 354");
            if line == b"." {
                self.in_data = false;
                self.check_message();
                let due = self.due_to_message();
                self.due.extend(due);
            } else {
                self.message
                    .extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
                self.message.extend_from_slice(b"\r\n");
            }
            return;
        }
        let command = match Command::parse(line, &Syntax::STRICT) {
            Ok(Command::Unknown(_)) | Err(_) if self.in_sasl => {
                self.due.push_back(Due::Credentials);
                return;
            }
            // Nothing that is not a command is ever said as one.
            command => command.unwrap(),
        };
        self.in_sasl = false;
        if !self.is_rogue {
            self.check_turn(&command);
            self.check_limits(&command);
        }
        self.understand(&command);
    }

    /// The message is what was given, to its end and no further.
    fn check_message(&mut self) {
        let message = std::mem::take(&mut self.message);
        if self.is_rogue || self.is_chunk_refused {
            return;
        }
        if self.accepted.is_empty() {
            assert!(message.is_empty(), "a message for nobody");
            return;
        }
        assert!(self.is_finished);
        let without_end = |text: &[u8]| text.strip_suffix(b"\r\n").unwrap_or(text).to_vec();
        assert_eq!(without_end(&message), without_end(&self.given));
    }

    /// Whether it is that command's turn.
    fn check_turn(&self, command: &Command<'_>) {
        assert!(self.due.is_empty() || self.setup.pipelining, "{command}");
        let ends_group = |due: &Due| {
            matches!(
                due,
                Due::Greeting
                    | Due::Hello
                    | Due::Data
                    | Due::StartTls
                    | Due::Challenge
                    | Due::Credentials
                    | Due::Last
            )
        };
        assert!(!self.due.iter().any(ends_group), "{command}");
        let in_group = !command.is_last_in_group() || *command == Command::Data;
        let follows_message = matches!(self.due.back(), Some(Due::Message(_)));
        assert!(in_group || !follows_message, "{command}");
        if command.verb() == Verb::Bdat {
            assert!(self.due.iter().all(|due| *due == Due::Chunk));
            // RFC 3030 §2: none is begun behind one that was refused.
            assert!(!self.is_chunk_refused || self.has_half_a_line);
        }
    }

    fn check_limits(&mut self, command: &Command<'_>) {
        let Most {
            mails,
            recipients,
            domains,
        } = self.setup.most;
        match command {
            Command::Mail { .. } => {
                self.mails += 1;
                self.asked.clear();
                assert!(mails.is_none_or(|most| self.mails <= most));
            }
            Command::Rcpt { forward_path, .. } => {
                self.asked.push(forward_path.as_str().to_owned());
                let hosts = self.asked.iter().map(|path| path.rsplit('@').next());
                let hosts: BTreeSet<_> = hosts.collect();
                assert!(recipients.is_none_or(|most| self.asked.len() <= most));
                assert!(domains.is_none_or(|most| hosts.len() <= most));
            }
            _ => {}
        }
    }

    fn understand(&mut self, command: &Command<'_>) {
        let is_open = self.is_encrypted || self.setup.tls != TlsPolicy::Required;
        let due = match command {
            Command::Ehlo(_) | Command::Lhlo(_) => {
                self.has_hello = true;
                Due::Hello
            }
            // What is said to that offers nothing.
            Command::Helo(_) => {
                self.has_hello = true;
                self.setup.pipelining = false;
                self.setup.chunking = false;
                self.setup.most = Most::default();
                Due::Hello
            }
            Command::Mail { .. } => {
                assert!(is_open && self.has_hello);
                Due::Mail
            }
            Command::Rcpt { forward_path, .. } => Due::Rcpt(forward_path.as_str().to_owned()),
            Command::Data => {
                self.in_data = true;
                self.goes_ahead = false;
                Due::Data
            }
            Command::Bdat { size, last } => {
                assert!(self.setup.chunking || self.is_rogue);
                let due = match last {
                    true => self.due_to_message(),
                    false => vec![Due::Chunk],
                };
                self.chunk = Some((usize::try_from(*size).unwrap(), due));
                self.has_half_a_line = false;
                return;
            }
            Command::StartTls => Due::StartTls,
            Command::Auth { .. } => {
                assert!(self.is_encrypted && self.has_hello);
                self.in_sasl = true;
                Due::Challenge
            }
            Command::Rset => Due::Rset,
            Command::Quit | Command::Noop(_) | Command::Vrfy(_) => Due::Last,
            command => panic!("{command}"),
        };
        self.due.push_back(due);
    }

    /// One reply for all, under LMTP one for each (RFC 2033 §4.2).
    fn due_to_message(&self) -> Vec<Due> {
        let recipients = self.accepted.clone();
        if !self.setup.is_lmtp {
            return vec![Due::Message(recipients)];
        }
        let each = recipients.into_iter();
        each.map(|recipient| Due::Message(vec![recipient]))
            .collect()
    }

    /// Says what a server that is kind says to the oldest of what is due.
    pub(crate) fn answer(&mut self) -> String {
        if self.is_gone {
            return String::new();
        }
        let Some(due) = self.due.pop_front() else {
            return String::new();
        };
        let reply = match due {
            Due::Greeting => "220 Hi\r\n",
            Due::Hello => {
                self.reset();
                return self.offers();
            }
            Due::Mail => {
                self.reset();
                self.has_mail = true;
                "250 Ok\r\n"
            }
            Due::Rcpt(_) if !self.has_mail => "503 Whose?\r\n",
            Due::Rcpt(path) if path.starts_with("no") => "550 No\r\n",
            Due::Rcpt(path) => {
                self.accepted.push(path);
                "250 Ok\r\n"
            }
            Due::Data if self.accepted.is_empty() && !self.may_take_nobody() => {
                self.in_data = false;
                "554 Nobody\r\n"
            }
            Due::Data => {
                self.goes_ahead = true;
                "354 Go\r\n"
            }
            Due::Chunk | Due::Message(_) if self.is_chunk_refused => "503 No more\r\n",
            Due::Message(recipients) => {
                self.has.extend(recipients);
                "250 Queued\r\n"
            }
            Due::StartTls => {
                self.is_handing_over = !self.is_rogue;
                "220 Go\r\n"
            }
            Due::Challenge => "334 YQ==\r\n",
            Due::Credentials => {
                self.in_sasl = false;
                "235 Ok\r\n"
            }
            Due::Rset => {
                self.reset();
                "250 Ok\r\n"
            }
            Due::Chunk | Due::Last => "250 Ok\r\n",
        };
        reply.to_owned()
    }

    fn may_take_nobody(&self) -> bool {
        self.setup.takes_nobody && self.has_mail && !self.setup.is_lmtp
    }

    fn reset(&mut self) {
        self.has_mail = false;
        self.accepted.clear();
        self.is_chunk_refused = false;
        self.message.clear();
    }

    fn offers(&self) -> String {
        let most = self.setup.most.offer();
        let offers = [
            ("250-mx.example\r\n", true),
            ("250-PIPELINING\r\n", self.setup.pipelining),
            ("250-CHUNKING\r\n", self.setup.chunking),
            ("250-STARTTLS\r\n", !self.is_encrypted),
            ("250-AUTH LOGIN\r\n", true),
            (&most, true),
            ("250 HELP\r\n", true),
        ];
        let lines = offers.iter().filter(|(_, is_on)| *is_on);
        lines.map(|(line, _)| *line).collect()
    }

    /// Says no to the oldest of what is due; 421 is also its last word.
    pub(crate) fn refuse(&mut self, reply: &str) -> String {
        if self.is_gone {
            return String::new();
        }
        match self.due.pop_front() {
            None => return String::new(),
            Some(Due::Mail) => self.reset(),
            Some(Due::Data) => self.in_data = false,
            Some(Due::Chunk) => {
                self.is_chunk_refused = true;
                self.has_half_a_line = !self.heard.is_empty();
            }
            Some(Due::Challenge | Due::Credentials) => self.in_sasl = false,
            _ => {}
        }
        self.is_gone = reply.starts_with("421");
        reply.to_owned()
    }

    /// Refuses a message in the middle of it, and listens no more.
    pub(crate) fn interrupt(&mut self, reply: &str) -> String {
        let is_amid = self.in_data && self.goes_ahead || self.chunk.is_some();
        if self.is_gone || !is_amid || !self.due.is_empty() {
            return String::new();
        }
        self.is_gone = true;
        reply.to_owned()
    }

    pub(crate) fn encrypt(&mut self) {
        assert!(self.heard.is_empty());
        self.is_encrypted = true;
        self.is_handing_over = false;
        self.has_hello = false;
        self.due.clear();
    }
}
