//! Command lines: the table `commands.txt`. For `benches/command.rs` and the peers.

#![allow(dead_code)] // nobody uses all of it

const TABLE: &str = include_str!("commands.txt");

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Allowed, and every rival takes it.
    Common,
    /// Allowed.
    Valid,
    /// Not allowed.
    Bad,
}

pub(crate) struct Row {
    pub(crate) verdict: Verdict,
    /// Without its CRLF.
    pub(crate) line: Vec<u8>,
}

pub(crate) fn rows() -> Vec<Row> {
    TABLE
        .lines()
        .filter(|row| !row.starts_with('#'))
        .map(|row| {
            let mut columns = row.split('\t');
            let verdict = match columns.next() {
                Some("common") => Verdict::Common,
                Some("valid") => Verdict::Valid,
                _ => Verdict::Bad,
            };
            let line = columns.next().unwrap_or_default();
            let line = line.replace("\\0", "\0").replace("\\r", "\r");
            let line = line.replace("\\n", "\n").into_bytes();
            Row { verdict, line }
        })
        .collect()
}

/// The lines that are allowed, or those of them that every rival takes.
pub(crate) fn valid(only_common: bool) -> Vec<Vec<u8>> {
    let wanted = |row: &Row| match row.verdict {
        Verdict::Common => true,
        Verdict::Valid => !only_common,
        Verdict::Bad => false,
    };
    rows()
        .into_iter()
        .filter(wanted)
        .map(|row| row.line)
        .collect()
}

/// With its CRLF.
pub(crate) fn terminated(line: &[u8]) -> Vec<u8> {
    [line, b"\r\n"].concat()
}
