//! Callers that get it wrong: a typed error at best, a refused command at
//! worst, never a panic.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use ehlo::Timestamp;
use ehlo::server::{
    AuthOffer, AuthStep, Authenticated, CloseReason, Config, EarlyInput, Event, Greeting, NoBody,
    Pending, Rejection, Security, Server, SessionId, StaleAnswer, StartTlsOffer,
};
use ehlo::types::{Domain, EnhancedCode, Mechanism, ReplyCode, ReplyText};

const NOW: Timestamp = Timestamp::ZERO;

fn server(id: u64) -> Server {
    let config = Config::new(Domain::try_from("mx.example").unwrap());
    Server::new(Arc::new(config), SessionId(id), Security::Plain, NOW)
}

fn connect(server: &mut Server) -> Pending<ehlo::server::Connect> {
    match server.poll_event(NOW, &mut BytesMut::new()) {
        Some(Event::Connect(question)) => question,
        other => panic!("{other:?}"),
    }
}

fn said(server: &mut Server) -> String {
    let text = String::from_utf8(server.output().chunk().to_vec()).unwrap();
    server.output().advance(text.len());
    text
}

#[test]
fn a_question_of_another_session_is_not_answered_here() {
    let (mut one, mut two) = (server(1), server(2));
    let (question, _other) = (connect(&mut one), connect(&mut two));
    let refused = two.answer(question, Err(Rejection::NO_SERVICE));
    let Err(StaleAnswer(Err(why))) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(why, Rejection::NO_SERVICE);
    assert!(two.poll_event(NOW, &mut BytesMut::new()).is_none());
    assert_eq!(said(&mut two), "");
}

#[test]
fn a_question_of_another_kind_is_not_answered_even_if_the_caller_numbers_badly() {
    let (mut one, mut two) = (server(1), server(1));
    let question = connect(&mut one);
    let greeted = connect(&mut two);
    two.answer(greeted, Ok(Default::default())).unwrap();
    assert!(two.poll_event(NOW, &mut BytesMut::new()).is_none());
    let mut input = BytesMut::from("HELO client.example\r\n");
    let hello = two.poll_event(NOW, &mut input);
    assert!(matches!(hello, Some(Event::Hello(_))));
    assert!(two.answer(question, Ok(Default::default())).is_err());
}

#[test]
fn a_late_answer_comes_back() {
    let mut server = server(1);
    let question = connect(&mut server);
    let late = server.poll_timeout().unwrap();
    server.handle_timeout(NOW.after(Duration::from_secs(1)));
    assert_eq!(said(&mut server), "", "an early call does nothing");
    server.handle_timeout(late);
    assert!(said(&mut server).starts_with("421 4.4.2 "));
    assert!(server.answer(question, Err(Rejection::NO_SERVICE)).is_err());
    let closed = server.poll_event(late, &mut BytesMut::new());
    assert!(matches!(closed, Some(Event::Closed(_))));
    assert!(server.is_closed());
    assert_eq!(server.poll_timeout(), None);
}

#[test]
fn deadlines_go_forward_until_there_is_none() {
    let mut server = server(1);
    let _question = connect(&mut server);
    let mut last = NOW;
    while let Some(deadline) = server.poll_timeout() {
        assert!(deadline > last);
        last = deadline;
        server.handle_timeout(deadline);
        let _ = server.poll_event(deadline, &mut BytesMut::new());
    }
    assert!(server.is_closed(), "a peer that never reads is given up");
}

#[test]
fn no_body_is_refused_where_there_is_none() {
    let mut server = server(1);
    let refused = server.refuse_body(Rejection::LOCAL_ERROR);
    assert_eq!(refused, Err(NoBody(Rejection::LOCAL_ERROR)));
}

#[test]
fn calls_in_any_order_are_harmless() {
    let mut server = server(1);
    server.handle_eof();
    server.output().advance(1000);
    server.handle_timeout(Timestamp::from_nanos(u64::MAX));
    assert!(!server.wants_input());
    server.shutdown(Rejection::SHUTTING_DOWN, NOW);
    server.shutdown(Rejection::SHUTTING_DOWN, NOW);
    while server.poll_event(NOW, &mut BytesMut::from("x")).is_some() {}
    server.handle_eof();
    assert!(!server.is_closed(), "the question is still open");
}

