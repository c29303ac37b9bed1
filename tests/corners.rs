//! Corners of the server machine where two things meet: each was wrong once.

mod support;

use std::sync::Arc;
use std::time::Duration;

use bytes::Buf;
use ehlo::Timestamp;
use ehlo::server::{
    AuthOffer, Chunking, Config, EarlyInput, Event, Greeting, Rejection, Security, Server,
    SessionId,
};
use ehlo::types::Mechanism;
use ehlo::types::Protocol;
use support::session::{Say, Session, config};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

const ENVELOPE: &str = "MAIL FROM:<a@c.example>\r\nRCPT TO:<b@mx.example>\r\n";

fn chunking() -> Config {
    let mut config = config();
    config.chunking = Chunking::On;
    config
}

/// A session that has received the first of several chunks.
fn between_chunks(config: Config) -> Session {
    let mut session = Session::greeted(config);
    session.say(ENVELOPE);
    session.say("BDAT 4\r\none\n");
    session.events();
    session.said.clear();
    session
}

fn chunking_with_any_line_ends() -> Config {
    let mut config = chunking();
    config.bare_line_ends = ehlo::codec::BareLineEnds::Keep;
    config
}

#[test]
fn empty_chunks_are_errors_and_come_to_an_end() {
    let mut config = chunking();
    config.limits.errors = Some(3);
    let mut session = Session::greeted(config);
    session.say(ENVELOPE);
    session.codes();
    for _ in 0..10 {
        session.say("BDAT 0\r\n");
    }
    assert_eq!(session.codes(), ["250", "250", "250", "421"]);
    assert!(
        session
            .events()
            .ends_with("Aborted(GivenUp) Closed(TooManyErrors)")
    );
}

#[test]
fn a_message_between_two_chunks_is_aborted_by_whatever_ends_the_session() {
    let mut session = between_chunks(chunking_with_any_line_ends());
    session.end_of_input();
    assert_eq!(session.events(), "Aborted(Eof) Closed(Eof)");

    let mut config = chunking_with_any_line_ends();
    config.limits.other_commands = Some(1);
    let mut session = between_chunks(config);
    session.say("NOOP\r\n");
    assert_eq!(session.events(), "Aborted(GivenUp) Closed(TooManyCommands)");

    let mut config = chunking_with_any_line_ends();
    config.help = true;
    let mut session = between_chunks(config);
    session.application = Some(Say::Close);
    session.say("HELP\r\n");
    assert_eq!(session.events(), "Help Aborted(Refused) Closed(Rejected)");
}

#[test]
fn a_refused_first_chunk_is_not_early_input() {
    let mut config = chunking();
    config.pipelining = false;
    let mut session = Session::greeted(config);
    for line in ENVELOPE.split_inclusive('\n') {
        session.say(line);
    }
    session.codes();
    session.application = None;
    session.say("BDAT 3 LAST\r\nabc");
    session.answer(Say::No);
    assert_eq!(session.codes(), ["554"]);
    session.application = Some(Say::Yes);
    session.say("NOOP\r\n");
    assert_eq!(session.codes(), ["250"]);
}

#[test]
fn a_peer_has_its_time_for_a_refused_chunk_however_late_the_answer() {
    let mut session = Session::greeted(chunking());
    session.say(ENVELOPE);
    session.codes();
    session.application = None;
    session.say("BDAT 3 LAST\r\n");
    session.pass(Duration::from_secs(599));
    session.answer(Say::No);
    session.pass(2 * SECOND);
    session.say("abc");
    assert_eq!(session.codes(), ["554"]);
}

#[test]
fn a_refused_chunk_does_not_trickle_in_for_ever() {
    let mut session = Session::greeted(chunking());
    session.say(ENVELOPE);
    session.application = Some(Say::No);
    session.say("BDAT 1000000 LAST\r\n");
    for _ in 0..10 {
        session.pass(MINUTE);
        session.say("x");
    }
    assert_eq!(session.codes(), ["250", "250", "421"]);
}

#[test]
fn a_refused_chunk_outside_of_a_message_leaves_no_clock_behind() {
    let mut session = Session::greeted(chunking());
    session.say("BDAT 3\r\nabc");
    for _ in 0..10 {
        session.pass(MINUTE);
        session.say("NOOP\r\n");
    }
    let mut expected = vec!["250"; 10];
    expected.insert(0, "503");
    assert_eq!(session.codes(), expected);
}

