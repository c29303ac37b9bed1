use ehlo::codec::Syntax;
use ehlo::types::{Command, SaslLine};

use super::parameters;

/// A line, given without its CR LF, under every leniency and none.
///
/// What parses is written as what parses to the same, without a control
/// character; a wider syntax takes all that a narrower one takes, and as the
/// same.
pub fn command(line: &[u8]) {
    let strict = check(line, &Syntax::STRICT);
    for syntax in lenient() {
        let taken = check(line, &syntax);
        if strict.is_some() {
            assert_eq!(taken, strict, "under {syntax:?}");
        }
        if taken.is_some() {
            assert_eq!(check(line, &Syntax::LENIENT), taken, "beyond {syntax:?}");
        }
    }
    if let Ok(text) = core::str::from_utf8(line) {
        assert_eq!(Command::try_from(text).ok(), strict);
    }
    if let Ok(sasl) = SaslLine::parse(line) {
        let mut written = Vec::new();
        sasl.write(&mut written);
        assert_eq!(SaslLine::parse(without_line_end(&written)), Ok(sasl));
    }
}

/// Each leniency alone.
fn lenient() -> [Syntax; 7] {
    let mut syntaxes = [Syntax::STRICT; 7];
    syntaxes[0].blanks_before_path = true;
    syntaxes[1].bare_paths = true;
    syntaxes[2].local_paths = true;
    syntaxes[3].odd_hello_names = true;
    syntaxes[4].long_paths = true;
    syntaxes[5].loose_dots = true;
    syntaxes[6].extra_blanks = true;
    syntaxes
}

fn check<'a>(line: &'a [u8], syntax: &Syntax) -> Option<Command<'a>> {
    let command = match Command::parse(line, syntax) {
        Ok(command) => command,
        Err(error) => {
            assert!(error.offset() <= line.len(), "{error:?}");
            assert!(error.code().is_permanent());
            assert!(error.enhanced_code().agrees_with(error.code()));
            return None;
        }
    };
    let has_line_end = line.iter().any(|octet| matches!(octet, b'\r' | b'\n'));
    assert!(!has_line_end, "{command:?}");
    check_written(&command, syntax);
    match &command {
        Command::Mail { parameters, .. } => parameters::check_mail(parameters),
        Command::Rcpt { parameters, .. } => parameters::check_rcpt(parameters),
        _ => {}
    }
    Some(command)
}

/// Writes it, and reads it again.
pub(crate) fn check_written(command: &Command<'_>, syntax: &Syntax) {
    let mut written = Vec::new();
    command.write(&mut written);
    assert_eq!(written.len(), command.wire_len());
    let line = without_line_end(&written);
    let is_clean = |text: &[u8]| !text.iter().any(u8::is_ascii_control);
    assert!(is_clean(line), "{}", line.escape_ascii());
    assert!(is_clean(command.to_string().as_bytes()), "{command}");
    assert_eq!(
        Command::parse(line, syntax).as_ref(),
        Ok(command),
        "written as {}",
        line.escape_ascii()
    );
    assert_eq!(&command.clone().into_owned(), command);
}

pub(crate) fn without_line_end(written: &[u8]) -> &[u8] {
    written.strip_suffix(b"\r\n").expect("a line end")
}
