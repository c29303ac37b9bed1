//! Nobody is waited for without end (attack rule A20): whatever a peer does, or
//! leaves undone, each phase has its deadline, and deadlines go forward.

mod support;

use std::time::Duration;

use bytes::Buf;
use ehlo::Timestamp;
use ehlo::server::{AuthOffer, Chunking, Config, Event, StartTlsOffer};
use ehlo::types::Mechanism;
use ehlo::types::Protocol;
use support::session::{Say, Session, config};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

const ENVELOPE: &str = "MAIL FROM:<a@c.example>\r\nRCPT TO:<b@mx.example>\r\n";

fn everything() -> Config {
    let mut config = config();
    config.chunking = Chunking::On;
    config.start_tls = StartTlsOffer::Offered;
    let mut offer = AuthOffer::new([]);
    offer.without_tls = vec![Mechanism::PLAIN];
    config.auth = Some(offer);
    config
}

/// A session in each phase there is, the first of which asks the application.
fn phases() -> Vec<(&'static str, Session)> {
    let in_phase = |name, octets: &[&str], last: Option<Say>| {
        let mut session = Session::new(everything());
        for octets in octets {
            session.say(octets);
        }
        session.application = last;
        (name, session)
    };
    let hello = "EHLO c.example\r\n";
    let mut phases = vec![
        in_phase("command", &[], None),
        in_phase("part of a command", &["EHL"], None),
        in_phase("between commands", &[hello, ENVELOPE], None),
        in_phase("message", &[hello, ENVELOPE, "DATA\r\n", "x"], None),
        in_phase("chunk", &[hello, ENVELOPE, "BDAT 1000\r\n", "x"], None),
        in_phase(
            "between chunks",
            &[hello, ENVELOPE, "BDAT 3\r\nx\r\n"],
            None,
        ),
        in_phase("refused chunk", &[hello, "BDAT 1000\r\n", "x"], None),
        in_phase("handshake", &[hello, "STARTTLS\r\n"], None),
    ];
    let (name, mut session) = in_phase("refused message", &[hello, ENVELOPE, "DATA\r\n"], None);
    session.say("bare\nline feed\r\n");
    phases.push((name, session));
    let (name, mut session) = in_phase("authentication", &[hello], Some(Say::Challenge));
    session.say("AUTH PLAIN\r\n");
    session.application = None;
    phases.push((name, session));
    let (name, mut session) = in_phase("question", &[hello], None);
    session.say("MAIL FROM:<>\r\n");
    phases.push((name, session));
    let (name, mut session) = in_phase("question about a message", &[hello, ENVELOPE], None);
    session.application = Some(Say::Yes);
    session.say("DATA\r\n");
    session.application = None;
    session.say(".\r\n");
    phases.push((name, session));
    let silent = Session::silent(everything());
    phases.push(("connection", silent));
    phases
}

#[test]
fn every_phase_has_a_deadline_and_then_a_later_one_or_none() {
    for (name, mut session) in phases() {
        session.run();
        let mut last = session.now;
        let mut deadlines = 0;
        while let Some(deadline) = session.server.poll_timeout() {
            assert!(deadline > last, "{name}: {deadline} after {last}");
            // A call that comes too early does nothing.
            let early = Timestamp::from_nanos(deadline.as_nanos() - 1);
            session.server.handle_timeout(early);
            assert_eq!(session.server.poll_timeout(), Some(deadline), "{name}");
            session.server.handle_timeout(deadline);
            // Nothing is written: the peer reads nothing.
            let _ = session.server.poll_event(deadline, &mut session.input);
            last = deadline;
            deadlines += 1;
        }
        while session
            .server
            .poll_event(last, &mut session.input)
            .is_some()
        {}
        assert!(deadlines > 0 && session.server.is_closed(), "{name}");
        assert!(!session.server.output().has_remaining(), "{name}");
    }
}

/// Sends an octet as often as that; how long it is borne with.
fn drip(session: &mut Session, octets: &str, interval: Duration) -> Duration {
    session.run();
    let start = session.now;
    let mut octets = octets.bytes().cycle();
    while !session.server.is_closed() {
        session.pass(interval);
        if session.server.wants_input() {
            session.say([octets.next().unwrap()]);
        }
        assert!(session.now.since(start) < 24 * HOUR, "for ever");
    }
    session.now.since(start)
}

#[test]
fn an_octet_now_and_then_does_not_keep_a_session_alive() {
    for interval in [SECOND, MINUTE, 2 * MINUTE] {
        for (name, mut session) in phases() {
            let borne = drip(&mut session, "x", interval);
            let most = match name {
                // The application's own time, and then no more than one step.
                "question" | "question about a message" | "connection" => 16 * MINUTE,
                _ => 6 * MINUTE,
            };
            assert!(borne <= most + 2 * interval, "{name}: {borne:?}");
        }
    }
}

