//! Plays the server of a transcript against the client machine.
//!
//! ```text
//! == title
//! # Why this one is here.
//! @ lmtp                         what differs from the default configuration
//! S: 220 mx.example ESMTP        what the server says, a line each
//! S| 22                          what the server says, to the octet
//! S! eof                         the server's octets end
//! C: EHLO client.example         what the client says, a line each
//! C| half a l                    what the client says, to the octet
//! T: 300                         so many seconds pass
//! A: open                        what the application does: see `Player::act`
//! E: ready PIPELINING            what the application is told, each in order
//! ```
//!
//! Server lines that stand together are said at once. Before each `S`, `T` and
//! `A` line, all that the client has said and told must have been in the
//! transcript. `\xNN`, `\r`, `\n`, `\t` and `\\` stand for octets. A transcript
//! is played uncut, octet by octet, and cut in two at every octet.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use ehlo::client::{
    AuthPolicy, BodyOptions, Chunking, Client, Config, Event, Opening, Report, TlsPolicy,
    WhenNotOffered,
};
use ehlo::codec::{LineEnds, Syntax};
use ehlo::sasl::{Chooser, Credentials};
use ehlo::types::{
    BodyType, Command, Domain, Envelope, ForwardPath, MailParameters, Mailbox, Mechanism,
    Parameter, ParameterKind, Protocol, Recipient, Reply, ReversePath, Verb,
};
use ehlo::{Secret, Timestamp};

/// How the octets of the server arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// What is said at once arrives at once.
    Whole,
    /// One octet at a time.
    Octets,
    /// In two parts: cut behind that octet of all that the server says.
    At(usize),
}

impl Cut {
    fn reads(self, said: usize, octets: &[u8]) -> Vec<&[u8]> {
        let reads: Vec<&[u8]> = match self {
            Self::Whole => vec![octets],
            Self::Octets => octets.chunks(1).collect(),
            Self::At(at) => {
                let (before, behind) = octets.split_at(at.saturating_sub(said).min(octets.len()));
                vec![before, behind]
            }
        };
        reads.into_iter().filter(|read| !read.is_empty()).collect()
    }
}

/// Plays every transcript of a file, in every cut.
pub(crate) fn play_all(text: &str) {
    let transcripts = text.split("\n== ").skip(1);
    let mut played = 0;
    for transcript in transcripts {
        let (title, body) = transcript.split_once('\n').unwrap();
        let said = body.lines().filter_map(server_octets).flatten().count();
        let cuts = [Cut::Whole, Cut::Octets].into_iter();
        for cut in cuts.chain((1..said).map(Cut::At)) {
            play(title, body, cut);
        }
        played += 1;
    }
    assert!(played > 0);
}

fn play(title: &str, body: &str, cut: Cut) {
    let mut lines = body.lines().enumerate().peekable();
    let config = lines.next_if(|(_, line)| line.starts_with("@ "));
    let mut player = Player::new(config.map_or("", |(_, line)| &line[2..]), cut);
    while let Some((number, line)) = lines.next() {
        player.place = format!("{title} ({cut:?}), line {}: {line}", number + 2);
        let (mark, rest) = line.split_at(line.len().min(2));
        let rest = rest.trim_start();
        match mark {
            "" | "# " => {}
            "S:" | "S|" => {
                let mut octets = server_octets(line).unwrap();
                while let Some((_, line)) = lines.next_if(|(_, line)| server_octets(line).is_some())
                {
                    octets.extend(server_octets(line).unwrap());
                }
                let is_last = lines.next_if(|(_, line)| line.starts_with("S!")).is_some();
                player.hear(&octets, is_last);
            }
            "S!" => player.hear(b"", true),
            "C|" => player.expect_line(&unescape(rest)),
            "C:" => player.expect_line(&[&unescape(rest), &b"\r\n"[..]].concat()),
            "T:" => player.pass(rest.parse().unwrap()),
            "A:" => player.act(rest),
            "E:" => player.expect_event(rest),
            _ => panic!("{}", player.place),
        }
    }
    player.place = format!("{title} ({cut:?}), at its end");
    player.expect_nothing();
}

