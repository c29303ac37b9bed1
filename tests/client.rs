//! The client machine, through its public API.

#[path = "client/answers.rs"]
mod answers;
#[path = "client/hostile.rs"]
mod hostile;
#[path = "client/injection.rs"]
mod injection;
#[path = "client/listener.rs"]
mod listener;
#[path = "client/play.rs"]
mod play;
#[path = "client/secrets.rs"]
mod secrets;

use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use ehlo::Timestamp;
use ehlo::client::{
    BodyOptions, Client, Config, Event, OpenError, Opening, Outcome, SendError, TlsPolicy,
    Undeliverable,
};
use ehlo::codec::Syntax;
use ehlo::types::{Command, Domain, Envelope, HelloName, Mailbox, Parameter, Recipient};
use play::play_all;

#[test]
fn sessions_begin() {
    play_all(include_str!("client/opening.txt"));
}

#[test]
fn sessions_are_encrypted() {
    play_all(include_str!("client/tls.txt"));
}

#[test]
fn sessions_are_authenticated() {
    play_all(include_str!("client/auth.txt"));
}

#[test]
fn commands_are_answered_in_order() {
    play_all(include_str!("client/commands.txt"));
}

#[test]
fn messages_are_delivered() {
    play_all(include_str!("client/deliver.txt"));
}

#[test]
fn messages_go_in_chunks() {
    play_all(include_str!("client/chunks.txt"));
}

#[test]
fn envelopes_keep_to_what_is_offered() {
    play_all(include_str!("client/envelope.txt"));
}

#[test]
fn breakdowns_are_reported() {
    play_all(include_str!("client/trouble.txt"));
}

#[test]
fn sessions_end() {
    play_all(include_str!("client/closing.txt"));
}

#[test]
fn what_is_known_of_servers_is_borne() {
    play_all(include_str!("client/lore.txt"));
}

const NOW: Timestamp = Timestamp::ZERO;

fn hear(client: &mut Client, octets: &[u8]) -> Vec<Event> {
    let mut input = BytesMut::from(octets);
    std::iter::from_fn(|| client.poll_event(NOW, &mut input)).collect()
}

fn said(client: &mut Client) -> Vec<u8> {
    let output = client.output();
    output.copy_to_bytes(output.remaining()).to_vec()
}

fn opening() -> Opening {
    Opening::new(Domain::try_from("client.example").unwrap())
}

fn opened(config: Config, opening: Opening) -> Client {
    let mut client = Client::new(Arc::new(config), NOW);
    client.open(opening).unwrap();
    client
}

/// A session that is ready and encrypted, with those lines of offers.
fn ready_with(config: Config, offers: &str) -> Client {
    let mut client = opened(config, opening().with_tls(TlsPolicy::AlreadyOn));
    hear(&mut client, b"220 mx.example\r\n");
    said(&mut client);
    let reply = format!("250-mx.example\r\n{offers}250 \r\n");
    hear(&mut client, reply.as_bytes());
    said(&mut client);
    client
}

/// The same, with those offers.
fn ready(offers: &[&str]) -> Client {
    let offers = offers.iter().flat_map(|offer| ["250-", offer, "\r\n"]);
    let offers: String = offers.collect();
    ready_with(Config::new(), &offers)
}

fn lines(octets: &[u8]) -> usize {
    octets.split(|&octet| octet == b'\n').count() - 1
}

fn mailbox(text: &str) -> Mailbox<'static> {
    text.parse().unwrap()
}

fn envelope(recipients: usize) -> Envelope {
    (0..recipients)
        .map(|number| mailbox(&format!("user{number}@d.example")))
        .fold(Envelope::new(mailbox("a@b.example")), Envelope::to)
}

#[test]
fn clients_can_go_to_another_thread() {
    fn is_static_and_send<T: Send + 'static>() {}
    is_static_and_send::<Client>();
    is_static_and_send::<Event>();
}