#[test]
fn a_message_has_its_block_timeout_its_rate_and_its_end() {
    let receiving = || {
        let mut session = Session::greeted(everything());
        session.say(ENVELOPE);
        session.say("DATA\r\n");
        session
    };
    let dies = |session: &mut Session| {
        let end = session.events();
        assert!(end.ends_with("Aborted(Timeout) Closed(Timeout)"), "{end}");
    };
    // Nothing for three minutes.
    let mut session = receiving();
    session.pass(Duration::from_nanos(179_999_999_999));
    assert!(!session.server.is_closed());
    session.pass(Duration::from_nanos(1));
    dies(&mut session);
    // 400 octets a second buy 0.8 seconds: with the grace, 1500 in all.
    let line = "x".repeat(398) + "\r\n";
    let mut session = receiving();
    let started = session.now;
    while !session.server.is_closed() {
        session.pass(SECOND);
        session.say(&line);
    }
    dies(&mut session);
    let borne = session.now.since(started).as_secs();
    assert!((1490..=1500).contains(&borne), "{borne}");
    // Fast enough, but without end.
    let mut config = everything();
    config.limits.message = None;
    let mut session = Session::greeted(config);
    session.say(ENVELOPE);
    session.say("DATA\r\n");
    let started = session.now;
    while !session.server.is_closed() {
        session.pass(10 * SECOND);
        session.say(line.repeat(15));
    }
    dies(&mut session);
    assert_eq!(session.now.since(started), 2 * HOUR);
}

#[test]
fn the_time_the_application_takes_for_a_message_is_not_the_peers() {
    for begin in ["DATA\r\n", "BDAT 300\r\n"] {
        let mut session = Session::greeted(everything());
        session.say(ENVELOPE);
        session.say(begin);
        // A line comes every five seconds, and the application takes an hour
        // for it.
        for _ in 0..50 {
            session.pass(5 * SECOND);
            session.input.extend_from_slice(b"x\r\n");
            let body = session.server.poll_event(session.now, &mut session.input);
            assert!(matches!(body, Some(Event::Body(_))), "{begin:?}: {body:?}");
            assert_eq!(session.server.poll_timeout(), None);
            session.pass(HOUR);
            session.server.handle_timeout(session.now);
            session.run();
        }
        assert!(!session.events().contains("Closed"), "{begin:?}");
        // For the peer, that was 250 seconds, and the grace of the rate ends.
        session.pass(49 * SECOND);
        assert!(!session.events().contains("Closed"), "{begin:?}");
        session.pass(2 * SECOND);
        let end = session.events();
        assert!(end.ends_with("Aborted(Timeout) Closed(Timeout)"), "{end}");
    }
}

#[test]
fn chunks_share_the_deadline_of_their_message() {
    let mut session = Session::greeted(everything());
    session.say(ENVELOPE);
    let started = session.now;
    while !session.server.is_closed() {
        session.say("BDAT 3\r\nx\r\n");
        session.pass(MINUTE);
    }
    assert!(session.now.since(started) <= 6 * MINUTE);
    assert!(
        session
            .events()
            .ends_with("Aborted(Timeout) Closed(Timeout)")
    );
}

#[test]
fn commands_that_are_served_do_not_add_up_to_a_slow_one() {
    let mut config = everything();
    config.timeouts.session = None;
    let mut session = Session::greeted(config);
    for _ in 0..1000 {
        session.pass(4 * MINUTE);
        session.say("RSET\r\n");
    }
    assert!(!session.server.is_closed());
}

#[test]
fn who_is_served_for_a_day_is_asked_to_come_again() {
    let mut session = Session::greeted(everything());
    for _ in 0..24 * 60 / 4 {
        assert!(!session.server.is_closed());
        session.pass(4 * MINUTE);
        session.say("RSET\r\n");
    }
    assert!(session.server.is_closed());
    assert!(session.events().ends_with("Closed(SessionTooLong)"));
}

#[test]
fn the_clock_of_a_message_stops_with_it() {
    for protocol in [Protocol::Smtp, Protocol::Lmtp] {
        let mut config = everything();
        config.protocol = protocol;
        let mut session = Session::greeted(config);
        for end in [
            "DATA\r\n|.\r\n",
            "BDAT 1 LAST\r\n|x",
            "BDAT 3\r\nx\r\n|RSET\r\n",
        ] {
            session.say(ENVELOPE);
            for octets in end.split('|') {
                session.say(octets);
            }
            for _ in 0..10 {
                session.pass(4 * MINUTE);
                session.say("RSET\r\n");
            }
        }
        assert!(!session.server.is_closed());
    }
}