#[test]
fn what_is_discarded_of_one_message_is_not_counted_against_the_next() {
    let mut config = chunking();
    config.limits.discard = Some(10);
    let mut session = Session::greeted(config);
    for _ in 0..5 {
        session.application = Some(Say::Yes);
        session.say(ENVELOPE);
        session.application = Some(Say::No);
        session.say("BDAT 6 LAST\r\nabcdef");
    }
    assert_eq!(session.codes(), ["250", "250", "554"].repeat(5));
    for _ in 0..5 {
        session.say("BDAT 6 LAST\r\nabcdef");
    }
    assert_eq!(session.codes(), ["503"; 5]);
}

#[test]
fn a_refused_chunk_that_will_not_be_read_is_refused_at_once() {
    let mut config = chunking();
    config.limits.discard = Some(10);
    let mut session = Session::greeted(config);
    session.say(ENVELOPE);
    session.codes();
    session.application = Some(Say::No);
    session.say("BDAT 11 LAST\r\n");
    assert_eq!(session.codes(), ["554"]);
    assert_eq!(session.events(), "Mail Rcpt Data Closed(DiscardedTooMuch)");
}

#[test]
fn output_that_is_never_quite_taken_is_not_kept() {
    let mut session = Session::greeted(config());
    let counted = allocation_counter::measure(|| {
        for _ in 0..20_000 {
            session.input.extend_from_slice(b"RSET\r\n");
            let (now, input) = (session.now, &mut session.input);
            while session.server.poll_event(now, input).is_some() {}
            let output = session.server.output();
            output.advance(output.remaining() - 1);
        }
    });
    assert!(counted.bytes_max < 16384, "{} octets", counted.bytes_max);
}

#[test]
fn a_client_of_lmtp_that_does_not_read_is_not_borne_with_for_ever() {
    let mut config = config();
    config.protocol = Protocol::Lmtp;
    config.limits.output = 64;
    let mut session = Session::greeted(config);
    session.say("MAIL FROM:<a@c.example>\r\n");
    for _ in 0..10 {
        session.say("RCPT TO:<b@mx.example>\r\n");
    }
    session.say("DATA\r\n");
    session.input.extend_from_slice(b".\r\n");
    let mut now = session.now;
    for _ in 0..100 {
        let server = &mut session.server;
        while let Some(event) = server.poll_event(now, &mut session.input) {
            if let Event::Message(question) = event {
                server.answer(question, Ok(Default::default())).unwrap();
            }
        }
        match server.poll_timeout() {
            Some(deadline) => now = deadline,
            None => break,
        }
    }
    assert!(session.server.is_closed());
}

#[test]
fn a_shutdown_does_not_fall_between_the_replies_of_lmtp() {
    let mut config = config();
    config.protocol = Protocol::Lmtp;
    let mut session = Session::greeted(config);
    session.say("MAIL FROM:<a@c.example>\r\n");
    session.say("RCPT TO:<b@mx.example>\r\nRCPT TO:<c@mx.example>\r\nDATA\r\n");
    session.said.clear();
    session.application = None;
    session.say(".\r\n");
    session.answer(Say::Yes);
    let deadline = session.now.after(SECOND);
    session.server.shutdown(Rejection::SHUTTING_DOWN, deadline);
    session.pass(SECOND * 2);
    session.answer(Say::Yes);
    assert_eq!(session.codes(), ["250", "250", "421"]);
}

#[test]
fn lf_sessions_are_a_peers_own_too() {
    let mut lenient = config();
    lenient.early_input = EarlyInput::Allow { lf_sessions: true };
    let server = |config: Config| {
        let now = Timestamp::ZERO;
        Server::new(Arc::new(config), SessionId(1), Security::Plain, now)
    };
    let said = |mut server: Server, replacement: Config| {
        let mut input = bytes::BytesMut::from("NOOP\n");
        let now = Timestamp::ZERO;
        let mut early = bytes::BytesMut::new();
        let Some(Event::Connect(question)) = server.poll_event(now, &mut early) else {
            panic!("a peer has connected");
        };
        let greeting = Greeting::default().with_config(Arc::new(replacement));
        server.answer(question, Ok(greeting)).unwrap();
        while server.poll_event(now, &mut early).is_some() {}
        while server.poll_event(now, &mut input).is_some() {}
        String::from_utf8(server.output().chunk().to_vec()).unwrap()
    };
    let strict = config;
    assert!(said(server(strict()), lenient.clone()).ends_with("250 2.0.0 Ok\r\n"));
    let refused = said(server(lenient), strict());
    assert!(refused.contains("\r\n500 5.5.2 "), "{refused}");
}

