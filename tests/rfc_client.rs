//! What RFCs demand of a client, and servers, and which test shows it.
//!
//! A name with spaces is the title of a transcript in `tests/client`, another
//! one is a test in `tests`; [`every_test_of_the_table_exists`] looks them up.
//!
//! | RFC | a client must | test |
//! |---|---|---|
//! | 5321 §2.3.8 | send CR and LF only together | nothing_injects |
//! | 5321 §3.1, §4.3.1 | wait for the greeting | nothing is said before the greeting |
//! | 5321 §3.1, 7504 §4 | QUIT where there is no service | no service: 521, and the server does not wait for QUIT |
//! | 5321 §3.2, §4.1.1.1 | say HELO where EHLO is not known | EHLO is not known: HELO, whose reply offers nothing |
//! | 5321 §3.6.1 | generate no source route | a_source_route_is_never_said |
//! | 5321 §3.8 | bear 421 at any time | idle sessions hear 421 |
//! | 5321 §3.8 | take a lost connection for a temporary failure | the connection is lost in the envelope |
//! | 5321 §4.1.1.4 | send nothing while a message is under way but the message | the_message_is_alone_between_the_go_ahead_and_the_dot |
//! | 5321 §4.1.1.10 | QUIT, and wait for the reply | QUIT and 221 |
//! | 5321 §4.1.4 | name itself by domain or literal | its_name_is_one_that_servers_can_know |
//! | 5321 §4.1.4 | RSET what a transaction leaves open | nobody is accepted: no DATA in lock-step, and RSET |
//! | 5321 §4.2 | take replies of several lines, and a bare code | a bare code, and a last line that is empty |
//! | 5321 §4.2, §4.3.2 | go by the first digit of a code it does not know | codes_it_does_not_know_are_judged_by_their_first_digit |
//! | 5321 §4.5.2 | double leading dots | nothing_injects |
//! | 5321 §4.5.3.1.4 | send no line beyond 512 octets and what extensions add | lines_that_are_too_long_are_not_said |
//! | 5321 §4.5.3.1.10 | take 452 and 552 for "too many", and send the rest later | too many recipients, and recipients that are too full |
//! | 5321 §4.5.3.2 | have a timeout for each command | the reply to RCPT does not come |
//! | 5321 §4.5.3.2.1 | wait 5 minutes for the greeting | the greeting does not come |
//! | 5321 §4.5.3.2.4 | wait 2 minutes for DATA | the reply to DATA does not come |
//! | 5321 §4.5.3.2.5 | wait 3 minutes for a block | nobody takes the message |
//! | 5321 §4.5.3.2.6 | wait 10 minutes behind the dot | the reply to the message does not come |
//! | 5321 §6.1, 1047 | know that a reply that is lost may be a yes | the connection is lost behind the dot |
//! | 1870 §5 | give SIZE only where it is offered | SIZE, BODY and SMTPUTF8 are said where they are offered |
//! | 1870 §6.1 | not send what is larger than the limit | what the message needs must be offered |
//! | 1985 §5 | understand 250 to 253, 458, 459 | replies_have_their_meaning |
//! | 2033 §4.1 | say LHLO, not EHLO or HELO | LMTP says LHLO, and has nothing to fall back to |
//! | 2033 §4.2 | take a reply for each accepted recipient | LMTP: a reply for each who was accepted, duplicates too |
//! | 2033 §5 | take replies that do not come for temporary failures | LMTP: replies that do not come |
//! | 2033 §4.3 | so behind the last chunk | LMTP: a reply for each recipient to the last chunk, one to the others |
//! | 2034 §4 | not trust a class that contradicts the code | replies_are_escaped |
//! | 2645 §5.2.1 | give ATRN 10 minutes | ATRN turns the connection round, and is given its time (RFC 2645) |
//! | 2852 §4.1 | give BY only in the range that is offered | parameters out of the range that the server offers |
//! | 2920 §3.1 | group only where it is offered | RFC 5321 Appendix D.1, without |
//! | 2920 §3.1 | end groups behind EHLO, DATA, VRFY, EXPN, TURN, QUIT, NOOP | groups end where RFC 2920 says |
//! | 2920 §3.1 | check every reply of a group | the sender is refused: under PIPELINING it decides, whatever else is said |
//! | 2920 §3.1 | send a lone dot where DATA was accepted and nobody was | nobody is accepted under PIPELINING, and DATA is: a lone dot |
//! | 3030 §2 | wait for all replies to RCPT before BDAT | BDAT: chunks behind each other, the last one merged with the rest |
//! | 3030 §2 | use BDAT only where it is offered | CHUNKING is not offered: DATA |
//! | 3030 §2 | send no further chunk once one was refused | a chunk is refused: those that have not gone out do not |
//! | 3030 §2 | RSET behind a BDAT that failed | the last chunk is refused: RSET (RFC 3030 section 2) |
//! | 3030 §2 | end lines with CR LF in chunks too | BDAT: line ends |
//! | 3030 §3 | send BINARYMIME only by BDAT, where both are offered | BINARYMIME needs CHUNKING |
//! | 3207 §4.2 | forget what it learnt before TLS, and say EHLO again | TLS is required, and established |
//! | 3207 §6 | not be talked out of TLS that it needs | A5: TLS is required and not offered |
//! | 3461 §5.2 | give DSN parameters only where they are offered | parameters that are not offered are dropped, and the report says so |
//! | 3885 §3.2 | give MTRK only with ENVID | parameters that are not offered are dropped, and the report says so |
//! | 4865 §4 | stay within the maximum that is offered | parameters out of the range that the server offers |
//! | 4954 §3 | use what the newest EHLO offers | A5: mechanisms come from the newest EHLO |
//! | 4954 §4 | not AUTH again, nor in a transaction | AUTH later, in an idle session |
//! | 4954 §4 | say `=` for an initial response that is empty | an initial response that says nothing, and a challenge that does |
//! | 4954 §4 | keep an initial response that is too long for later | a response too long for the line is said when it is asked for |
//! | 4954 §4 | take challenges of 12,288 octets | challenges_may_be_long |
//! | 4954 §4, §9 | not send a password without TLS | A5: no secret without TLS |
//! | 6152 §3 | not send 8-bit where it is not offered | what the message needs must be offered |
//! | 6531 §3.1 | not send UTF-8 addresses where they are not offered | what the message needs must be offered |
//! | 6710 §4.3 | go without a priority that is not offered | parameters that are not offered are dropped, and the report says so |
//! | 7293 §3.1 | go without RRVS only where that may be | parameters that are not offered and that matter |
//! | 8314 §3.3 | take a connection that is encrypted from the beginning | TLS from the beginning |
//! | 8689 §4.2 | give REQUIRETLS only under TLS, where it is offered | TLS is not offered, and need not be |
//! | 9422 | keep to RCPTMAX | LIMITS: recipients beyond RCPTMAX are left over |
//! | 9422 | keep to RCPTDOMAINMAX | LIMITS: domains beyond RCPTDOMAINMAX are left over, others go on |
//! | 9422 | keep to MAILMAX, of the latest EHLO | LIMITS: the latest EHLO counts |
//!
//! What servers do all the same, and attackers have them do (the rules of
//! attack are numbered as elsewhere in these tests):
//!
//! | seen | a client must | test |
//! |---|---|---|
//! | greetings | take many lines | a greeting of many lines |
//! | replies | take a bare code, an EHLO whose last line is empty | a bare code, and a last line that is empty |
//! | challenges | take a bare 334 | an initial response that says nothing, and a challenge that does |
//! | keywords | take them in lower case, after a tab or `=`, malformed, unknown | odd keywords spoil nothing but themselves |
//! | AUTH | merge several lines | A5: mechanisms come from the newest EHLO |
//! | SIZE | not mind one that is no number | SIZE that is no number is no limit |
//! | 8-bit replies | keep the octets | 8-bit text is text |
//! | `220-` and `521` | not proceed as if greeted | different codes in a greeting |
//! | different codes | take them for no reply | different codes |
//! | LF alone | take it if asked to, never behind STARTTLS | lines that end with LF alone, no longer once STARTTLS was said |
//! | EHLO refused | say HELO, but not if that cannot do | AUTH is required, and the server knows no EHLO |
//! | EHLO refused | not say HELO after 4yz | EHLO is refused for now: no HELO |
//! | 421 | not say HELO after it | 421 to EHLO closes |
//! | HELO | believe no keywords in its reply | EHLO is not known: HELO, whose reply offers nothing |
//! | QUIT | bear a close | QUIT and a close |
//! | QUIT | not wait for ever | QUIT and nothing |
//! | QUIT | not mind what follows | whatever is said behind the reply to QUIT |
//! | 554, 521 | report the text, and say QUIT | no service: 554 |
//! | refusals amid the message | stop, and report | the message is refused before its end |
//! | 251, 252 | take them for accepted | every line of a refusal survives, whoever was refused goes alone |
//! | 452, 552 | know which say "too many" | too many recipients, and recipients that are too full |
//! | codes | take X.7.509, and none | enhanced codes of three digits, and none |
//! | 250 for 354 | take it only if asked to | 250 for 354 is not taken |
//! | LOGIN | not read the prompts | LOGIN, whatever it asks |
//! | PLAIN | give its response at once | PLAIN, with its initial response |
//! | XOAUTH2 | answer the challenge of a failure | XOAUTH2 fails with a challenge; the answer is an empty line |
//! | SMTPUTF8 alone | take it for 8BITMIME too | SMTPUTF8 without 8BITMIME is taken for both |
//! | no AUTH | not say AUTH | AUTH is not offered, and need not be |
//! | EHLO twice | bear that it is refused | EHLO once more is refused: what was offered still is |
//! | a second EHLO | believe it, also after AUTH | EHLO once more, because AUTH may have made a difference |
//! | idle connections | lose nobody when one has died | a connection that died idle: nothing was said, all is left over |
//! | refusals | keep every line, and harm nobody else | every line of a refusal survives, whoever was refused goes alone |
//! | LMTP | read all replies of a segment, duplicates' too | LMTP: a reply for each who was accepted, duplicates too |
//! | A2 | stuff the first dot, and each behind CR LF, wherever it is cut | A2: a message that begins with a dot, and whose lines do |
//! | A2 | let nothing in a message end it | nothing_injects |
//! | A4 | not believe what stands behind the 220 | octets_behind_the_go_ahead_for_tls_are_fatal |
//! | A5 | not be talked out of TLS | A5: TLS is required and declined |
//! | A6 | say what it was asked to, and nothing else | nothing_injects |
//! | A9 | bear no reply without an end | a reply without an end |
//! | A9 | keep no more of replies than it was allowed | a report keeps so many octets of replies, and all codes |
//! | A10 | say nothing before the greeting, nor behind the last of a group | groups end where RFC 2920 says |
//! | A14 | not pair replies with what was not said | a reply to a command that has not gone out |
//! | A14 | stop where one reply is garbage | A14: garbage between pipelined replies |
//! | A14 | stop at 1yz | A14: an interim reply to the message |
//! | A14 | send a lone dot where nobody was accepted | nobody is accepted under PIPELINING, and DATA is: a lone dot |
//! | A15 | show no control octets | replies_are_escaped |
//! | A15 | believe no enhanced code of another class | A15: an enhanced code of another class is words |
//! | A16 | bear no challenges without end | A16: a server that challenges without end |
//! | A16 | show no secrets | secrets_do_not_show |
//! | A19 | take half a reply for none | A19: half a reply to the message is none |
//! | any | report each recipient once, and truly | every_outcome_is_reported |