fn server_octets(line: &str) -> Option<Vec<u8>> {
    let (mark, rest) = line.split_at(line.len().min(2));
    let octets = unescape(rest.strip_prefix(' ').unwrap_or(rest));
    match mark {
        "S:" => Some([octets, b"\r\n".to_vec()].concat()),
        "S|" => Some(octets),
        _ => None,
    }
}

fn unescape(text: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    let mut rest = text.bytes();
    while let Some(octet) = rest.next() {
        octets.push(match octet {
            b'\\' => match rest.next() {
                Some(b'r') => b'\r',
                Some(b'n') => b'\n',
                Some(b't') => b'\t',
                Some(b'x') => {
                    let digits = [rest.next().unwrap(), rest.next().unwrap()];
                    u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
                }
                other => other.unwrap(),
            },
            other => other,
        });
    }
    octets
}

struct Player {
    client: Client,
    chooser: Option<Chooser>,
    cut: Cut,
    place: String,
    now: Timestamp,
    input: BytesMut,
    /// Octets that the server has said.
    said: usize,
    /// Octets that the transport still takes; `None`: any number.
    room: Option<usize>,
    /// What the client has said, and the transcript has not yet.
    output: Vec<u8>,
    /// What the application was told, and the transcript has not yet.
    events: Vec<String>,
}

impl Player {
    fn new(settings: &str, cut: Cut) -> Self {
        let mut config = Config::new();
        for setting in settings.split_whitespace() {
            let (name, value) = setting.split_once('=').unwrap_or((setting, ""));
            let number = value.parse().ok();
            match name {
                "lmtp" => config.protocol = Protocol::Lmtp,
                "commands" => config.limits.commands = number,
                "output" => config.limits.output = number,
                "reply" => config.limits.reply.octets = number,
                "patient" => config.timeouts.command = None,
                "transactions" => config.limits.transactions = number,
                "report" => config.limits.report = number,
                "challenges" => config.limits.challenges = number,
                "chunk" => config.chunk_size = number.unwrap(),
                "lock-step" => config.pipelining = false,
                "bare-lf" => config.leniency.bare_line_feeds = true,
                "ok-to-data" => config.leniency.ok_to_data = true,
                "cleartext" => config.leniency.cleartext_auth = true,
                "drop" | "refuse" | "pass" => {
                    let what = match name {
                        "drop" => WhenNotOffered::Drop,
                        "refuse" => WhenNotOffered::Refuse,
                        _ => WhenNotOffered::Send,
                    };
                    let kind = ParameterKind::of(Verb::Mail, value)
                        .or_else(|| ParameterKind::of(Verb::Rcpt, value));
                    config.parameters = match kind {
                        Some(kind) => config.parameters.with(kind, what),
                        None => config.parameters.with_unknown(what),
                    };
                }
                _ => panic!("{setting}"),
            }
        }
        let now = Timestamp::from_elapsed(Duration::from_secs(1000));
        let mut player = Self {
            client: Client::new(Arc::new(config), now),
            chooser: None,
            cut,
            place: String::new(),
            now,
            input: BytesMut::new(),
            said: 0,
            room: None,
            output: Vec::new(),
            events: Vec::new(),
        };
        player.drive();
        player
    }

    /// As a driver does: events until there are none, then the output.
    fn drive(&mut self) {
        loop {
            while let Some(event) = self.client.poll_event(self.now, &mut self.input) {
                self.events.push(describe(&event).replace('\t', "\\t"));
            }
            let output = self.client.output();
            let room = self.room.unwrap_or(usize::MAX).min(output.remaining());
            if room == 0 {
                break;
            }
            self.output.extend_from_slice(&output.copy_to_bytes(room));
            self.room = self.room.map(|left| left - room);
        }
    }