#[test]
fn lines_that_are_too_long_are_not_said() {
    let mut client = ready(&["PIPELINING"]);
    let long = "x".repeat(512 - "NOOP \r\n".len());
    for (line, expected) in [
        (format!("NOOP {long}"), None),
        (format!("NOOP {long}x"), Some(SendError::LineTooLong)),
    ] {
        let command = Command::parse(line.as_bytes(), &Syntax::STRICT).unwrap();
        assert_eq!(client.send(&command).err(), expected, "{}", line.len());
    }

    let mut client = ready(&["X-LONG", "DSN"]);
    let long = Parameter::try_from("X-LONG").unwrap().to_string() + "=" + &"x".repeat(500);
    let long: Parameter<'_> = long.parse().unwrap();
    let mut recipient = Recipient::from(mailbox("c@d.example"));
    recipient.parameters = recipient.parameters.with(&long).unwrap();
    let too_long = envelope(1).to(recipient);
    let error = client
        .deliver(too_long.clone(), BodyOptions::new())
        .unwrap_err();
    assert_eq!(error.reason(), Undeliverable::RcptTooLong { recipient: 1 });
    assert_eq!(error.into_envelope(), too_long);

    let mut too_long = envelope(1);
    too_long.parameters = too_long.parameters.with(&long).unwrap();
    let error = client.deliver(too_long, BodyOptions::new()).unwrap_err();
    assert_eq!(error.reason(), Undeliverable::MailTooLong);
    assert!(said(&mut client).is_empty());

    // RFC 3461 §5.4 makes room for its own.
    let orcpt = format!("ORCPT=rfc822;{}@d.example", "x".repeat(480));
    let mut recipient = Recipient::from(mailbox("c@d.example"));
    recipient.parameters = recipient.parameters.with(&orcpt.parse().unwrap()).unwrap();
    client
        .deliver(envelope(1).to(recipient), BodyOptions::new())
        .unwrap();

    let mut syntax = Syntax::STRICT;
    syntax.odd_hello_names = true;
    let line = format!("EHLO {}", "x_y".repeat(200));
    let Ok(Command::Ehlo(name)) = Command::parse(line.as_bytes(), &syntax) else {
        panic!();
    };
    let name: HelloName<'static> = name.into_owned();
    let mut client = Client::new(Arc::new(Config::new()), NOW);
    assert_eq!(client.open(Opening::new(name)), Err(OpenError::LineTooLong));
}

#[test]
fn a_thousand_recipients_are_one_flight() {
    let mut client = ready(&["PIPELINING"]);
    client.deliver(envelope(1000), BodyOptions::new()).unwrap();
    assert!(hear(&mut client, b"").is_empty());
    let flight = said(&mut client);
    assert_eq!(lines(&flight), 1002);
    assert!(flight.ends_with(b"RCPT TO:<user999@d.example>\r\nDATA\r\n"));
    let replies = "250 Ok\r\n".repeat(1001) + "354 Go\r\n";
    assert_eq!(hear(&mut client, replies.as_bytes()).len(), 1);
    client.body().unwrap().finish().unwrap();
    assert_eq!(said(&mut client), b".\r\n");
    let Some(Event::Report(_, report)) = hear(&mut client, b"250 Ok\r\n").pop() else {
        panic!();
    };
    assert!(report.is_delivered_to_all());
    assert_eq!(report.recipients().count(), 1000);
    assert_eq!(report.into_envelope(), envelope(1000));
}

/// A reply for each recipient, and a few for all.
#[test]
fn a_recipient_costs_one_allocation() {
    let envelopes = [envelope(10), envelope(1000)];
    let [few, many] = envelopes.map(|envelope| {
        let recipients = envelope.recipients.len();
        let mut client = ready(&["PIPELINING"]);
        let mut input = BytesMut::from("250 Ok\r\n".repeat(recipients + 1).as_bytes());
        input.extend_from_slice(b"354 Go\r\n");
        let counted = allocation_counter::measure(|| {
            client.deliver(envelope, BodyOptions::new()).unwrap();
            assert_eq!(client.poll_event(NOW, &mut BytesMut::new()), None);
            client.output().advance(usize::MAX);
            while client.poll_event(NOW, &mut input).is_some() {}
            assert!(client.body().is_some());
        });
        counted.count_total
    });
    // The queue of what is awaited and the output grow by doubling.
    assert!(many <= few + 990 + 20, "{few} {many}");
}