#![allow(clippy::doc_markdown)] // names are looked up as they stand

use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use ehlo::Timestamp;
use ehlo::client::{BodyOptions, Client, CloseReason, Config, Event, Opening, Outcome, hello_name};
use ehlo::codec::Syntax;
use ehlo::types::{Command, Domain, Envelope, Mailbox, Recipient};

const NOW: Timestamp = Timestamp::ZERO;

fn hear(client: &mut Client, octets: &[u8]) -> Vec<Event> {
    let mut input = BytesMut::from(octets);
    std::iter::from_fn(|| client.poll_event(NOW, &mut input)).collect()
}

fn said(client: &mut Client) -> String {
    let output = client.output();
    let octets = output.copy_to_bytes(output.remaining());
    String::from_utf8(octets.to_vec()).unwrap()
}

fn ready() -> Client {
    let mut client = Client::new(Arc::new(Config::new()), NOW);
    let name = Domain::try_from("client.example").unwrap();
    client.open(Opening::new(name)).unwrap();
    for reply in ["220 mx.example\r\n", "250-mx.example\r\n250 PIPELINING\r\n"] {
        hear(&mut client, reply.as_bytes());
        said(&mut client);
    }
    client
}

fn envelope() -> Envelope {
    let mailbox = |text: &str| text.parse::<Mailbox<'static>>().unwrap();
    Envelope::new(mailbox("a@b.example")).to(mailbox("c@d.example"))
}