#[test]
fn another_buffer_between_polls_is_nonsense_not_a_panic() {
    let mut server = server(1);
    let question = connect(&mut server);
    server.answer(question, Ok(Default::default())).unwrap();
    assert!(server.poll_event(NOW, &mut BytesMut::new()).is_none());
    let mut first = BytesMut::from("NOOP and more of it");
    assert!(server.poll_event(NOW, &mut first).is_none());
    let mut second = BytesMut::from("X\r\n");
    assert!(server.poll_event(NOW, &mut second).is_none());
    second.extend_from_slice(b"NOOP\r\n");
    assert!(server.poll_event(NOW, &mut second).is_none());
    for line in said(&mut server).lines().skip(1) {
        assert!(
            line.starts_with("500 ") || line.starts_with("250 "),
            "{line}"
        );
    }
}

#[test]
fn no_text_can_break_a_reply() {
    for text in ["a\rb", "a\0b", "\x1b[2J", "a\x7f", "\r", "a\r\r\n"] {
        assert!(ReplyText::new(text).is_err(), "{text:?}");
        let code = ReplyCode::MAILBOX_UNAVAILABLE;
        assert!(Rejection::new(code, None, text).is_err());
    }
    assert!(Rejection::new(ReplyCode::OK, None, "no").is_err());
    let class = Some(EnhancedCode::OK);
    assert!(Rejection::new(ReplyCode::MAILBOX_UNAVAILABLE, class, "no").is_err());

    let mut server = server(1);
    let question = connect(&mut server);
    let text = format!("one\r\n250 two\n\n{}", "three ".repeat(200));
    let why = Rejection::new(ReplyCode::TRANSACTION_FAILED, None, text).unwrap();
    server.answer(question, Err(why)).unwrap();
    assert!(server.poll_event(NOW, &mut BytesMut::new()).is_none());
    let said = said(&mut server);
    let lines: Vec<_> = said.split_terminator("\r\n").collect();
    let (last, continued) = lines.split_last().unwrap();
    assert!(continued.iter().all(|line| line.starts_with("554-")));
    assert!(last.starts_with("554 "));
    assert!(lines.iter().all(|line| line.len() <= 510));
}

/// Polls, answers what is asked with a plain yes, and gives the first event
/// that is none of that.
fn drive(server: &mut Server, input: &mut BytesMut) -> Option<Event> {
    loop {
        match server.poll_event(NOW, input)? {
            Event::Connect(question) => server.answer(question, Ok(Default::default())).unwrap(),
            Event::Hello(question) => server.answer(question, Ok(Default::default())).unwrap(),
            Event::StartTls(question) => server.answer(question, Ok(Default::default())).unwrap(),
            Event::Mail(question) => server.answer(question, Ok(Default::default())).unwrap(),
            other => return Some(other),
        }
    }
}

fn tls_server() -> Server {
    let mut config = Config::new(Domain::try_from("mx.example").unwrap());
    config.start_tls = StartTlsOffer::Offered;
    Server::new(Arc::new(config), SessionId(1), Security::Plain, NOW)
}

/// Up to the 220 to STARTTLS, which is not written yet.
fn starting_tls() -> Server {
    let mut server = tls_server();
    for line in ["", "EHLO client.example\r\n", "STARTTLS\r\n"] {
        server.output().advance(usize::MAX);
        assert!(drive(&mut server, &mut BytesMut::from(line)).is_none());
    }
    server
}

#[test]
fn nothing_is_read_before_the_handshake_and_no_early_call_begins_it() {
    let mut server = starting_tls();
    assert!(!server.wants_input());
    // Attack rule A3: not before the 220 has been written.
    server.tls_established(NOW, &mut BytesMut::new());
    assert_eq!(server.security(), Security::Plain);
    assert!(drive(&mut server, &mut BytesMut::new()).is_none());
    assert!(said(&mut server).starts_with("220 2.0.0 "));
    let handover = drive(&mut server, &mut BytesMut::new());
    assert!(matches!(handover, Some(Event::Handover)));
    assert!(!server.wants_input());
    assert!(drive(&mut server, &mut BytesMut::from("QUIT\r\n")).is_none());
    server.tls_established(NOW, &mut BytesMut::new());
    assert_eq!(server.security(), Security::Tls);
    assert!(server.hello().is_none() && server.wants_input());
    server.tls_established(NOW, &mut BytesMut::from("x"));
    assert!(server.wants_input(), "once is enough");
}