    fn hear(&mut self, octets: &[u8], is_last: bool) {
        self.expect_nothing();
        let reads = self.cut.reads(self.said, octets);
        for (number, read) in reads.iter().enumerate() {
            self.input.extend_from_slice(read);
            // The end is known when the last octet is read.
            if is_last && number + 1 == reads.len() {
                self.client.handle_eof();
            }
            self.drive();
        }
        if is_last && reads.is_empty() {
            self.client.handle_eof();
            self.drive();
        }
        self.said += octets.len();
    }

    fn pass(&mut self, seconds: u64) {
        self.expect_nothing();
        self.now = self.now.after(Duration::from_secs(seconds));
        self.client.handle_timeout(self.now);
        assert!(
            self.client
                .poll_timeout()
                .is_none_or(|deadline| deadline > self.now),
            "{}",
            self.place
        );
        self.drive();
    }

    fn expect_line(&mut self, line: &[u8]) {
        let said = self.output.get(..line.len()).unwrap_or(&self.output);
        assert_eq!(
            said.escape_ascii().to_string(),
            line.escape_ascii().to_string(),
            "{}\nevents: {:?}",
            self.place,
            self.events
        );
        self.output.drain(..line.len());
    }

    fn expect_event(&mut self, expected: &str) {
        assert!(!self.events.is_empty(), "nothing told, {}", self.place);
        assert_eq!(self.events.remove(0), expected, "{}", self.place);
    }

    fn expect_nothing(&self) {
        assert!(
            self.output.is_empty() && self.events.is_empty(),
            "before {}:\nsaid {}\ntold {:?}",
            self.place,
            self.output.escape_ascii(),
            self.events
        );
    }

    fn act(&mut self, action: &str) {
        self.expect_nothing();
        let (verb, rest) = action.split_once(' ').unwrap_or((action, ""));
        let failed = match verb {
            "open" => {
                let opening = opening(rest);
                self.client
                    .open(opening)
                    .err()
                    .map(|error| error.to_string())
            }
            // How many replies it has, and the octets.
            "raw" => {
                let (replies, octets) = rest.split_once(' ').unwrap();
                let octets = Bytes::from(unescape(octets));
                self.client
                    .send_raw(octets, replies.parse().unwrap())
                    .err()
                    .map(|error| error.to_string())
            }
            "chunk" | "last" => self
                .client
                .send_chunk(Bytes::from(unescape(rest)), verb == "last")
                .err()
                .map(|error| error.to_string()),
            "send" => {
                let line = unescape(rest);
                let command = Command::parse(&line, &Syntax::STRICT).unwrap();
                self.client
                    .send(&command)
                    .err()
                    .map(|error| error.to_string())
            }
            "deliver" => {
                let (envelope, options) = message(rest);
                self.client
                    .deliver(envelope.clone(), options)
                    .err()
                    .map(|error| {
                        let text = error.to_string();
                        assert_eq!(error.into_envelope(), envelope);
                        text
                    })
            }
            "body" => {
                let chunk = Bytes::from(unescape(rest));
                self.client
                    .body()
                    .unwrap()
                    .write(chunk.clone())
                    .err()
                    .map(|error| {
                        let text = error.to_string();
                        assert_eq!(error.into_chunk(), chunk);
                        text
                    })
            }
            "finish" => {
                let body = self.client.body().unwrap();
                body.finish().err().map(|error| error.to_string())
            }
            "normalize" => {
                let mut body = self.client.body().unwrap();
                let is_set = body.set_line_ends(LineEnds::Normalize);
                (!is_set).then(|| "too late".to_owned())
            }
            "quit" => {
                self.client.quit();
                None
            }
            "abort" => {
                self.client.abort();
                None
            }
            // So many octets, and no more, go through to the server.
            "room" => {
                self.room = rest.parse().ok();
                None
            }
            "assert" => {
                self.check(rest);
                None
            }
            _ => self.act_in_opening(verb, rest),
        };
        self.events.extend(failed.map(|error| format!("! {error}")));
        self.drive();
    }