#[test]
fn a_source_route_is_never_said() {
    let line = b"RCPT TO:<@relay.example,@other.example:c@d.example>";
    let command = Command::parse(line, &Syntax::STRICT).unwrap();
    let Command::Rcpt { forward_path, .. } = command else {
        panic!();
    };
    let mut client = ready();
    let mut envelope = envelope();
    envelope.recipients = vec![Recipient::from(forward_path.into_owned())];
    client.deliver(envelope, BodyOptions::new()).unwrap();
    hear(&mut client, b"");
    assert_eq!(
        said(&mut client),
        "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n"
    );
}

#[test]
fn the_message_is_alone_between_the_go_ahead_and_the_dot() {
    let mut client = ready();
    client.deliver(envelope(), BodyOptions::new()).unwrap();
    hear(&mut client, b"");
    said(&mut client);
    hear(&mut client, b"250 Ok\r\n250 Ok\r\n354 Go\r\n");
    client.send(&Command::Rset).unwrap();
    client.deliver(envelope(), BodyOptions::new()).unwrap();
    client.quit();
    assert!(hear(&mut client, b"").is_empty());
    assert_eq!(said(&mut client), "");
    let mut body = client.body().unwrap();
    body.write(Bytes::from_static(b"Hello\r\n")).unwrap();
    assert!(hear(&mut client, b"").is_empty());
    assert_eq!(said(&mut client), "Hello\r\n");
    client.body().unwrap().finish().unwrap();
    assert_eq!(said(&mut client), ".\r\n");
}

