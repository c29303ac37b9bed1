//! Every command, parameter and keyword against tables of known answers.

use ehlo::codec::{CommandError, Syntax};
use ehlo::types::{Command, Verb};

const TAKEN: &str = include_str!("tables/vocabulary.txt");
const REFUSED: &str = include_str!("tables/refused.txt");

fn rows(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.lines().filter(|row| !row.starts_with('#'))
}

fn parse(line: &[u8]) -> Result<Command<'_>, CommandError> {
    Command::parse(line, &Syntax::STRICT)
}

/// The line as the wire has it, without its CRLF.
fn written(command: &Command<'_>) -> String {
    let mut octets = Vec::new();
    command.write(&mut octets);
    assert_eq!(octets.len(), command.wire_len());
    let line = octets.strip_suffix(b"\r\n").unwrap();
    assert!(line.iter().all(|octet| *octet >= b' ' && *octet != 0x7f));
    String::from_utf8(line.to_vec()).unwrap()
}

#[test]
fn what_is_legal_is_taken_and_written_back_as_it_was() {
    for line in rows(TAKEN) {
        let command = parse(line.as_bytes()).unwrap_or_else(|error| panic!("{line}: {error}"));
        let is_private = line.starts_with('X')
            && !line.starts_with("XCLIENT ")
            && !line.starts_with("XFORWARD ");
        assert_eq!(command.verb() == Verb::Unknown, is_private, "{line}");
        assert_eq!(written(&command), line);
        assert!(command.fits_line(), "{line}");
        let owned = command.clone().into_owned();
        assert_eq!(owned, command);
        assert_eq!(written(&owned), line);
    }
}

#[test]
fn case_and_trailing_blanks_do_not_matter() {
    for line in rows(TAKEN) {
        let length = line.find([' ', ':']).unwrap_or(line.len());
        let (verb, rest) = line.split_at(length);
        let shouted = format!("{}{rest} \t ", verb.to_lowercase());
        let command = parse(shouted.as_bytes()).unwrap_or_else(|error| panic!("{line}: {error}"));
        if command.verb() != Verb::Unknown {
            assert_eq!(written(&command), line);
        }
    }
}

#[test]
fn reading_allocates_nothing() {
    for line in rows(TAKEN) {
        let info = allocation_counter::measure(|| {
            let command = parse(line.as_bytes());
            assert!(command.is_ok());
        });
        assert_eq!(info.count_total, 0, "{line}");
    }
}

/// The octets of a cell: `\0`, `\t`, `\r`, `\\` and `\xff`.
fn unescape(text: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    let mut rest = text.bytes();
    while let Some(octet) = rest.next() {
        octets.push(match octet {
            b'\\' => match rest.next().unwrap() {
                b'0' => 0,
                b't' => b'\t',
                b'r' => b'\r',
                b'x' => {
                    let digits = [rest.next().unwrap(), rest.next().unwrap()];
                    u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
                }
                other => other,
            },
            octet => octet,
        });
    }
    octets
}

#[test]
fn what_is_not_legal_is_refused_with_the_part_the_place_and_the_codes() {
    let mut wrong = Vec::new();
    for row in rows(REFUSED) {
        let (expected, line) = row.rsplit_once('\t').unwrap();
        let found = match parse(&unescape(line)) {
            Ok(command) => format!("{command:?}"),
            Err(error) => format!(
                "{:?}\t{}\t{}\t{}",
                error.part(),
                error.offset(),
                error.code(),
                error.enhanced_code()
            ),
        };
        if found != expected {
            wrong.push(format!("{expected}\t{line}: {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn who_must_wait_for_a_reply() {
    // RFC 2920 §3.1, and the extensions that say otherwise of their commands.
    let anywhere = [
        Verb::Mail,
        Verb::Rcpt,
        Verb::Rset,
        Verb::Send,
        Verb::Soml,
        Verb::Saml,
        Verb::Bdat,
        Verb::Burl,
        Verb::Xforward,
    ];
    for verb in Verb::ALL {
        assert_eq!(verb.is_last_in_group(), !anywhere.contains(verb), "{verb}");
    }
    let waits = |line: &str| parse(line.as_bytes()).unwrap().is_last_in_group();
    assert!(waits("BDAT 1 LAST") && waits("BURL imap://a/b LAST"));
    assert!(!waits("BDAT 1") && !waits("BURL imap://a/b"));
    assert!(waits("AUTH PLAIN AAAA") && waits("DATA") && waits("XCLIENT NAME=a"));
}

#[test]
fn verbs_are_told_from_what_begins_like_them() {
    for verb in Verb::ALL {
        for other in [
            format!("{verb}X"),
            format!("X{verb}"),
            format!("{verb}-"),
            format!("{verb}1"),
        ] {
            let command = parse(other.as_bytes()).unwrap();
            assert_eq!(command.verb(), Verb::Unknown, "{other}");
        }
    }
}

#[test]
fn smtputf8_is_split_off_where_it_is_offered() {
    let split = |line: &'static str| match parse(line.as_bytes()).unwrap() {
        Command::Vrfy(argument) | Command::Expn(argument) => {
            let (string, flag) = argument.split_smtputf8();
            (string.to_owned(), flag)
        }
        other => panic!("{other}"),
    };
    assert_eq!(split("VRFY josé SMTPUTF8"), ("josé".to_owned(), true));
    assert_eq!(split("EXPN a b  smtputf8"), ("a b".to_owned(), true));
    assert_eq!(split("VRFY SMTPUTF8"), ("SMTPUTF8".to_owned(), false));
    assert_eq!(split("VRFY aSMTPUTF8"), ("aSMTPUTF8".to_owned(), false));
}

#[test]
fn the_attributes_of_a_client_are_decoded() {
    use ehlo::types::{Attribute, AttributeValue};
    let line =
        b"XCLIENT NAME=[unavailable] ADDR=ipv6:2001:db8::1 PORT=25 LOGIN=a+20b HELO=[TEMPUNAVAIL]";
    let Ok(Command::Xclient(attributes)) = parse(line) else {
        panic!()
    };
    let value = |attribute| attributes.get(attribute);
    assert_eq!(value(Attribute::Name), Some(AttributeValue::Unavailable));
    assert_eq!(
        value(Attribute::Helo),
        Some(AttributeValue::TemporarilyUnavailable)
    );
    assert_eq!(
        value(Attribute::Login),
        Some(AttributeValue::Text("a b".into()))
    );
    assert_eq!(value(Attribute::Proto), None);
    assert_eq!(attributes.address(), "2001:db8::1".parse().ok());
    assert_eq!(attributes.port(), Some(25));
    assert_eq!(attributes.iter().count(), 5);
}