    /// The best mechanism for those credentials, then, without any, the next.
    fn choose(&mut self, credentials: &str) -> Option<String> {
        if let Some((kind, credentials)) = credentials.split_once(' ') {
            let (name, secret) = credentials.split_once(' ').unwrap();
            self.chooser = Some(Chooser::new(match kind {
                "password" => Credentials::password(name, secret),
                "token" => Credentials::token(name, secret),
                _ => panic!("{}", self.place),
            }));
        }
        let chooser = self.chooser.as_mut().unwrap();
        let Some(mechanism) = chooser.choose(self.client.mechanisms()) else {
            return Some("there is no other".to_owned());
        };
        let error = self.client.authenticate_with(mechanism).err();
        error.map(|error| error.to_string())
    }

    fn act_in_opening(&mut self, verb: &str, rest: &str) -> Option<String> {
        match verb {
            "tls" => {
                self.client.tls_established(self.now, &mut self.input);
                None
            }
            "auth" => {
                let (name, initial) = match rest.split_once(' ') {
                    Some((name, initial)) => (name, Some(Secret::from(unescape(initial)))),
                    None => (rest, None),
                };
                let mechanism: Mechanism = name.parse().unwrap();
                self.client
                    .authenticate(mechanism, initial.as_ref())
                    .err()
                    .map(|error| error.to_string())
            }
            "choose" => self.choose(rest),
            "respond" => self
                .client
                .respond(&Secret::from(unescape(rest)))
                .err()
                .map(|error| error.to_string()),
            "cancel" => {
                self.client.cancel_auth();
                None
            }
            "skip" => {
                self.client.skip_auth();
                None
            }
            _ => panic!("{}", self.place),
        }
    }

    fn check(&mut self, what: &str) {
        let (name, value) = what.split_once(' ').unwrap_or((what, ""));
        let client = &mut self.client;
        let holds = match name {
            "reusable" => client.is_reusable(),
            "not-reusable" => !client.is_reusable(),
            "closed" => client.is_closed() && !client.wants_input(),
            "open" => !client.is_closed() && client.wants_input(),
            "body" => client.body().is_some(),
            "no-body" => client.body().is_none(),
            "blocked" => client.body().unwrap().is_blocked(),
            "timeout" => {
                let seconds = Duration::from_secs(value.parse().unwrap());
                client.poll_timeout() == Some(self.now.after(seconds))
            }
            "no-timeout" => client.poll_timeout().is_none(),
            "offers" => offers(client.capabilities()) == value,
            "encrypted" => client.is_encrypted(),
            "authenticated" => client.is_authenticated(),
            "not-authenticated" => !client.is_authenticated(),
            "waits" => !client.is_closed() && !client.wants_input(),
            "mechanisms" => {
                let names = client.mechanisms().map(|mechanism| mechanism.to_string());
                names.collect::<Vec<_>>().join(" ") == value
            }
            "offers-nothing" => client.capabilities().is_none(),
            _ => panic!("{}", self.place),
        };
        assert!(holds, "{}: {:?}", self.place, self.client);
    }
}

/// `tls auth`, each by the name of its policy.
fn opening(text: &str) -> Opening {
    let opening = Opening::new(Domain::try_from("client.example").unwrap());
    text.split_whitespace()
        .fold(opening, |opening, word| match word {
            "opportunistic" => opening.with_tls(TlsPolicy::Opportunistic),
            "required" => opening.with_tls(TlsPolicy::Required),
            "already-on" => opening.with_tls(TlsPolicy::AlreadyOn),
            "auth" => opening.with_auth(AuthPolicy::IfOffered),
            "auth-required" => opening.with_auth(AuthPolicy::Required),
            _ => panic!("{text}"),
        })
}