#[test]
fn octets_at_the_hand_over_close_the_session() {
    // Attack rule A3: they came behind the 220, before the handshake.
    let mut server = starting_tls();
    assert!(said(&mut server).starts_with("220 2.0.0 "));
    let mut input = BytesMut::from("EHLO evil.example\r\n");
    let closed = drive(&mut server, &mut input);
    assert!(matches!(
        closed,
        Some(Event::Closed(CloseReason::EarlyInput))
    ));
    assert!(said(&mut server).is_empty() && server.is_closed());
    assert_eq!(server.security(), Security::Plain);
}

#[test]
fn a_step_of_auth_that_comes_too_late_comes_back() {
    let mut config = Config::new(Domain::try_from("mx.example").unwrap());
    config.auth = Some(AuthOffer::new([Mechanism::PLAIN]));
    let mut server = Server::new(Arc::new(config), SessionId(1), Security::Tls, NOW);
    let mut input = BytesMut::new();
    assert!(drive(&mut server, &mut input).is_none());
    let mut input = BytesMut::from("EHLO client.example\r\n");
    assert!(drive(&mut server, &mut input).is_none());
    input.extend_from_slice(b"AUTH PLAIN AGEAYg==\r\n");
    let Some(Event::Auth(question)) = drive(&mut server, &mut input) else {
        panic!("AUTH is asked about");
    };
    server.shutdown(Rejection::SHUTTING_DOWN, NOW);
    server.handle_timeout(NOW);
    let done = Authenticated::new("user");
    let stale = server.answer(question, Ok(AuthStep::Done(done)));
    assert!(matches!(stale, Err(StaleAnswer(Ok(AuthStep::Done(_))))));
    assert_eq!(server.identity(), None, "nobody is let in by a late answer");
}

#[test]
fn a_peer_that_does_not_read_is_not_read_from() {
    // Attack rule A20
    let mut config = Config::new(Domain::try_from("mx.example").unwrap());
    config.limits.output = 1000;
    let mut server = Server::new(Arc::new(config), SessionId(1), Security::Plain, NOW);
    let mut input = BytesMut::new();
    assert!(drive(&mut server, &mut input).is_none());
    let mut input = BytesMut::from("EHLO client.example\r\n");
    assert!(drive(&mut server, &mut input).is_none());
    input.extend_from_slice(&b"RSET\r\n".repeat(10_000));
    while let Some(event) = drive(&mut server, &mut input) {
        assert!(matches!(event, Event::Reset));
    }
    assert!(!server.wants_input());
    assert!(server.output().remaining() < 1000 + 512);
    assert!(input.len() > 50_000, "the rest waits in the input");
    let late = server.poll_timeout().unwrap();
    server.handle_timeout(late);
    let closed = server.poll_event(late, &mut input);
    assert!(matches!(closed, Some(Event::Closed(CloseReason::Timeout))));
}

#[test]
fn the_greeting_may_bring_lf_sessions_along_or_rule_them_out() {
    let config = |lf_sessions| {
        let mut config = Config::new(Domain::try_from("mx.example").unwrap());
        config.early_input = EarlyInput::Allow { lf_sessions };
        Arc::new(config)
    };
    for allowed in [true, false] {
        let mut server = Server::new(config(!allowed), SessionId(1), Security::Plain, NOW);
        let question = connect(&mut server);
        let greeting = Greeting::default().with_config(config(allowed));
        server.answer(question, Ok(greeting)).unwrap();
        let mut input = BytesMut::from("NOOP\nNOOP\n");
        let _ = drive(&mut server, &mut input);
        let said = said(&mut server);
        assert_eq!(said.contains("250 2.0.0 Ok"), allowed, "{said}");
        assert_eq!(said.contains("500 5.5.2 "), !allowed, "{said}");
    }
}
