//! Messages: what they ask of a server, and their octets.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::mem;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use bytes::Bytes;
use ehlo::client::BodyOptions;
use ehlo::codec::{LineEncoder, LineEnds};
use ehlo::types::BodyType;
use tokio::task::spawn_blocking;

/// A message up to this many octets is kept in memory; a larger one is read
/// whenever it is sent.
const KEPT: u64 = 1024 * 1024;

/// Octets that are read at once.
const BLOCK: u64 = 256 * 1024;

pub(crate) struct Message {
    pub(crate) name: String,
    source: Source,
    survey: Survey,
}

/// Where the octets of a message are.
#[derive(Clone)]
enum Source {
    Memory(Bytes),
    File(PathBuf, State),
}

impl Message {
    pub(crate) fn from_file(path: &Path) -> io::Result<Self> {
        let name = path.display().to_string();
        Self::read(path, &name)
            .map_err(|error| io::Error::new(error.kind(), format!("{name}: {error}")))
    }

    /// What cannot be read again is kept, however large.
    pub(crate) fn from_stdin() -> io::Result<Self> {
        Self::keep(io::stdin().lock(), "standard input")
    }

    fn read(path: &Path, name: &str) -> io::Result<Self> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        // What is no file, such as a pipe, cannot be read again either.
        if !metadata.is_file() || metadata.len() <= KEPT {
            return Self::keep(file, name);
        }
        let state = State::of(&metadata);
        let mut blocks = Blocks::of(path.to_owned(), state);
        let mut survey = Survey::new();
        while let Some(block) = blocks.next()? {
            survey.add(&block);
        }
        Ok(Self {
            name: name.to_owned(),
            source: Source::File(path.to_owned(), state),
            survey: survey.end(),
        })
    }

    fn keep(mut reader: impl Read, name: &str) -> io::Result<Self> {
        let mut octets = Vec::new();
        reader.read_to_end(&mut octets)?;
        let octets = Bytes::from(octets);
        let mut survey = Survey::new();
        survey.add(&octets);
        Ok(Self {
            name: name.to_owned(),
            source: Source::Memory(octets),
            survey: survey.end(),
        })
    }

    /// Octets that are sent, dots not stuffed.
    pub(crate) const fn size(&self) -> u64 {
        match self.survey.is_binary {
            true => self.survey.octets,
            false => self.survey.octets_of_lines,
        }
    }

    /// What it asks of the server.
    pub(crate) fn options(&self) -> BodyOptions {
        let body_type = match (self.survey.is_binary, self.survey.is_eight_bit) {
            (true, _) => BodyType::BinaryMime,
            (false, true) => BodyType::EightBitMime,
            (false, false) => BodyType::SevenBit,
        };
        let options = BodyOptions::new()
            .with_size(self.size())
            .with_type(body_type)
            // Files end their lines with LF; messages do not.
            .with_line_ends(LineEnds::Normalize);
        match self.survey.has_utf8_header {
            true => options.with_utf8(),
            false => options,
        }
    }

    /// Its octets, from the first on.
    pub(crate) fn open(&self) -> Octets {
        match &self.source {
            Source::Memory(octets) => Octets::Memory(octets.clone()),
            Source::File(path, state) => Octets::File(Blocks::of(path.clone(), *state)),
        }
    }
}

/// What is found out about a message before it is sent.
struct Survey {
    octets: u64,
    /// The same, where each line ends with CR LF.
    octets_of_lines: u64,
    /// Whether there are NULs in it, which are not for DATA (RFC 5321 §4.5.2).
    is_binary: bool,
    is_eight_bit: bool,
    /// Whether its header is UTF-8, beyond ASCII (RFC 6532).
    has_utf8_header: bool,
    lines: LineEncoder,
}

impl Survey {
    const fn new() -> Self {
        Self {
            octets: 0,
            octets_of_lines: 0,
            is_binary: false,
            is_eight_bit: false,
            has_utf8_header: false,
            lines: LineEncoder::new(LineEnds::Normalize),
        }
    }

    fn add(&mut self, block: &Bytes) {
        if self.octets == 0 {
            let header = header(block);
            self.has_utf8_header = !header.is_ascii() && std::str::from_utf8(header).is_ok();
        }
        self.octets += block.len() as u64;
        self.is_binary |= block.contains(&0);
        self.is_eight_bit |= !block.is_ascii();
        let octets = &mut self.octets_of_lines;
        let count = &mut |slice: Bytes| *octets += slice.len() as u64;
        // What is normalised has no errors.
        let _ = self.lines.encode(block, count);
    }

    fn end(mut self) -> Self {
        let octets = &mut self.octets_of_lines;
        let count = &mut |slice: Bytes| *octets += slice.len() as u64;
        let _ = self.lines.finish(count);
        self
    }
}

/// The header, as far as the first block of a message has it.
fn header(block: &[u8]) -> &[u8] {
    let is_end = |three: &[u8]| three.starts_with(b"\n\n") || three == b"\n\r\n";
    let end = block.windows(3).position(is_end);
    &block[..end.unwrap_or(block.len())]
}

/// The octets of a message on its way.
pub(crate) enum Octets {
    Memory(Bytes),
    File(Blocks),
}

impl Octets {
    /// The next ones, or `None` at the end.
    pub(crate) async fn next(&mut self) -> io::Result<Option<Bytes>> {
        match mem::replace(self, Self::Memory(Bytes::new())) {
            Self::Memory(octets) => Ok(Some(octets).filter(|octets| !octets.is_empty())),
            Self::File(mut blocks) => {
                let read = spawn_blocking(move || (blocks.next(), blocks));
                let (block, blocks) = read.await?;
                *self = Self::File(blocks);
                block
            }
        }
    }
}

/// What a file is known by, for as long as nobody writes to it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct State {
    octets: u64,
    modified: Option<SystemTime>,
}

impl State {
    fn of(metadata: &Metadata) -> Self {
        Self {
            octets: metadata.len(),
            modified: metadata.modified().ok(),
        }
    }
}

/// The octets of a file, block by block. If it has changed since it was looked
/// at, there is no end: half a message is none.
pub(crate) struct Blocks {
    path: PathBuf,
    state: State,
    file: Option<File>,
}

impl Blocks {
    const fn of(path: PathBuf, state: State) -> Self {
        Self {
            path,
            state,
            file: None,
        }
    }

    fn next(&mut self) -> io::Result<Option<Bytes>> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(File::open(&self.path)?),
        };
        let mut block = Vec::new();
        file.take(BLOCK).read_to_end(&mut block)?;
        if !block.is_empty() {
            return Ok(Some(Bytes::from(block)));
        }
        match State::of(&file.metadata()?) == self.state {
            true => Ok(None),
            false => Err(io::Error::other("the file has changed")),
        }
    }
}