/// `from > to to with …`: an envelope and what is known of its message.
fn message(text: &str) -> (Envelope, BodyOptions) {
    let (paths, with) = text.split_once(" with ").unwrap_or((text, ""));
    let (from, to) = paths.split_once(" >").unwrap();
    let mut envelope = Envelope::new(match from {
        "<>" => ReversePath::Null,
        from => ReversePath::Mailbox(from.parse().unwrap()),
    });
    for to in to.split_whitespace() {
        let (to, parameter) = to.split_once('+').unwrap_or((to, ""));
        let mut recipient = match to {
            "postmaster" => Recipient::from(ForwardPath::Postmaster),
            to => Recipient::from(to.parse::<Mailbox<'_>>().unwrap()),
        };
        if let Ok(parameter) = Parameter::try_from(parameter) {
            recipient.parameters = recipient.parameters.with(&parameter).unwrap();
        }
        envelope = envelope.to(recipient);
    }
    let mut options = BodyOptions::new();
    for word in with.split_whitespace() {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        options = match name {
            "size" => options.with_size(value.parse().unwrap()),
            "8bit" => options.with_type(BodyType::EightBitMime),
            "binary" => options.with_type(BodyType::BinaryMime),
            "utf8" => options.with_utf8(),
            "chunked" => options.with_chunking(Chunking::IfOffered),
            "unchunked" => options.with_chunking(Chunking::Never),
            "normalize" => options.with_line_ends(LineEnds::Normalize),
            _ => {
                let parameter = Parameter::try_from(word).unwrap();
                let parameters = std::mem::replace(&mut envelope.parameters, MailParameters::new());
                envelope.parameters = parameters.with(&parameter).unwrap();
                options
            }
        };
    }
    (envelope, options)
}

fn offers(capabilities: Option<&ehlo::types::Capabilities<'_>>) -> String {
    let offers = capabilities.unwrap().iter().map(|offer| offer.to_string());
    offers.collect::<Vec<_>>().join(", ")
}

/// An event as it stands in a transcript.
pub(crate) fn describe(event: &Event) -> String {
    match event {
        Event::Greeting(reply) => format!("greeting {}", one_line(reply)),
        Event::Ready(capabilities) => {
            let text = format!("ready {}", offers(Some(capabilities)));
            text.trim_end().to_owned()
        }
        Event::Handover => "handover".to_owned(),
        Event::AuthWanted(offered) => {
            let names = offered.mechanisms().map(|mechanism| mechanism.to_string());
            format!("auth wanted {}", names.collect::<Vec<_>>().join(" "))
        }
        Event::AuthChallenge(challenge) => match challenge.decode() {
            Some(text) => format!("challenge {}", text.expose().escape_ascii())
                .trim_end()
                .to_owned(),
            None => format!("challenge? {}", one_line(challenge.expose_reply())),
        },
        Event::AuthCancelled(error) => format!("auth cancelled: {error}"),
        Event::Authenticated(reply) => format!("authenticated {}", one_line(reply)),
        Event::AuthRefused(reply) => format!("auth refused {}", one_line(reply)),
        Event::Reply(id, reply) => format!("reply {id}: {}", one_line(reply)),
        Event::BodyWanted(id) => format!("body wanted {id}"),
        Event::Settled(id, index, outcome) => format!("settled {id}.{index} {outcome:?}"),
        Event::Report(id, report) => {
            let state = if report.is_session_reusable() {
                "reusable"
            } else {
                "not reusable"
            };
            let dropped: Vec<_> = report.dropped().map(ParameterKind::as_str).collect();
            let without = match dropped.is_empty() {
                true => String::new(),
                false => format!(" without {}", dropped.join(" ")),
            };
            format!("report {id} {state}{without}{}", recipients(report))
        }
        Event::Closed(reason) => {
            format!("closed {}", format!("{reason:?}").replace('\n', "/"))
        }
        _ => format!("{event:?}"),
    }
}

fn recipients(report: &Report) -> String {
    let recipients = report.recipients().map(|recipient| {
        let path = recipient.recipient.forward_path.as_str();
        let reply = recipient.reply.map(one_line).unwrap_or_default();
        format!(" | {path} {:?} {reply}", recipient.outcome)
            .trim_end()
            .to_owned()
    });
    recipients.collect()
}

fn one_line(reply: &Reply<'_>) -> String {
    reply.to_string().replace('\n', "/").trim_end().to_owned()
}
