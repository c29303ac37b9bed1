//! A server that says anything: whatever it is, every transaction is reported
//! once and in full, every session closes once, and what is called delivered
//! was said to be.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use ehlo::Timestamp;
use ehlo::client::{BodyOptions, Client, Config, Event, Opening, Outcome, Protocol};
use ehlo::codec::Syntax;
use ehlo::types::{Command, Domain, Envelope, Mailbox, Verb};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// What the server does when it has something to answer, or not.
#[derive(Clone, Debug)]
enum Move {
    Say(&'static str),
    /// The right answer to the oldest line that has none.
    Answer,
    Wait(u64),
    /// The transport takes so many octets.
    Take(usize),
    /// The application gives more of the message, or ends it.
    Write,
    Finish,
    Close,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let says = [
        "250 Ok\r\n",
        "250 Ok\r\n250 Ok\r\n",
        "354 Go\r\n",
        "550 No\r\n",
        "451 Later\r\n",
        "452 4.5.3 Full\r\n",
        "421 Bye\r\n",
        "250-Ok\r\n250 PIPELINING\r\n",
        "250-Ok\r\n550 No\r\n",
        "25",
        "2",
        "\n",
        "\r\n",
        "garbage\r\n",
        "150 No\r\n",
    ];
    let one = prop_oneof![
        12 => Just(Move::Answer),
        8 => Just(Move::Take(usize::MAX)),
        3 => Just(Move::Write),
        3 => Just(Move::Finish),
        1 => select(says.to_vec()).prop_map(Move::Say),
        1 => (0_usize..40).prop_map(Move::Take),
        1 => (0_u64..400).prop_map(Move::Wait),
        1 => (0_u8..20).prop_map(|die| if die == 0 { Move::Close } else { Move::Answer }),
    ];
    vec(one, 0..120)
}

/// What a server that is well understands of what it was told.
#[derive(Default)]
struct Listener {
    heard: Vec<u8>,
    in_data: bool,
    accepted: usize,
    /// Replies that are due.
    due: Vec<String>,
    is_lmtp: bool,
}

impl Listener {
    fn hear(&mut self, octets: &[u8]) {
        self.heard.extend_from_slice(octets);
        while let Some(end) = self.heard.windows(2).position(|pair| pair == b"\r\n") {
            let line: Vec<u8> = self.heard.drain(..end + 2).collect();
            let line = &line[..end];
            if self.in_data {
                if line == b"." {
                    self.in_data = false;
                    let replies = if self.is_lmtp { self.accepted } else { 1 };
                    self.due.extend(vec!["250 Queued\r\n".to_owned(); replies]);
                }
                continue;
            }
            // Nothing that is not a command is ever said as one.
            let command = Command::parse(line, &Syntax::STRICT).unwrap();
            self.due.push(match command.verb() {
                Verb::Ehlo | Verb::Lhlo => "250-mx.example\r\n250 PIPELINING\r\n".to_owned(),
                Verb::Mail => {
                    self.accepted = 0;
                    "250 Ok\r\n".to_owned()
                }
                Verb::Rcpt if line.starts_with(b"RCPT TO:<no") => "550 No\r\n".to_owned(),
                Verb::Rcpt => {
                    self.accepted += 1;
                    "250 Ok\r\n".to_owned()
                }
                Verb::Data => {
                    self.in_data = true;
                    "354 Go\r\n".to_owned()
                }
                Verb::Quit => "221 Bye\r\n".to_owned(),
                _ => "250 Ok\r\n".to_owned(),
            });
        }
    }
}

fn envelope() -> Envelope {
    ["1@d.example", "no@d.example", "2@d.example"]
        .into_iter()
        .map(|path| path.parse::<Mailbox<'_>>().unwrap())
        .fold(
            Envelope::new("a@b.example".parse::<Mailbox<'_>>().unwrap()),
            Envelope::to,
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn every_outcome_is_reported(moves in moves(), is_lmtp: bool) {
        let mut config = Config::new();
        config.limits.output = Some(64);
        config.protocol = if is_lmtp { Protocol::Lmtp } else { Protocol::Smtp };
        let mut now = Timestamp::ZERO;
        let mut client = Client::new(Arc::new(config), now);
        let mut server = Listener { is_lmtp, due: vec!["220 Hi\r\n".to_owned()], ..Listener::default() };
        let mut input = BytesMut::new();
        let opening = Opening::new(Domain::try_from("client.example").unwrap());
        client.open(opening).unwrap();
        let (mut delivering, mut reports, mut closed) = (0, 0, 0);
        // How many times the server has told it has a message.
        let (mut taken, mut delivered) = (0, 0);
        for step in moves.into_iter().chain([Move::Close]) {
            match step {
                Move::Say(text) => {
                    input.extend_from_slice(text.as_bytes());
                    taken += text.matches("250 ").count();
                }
                Move::Answer => if !server.due.is_empty() {
                    let reply = server.due.remove(0);
                    taken += reply.matches("250 ").count();
                    input.extend_from_slice(reply.as_bytes());
                },
                Move::Wait(seconds) => {
                    now = now.after(Duration::from_secs(seconds));
                    client.handle_timeout(now);
                    prop_assert!(client.poll_timeout().is_none_or(|deadline| deadline > now));
                }
                Move::Take(octets) => {
                    let octets = octets.min(client.output().remaining());
                    let octets = client.output().copy_to_bytes(octets);
                    server.hear(&octets);
                }
                Move::Write => if let Some(mut body) = client.body() {
                    let _ = body.write(Bytes::from_static(b"..\r\nMAIL FROM:<x@y.example>\r\n."));
                },
                Move::Finish => if let Some(body) = client.body() {
                    body.finish().unwrap();
                },
                Move::Close => client.handle_eof(),
            }
            while let Some(event) = client.poll_event(now, &mut input) {
                prop_assert_eq!(closed, 0);
                match event {
                    Event::Report(_, report) => {
                        reports += 1;
                        prop_assert_eq!(report.recipients().count(), 3);
                        for recipient in report.recipients() {
                            if recipient.outcome == Outcome::Delivered {
                                delivered += 1;
                                prop_assert_eq!(recipient.reply.unwrap().code().get(), 250);
                            }
                        }
                    }
                    Event::Closed(_) => closed += 1,
                    _ => {}
                }
            }
            prop_assert!(client.output().remaining() <= 64 + 40);
            if client.is_reusable() {
                client.deliver(envelope(), BodyOptions::new()).unwrap();
                delivering += 1;
            }
        }
        while let Some(event) = client.poll_event(now, &mut input) {
            match event {
                Event::Report(..) => reports += 1,
                Event::Closed(_) => closed += 1,
                _ => {}
            }
        }
        prop_assert_eq!(reports, delivering);
        prop_assert_eq!(closed, 1);
        prop_assert!(client.is_closed());
        prop_assert!(delivered <= 2 * taken);
    }
}
