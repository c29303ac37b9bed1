//! Command lines.
//!
//! Not here: mailin keeps its parser private (only its verdict is known, from
//! a session's replies); io-smtp, lettre and mail-send are clients and parse
//! no commands.

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};

use bytes::BytesMut;
use ehlo::codec::{LineFramer, Syntax};
use ehlo::types::Command;
use smtp_proto::Request;

use crate::measure::{Group, Unit};
use crate::shared::lines::{self, Verdict};

pub fn groups() -> Vec<Group> {
    let common = lines::valid(true);
    let mut groups = vec![
        borrowed("commands: borrowed, the 17 common lines", &common),
        owned("commands: owned, the 17 common lines", &common),
        borrowed_ehlo("commands: ehlo, all 46 valid lines", &lines::valid(false)),
    ];
    // Each rival on the valid lines that it takes.
    for rival in &rivals()[1..] {
        let Some(parse) = rival.parse else { continue };
        let taken = lines::valid(false)
            .into_iter()
            .filter(|line| (rival.takes)(line));
        let taken: Vec<_> = taken.collect();
        let title = format!(
            "commands: the {} valid lines that {} takes",
            taken.len(),
            rival.name
        );
        let mut group = Group::new(title, Unit::Each("line", taken.len()));
        add_ehlo(&mut group, &taken);
        group.add(rival.name, parse(&taken));
        groups.push(group);
    }
    groups
}

/// Runs `parse` over the lines, each hidden from the optimizer on its way in,
/// and what it comes to on its way out.
fn over<L: 'static, T>(
    lines: Vec<L>,
    parse: impl Fn(&'static L) -> T + 'static,
) -> impl FnMut() + 'static {
    let lines: &'static [L] = lines.leak();
    move || {
        for line in lines {
            black_box(&parse(black_box(line)));
        }
    }
}

fn texts(lines: &[Vec<u8>]) -> Vec<String> {
    let texts = lines.iter().map(|line| String::from_utf8(line.clone()));
    texts
        .collect::<Result<_, _>>()
        .expect("valid lines are UTF-8")
}

fn terminated(lines: &[Vec<u8>]) -> Vec<Vec<u8>> {
    lines.iter().map(|line| lines::terminated(line)).collect()
}

fn add_ehlo(group: &mut Group, lines: &[Vec<u8>]) {
    group.add(
        "ehlo",
        over(lines.to_vec(), |line| Command::parse(line, &Syntax::STRICT)),
    );
}

fn add_ehlo_framed(group: &mut Group, lines: &[Vec<u8>]) {
    group.add(
        "ehlo, framed from a buffer",
        framed(lines, |line| {
            black_box(&Command::parse(line, &Syntax::STRICT));
        }),
    );
}

/// From one buffer with all the lines in it, as a read brings them.
fn framed<T>(lines: &[Vec<u8>], work: impl Fn(&[u8]) -> T + 'static) -> impl FnMut() + 'static {
    let wire = terminated(lines).concat();
    let mut framer = LineFramer::new(Some(4096));
    let mut input = BytesMut::with_capacity(64 * 1024);
    move || {
        input.clear();
        input.extend_from_slice(black_box(&wire));
        while let Some(Ok(line)) = framer.next(&mut input) {
            black_box(&work(&line));
        }
    }
}

/// One buffer with all the lines in it, to be read by an iterator.
fn wire(lines: &[Vec<u8>]) -> &'static [u8] {
    terminated(lines).concat().leak()
}

fn smtp_proto(lines: &[Vec<u8>]) -> impl FnMut() + 'static {
    let wire = wire(lines);
    move || {
        let mut octets = black_box(wire).iter();
        while !octets.as_slice().is_empty() {
            black_box(&Request::parse(&mut octets));
        }
    }
}

fn smtp_proto_owned(lines: &[Vec<u8>]) -> impl FnMut() + 'static {
    let wire = wire(lines);
    move || {
        let mut octets = black_box(wire).iter();
        while !octets.as_slice().is_empty() {
            black_box(&Request::parse(&mut octets).map(Request::into_owned));
        }
    }
}

fn borrowed_ehlo(title: &str, lines: &[Vec<u8>]) -> Group {
    let mut group = Group::new(title, Unit::Each("line", lines.len()));
    add_ehlo(&mut group, lines);
    add_ehlo_framed(&mut group, lines);
    group.add(
        "ehlo, owned",
        over(lines.to_vec(), |line| {
            Command::parse(line, &Syntax::STRICT).map(Command::into_owned)
        }),
    );
    group
}

fn borrowed(title: &str, lines: &[Vec<u8>]) -> Group {
    let mut group = Group::new(title, Unit::Each("line", lines.len()));
    add_ehlo(&mut group, lines);
    add_ehlo_framed(&mut group, lines);
    // These two find the end of the line themselves.
    group.add("smtp-proto", smtp_proto(lines));
    group.add(
        "smtp-message",
        over(terminated(lines), |line| {
            smtp_message::Command::<&str>::parse(line)
        }),
    );
    group.add(
        "mailrs (given text)",
        over(texts(lines), |line| mailrs_smtp_proto::parse_command(line)),
    );
    group.add(
        "mailrs (given octets)",
        over(lines.to_vec(), |line| {
            std::str::from_utf8(line)
                .ok()
                .map(mailrs_smtp_proto::parse_command)
        }),
    );
    group
}

