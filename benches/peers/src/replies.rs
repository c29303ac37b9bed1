//! Replies.
//!
//! Not here: mailin and mailrs only write replies; mail-send reads them with
//! smtp-proto.

use std::hint::black_box;

use bytes::BytesMut;
use ehlo::codec::{ReplyLimits, ReplyParser};
use ehlo::types::{Capabilities, Extension, Reply};
use lettre::transport::smtp::response::Response;
use smtp_proto::response::parser::ResponseReceiver;

use crate::measure::{Group, Unit};
use crate::shared::replies::{EHLO, REPLIES};

pub fn groups() -> Vec<Group> {
    vec![one_line(), ehlo_reply(), ehlo_asked()]
}

fn receive(wire: &'static str, mut work: impl FnMut(Reply<'static>) + 'static) -> impl FnMut() {
    let mut parser = ReplyParser::new(ReplyLimits::default());
    let mut input = BytesMut::with_capacity(64 * 1024);
    move || {
        input.clear();
        input.extend_from_slice(black_box(wire).as_bytes());
        while let Some(Ok(reply)) = parser.next(&mut input) {
            work(reply);
        }
    }
}

fn one_line() -> Group {
    let lines: Vec<String> = REPLIES.iter().map(|line| format!("{line}\r\n")).collect();
    let lines: &'static [String] = lines.leak();
    let wire: &'static str = lines.concat().leak();
    let mut group = Group::new("replies: one line", Unit::Each("reply", lines.len()));
    group.add(
        "ehlo",
        receive(wire, |reply| {
            black_box(&reply);
        }),
    );
    group.add("ehlo, borrowed", move || {
        for line in lines {
            black_box(&Reply::parse(black_box(line).as_bytes()));
        }
    });
    let mut receiver = ResponseReceiver::default();
    group.add("smtp-proto", move || {
        let mut octets = black_box(wire).as_bytes().iter();
        for _ in lines {
            black_box(&receiver.parse(&mut octets));
            receiver.reset();
        }
    });
    group.add("smtp-message, borrowed", move || {
        for line in lines {
            black_box(&smtp_message::Reply::<&str>::parse(
                black_box(line).as_bytes(),
            ));
        }
    });
    group.add("smtp-message", move || {
        for line in lines {
            black_box(&smtp_message::Reply::<String>::parse(
                black_box(line).as_bytes(),
            ));
        }
    });
    group.add("smtp-codec (only the extent)", move || {
        for line in lines {
            black_box(&smtp_codec::parse::response::Reply_line(
                black_box(line).as_bytes(),
            ));
        }
    });
    group.add("lettre (given text)", move || {
        for line in lines {
            let reply: Result<Response, _> = black_box(line).parse();
            let _ = black_box(&reply);
        }
    });
    group.add("io-smtp, borrowed", move || {
        for line in lines {
            black_box(&io_smtp::rfc5321::SmtpResponse::parse(
                black_box(line).as_bytes(),
            ));
        }
    });
    group
}

fn lettre_info() -> lettre::transport::smtp::extension::ServerInfo {
    let response = black_box(EHLO).parse().expect("lettre takes it");
    lettre::transport::smtp::extension::ServerInfo::from_response(&response)
        .expect("lettre takes it")
}

fn ehlo_reply() -> Group {
    let mut group = Group::new(
        "replies: EHLO, 15 lines, with capabilities",
        Unit::Each("reply", 1),
    );
    group.add(
        "ehlo",
        receive(EHLO, |reply| {
            black_box(&Capabilities::from(reply));
        }),
    );
    group.add("ehlo, borrowed", || {
        let reply = Reply::parse(black_box(EHLO).as_bytes());
        black_box(&reply.map(Capabilities::from));
    });
    group.add("smtp-proto", || {
        let mut octets = black_box(EHLO).as_bytes().iter();
        black_box(&smtp_proto::EhloResponse::parse(&mut octets));
    });
    group.add("smtp-message (no capabilities)", || {
        black_box(&smtp_message::Reply::<String>::parse(
            black_box(EHLO).as_bytes(),
        ));
    });
    group.add("smtp-codec", || {
        black_box(&smtp_codec::parse::response::ehlo_ok_rsp(
            black_box(EHLO).as_bytes(),
        ));
    });
    group.add("lettre (given text)", || {
        black_box(&lettre_info());
    });
    group.add("io-smtp, borrowed", || {
        black_box(&io_smtp::rfc5321::SmtpEhloResponse::parse(
            black_box(EHLO).as_bytes(),
        ));
    });
    group
}

