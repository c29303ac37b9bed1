//! A mail server with nothing but `std`: a thread for each connection.
//!
//! `blocking_server --listen 127.0.0.1:2525 --maildir DIR [--hostname NAME]
//! [--max-size OCTETS]` takes whatever mail comes and stores each message as
//! `DIR/<id>.eml` (its octets) and `DIR/<id>.json` (its envelope). A recipient
//! whose local part is `refused` is refused, so that a client can be shown one.
//!
//! What to look at: [`serve`] is the driver loop, the same for every server;
//! [`Application`] is what this server does about the events; [`Spool`] keeps
//! the promise that a 250 makes: the message is on disk, whole, before it is said.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::{Buf, BytesMut};
use ehlo::Timestamp;
use ehlo::server::{
    Answer, Config, Data, Event, Message, MessageAccepted, Rejection, Security, Server, SessionId,
};
use ehlo::types::{Domain, Envelope, ForwardPath};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("blocking_server: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let options = Options::from_arguments()?;
    fs::create_dir_all(&options.maildir)?;
    let mut config = Config::new(options.hostname.parse::<Domain<'static>>()?);
    config.limits.message = options.max_size.or(config.limits.message);
    let config = Arc::new(config);

    let listener = TcpListener::bind(&options.listen)?;
    println!("listening on {}", listener.local_addr()?);
    for (number, stream) in (1..).zip(listener.incoming()) {
        let (config, maildir) = (Arc::clone(&config), options.maildir.clone());
        let stream = stream?;
        std::thread::spawn(move || {
            if let Err(error) = serve(stream, config, SessionId(number), &maildir) {
                eprintln!("session {number}: {error}");
            }
        });
    }
    Ok(())
}

/// The driver loop: poll, write, read, in that order.
fn serve(
    mut stream: TcpStream,
    config: Arc<Config>,
    id: SessionId,
    maildir: &Path,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let start = Instant::now();
    let now = || Timestamp::from_elapsed(start.elapsed());
    let mut server = Server::new(config, id, Security::Plain, now());
    let mut application = Application::new(maildir);
    let mut input = BytesMut::new();
    loop {
        while let Some(event) = server.poll_event(now(), &mut input) {
            application.handle(&mut server, event);
        }
        if server.output().has_remaining() {
            let written = stream.write(server.output().chunk())?;
            server.output().advance(written);
        } else if server.is_closed() {
            return Ok(());
        } else if server.wants_input() {
            stream.set_read_timeout(remaining(server.poll_timeout(), now()))?;
            match read(&mut stream, &mut input) {
                Ok(0) => server.handle_eof(),
                Ok(_) => {}
                Err(error) if is_timeout(&error) => server.handle_timeout(now()),
                Err(error) => return Err(error),
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
    const BLOCK: usize = 16 * 1024;
    let filled = input.len();
    input.resize(filled + BLOCK, 0);
    let result = stream.read(&mut input[filled..]);
    input.truncate(filled + *result.as_ref().unwrap_or(&0));
    result
}

/// What this server does about the events of a session.
struct Application<'a> {
    maildir: &'a Path,
    spool: Option<Spool>,
}

impl<'a> Application<'a> {
    fn new(maildir: &'a Path) -> Self {
        Self {
            maildir,
            spool: None,
        }
    }

    fn handle(&mut self, server: &mut Server, event: Event) {
        let in_time = match event {
            Event::Connect(question) => server.answer(question, Ok(Default::default())).is_ok(),
            Event::Hello(question) => server.answer(question, Ok(Default::default())).is_ok(),
            Event::Mail(question) => server.answer(question, Ok(Default::default())).is_ok(),
            Event::Rcpt(question) => {
                let answer = match is_refused(&question.forward_path) {
                    true => Err(Rejection::NO_SUCH_MAILBOX),
                    false => Ok(Default::default()),
                };
                server.answer(question, answer).is_ok()
            }
            Event::Data(question) => {
                let answer = self.begin();
                server.answer(question, answer).is_ok()
            }
            Event::Body(octets) => match self.write(&octets) {
                Ok(()) => true,
                Err(why) => server.refuse_body(why).is_ok(),
            },
            Event::Message(question) => {
                let answer = self.commit(server);
                server.answer(question, answer).is_ok()
            }
            Event::Aborted(_) => {
                self.spool = None;
                true
            }
            _ => true,
        };
        // Each answer is given at once, so the session still waits for it.
        debug_assert!(in_time);
    }

    fn begin(&mut self) -> Answer<Data> {
        let spool = Spool::create(self.maildir).map_err(|error| local_error(&error))?;
        self.spool = Some(spool);
        Ok(Default::default())
    }

    fn write(&mut self, octets: &[u8]) -> Result<(), Rejection> {
        let spool = self.spool.as_mut().ok_or(Rejection::LOCAL_ERROR)?;
        spool.write(octets).map_err(|error| local_error(&error))
    }

    /// Makes the message durable; only then may it be accepted.
    fn commit(&mut self, server: &Server) -> Answer<Message> {
        let (Some(spool), Some(envelope)) = (self.spool.take(), server.envelope()) else {
            return Err(Rejection::LOCAL_ERROR);
        };
        let helo = server.hello().map_or("", |name| name.as_str());
        let id = spool.commit(envelope, helo);
        let id = id.map_err(|error| local_error(&error))?;
        MessageAccepted::queued_as(&id).map_err(|_| Rejection::LOCAL_ERROR)
    }
}

fn is_refused(path: &ForwardPath<'_>) -> bool {
    path.mailbox()
        .is_some_and(|mailbox| mailbox.local_part().as_str() == "refused")
}

fn local_error(error: &io::Error) -> Rejection {
    eprintln!("storage: {error}");
    Rejection::LOCAL_ERROR
}

/// A message on its way to the disk. Dropped before it is committed, it leaves
/// nothing behind.
struct Spool {
    maildir: PathBuf,
    id: String,
    file: io::BufWriter<File>,
}

impl Spool {
    fn create(maildir: &Path) -> io::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let elapsed = SystemTime::now().duration_since(UNIX_EPOCH);
        let id = format!(
            "{:x}-{:x}-{:x}",
            elapsed.unwrap_or_default().as_micros(),
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed),
        );
        let file = File::create(maildir.join(format!("{id}.tmp")))?;
        Ok(Self {
            maildir: maildir.to_owned(),
            id,
            file: io::BufWriter::new(file),
        })
    }

    fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        self.file.write_all(octets)
    }

    /// The envelope first, then the message under its final name: an `.eml`
    /// that exists is whole.
    fn commit(mut self, envelope: &Envelope, helo: &str) -> io::Result<String> {
        let recipients = envelope.recipients.iter();
        let json = serde_json::json!({
            "mail_from": envelope.reverse_path.as_str(),
            "rcpt_to": recipients.map(|to| to.forward_path.as_str()).collect::<Vec<_>>(),
            "helo": helo,
        });
        let mut file = File::create(self.path("json"))?;
        file.write_all(json.to_string().as_bytes())?;
        file.sync_all()?;
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        fs::rename(self.path("tmp"), self.path("eml"))?;
        File::open(&self.maildir)?.sync_all()?;
        Ok(std::mem::take(&mut self.id))
    }

    fn path(&self, extension: &str) -> PathBuf {
        self.maildir.join(format!("{}.{extension}", self.id))
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        // Once committed, there is no id and nothing to remove.
        if !self.id.is_empty() {
            let _ = fs::remove_file(self.path("tmp"));
            let _ = fs::remove_file(self.path("json"));
        }
    }
}

struct Options {
    listen: String,
    maildir: PathBuf,
    hostname: String,
    max_size: Option<u64>,
}

impl Options {
    fn from_arguments() -> Result<Self, lexopt::Error> {
        use lexopt::prelude::*;

        let (mut listen, mut maildir, mut max_size) = (None, None, None);
        let mut hostname = "mx.example".to_owned();
        let mut arguments = lexopt::Parser::from_env();
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("listen") => listen = Some(arguments.value()?.string()?),
                Long("maildir") => maildir = Some(arguments.value()?.into()),
                Long("hostname") => hostname = arguments.value()?.string()?,
                Long("max-size") => max_size = Some(arguments.value()?.parse()?),
                _ => return Err(argument.unexpected()),
            }
        }
        Ok(Self {
            listen: listen.ok_or("--listen ADDRESS:PORT is missing")?,
            maildir: maildir.ok_or("--maildir DIR is missing")?,
            hostname,
            max_size,
        })
    }
}
