//! Transcripts: dialogues as files.
//!
//! ```text
//! # Why this one is here.
//! @ role: server client          who is played: one machine, or each in turn
//! @ host: mx.example             the server's name (default mx.example)
//! @ config: -pipelining vrfy     what differs from the default configuration
//! @ cuts: whole                  only uncut: see below
//! S: 220 mx.example ESMTP        what the server says, a line each
//! C: EHLO client.example         what the client says, a line each
//! C| no line end\x0d             what the client says, to the octet
//! C! eof                         the client's octets end
//! T: 300                         so many seconds pass
//! A: shutdown 60                 what the application does: see `server.rs`
//! E: mail <a@b.example>          an event
//! B| Hello\r\n                   octets of a body
//! & open                         what every session has: see below
//! ```
//!
//! Client lines that stand together are one flight: they are sent without
//! waiting. The words that the server says behind a code come from the
//! application where it is asked, so the player answers each question with the
//! reply that comes next; where the machine answers by itself, the reply must
//! be that one. If there are `E:` lines, they are all events but the pieces of
//! the body, in order; if there are none, events are not looked at. Likewise
//! with `B|` lines: together they are all octets of all bodies.
//!
//! `& helo` stands for the greeting and HELO; `& ehlo` for the greeting and
//! EHLO (in LMTP, LHLO), with what is offered by default and besides, a `|`
//! between; `& again` for another EHLO alone; `& open` for MAIL and RCPT;
//! `& data` for those and DATA; all with their replies.
//!
//! `\xNN`, `\r`, `\n`, `\0` and `\\` stand for octets. A transcript is played
//! uncut, octet by octet, and cut in two at every octet. `cuts: whole` is for a
//! client that does not wait where the machine answers by itself: what it sends
//! after that answer is not early, so there the cut decides.

/// One line of a dialogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Octets from the client, line end included.
    Client(Vec<u8>),
    /// The client's octets end.
    ClientEof,
    /// Octets from the server, line end included.
    Server(Vec<u8>),
    /// Seconds that pass.
    Time(u64),
    /// Something that the application does.
    Action(String),
    /// Something that the application is told.
    Event(String),
    /// Octets of a message.
    Body(Vec<u8>),
}

/// A dialogue with its settings.
#[derive(Clone, Debug)]
pub struct Transcript {
    pub name: String,
    pub roles: Vec<String>,
    pub host: String,
    pub config: Vec<String>,
    pub only_whole: bool,
    pub lines: Vec<Line>,
}