#[test]
fn recipients_beyond_the_limit_cost_no_more_than_themselves() {
    let mut config = config();
    config.limits.recipients = Some(1);
    config.limits.errors = Some(2);
    let mut session = Session::greeted(config);
    session.say(ENVELOPE);
    for _ in 0..10 {
        session.say("RCPT TO:<b@mx.example>\r\n");
    }
    session.say("DATA\r\n");
    session.say(".\r\n");
    let mut expected = vec!["250"; 2];
    expected.extend(["452"; 10]);
    expected.extend(["354", "250"]);
    assert_eq!(session.codes(), expected);
}

#[test]
fn a_burl_that_is_not_offered_ends_no_message() {
    let mut config = chunking();
    config.protocol = Protocol::Lmtp;
    config.bare_line_ends = ehlo::codec::BareLineEnds::Keep;
    let mut session = between_chunks(config);
    session.say("BURL imap://x.example/y LAST\r\n");
    session.say("BDAT 4 LAST\r\ntwo\n");
    assert_eq!(session.codes(), ["502", "250"]);
    assert_eq!(session.events(), "Body 4 Message 8");
}

#[test]
fn every_failed_authentication_is_counted() {
    let mut config = config();
    let mut offer = AuthOffer::new([]);
    offer.without_tls = vec![Mechanism::PLAIN];
    config.auth = Some(offer);
    config.limits.auth_rounds = Some(0);
    let mut session = Session::greeted(config);
    session.application = Some(Say::Challenge);
    session.say("AUTH PLAIN\r\n");
    assert_eq!(session.codes(), ["535"]);
    assert_eq!(session.server.counters().auth_failures, 1);
    session.application = Some(Say::Close);
    session.say("AUTH PLAIN\r\n");
    assert_eq!(session.server.counters().auth_failures, 2);
}

#[test]
fn no_deadline_stands_still() {
    let mut config = config();
    let timeouts = &mut config.timeouts;
    timeouts.command = Some(SECOND);
    timeouts.drain = Some(Duration::ZERO);
    let mut session = Session::new(config);
    let server = &mut session.server;
    let deadline = server.poll_timeout().unwrap();
    server.handle_timeout(deadline);
    assert_eq!(server.poll_timeout(), None);
}

#[test]
fn the_application_takes_its_time_not_the_clients() {
    let mut config = chunking_with_any_line_ends();
    config.vrfy = true;
    let mut session = between_chunks(config);
    session.application = None;
    session.say("VRFY b\r\n");
    session.pass(9 * MINUTE);
    session.answer(Say::Yes);
    session.application = Some(Say::Yes);
    session.pass(SECOND);
    session.say("BDAT 0 LAST\r\n");
    assert_eq!(session.codes(), ["250", "250"]);
    let why = Rejection::SHUTTING_DOWN;
    session.server.shutdown(why, session.now);
    session.run();
    assert_eq!(session.codes(), ["421"]);
}

#[test]
fn two_carriage_returns_in_a_chunk_are_one_too_many_however_they_come() {
    let bodies: Vec<Vec<String>> = [1, 2, 3, 4, 5]
        .map(|cut| {
            let mut session = Session::greeted(chunking());
            session.say(ENVELOPE);
            session.events();
            session.say("BDAT 5 LAST\r\n");
            for octets in b"a\r\r\nb".chunks(cut) {
                session.say(octets);
            }
            assert_eq!(session.codes(), ["250", "250", "550"]);
            session.told
        })
        .into();
    for told in bodies {
        assert_eq!(told, ["Data", "Body 1", "Aborted(BareLineEnd)"]);
    }
}
