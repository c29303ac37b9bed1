//! The command grammar against a table of lines.

use ehlo::codec::Syntax;
use ehlo::types::Command;

const TABLE: &str = include_str!("tables/commands.txt");

/// The rows of the table: the verdict, and the line without its escapes.
fn rows() -> impl Iterator<Item = (&'static str, String)> {
    TABLE
        .lines()
        .filter(|row| !row.starts_with('#'))
        .map(|row| {
            let mut columns = row.split('\t');
            let verdict = columns.next().unwrap();
            let line = columns.next().unwrap_or_default();
            let escapes = [("\\0", "\0"), ("\\r", "\r"), ("\\n", "\n")];
            let line = escapes
                .iter()
                .fold(line.to_owned(), |line, (from, to)| line.replace(from, to));
            (verdict, line)
        })
}

#[test]
fn the_strict_syntax_takes_every_good_line_and_writes_it_back() {
    for (verdict, line) in rows().filter(|(verdict, _)| *verdict == "good") {
        let command = Command::parse(line.as_bytes(), &Syntax::STRICT);
        let command = command.unwrap_or_else(|error| panic!("{verdict} {line:?}: {error}"));
        let mut written = Vec::new();
        command.write(&mut written);
        assert_eq!(written.len(), command.wire_len(), "{line:?}");
        let again = Command::parse(written.strip_suffix(b"\r\n").unwrap(), &Syntax::STRICT);
        assert_eq!(
            again.as_ref(),
            Ok(&command),
            "{line:?} was written {}",
            written.escape_ascii()
        );
    }
}

#[test]
fn the_strict_syntax_refuses_every_bad_line() {
    for (verdict, line) in rows().filter(|(verdict, _)| *verdict == "bad") {
        let command = Command::parse(line.as_bytes(), &Syntax::STRICT);
        assert!(
            matches!(command, Err(_) | Ok(Command::Unknown(_))),
            "{verdict} {line:?}: {command:?}"
        );
    }
    assert_eq!(rows().filter(|(verdict, _)| *verdict == "good").count(), 46);
    assert_eq!(rows().filter(|(verdict, _)| *verdict == "bad").count(), 25);
}
