//! One connection: taken to where the attack begins by a [`Client`], and read on
//! reply by reply with the codec.

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Buf, Bytes, BytesMut};
use ehlo::Timestamp;
use ehlo::client::{Client, Config, Event, Opening};
use ehlo::codec::{ReplyLimits, ReplyParser};
use ehlo::types::{Capabilities, Command, MailParameters, Protocol, RcptParameters, Reply};

use crate::options::Options;
use crate::tls;

/// How far an ordinary session goes before the attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Nothing has been read.
    Connect,
    /// The server has greeted.
    Greeting,
    /// EHLO, or LHLO, was accepted.
    Hello,
    /// MAIL and RCPT were accepted.
    Envelope,
    /// DATA was answered 354.
    Data,
    /// TLS is established; nothing was said in it.
    Tls,
}

/// Why an attack could not even begin.
pub(crate) type Trouble = Box<dyn Error>;

/// What was heard next.
pub(crate) enum Heard {
    Reply(Reply<'static>),
    /// The server closed, or the connection broke.
    Closed,
    /// Nothing, for as long as the probe waits.
    Silence,
    /// What is no reply, or too much.
    Garbage,
}

enum Wire {
    Plain(TcpStream),
    Tls(Box<tls::Stream>),
    /// The handshake failed.
    Gone,
}

pub(crate) struct Session {
    stage: Stage,
    wire: Wire,
    client: Client,
    input: BytesMut,
    parser: ReplyParser,
    /// How many more octets are read.
    room: usize,
    timeout: Duration,
    deadline: Instant,
}

/// The machine waits as long as the socket does.
const NOW: Timestamp = Timestamp::ZERO;
/// Octets that are read from a server, in one session.
const ROOM: usize = 1 << 20;
/// A session takes no longer than so many timeouts.
const TIMEOUTS: u32 = 6;

impl Session {
    /// A session that has come so far.
    pub(crate) fn reach(stage: Stage, options: &Options) -> Result<Self, Trouble> {
        let mut session = Self::connect(stage, options)?;
        if stage == Stage::Connect {
            return Ok(session);
        }
        if stage == Stage::Greeting {
            session.drive(|event| matches!(event, Event::Greeting(_)).then_some(()))?;
            return Ok(session);
        }
        session.client.open(Opening::new(options.hello.clone()))?;
        session.drive(|event| matches!(event, Event::Ready(_)).then_some(()))?;
        if matches!(stage, Stage::Envelope | Stage::Data) {
            session.ask(
                "MAIL",
                &Command::Mail {
                    reverse_path: options.from.clone().into(),
                    parameters: MailParameters::default(),
                },
            )?;
            session.ask(
                "RCPT",
                &Command::Rcpt {
                    forward_path: options.to.clone().into(),
                    parameters: RcptParameters::default(),
                },
            )?;
        }
        match stage {
            // Raw, because the machine would want to say the message itself.
            Stage::Data => session.ask_raw("DATA", b"DATA\r\n")?,
            Stage::Tls => {
                session.ask_raw("STARTTLS", b"STARTTLS\r\n")?;
                session.handshake()?;
            }
            _ => {}
        }
        Ok(session)
    }

    fn connect(stage: Stage, options: &Options) -> Result<Self, Trouble> {
        let stream = TcpStream::connect(options.addresses.as_slice())?;
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(options.timeout))?;
        stream.set_read_timeout(Some(options.timeout))?;
        let mut config = Config::new();
        if options.lmtp {
            config.protocol = Protocol::Lmtp;
        }
        let limits = ReplyLimits::default();
        Ok(Self {
            stage,
            wire: Wire::Plain(stream),
            client: Client::new(Arc::new(config), NOW),
            input: BytesMut::new(),
            parser: ReplyParser::new(limits),
            room: ROOM,
            timeout: options.timeout,
            deadline: Instant::now() + options.timeout * TIMEOUTS,
        })
    }