impl Transcript {
    /// Every transcript in `tests/transcripts`.
    pub fn all() -> Vec<Self> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/transcripts");
        let mut paths: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        assert!(!paths.is_empty());
        paths
            .iter()
            .flat_map(|path| {
                let file = path.file_stem().unwrap().to_string_lossy().into_owned();
                Self::parse_file(&file, &std::fs::read_to_string(path).unwrap())
            })
            .collect()
    }

    /// The transcripts of a file: each begins with `== title`.
    fn parse_file(file: &str, text: &str) -> Vec<Self> {
        text.split("\n== ")
            .skip(1)
            .map(|part| {
                let (title, body) = part.split_once('\n').unwrap_or((part, ""));
                Self::parse(format!("{file}: {title}"), body)
            })
            .collect()
    }

    fn parse(name: String, text: &str) -> Self {
        let mut transcript = Self {
            name,
            roles: vec!["server".to_owned()],
            host: "mx.example".to_owned(),
            config: Vec::new(),
            only_whole: false,
            lines: Vec::new(),
        };
        for line in text.lines() {
            transcript.read(line);
        }
        transcript
    }

    fn read(&mut self, line: &str) {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        let (mark, rest) = line.split_at(line.len().min(2));
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        match mark {
            "" => {}
            _ if mark.starts_with('#') => {}
            "@ " => match rest.split_once(": ") {
                Some(("role", roles)) => self.roles = words(roles),
                Some(("host", host)) => host.clone_into(&mut self.host),
                Some(("config", config)) => self.config = words(config),
                Some(("cuts", "whole")) => self.only_whole = true,
                _ => panic!("{}: {line:?}", self.name),
            },
            "C:" => self
                .lines
                .push(Line::Client([unescape(rest), b"\r\n".to_vec()].concat())),
            "C|" => self.lines.push(Line::Client(unescape(rest))),
            "C!" => self.lines.push(Line::ClientEof),
            "S:" => self
                .lines
                .push(Line::Server([unescape(rest), b"\r\n".to_vec()].concat())),
            "T:" => self.lines.push(Line::Time(rest.parse().unwrap())),
            "A:" => self.lines.push(Line::Action(rest.to_owned())),
            "E:" => self.lines.push(Line::Event(rest.to_owned())),
            "B|" => self.lines.push(Line::Body(unescape(rest))),
            "& " => self.expand(rest),
            _ => panic!("{}: {line:?}", self.name),
        }
    }

    /// Reads what every session has.
    fn expand(&mut self, text: &str) {
        let has = |name: &str| self.config.iter().any(|word| word == name);
        let code = |code: &'static str| match has("bare") || has("-enhanced") {
            true => "",
            false => code,
        };
        let host = &self.host;
        let greeting = format!("S: 220 {host} ESMTP");
        let verb = if has("lmtp") { "LHLO" } else { "EHLO" };
        let open = format!(
            "C: MAIL FROM:<a@b.example>\nS: 250 {}Sender ok\n\
             C: RCPT TO:<c@mx.example>\nS: 250 {}Recipient ok",
            code("2.1.0 "),
            code("2.1.5 "),
        );
        let (word, offers) = text.split_once(' ').unwrap_or((text, ""));
        let lines = match word {
            "helo" => format!("{greeting}\nC: HELO client.example\nS: 250 {host} hello"),
            "open" => open,
            "data" => format!("{open}\nC: DATA\nS: 354 Go"),
            "ehlo" | "again" => {
                let usual = match has("bare") {
                    true => "",
                    false => "PIPELINING|SIZE 52428800|8BITMIME|SMTPUTF8|ENHANCEDSTATUSCODES",
                };
                let offers = [usual, offers].join("|");
                let offers: Vec<_> = offers.split('|').filter(|line| !line.is_empty()).collect();
                let mut lines = match word {
                    "ehlo" => format!("{greeting}\nC: {verb} client.example"),
                    _ => format!("C: {verb} client.example"),
                };
                let said: Vec<_> = std::iter::once(format!("{host} hello"))
                    .chain(offers.iter().map(|offer| (*offer).to_owned()))
                    .collect();
                let last = said.len() - 1;
                let said = said.iter().enumerate().map(|(index, line)| {
                    let mark = if index < last { '-' } else { ' ' };
                    format!("\nS: 250{mark}{line}")
                });
                lines.extend(said);
                lines
            }
            _ => panic!("{}: {text:?}", self.name),
        };
        for line in lines.lines() {
            self.read(line);
        }
    }

    pub fn is_for(&self, role: &str) -> bool {
        self.roles.iter().any(|known| known == role)
    }

    /// All that one side sends.
    pub fn octets_of(&self, is_client: bool) -> Vec<u8> {
        let octets = self.lines.iter().filter_map(|line| match line {
            Line::Client(octets) if is_client => Some(octets.clone()),
            Line::Server(octets) if !is_client => Some(octets.clone()),
            _ => None,
        });
        octets.flatten().collect()
    }

    /// The events that are expected; none if they are not looked at.
    pub fn events(&self) -> Vec<String> {
        let events = self.lines.iter().filter_map(|line| match line {
            Line::Event(event) => Some(event.clone()),
            _ => None,
        });
        events.collect()
    }
}

impl Transcript {
    /// The octets of bodies that are expected; `None` if they are not looked at.
    pub fn body(&self) -> Option<Vec<u8>> {
        let pieces = self.lines.iter().filter_map(|line| match line {
            Line::Body(octets) => Some(octets.as_slice()),
            _ => None,
        });
        let pieces: Vec<_> = pieces.collect();
        (!pieces.is_empty()).then(|| pieces.concat())
    }
}

fn unescape(text: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    let mut rest = text.bytes();
    while let Some(octet) = rest.next() {
        let unescaped = match octet {
            b'\\' => match rest.next() {
                Some(b'r') => b'\r',
                Some(b'n') => b'\n',
                Some(b'0') => 0,
                Some(b'x') => {
                    let digits = [rest.next().unwrap(), rest.next().unwrap()];
                    u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
                }
                Some(other) => other,
                None => b'\\',
            },
            other => other,
        };
        octets.push(unescaped);
    }
    octets
}

/// Octets as they stand in a transcript.
pub fn escape(octets: &[u8]) -> String {
    octets.escape_ascii().to_string()
}
