//! A mail client with nothing but `std`.
//!
//! `blocking_client --connect HOST:PORT --from A --to B [--to C …]
//! [--helo NAME] [--verbose] [FILE]` sends FILE, or standard input, and prints
//! one line for each recipient with the reply that decided about it. Exit
//! status: 0 all accepted, 1 some refused, 2 the session failed.
//!
//! What to look at: [`run`] is the driver loop; [`Application`] is what this
//! client does about the events, streaming the message as the output drains.

use std::error::Error;
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Buf, Bytes, BytesMut};
use ehlo::Timestamp;
use ehlo::client::{BodyOptions, Client, Config, Event, Opening, Report};
use ehlo::codec::LineEnds;
use ehlo::types::{BodyType, Envelope, HelloName, Host, Mailbox, ReversePath};

fn main() -> ExitCode {
    match Options::from_arguments()
        .map_err(Into::into)
        .and_then(|options| run(&options))
    {
        Ok(report) if report.is_delivered_to_all() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(error) => {
            eprintln!("blocking_client: {error}");
            ExitCode::from(2)
        }
    }
}

/// The driver loop: poll, give what there is of the message, write, read, in
/// that order.
fn run(options: &Options) -> Result<Report, Box<dyn Error>> {
    let mut stream = TcpStream::connect(&options.connect)?;
    stream.set_nodelay(true)?;
    let hello: HelloName<'static> = match &options.helo {
        Some(name) => name.parse()?,
        // Not a bare `localhost`: servers refuse it.
        None => HelloName::from(Host::from(stream.local_addr()?.ip())),
    };
    let start = Instant::now();
    let now = || Timestamp::from_elapsed(start.elapsed());
    let mut client = Client::new(Arc::new(Config::new()), now());
    client.open(Opening::new(hello))?;
    let mut application = Application::new(options)?;
    let mut input = BytesMut::new();
    loop {
        while let Some(event) = client.poll_event(now(), &mut input) {
            application.handle(&mut client, event)?;
        }
        application.give(&mut client)?;
        if client.output().has_remaining() {
            let written = stream.write(client.output().chunk())?;
            client.output().advance(written);
        } else if client.is_closed() {
            return application.report.ok_or("nothing was sent".into());
        } else if client.wants_input() {
            stream.set_read_timeout(remaining(client.poll_timeout(), now()))?;
            match read(&mut stream, &mut input) {
                Ok(0) => client.handle_eof(),
                Ok(_) => {}
                Err(error) if is_timeout(&error) => client.handle_timeout(now()),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// How long to wait for the peer; `None` is for ever.
fn remaining(deadline: Option<Timestamp>, now: Timestamp) -> Option<Duration> {
    // A timeout of zero would mean none at all.
    deadline.map(|deadline| deadline.since(now).max(Duration::from_millis(1)))
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
    )
}

/// Reads to the end of the buffer, which is used again and again.
fn read(stream: &mut TcpStream, input: &mut BytesMut) -> io::Result<usize> {
    const BLOCK: usize = 4 * 1024;
    let filled = input.len();
    input.resize(filled + BLOCK, 0);
    let result = stream.read(&mut input[filled..]);
    input.truncate(filled + *result.as_ref().unwrap_or(&0));
    result
}

/// What this client does about the events of its session.
struct Application {
    envelope: Option<Envelope>,
    /// What is still to be given.
    message: Bytes,
    is_wanted: bool,
    report: Option<Report>,
    verbose: bool,
}

impl Application {
    fn new(options: &Options) -> Result<Self, Box<dyn Error>> {
        let mut message = Vec::new();
        match &options.file {
            Some(path) => File::open(path)?.read_to_end(&mut message)?,
            None => io::stdin().read_to_end(&mut message)?,
        };
        let sender = match options.from.as_str() {
            "" => ReversePath::Null,
            address => ReversePath::from(address.parse::<Mailbox<'static>>()?),
        };
        let mut envelope = Envelope::new(sender);
        for address in &options.to {
            envelope = envelope.to(address.parse::<Mailbox<'static>>()?);
        }
        Ok(Self {
            envelope: Some(envelope),
            message: Bytes::from(message),
            is_wanted: false,
            report: None,
            verbose: options.verbose,
        })
    }

    fn handle(&mut self, client: &mut Client, event: Event) -> Result<(), Box<dyn Error>> {
        if self.verbose {
            eprintln!("{event:?}");
        }
        match event {
            Event::Ready(_) => {
                if let Some(envelope) = self.envelope.take() {
                    client.deliver(envelope, self.body_options())?;
                }
            }
            Event::BodyWanted(_) => self.is_wanted = true,
            Event::Report(_, report) => {
                self.is_wanted = false;
                print(&report);
                self.report = Some(report);
                client.quit();
            }
            Event::Closed(reason) if self.report.is_none() => return Err(reason.into()),
            _ => {}
        }
        Ok(())
    }

    fn body_options(&self) -> BodyOptions {
        let body_type = match self.message.is_ascii() {
            true => BodyType::SevenBit,
            false => BodyType::EightBitMime,
        };
        // Files end their lines with LF; messages do not.
        BodyOptions::new()
            .with_type(body_type)
            .with_line_ends(LineEnds::Normalize)
    }

    /// Gives as much of the message as the output takes.
    fn give(&mut self, client: &mut Client) -> Result<(), Box<dyn Error>> {
        const CHUNK: usize = 64 * 1024;
        let Some(mut body) = client.body().filter(|_| self.is_wanted) else {
            return Ok(());
        };
        while !body.is_blocked() && !self.message.is_empty() {
            let chunk = self.message.split_to(CHUNK.min(self.message.len()));
            body.write(chunk)?;
        }
        if self.message.is_empty() {
            body.finish()?;
            self.is_wanted = false;
        }
        Ok(())
    }
}

/// A line for each recipient.
fn print(report: &Report) {
    for recipient in report.recipients() {
        let path = recipient.recipient.forward_path.as_str();
        match recipient.reply {
            Some(reply) => println!("{path}: {}", reply.to_string().replace('\n', " / ")),
            None => println!("{path}: {:?}", recipient.outcome),
        }
    }
}

struct Options {
    connect: String,
    from: String,
    to: Vec<String>,
    helo: Option<String>,
    verbose: bool,
    file: Option<PathBuf>,
}

impl Options {
    fn from_arguments() -> Result<Self, lexopt::Error> {
        use lexopt::prelude::*;

        let (mut connect, mut from, mut to) = (None, None, Vec::new());
        let (mut helo, mut verbose, mut file) = (None, false, None);
        let mut arguments = lexopt::Parser::from_env();
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("connect") => connect = Some(arguments.value()?.string()?),
                Long("from") => from = Some(arguments.value()?.string()?),
                Long("to") => to.push(arguments.value()?.string()?),
                Long("helo") => helo = Some(arguments.value()?.string()?),
                Long("verbose") => verbose = true,
                Value(path) if file.is_none() => file = Some(path.into()),
                _ => return Err(argument.unexpected()),
            }
        }
        Ok(Self {
            connect: connect.ok_or("--connect HOST:PORT is missing")?,
            from: from.ok_or("--from ADDRESS is missing")?,
            to,
            helo,
            verbose,
            file,
        })
    }
}