#[test]
fn codes_it_does_not_know_are_judged_by_their_first_digit() {
    for (code, expected) in [
        (299, Outcome::Delivered),
        (200, Outcome::Delivered),
        (499, Outcome::Transient),
        (400, Outcome::Transient),
        (599, Outcome::Permanent),
        (500, Outcome::Permanent),
    ] {
        let mut client = ready();
        client.deliver(envelope(), BodyOptions::new()).unwrap();
        hear(&mut client, b"");
        said(&mut client);
        hear(&mut client, b"277 Ok\r\n233 Ok\r\n354 Go\r\n");
        client.body().unwrap().finish().unwrap();
        said(&mut client);
        let told = hear(&mut client, format!("{code} What\r\n").as_bytes());
        let [Event::Report(_, report)] = &told[..] else {
            panic!("{told:?}");
        };
        assert_eq!(report.recipients().next().unwrap().outcome, expected);
    }
    for code in ["199", "600", "099"] {
        let mut client = ready();
        client.send(&Command::Noop(None)).unwrap();
        hear(&mut client, b"");
        said(&mut client);
        let told = hear(&mut client, format!("{code} What\r\n").as_bytes());
        assert!(matches!(
            &told[..],
            [Event::Closed(CloseReason::Malformed(_))]
        ));
    }
}

#[test]
fn its_name_is_one_that_servers_can_know() {
    let address = "203.0.113.7".parse().unwrap();
    for (host, expected) in [
        ("mail.example.com", "mail.example.com"),
        ("mail.example.com.", "mail.example.com"),
        ("localhost", "[203.0.113.7]"),
        ("box", "[203.0.113.7]"),
        ("box.local", "[203.0.113.7]"),
        ("localhost.localdomain", "[203.0.113.7]"),
        ("a_b.example.com", "[203.0.113.7]"),
        ("evil\r\nMAIL FROM:<a@b>", "[203.0.113.7]"),
        ("b\u{fc}cher.example", "[203.0.113.7]"),
        ("", "[203.0.113.7]"),
    ] {
        assert_eq!(hello_name(host, address).as_str(), expected);
    }
    let local = hello_name("localhost", "127.0.0.1".parse().unwrap());
    assert_eq!(local.as_str(), "[127.0.0.1]");
    let six = hello_name("localhost", "2001:db8::1".parse().unwrap());
    assert_eq!(six.as_str(), "[IPv6:2001:db8::1]");
}

#[test]
fn every_test_of_the_table_exists() {
    let tests = concat!(
        include_str!("rfc_client.rs"),
        include_str!("client.rs"),
        include_str!("client/answers.rs"),
        include_str!("client/hostile.rs"),
        include_str!("client/injection.rs"),
        include_str!("client/secrets.rs"),
    );
    let transcripts = concat!(
        include_str!("client/opening.txt"),
        include_str!("client/closing.txt"),
        include_str!("client/commands.txt"),
        include_str!("client/deliver.txt"),
        include_str!("client/trouble.txt"),
        include_str!("client/tls.txt"),
        include_str!("client/auth.txt"),
        include_str!("client/chunks.txt"),
        include_str!("client/envelope.txt"),
        include_str!("client/lore.txt"),
    );
    let rows = include_str!("rfc_client.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("//! | ")?.strip_suffix(" |"))
        .filter(|row| !row.ends_with(" | test"));
    let mut looked_up = 0;
    for row in rows {
        let test = row.rsplit(" | ").next().unwrap();
        let exists = match test.contains(' ') {
            true => transcripts.contains(&format!("\n== {test}\n")),
            false => {
                tests.contains(&format!("\nfn {test}(")) || tests.contains(&format!(" fn {test}("))
            }
        };
        assert!(exists, "{row}");
        looked_up += 1;
    }
    assert!(looked_up > 50);
}