fn owned(title: &str, lines: &[Vec<u8>]) -> Group {
    let mut group = Group::new(title, Unit::Each("line", lines.len()));
    group.add(
        "ehlo, framed from a buffer",
        framed(lines, |line| {
            Command::parse(line, &Syntax::STRICT).map(Command::into_owned)
        }),
    );
    group.add(
        "ehlo, given the line",
        over(lines.to_vec(), |line| {
            Command::parse(line, &Syntax::STRICT).map(Command::into_owned)
        }),
    );
    group.add("smtp-proto", smtp_proto_owned(lines));
    group.add(
        "smtp-codec",
        over(terminated(lines), |line| {
            smtp_codec::parse::command::command(line)
        }),
    );
    group.add(
        "smtp-message",
        over(terminated(lines), |line| {
            smtp_message::Command::<String>::parse(line)
        }),
    );
    group
}

/// One that parses command lines.
pub struct Rival {
    pub name: &'static str,
    /// Whether it takes the line, given without CRLF, as a command it knows.
    pub takes: fn(&[u8]) -> bool,
    /// Its parser over lines, as it is timed.
    parse: Option<fn(&[Vec<u8>]) -> Box<dyn FnMut()>>,
}

pub fn rivals() -> [Rival; 6] {
    [
        Rival {
            name: "ehlo",
            takes: |line| {
                !matches!(
                    Command::parse(line, &Syntax::STRICT),
                    Err(_) | Ok(Command::Unknown(_))
                )
            },
            parse: None,
        },
        Rival {
            name: "smtp-proto",
            takes: |line| {
                let line = lines::terminated(line);
                Request::parse(&mut line.iter()).is_ok()
            },
            parse: Some(|lines| Box::new(smtp_proto(lines))),
        },
        Rival {
            name: "mailrs",
            takes: |line| {
                let text = std::str::from_utf8(line);
                text.is_ok_and(|text| mailrs_smtp_proto::parse_command(text).is_ok())
            },
            parse: Some(|lines| {
                Box::new(over(texts(lines), |line| {
                    mailrs_smtp_proto::parse_command(line)
                }))
            }),
        },
        Rival {
            name: "smtp-codec",
            takes: |line| smtp_codec::parse::command::command(&lines::terminated(line)).is_ok(),
            parse: Some(|lines| {
                Box::new(over(terminated(lines), |line| {
                    smtp_codec::parse::command::command(line)
                }))
            }),
        },
        Rival {
            name: "smtp-message",
            takes: |line| smtp_message::Command::<String>::parse(&lines::terminated(line)).is_ok(),
            parse: Some(|lines| {
                Box::new(over(terminated(lines), |line| {
                    smtp_message::Command::<&str>::parse(line)
                }))
            }),
        },
        Rival {
            name: "mailin",
            takes: mailin_takes,
            parse: None,
        },
    ]
}

/// Brings a session to where the line is in its place, and sees whether the
/// reply is about syntax.
fn mailin_takes(line: &[u8]) -> bool {
    struct Welcome;
    impl mailin::Handler for Welcome {}

    let verb = line.get(..4).unwrap_or(line).to_ascii_uppercase();
    let mut builder = mailin::SessionBuilder::new("mx.example");
    builder.enable_start_tls();
    if verb == b"AUTH" {
        builder.enable_auth(mailin::AuthMechanism::Plain);
        builder.enable_auth(mailin::AuthMechanism::Login);
        builder.insecure_enable_plaintext_auth();
    }
    let mut session = builder.build(IpAddr::V4(Ipv4Addr::LOCALHOST), Welcome);
    session.greeting();
    let before: &[&[u8]] = match &verb[..] {
        b"EHLO" | b"HELO" => &[],
        b"RCPT" => &[b"EHLO a\r\n", b"MAIL FROM:<a@b>\r\n"],
        b"DATA" => &[b"EHLO a\r\n", b"MAIL FROM:<a@b>\r\n", b"RCPT TO:<a@b>\r\n"],
        _ => &[b"EHLO a\r\n"],
    };
    for line in before {
        session.process(line);
    }
    !matches!(session.process(&lines::terminated(line)).code, 500..=502)
}

/// Who takes what.
pub fn print_validity() {
    let rows = lines::rows();
    println!("\nvalidity: lines of the table that are taken as a command");
    println!("{:<20} {:>14} {:>16}", "", "valid taken", "invalid taken");
    for rival in rivals() {
        let count = |bad: bool| {
            let rows = rows
                .iter()
                .filter(|row| (row.verdict == Verdict::Bad) == bad);
            let taken: Vec<bool> = rows.map(|row| (rival.takes)(&row.line)).collect();
            format!(
                "{} of {}",
                taken.iter().filter(|taken| **taken).count(),
                taken.len()
            )
        };
        println!(
            "{:<20} {:>14} {:>16}",
            rival.name,
            count(false),
            count(true)
        );
    }
    for (title, bad) in [
        ("valid, but refused by", false),
        ("invalid, but taken by", true),
    ] {
        println!("\n{title}:");
        for row in rows
            .iter()
            .filter(|row| (row.verdict == Verdict::Bad) == bad)
        {
            let wrong = rivals()
                .into_iter()
                .filter(|rival| (rival.takes)(&row.line) == bad);
            let wrong: Vec<_> = wrong.map(|rival| rival.name).collect();
            if !wrong.is_empty() {
                println!(
                    "  {:<75} {}",
                    row.line.escape_ascii().to_string(),
                    wrong.join(", ")
                );
            }
        }
    }
}