/// Like `ehlo_reply`, but what is asked afterwards counts: ehlo keeps the reply
/// and looks when asked, smtp-proto reads everything at once.
fn ehlo_asked() -> Group {
    let title = "replies: EHLO, 15 lines, then 4 extensions, the size and the mechanisms asked for";
    let mut group = Group::new(title, Unit::Each("reply", 1));
    let ask = |offers: &Capabilities<'_>| {
        black_box(offers.offers(Extension::Pipelining));
        black_box(offers.offers(Extension::EightBitMime));
        black_box(offers.offers(Extension::SmtpUtf8));
        black_box(offers.offers(Extension::EnhancedStatusCodes));
        black_box(offers.size_limit());
        offers.mechanisms().for_each(|mechanism| {
            black_box(mechanism);
        });
    };
    group.add(
        "ehlo",
        receive(EHLO, move |reply| ask(&Capabilities::from(reply))),
    );
    group.add("ehlo, borrowed", move || {
        let reply = Reply::parse(black_box(EHLO).as_bytes());
        ask(&Capabilities::from(reply.expect("a reply")));
    });
    group.add("smtp-proto", || {
        let mut octets = black_box(EHLO).as_bytes().iter();
        let offers = smtp_proto::EhloResponse::parse(&mut octets).expect("a reply");
        black_box(offers.has_capability(smtp_proto::EXT_PIPELINING));
        black_box(offers.has_capability(smtp_proto::EXT_8BIT_MIME));
        black_box(offers.has_capability(smtp_proto::EXT_SMTP_UTF8));
        black_box(offers.has_capability(smtp_proto::EXT_ENHANCED_STATUS_CODES));
        black_box(offers.size);
        black_box(offers.auth());
    });
    group.add("io-smtp, borrowed", || {
        let offers = io_smtp::rfc5321::SmtpEhloResponse::parse(black_box(EHLO).as_bytes());
        let offers = offers.expect("io-smtp takes it");
        for keyword in [
            "PIPELINING",
            "8BITMIME",
            "SMTPUTF8",
            "ENHANCEDSTATUSCODES",
            "SIZE",
            "AUTH",
        ] {
            black_box(offers.get_capability(keyword));
        }
    });
    group
}

/// Odd replies, by RFC 5321 §4.2, and who takes them.
pub fn print_validity() {
    const ODD: [(&str, bool); 14] = [
        ("250\r\n", true),
        ("250 \r\n", true),
        ("250-a\r\n250 b\r\n", true),
        ("250-a\r\n250\r\n", true),
        ("250 2.1.0 grüße\r\n", true),
        ("250 10.1.0 no enhanced code\r\n", true),
        ("550 2.1.0 a class that is not the code's\r\n", true),
        ("25 0 OK\r\n", false),
        ("999 OK\r\n", false),
        ("199 OK\r\n", false),
        ("250-a\r\n550 b\r\n", false),
        ("250 OK\n", false),
        ("250 a\rb\r\n", false),
        ("250 a\0b\r\n", false),
    ];
    type Takes = fn(&str) -> bool;
    let rivals: [(&str, Takes); 5] = [
        ("ehlo", |wire| Reply::parse(wire.as_bytes()).is_ok()),
        ("smtp-proto", |wire| {
            ResponseReceiver::default()
                .parse(&mut wire.as_bytes().iter())
                .is_ok()
        }),
        ("smtp-message", |wire| {
            smtp_message::Reply::<&str>::parse(wire.as_bytes()).is_ok()
        }),
        ("lettre", |wire| wire.parse::<Response>().is_ok()),
        ("io-smtp", |wire| {
            io_smtp::rfc5321::SmtpResponse::parse(wire.as_bytes()).is_ok()
        }),
    ];
    println!("\nvalidity: odd replies, and who takes them (+)");
    let names: Vec<_> = rivals
        .iter()
        .map(|(name, _)| format!("{name:>13}"))
        .collect();
    println!("{:<50} {:>8}{}", "", "a reply?", names.concat());
    for (wire, is_reply) in ODD {
        let taken = rivals
            .iter()
            .map(|(_, takes)| if takes(wire) { "+" } else { "-" });
        let taken: Vec<_> = taken.map(|taken| format!("{taken:>13}")).collect();
        let is_reply = if is_reply { "yes" } else { "no" };
        println!(
            "{:<50} {is_reply:>8}{}",
            wire.escape_debug().to_string(),
            taken.concat()
        );
    }
}