    /// What the server offers.
    pub(crate) fn offered(&self) -> Option<Capabilities<'static>> {
        self.client.capabilities().cloned()
    }

    /// Says a command; it must be accepted.
    fn ask(&mut self, name: &'static str, command: &Command<'_>) -> Result<(), Trouble> {
        self.client.send(command)?;
        self.accepted(name)
    }

    fn ask_raw(&mut self, name: &'static str, octets: &'static [u8]) -> Result<(), Trouble> {
        self.client.send_raw(Bytes::from_static(octets), 1)?;
        self.accepted(name)
    }

    fn accepted(&mut self, name: &'static str) -> Result<(), Trouble> {
        let reply = self.drive(|event| match event {
            Event::Reply(_, reply) => Some(reply),
            _ => None,
        })?;
        match reply.code().is_positive() {
            true => Ok(()),
            false => Err(format!("{name} was refused: {reply}").into()),
        }
    }

    /// Drives the machine until it tells of what is wanted.
    fn drive<T>(&mut self, mut wanted: impl FnMut(Event) -> Option<T>) -> Result<T, Trouble> {
        loop {
            while let Some(event) = self.client.poll_event(NOW, &mut self.input) {
                if let Event::Closed(reason) = event {
                    return Err(reason.into());
                }
                if let Some(found) = wanted(event) {
                    return Ok(found);
                }
            }
            self.flush()?;
            if self.read()? == 0 {
                self.client.handle_eof();
            }
        }
    }

    /// Says octets as they are, in one write. That the server does not listen
    /// any more shows when it is heard.
    pub(crate) fn say(&mut self, octets: Vec<u8>) {
        // No machine of this crate says anything before the greeting.
        if self.stage == Stage::Connect {
            let _ = self.write(&octets);
        // The replies are not the machine's: it expects none, and hears none.
        } else if self.client.send_raw(octets.into(), 0).is_ok() {
            while self.client.poll_event(NOW, &mut BytesMut::new()).is_some() {}
            let _ = self.flush();
        }
    }

    /// The next reply.
    pub(crate) fn hear(&mut self) -> Heard {
        loop {
            match self.parser.next(&mut self.input) {
                Some(Ok(reply)) => return Heard::Reply(reply),
                Some(Err(_)) => return Heard::Garbage,
                None if self.room == 0 => return Heard::Garbage,
                None => {}
            }
            match self.read() {
                Ok(0) => return Heard::Closed,
                Ok(_) => {}
                Err(error) if is_timeout(&error) => return Heard::Silence,
                Err(_) => return Heard::Closed,
            }
        }
    }

    /// Whether there are octets that were not heard yet.
    pub(crate) fn has_input(&self) -> bool {
        !self.input.is_empty()
    }

    pub(crate) fn handshake(&mut self) -> io::Result<()> {
        if let Wire::Plain(stream) = std::mem::replace(&mut self.wire, Wire::Gone) {
            self.wire = Wire::Tls(Box::new(tls::connect(stream)?));
        }
        Ok(())
    }

    /// Nothing more will be said; the server may still answer.
    pub(crate) fn end_output(&mut self) {
        if let Wire::Plain(stream) = &self.wire {
            let _ = stream.shutdown(Shutdown::Write);
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        while self.client.output().has_remaining() {
            let octets = Bytes::copy_from_slice(self.client.output().chunk());
            self.write(&octets)?;
            self.client.output().advance(octets.len());
        }
        Ok(())
    }

    fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        match &mut self.wire {
            Wire::Plain(stream) => stream.write_all(octets),
            Wire::Tls(stream) => stream.write_all(octets),
            Wire::Gone => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    fn read(&mut self) -> io::Result<usize> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let mut block = [0; 4096];
        let most = self.room.min(block.len());
        let block = &mut block[..most];
        let wait = Some(self.timeout.min(left));
        let read = match &mut self.wire {
            Wire::Plain(stream) => {
                stream.set_read_timeout(wait)?;
                stream.read(block)?
            }
            Wire::Tls(stream) => {
                stream.sock.set_read_timeout(wait)?;
                stream.read(block)?
            }
            Wire::Gone => 0,
        };
        self.room -= read;
        self.input.extend_from_slice(&block[..read]);
        Ok(read)
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}
