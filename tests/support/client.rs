//! Plays the server of a transcript against the client machine, command by
//! command.

use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use ehlo::Timestamp;
use ehlo::client::{Client, Config, Event};
use ehlo::codec::Syntax;
use ehlo::types::Command;

use super::cuts::Cut;
use super::transcript::{Line, Transcript, escape};

/// Plays `transcript`, its server's octets cut like that: what the client says
/// must be the `C:` lines, and what it tells must be the `S:` lines.
pub fn play(transcript: &Transcript, cut: Cut) {
    let mut player = Player {
        place: format!("{} ({cut:?})", transcript.name),
        client: Client::new(Arc::new(Config::new()), Timestamp::ZERO),
        input: BytesMut::new(),
        cut,
        received: 0,
        said: Vec::new(),
        told: Vec::new(),
    };
    let mut lines = transcript.lines.iter().peekable();
    while let Some(line) = lines.next() {
        match line {
            Line::Client(octets) => player.say(octets),
            Line::Server(octets) => {
                let mut flight = octets.clone();
                while let Some(Line::Server(octets)) = lines.peek() {
                    flight.extend_from_slice(octets);
                    lines.next();
                }
                player.hear(&flight);
            }
            Line::Event(_) => {}
            other => panic!("{}: not for a client: {other:?}", player.place),
        }
    }
    let said = escape(&player.said);
    assert_eq!(
        said,
        escape(&transcript.octets_of(true)),
        "{}",
        player.place
    );
    let told = escape(&player.told);
    assert_eq!(
        told,
        escape(&transcript.octets_of(false)),
        "{}",
        player.place
    );
}

struct Player {
    place: String,
    client: Client,
    input: BytesMut,
    cut: Cut,
    /// Octets that the server has sent so far.
    received: usize,
    said: Vec<u8>,
    /// The replies that the client told of, as they came.
    told: Vec<u8>,
}

impl Player {
    /// A command, or a line of the message that the server waits for.
    fn say(&mut self, line: &[u8]) {
        let line = line.strip_suffix(b"\r\n").expect("a whole line");
        if let Some(mut body) = self.client.body() {
            if line == b"." {
                body.finish().unwrap();
            } else {
                let line = line.strip_prefix(b".").unwrap_or(line);
                let line = [line, b"\r\n"].concat();
                body.write(Bytes::from(line)).unwrap();
            }
        } else {
            let command = Command::parse(line, &Syntax::STRICT).unwrap();
            self.client.send(&command).unwrap();
        }
        self.settle();
    }

    fn hear(&mut self, flight: &[u8]) {
        for read in self.cut.reads(self.received, flight) {
            assert!(self.client.wants_input(), "{}", self.place);
            self.input.extend_from_slice(&read);
            self.settle();
        }
        self.received += flight.len();
    }

    fn settle(&mut self) {
        while let Some(event) = self.client.poll_event(Timestamp::ZERO, &mut self.input) {
            match event {
                Event::Greeting(reply) | Event::Reply(_, reply) => {
                    self.told.extend_from_slice(reply.as_bytes());
                }
                Event::Closed(_) => assert!(self.client.poll_timeout().is_none()),
                other => panic!("{}: {other:?}", self.place),
            }
        }
        let output = self.client.output();
        let octets = output.copy_to_bytes(output.remaining());
        self.said.extend_from_slice(&octets);
    }
}