/// Each reply that a report keeps, the report, its recipients, MAIL's
/// parameters; the envelope and the message are the caller's.
#[test]
fn a_small_message_costs_a_handful_of_allocations() {
    let mut client = ready(&["PIPELINING", "SIZE"]);
    let message = Bytes::from("Subject: hello\r\n\r\nHow are you?\r\n".repeat(30));
    let mut input = BytesMut::with_capacity(1024);
    for round in 0..10 {
        let envelope = envelope(1);
        let counted = allocation_counter::measure(|| {
            let options = BodyOptions::new().with_size(message.len() as u64);
            client.deliver(envelope, options).unwrap();
            assert_eq!(client.poll_event(NOW, &mut input), None);
            client.output().advance(usize::MAX);
            input.extend_from_slice(b"250 Ok\r\n250 Ok\r\n354 Go\r\n");
            while client.poll_event(NOW, &mut input).is_some() {}
            let mut body = client.body().unwrap();
            body.write(message.clone()).unwrap();
            body.finish().unwrap();
            client.output().advance(usize::MAX);
            input.extend_from_slice(b"250 Queued\r\n");
            while client.poll_event(NOW, &mut input).is_some() {}
        });
        println!("{} allocations", counted.count_total);
        assert!(round == 0 || counted.count_total <= 8);
        assert!(round == 0 || counted.bytes_current <= 0);
    }
}

/// What a session that waits for another message holds on to.
#[test]
fn an_idle_session_keeps_what_is_offered_and_little_else() {
    let mut session = None;
    let counted = allocation_counter::measure(|| session = Some(ready(&["PIPELINING"])));
    println!("ready: {} octets", counted.bytes_current);
    let mut client = session.unwrap();
    let grown = allocation_counter::measure(|| {
        for _ in 0..3 {
            for _ in 0..100 {
                client.send(&Command::Noop(None)).unwrap();
            }
            for _ in 0..100 {
                hear(&mut client, b"");
                said(&mut client);
                assert_eq!(hear(&mut client, b"250 Ok\r\n").len(), 1);
            }
            client.deliver(envelope(1000), BodyOptions::new()).unwrap();
            hear(&mut client, b"");
            said(&mut client);
            let replies = "250 Ok\r\n".repeat(1001) + "354 Go\r\n";
            hear(&mut client, replies.as_bytes());
            client.body().unwrap().finish().unwrap();
            said(&mut client);
            assert_eq!(hear(&mut client, b"250 Ok\r\n").len(), 1);
        }
    });
    println!("kept: {} octets", grown.bytes_current);
    assert!(client.is_reusable());
    assert!(grown.bytes_current < 4096, "{}", grown.bytes_current);
}

/// However little it says at a time.
#[test]
fn a_server_that_never_comes_to_an_end_is_left() {
    for (first, piece) in [
        ("", "2"),
        ("", "220-\r\n"),
        ("220-", "x"),
        ("", "\n"),
        ("220", "\r"),
        ("220 ", "\0"),
        ("220-x\r\n", "220-220 x"),
    ] {
        let mut client = opened(Config::new(), opening());
        let mut input = BytesMut::from(first);
        let mut most = 0;
        let is_left = (0..100_000).any(|_| {
            input.extend_from_slice(piece.as_bytes());
            most = most.max(input.len());
            matches!(client.poll_event(NOW, &mut input), Some(Event::Closed(_)))
        });
        assert!(is_left, "{first:?} {piece:?}");
        assert!(most <= 65536 + 16, "{first:?} {piece:?} {most}");
    }
}

/// A flight beyond the limit of the output goes out in parts, and is cut short
/// when the sender is refused meanwhile.
#[test]
fn a_flight_is_bounded_by_the_output() {
    let mut config = Config::new();
    config.limits.output = Some(1000);
    let mut client = Client::new(Arc::new(config), NOW);
    client
        .open(Opening::new(Domain::try_from("client.example").unwrap()))
        .unwrap();
    hear(&mut client, b"220 mx.example\r\n");
    said(&mut client);
    hear(&mut client, b"250-mx.example\r\n250 PIPELINING\r\n");
    client.deliver(envelope(1000), BodyOptions::new()).unwrap();
    assert!(hear(&mut client, b"").is_empty());
    assert!((1000..1100).contains(&client.output().remaining()));
    let flight = said(&mut client);
    let asked = lines(&flight) - 1;
    // The next part is there before the refusal is read, and the last.
    assert!(hear(&mut client, b"550 No\r\n").is_empty());
    let flight = said(&mut client);
    let asked = asked + lines(&flight);
    assert!(asked < 100);
    let mut events = hear(&mut client, "503 Sender?\r\n".repeat(asked).as_bytes());
    assert!(said(&mut client).is_empty());
    let Some(Event::Report(_, report)) = events.pop() else {
        panic!();
    };
    let outcomes = report.recipients().map(|recipient| recipient.outcome);
    assert!(outcomes.eq([Outcome::Permanent; 1000]));
    let mut replies = report
        .recipients()
        .map(|one| one.reply.unwrap().code().get());
    assert!(replies.all(|code| code == 550));
    assert!(client.is_reusable());
}

