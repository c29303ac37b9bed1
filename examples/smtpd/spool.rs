//! Messages on their way to the disk.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::task::spawn_blocking;

/// Octets that are kept in memory before they are written.
const ENOUGH: usize = 256 * 1024;

/// A message that is being received. Dropped before it is committed, it leaves
/// nothing behind.
pub(crate) struct Spool {
    maildir: PathBuf,
    id: String,
    /// Once there is more than fits into memory.
    file: Option<File>,
    octets: Vec<u8>,
}

impl Spool {
    pub(crate) fn new(maildir: &Path) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let elapsed = SystemTime::now().duration_since(UNIX_EPOCH);
        let id = format!(
            "{:x}-{:x}-{:x}",
            elapsed.unwrap_or_default().as_micros(),
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed),
        );
        Self {
            maildir: maildir.to_owned(),
            id,
            file: None,
            octets: Vec::new(),
        }
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Adds octets; they are a copy, so the session's buffer is free again.
    pub(crate) async fn write(mut self, octets: &[u8]) -> io::Result<Self> {
        self.octets.extend_from_slice(octets);
        if self.octets.len() < ENOUGH {
            return Ok(self);
        }
        spawn_blocking(move || self.flush().map(|()| self)).await?
    }

    /// Makes the message durable, envelope first; an `.eml` that exists is
    /// whole.
    pub(crate) async fn commit(mut self, envelope: String) -> io::Result<String> {
        spawn_blocking(move || {
            let mut json = File::create(self.path("json"))?;
            json.write_all(envelope.as_bytes())?;
            json.sync_all()?;
            self.flush()?;
            if let Some(file) = self.file.take() {
                file.sync_all()?;
            }
            fs::rename(self.path("tmp"), self.path("eml"))?;
            File::open(&self.maildir)?.sync_all()?;
            Ok(std::mem::take(&mut self.id))
        })
        .await?
    }

    fn flush(&mut self) -> io::Result<()> {
        let path = self.path("tmp");
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(File::create(path)?),
        };
        file.write_all(&self.octets)?;
        self.octets.clear();
        Ok(())
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