#[test]
fn messages_are_not_copied() {
    let mut client = ready(&["PIPELINING"]);
    client.deliver(envelope(1), BodyOptions::new()).unwrap();
    assert!(hear(&mut client, b"").is_empty());
    said(&mut client);
    hear(&mut client, b"250 Ok\r\n250 Ok\r\n354 Go\r\n");
    let chunk = Bytes::from("0123456789 abcdefghijklmnopqrstuvwxyz\r\n".repeat(100));
    let mut body = client.body().unwrap();
    body.write(chunk.clone()).unwrap();
    body.finish().unwrap();
    assert!(client.body().is_none());
    let output = client.output();
    assert_eq!(output.chunk().as_ptr(), chunk.as_ptr());
    assert_eq!(output.remaining(), chunk.len() + 3);
    output.advance(10);
    assert_eq!(output.chunk().as_ptr(), chunk[10..].as_ptr());
    output.advance(usize::MAX);
    assert_eq!(output.remaining(), 0);
    assert!(output.chunk().is_empty());
}

#[cfg(feature = "std")]
#[test]
fn output_is_vectored() {
    let mut client = ready(&["PIPELINING"]);
    client.send(&Command::Data).unwrap();
    hear(&mut client, b"");
    said(&mut client);
    hear(&mut client, b"354 Go\r\n");
    let chunk = Bytes::from("0123456789 abcdefghijklmnopqrstuvwxyz\r\n".repeat(100));
    let mut body = client.body().unwrap();
    body.write(chunk.clone()).unwrap();
    body.write(chunk.clone()).unwrap();
    body.finish().unwrap();
    let mut slices = [std::io::IoSlice::new(&[]); 8];
    let output: &ehlo::client::Output = client.output();
    let filled = output.chunks_vectored(&mut slices);
    assert_eq!(filled, 3);
    let octets: Vec<u8> = slices.iter().flat_map(|slice| slice.to_vec()).collect();
    assert_eq!(octets, [&chunk[..], &chunk[..], b".\r\n"].concat());
}

/// Tiny chunks and many dots do not make the output grow beyond what they are.
#[test]
fn the_output_of_a_message_is_bounded() {
    let mut client = ready(&[]);
    client.send(&Command::Data).unwrap();
    hear(&mut client, b"");
    said(&mut client);
    hear(&mut client, b"354 Go\r\n");
    let mut written = 0;
    while client
        .body()
        .unwrap()
        .write(Bytes::from_static(b".\r\n"))
        .is_ok()
    {
        written += 1;
        assert!(written < 100_000);
    }
    assert!(client.output().remaining() <= 65536 + 4);
}

#[test]
fn another_buffer_makes_no_panic() {
    let mut client = ready(&[]);
    client.send(&Command::Noop(None)).unwrap();
    let mut long = BytesMut::from("250-one\r\n250-two\r\n250-thr");
    assert_eq!(client.poll_event(NOW, &mut long), None);
    let mut short = BytesMut::from("25");
    assert_eq!(client.poll_event(NOW, &mut short), None);
    assert_eq!(client.poll_event(NOW, &mut BytesMut::new()), None);
    short.extend_from_slice(&b"x\n".repeat(1000));
    let events: Vec<_> = std::iter::from_fn(|| client.poll_event(NOW, &mut short)).collect();
    assert!(
        matches!(events.as_slice(), [Event::Closed(_)]),
        "{events:?}"
    );
}

#[test]
fn debug_output_shows_nothing_that_was_said() {
    let mut client = ready(&[]);
    let command = Command::parse(b"X-LOGIN c2VjcmV0", &Syntax::STRICT).unwrap();
    client.send(&command).unwrap();
    client.send(&command).unwrap();
    hear(&mut client, b"");
    assert!(!format!("{client:?}").contains("c2VjcmV0"));
}
