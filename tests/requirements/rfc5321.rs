//! RFC 5321.

use super::*;
use ehlo::codec::Syntax;

#[test]
fn lines_end_with_cr_lf_alone() {
    // §2.3.8, §4.1.1.4
    let mut session = talk(smtp(), &[HELO, MAIL, RCPT, DATA]);
    let said = session.say("one\n.\ntwo\r.\rthree\r\n.\n");
    assert_eq!(said, "", "the message has not ended");
    assert!(session.say("\r\n.\r\n").starts_with("550 5.5.2 "));
    assert!(session.say("NOOP\n").starts_with("500 5.5.2 "));
}

#[test]
fn local_parts_keep_their_case() {
    // §2.4: and verbs do not care.
    let session = talk(
        smtp(),
        &[
            ("heLO client.example", "250 "),
            ("mail FROM:<aB@B.example>", "250 "),
            ("Rcpt to:<C@MX.example>", "250 "),
        ],
    );
    let envelope = session.server.envelope().unwrap();
    assert_eq!(envelope.reverse_path.to_string(), "<aB@B.example>");
}

#[test]
fn a_server_that_refuses_stays_until_quit() {
    // §3.1
    let now = Timestamp::ZERO;
    let mut server = Server::new(Arc::new(smtp()), SessionId(1), Security::Plain, now);
    let mut input = BytesMut::new();
    let Some(Event::Connect(question)) = server.poll_event(now, &mut input) else {
        panic!("connect comes first");
    };
    server.answer(question, Err(Rejection::NO_SERVICE)).unwrap();
    let mut say = |line: &[u8]| {
        input.extend_from_slice(line);
        while server.poll_event(now, &mut input).is_some() {}
        let output = server.output();
        let said = output.copy_to_bytes(output.remaining());
        String::from_utf8(said.to_vec()).unwrap()
    };
    assert!(say(b"").starts_with("554 No "));
    for line in [
        "EHLO a.example\r\n",
        "MAIL FROM:<>\r\n",
        "NOOP\r\n",
        "X\r\n",
    ] {
        let said = say(line.as_bytes());
        let is_refused = said.starts_with("503 ") || said.starts_with("500 ");
        assert!(is_refused, "{line}: {said}");
    }
    assert!(say(b"QUIT\r\n").starts_with("221 "));
}

#[test]
fn helo_has_a_single_line() {
    // §3.2, §4.1.1.1
    talk(smtp(), &[("HELO client.example", "250 mx.example")]);
    talk(smtp(), &[EHLO]);
}

#[test]
fn a_hello_may_come_again_and_resets() {
    // §4.1.1.1, §4.1.4
    talk(
        smtp(),
        &[
            EHLO,
            MAIL,
            RCPT,
            EHLO,
            ("DATA", "503 "),
            MAIL,
            RCPT,
            DATA,
            TEXT,
        ],
    );
}

#[test]
fn a_hello_that_is_refused_changes_nothing() {
    // §4.1.4
    talk(
        smtp(),
        &[
            EHLO,
            MAIL,
            ("EHLO nobody.example", "554 "),
            ("EHLO", "501 "),
            ("HELO -x", "501 "),
            RCPT,
            DATA,
            TEXT,
        ],
    );
}

#[test]
fn mail_needs_a_hello_and_no_transaction() {
    // §3.3, §4.1.4
    talk(smtp(), &[("MAIL FROM:<a@b.example>", "503 5.5.1 ")]);
    talk(smtp(), &[HELO, MAIL, ("MAIL FROM:<>", "503 5.5.1 "), RCPT]);
}

#[test]
fn rcpt_needs_mail() {
    // §3.3
    talk(smtp(), &[HELO, ("RCPT TO:<a@b.example>", "503 5.5.1 ")]);
}

#[test]
fn data_needs_mail_and_a_recipient() {
    // §3.3
    let refused = ("DATA", "554 5.5.1 ");
    talk(
        smtp(),
        &[HELO, ("DATA", "503 5.5.1 "), MAIL, refused, NOBODY, refused],
    );
}

#[test]
fn one_recipient_that_is_refused_hurts_no_other() {
    // §3.3, §4.1.1.3
    let session = talk(smtp(), &[HELO, MAIL, NOBODY, RCPT, NOBODY, DATA, TEXT]);
    assert_eq!(session.body, b"Hello\r\n");
}

#[test]
fn vrfy_and_expn_change_nothing() {
    // §3.5, §4.1.1.6, §4.1.1.7
    let config = with(|config| {
        config.vrfy = true;
        config.expn = true;
    });
    let lines = [("VRFY Smith", "250 "), ("EXPN list", "250 ")];
    let [vrfy, expn] = lines;
    talk(
        config,
        &[vrfy, expn, HELO, MAIL, vrfy, RCPT, expn, DATA, TEXT],
    );
}

#[test]
fn vrfy_and_expn_take_any_text() {
    // §3.5.1
    let config = with(|config| config.vrfy = true);
    let lines = [
        ("VRFY Sam Q. Smith <SQSmith@specific.example>", "250 "),
        ("VRFY \"Sam\"", "250 "),
        ("VRFY a@b.example", "250 "),
    ];
    talk(config, &lines);
}

#[test]
fn vrfy_that_is_off_is_252_and_expn_502() {
    // §3.5.3, §7.3
    talk(
        smtp(),
        &[("VRFY a", "252 2.5.0 "), ("EXPN a", "502 5.5.1 ")],
    );
}

#[test]
fn verify_and_expand_are_listed_when_they_are_on() {
    // §3.5.2
    let config = with(|config| {
        config.vrfy = true;
        config.expn = true;
    });
    let mut session = Session::plain(config);
    let said = session.say("EHLO client.example\r\n");
    assert!(said.contains("250-VRFY\r\n") && said.ends_with("250 EXPN\r\n"));
}

#[test]
fn the_connection_is_closed_only_behind_quit() {
    // §3.8, §4.1.1.10
    let mut session = talk(smtp(), &[HELO, ("X", "500 "), ("DATA", "503 "), RSET]);
    assert!(!session.is_closed());
    session.talk(&[("QUIT", "221 2.0.0 mx.example ")]);
    assert!(session.is_closed());
}

#[test]
fn a_message_that_is_cut_off_is_none() {
    // §3.8: and what was received before is kept.
    let mut session = talk(smtp(), &[HELO, MAIL, RCPT, DATA, TEXT, MAIL, RCPT, DATA]);
    assert_eq!(session.body, b"Hello\r\n");
    session.say("Hello again\r\n.");
    session.server.handle_eof();
    assert_eq!(session.say(""), "");
    assert!(session.is_closed() && session.body.is_empty());
}

#[test]
fn blanks_before_the_line_end_are_borne_with() {
    // §4.1.1
    talk(
        smtp(),
        &[
            ("NOOP \t ", "250 "),
            ("HELO client.example ", "250 "),
            ("MAIL FROM:<a@b.example> ", "250 "),
            ("RSET ", "250 "),
            ("QUIT ", "221 "),
        ],
    );
}

#[test]
fn control_characters_are_syntax_errors() {
    // §4.1.2
    talk(
        smtp(),
        &[
            ("NOOP \u{1}", "501 5.5.2 "),
            ("VRFY a\0b", "501 5.5.2 "),
            HELO,
            ("MAIL FROM:<a\u{7f}@b.example>", "501 5.1.7 "),
        ],
    );
}

#[test]
fn postmaster_needs_no_domain() {
    // §4.1.1.3, §4.5.1
    let session = talk(
        smtp(),
        &[
            HELO,
            MAIL,
            ("RCPT TO:<postmaster>", "250 "),
            ("RCPT TO:<POSTMASTER>", "250 "),
            ("RCPT TO:<postMaster@mx.example>", "250 "),
        ],
    );
    assert_eq!(session.server.envelope().unwrap().recipients.len(), 3);
}

#[test]
fn source_routes_are_taken_and_ignored() {
    // §4.1.1.3, appendix C
    let session = talk(
        smtp(),
        &[HELO, MAIL, ("RCPT TO:<@x.example:c@d.example>", "250 ")],
    );
    let envelope = session.server.envelope().unwrap();
    assert_eq!(
        envelope.recipients[0].forward_path.to_string(),
        "<c@d.example>"
    );
}

#[test]
fn the_null_reverse_path_is_taken() {
    // §4.1.1.2, §4.5.5
    talk(smtp(), &[HELO, ("MAIL FROM:<>", "250 "), RCPT, DATA, TEXT]);
}

#[test]
fn a_dot_is_taken_off_each_line() {
    // §4.5.2
    let mut session = talk(smtp(), &[HELO, MAIL, RCPT, DATA]);
    session.talk(&[("..\r\n...\r\n.a\r\nb.\r\n.", "250 2.0.0 ")]);
    assert_eq!(session.body, b".\r\n..\r\na\r\nb.\r\n");
}

#[test]
fn the_first_line_may_be_the_last() {
    // §4.1.1.4
    let session = talk(smtp(), &[HELO, MAIL, RCPT, DATA, (".", "250 ")]);
    assert!(session.body.is_empty());
}

#[test]
fn all_256_octets_pass_but_for_line_ends() {
    // §4.5.2: all characters of the message are to be delivered.
    let mut session = talk(smtp(), &[HELO, MAIL, RCPT, DATA]);
    let text: String = (0..128_u8)
        .filter(|octet| !matches!(octet, b'\r' | b'\n'))
        .map(char::from)
        .collect();
    session.talk(&[(&format!("{text}\r\n."), "250 ")]);
    assert_eq!(session.body, format!("{text}\r\n").into_bytes());
}

#[test]
fn a_message_that_ends_leaves_nothing_behind() {
    // §4.1.1.4: buffers are cleared whatever the reply.
    talk(
        smtp(),
        &[HELO, MAIL, RCPT, DATA, TEXT, ("DATA", "503 "), MAIL],
    );
    let mut session = talk(smtp(), &[HELO, MAIL, RCPT, DATA]);
    session.talk(&[("a\nb\r\n.", "550 "), ("DATA", "503 "), MAIL]);
}

#[test]
fn rset_is_always_taken_and_never_closes() {
    // §4.1.1.5
    let config = with(|config| {
        config.limits.other_commands = Some(0);
        config.limits.errors = Some(0);
    });
    let mut session = talk(config, &[RSET; 100]);
    session.talk(&[("RSET now", "501 ")]);
    assert!(!session.is_closed());
    talk(smtp(), &[HELO, MAIL, RCPT, RSET, ("DATA", "503 "), MAIL]);
}

#[test]
fn some_commands_need_no_hello() {
    // §4.1.4
    let lines = [
        ("NOOP", "250 "),
        ("HELP", "214 "),
        ("EXPN a", "502 "),
        ("VRFY a", "252 "),
        RSET,
        ("QUIT", "221 "),
    ];
    talk(smtp(), &lines);
}

#[test]
fn noop_takes_anything_and_changes_nothing() {
    // §4.1.1.9
    let noop = ("NOOP or \"whatever\" <a@b>", "250 2.0.0 ");
    talk(smtp(), &[noop, HELO, MAIL, noop, RCPT, noop, DATA, TEXT]);
}

#[test]
fn help_is_answered_and_changes_nothing() {
    // §4.1.1.8
    talk(
        smtp(),
        &[HELO, MAIL, ("HELP", "214 "), ("HELP MAIL", "214 "), RCPT],
    );
}

#[test]
fn a_parameter_that_is_not_known_is_555() {
    // §4.1.1.11
    talk(
        smtp(),
        &[
            EHLO,
            ("MAIL FROM:<a@b.example> X-OWN=1", "555 5.5.4 "),
            MAIL,
            ("RCPT TO:<c@mx.example> X-OWN", "555 5.5.4 "),
        ],
    );
}

#[test]
fn odd_hello_names_are_taken_where_that_is_allowed() {
    // §4.1.4: not to be refused for not being that of the client; the
    // grammar is §4.1.1.1's.
    let config = with(|config| config.syntax.odd_hello_names = true);
    talk(config, &[("EHLO my_pc", "250-")]);
    talk(
        smtp(),
        &[("EHLO my_pc", "501 "), ("EHLO [127.0.0.1]", "250-")],
    );
    talk(
        smtp(),
        &[("EHLO [IPv6:::1]", "250-"), ("EHLO localhost", "250-")],
    );
}

#[test]
fn unknown_is_500_and_switched_off_is_502() {
    // §4.2.4
    talk(smtp(), &[("XYZ", "500 5.5.1 "), ("TURN", "502 5.5.1 ")]);
}

#[test]
fn replies_go_out_in_order_and_one_a_command() {
    // §4.2, RFC 2920 §3.2
    let mut session = talk(smtp(), &[EHLO]);
    let group = "RSET\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<nobody@mx.example>\r\n\
                 RCPT TO:<c@mx.example>\r\nX\r\nDATA\r\n";
    let said = session.say(group);
    let codes: Vec<_> = said.lines().map(|line| &line[..3]).collect();
    assert_eq!(codes, ["250", "250", "550", "250", "500", "354"]);
}

#[test]
fn no_line_of_a_reply_is_longer_than_512_octets() {
    // §4.5.3.1.5
    let now = Timestamp::ZERO;
    let mut server = Server::new(Arc::new(smtp()), SessionId(1), Security::Plain, now);
    let Some(Event::Connect(question)) = server.poll_event(now, &mut BytesMut::new()) else {
        panic!("connect comes first");
    };
    let code = ReplyCode::TRANSACTION_FAILED;
    let why = Rejection::new(code, None, "no\nno ".repeat(300)).unwrap();
    server.answer(question, Err(why)).unwrap();
    assert!(server.poll_event(now, &mut BytesMut::new()).is_none());
    let said = server.output().chunk().to_vec();
    for line in said.split_inclusive(|&octet| octet == b'\n') {
        assert!(line.len() <= 512 && line.ends_with(b"\r\n"));
    }
}

#[test]
fn what_everyone_must_take_is_taken() {
    // §4.5.3.1.1 to §4.5.3.1.8
    let local = "l".repeat(64);
    let domain = [
        "d".repeat(63),
        "e".repeat(63),
        "f".repeat(63),
        "g".repeat(54),
    ]
    .join(".");
    let mail = format!("MAIL FROM:<{local}@{}>", &domain[..189]);
    let rcpt = format!("RCPT TO:<a@{}>", &domain[..domain.len() - 1]);
    let noop = format!("NOOP {}", "n".repeat(505));
    assert_eq!((mail.len(), noop.len()), (266, 510));
    let mut session = talk(
        smtp(),
        &[HELO, (&noop, "250 "), (&mail, "250 "), (&rcpt, "250 ")],
    );
    for _ in 1..100 {
        session.talk(&[RCPT]);
    }
    session.talk(&[DATA]);
    let line = format!("{}\r\n", "x".repeat(998));
    let text = line.repeat(66);
    session.talk(&[(&format!("{text}."), "250 ")]);
    assert_eq!(session.body.len(), 66_000);
}

#[test]
fn lines_are_not_folded_whatever_their_length() {
    // §4.5.3.1.6, which is a minimum
    let mut session = talk(smtp(), &[HELO, MAIL, RCPT, DATA]);
    let text = "x".repeat(100_000);
    session.talk(&[(&format!("{text}\r\n."), "250 ")]);
    assert_eq!(session.body.len(), 100_002);
}

#[test]
fn too_many_recipients_are_452_and_the_others_stay() {
    // §4.5.3.1.10
    let config = with(|config| config.limits.recipients = Some(2));
    let many = ("RCPT TO:<e@mx.example>", "452 4.5.3 ");
    talk(config, &[HELO, MAIL, RCPT, RCPT, many, many, DATA, TEXT]);
}

#[test]
fn a_command_is_waited_for_for_five_minutes() {
    // §4.5.3.2.7
    let mut session = talk(smtp(), &[HELO]);
    let deadline = session.server.poll_timeout().unwrap();
    assert!(deadline >= session.now.after(Duration::from_secs(300)));
    session.now = deadline;
    assert!(session.say("").starts_with("421 4.4.2 mx.example "));
    assert!(session.is_closed());
}

#[test]
fn a_session_ends_in_time_and_no_message_is_lost() {
    // §4.5.3.2: any time-out is the server's to choose beyond those named
    let config = with(|config| config.timeouts.session = Some(Duration::from_secs(60)));
    let mut session = talk(config, &[HELO, MAIL, RCPT, ("DATA", "354 ")]);
    session.now = session.now.after(Duration::from_secs(61));
    assert_eq!(session.say("x\r\n"), "");
    let said = session.say(".\r\n");
    let lines: Vec<_> = said.lines().collect();
    assert!(lines[0].starts_with("250 2.0.0 "), "{said}");
    assert!(lines[1].starts_with("421 4.4.2 mx.example "), "{said}");
    assert_eq!(lines.len(), 2);
    assert_eq!(session.body, b"x\r\n");
    assert!(session.is_closed());
}

#[test]
fn the_first_word_and_the_last_say_whose_they_are() {
    // §4.2.2
    let mut session = talk(smtp(), &[("QUIT", "221 2.0.0 mx.example ")]);
    assert!(session.is_closed());
    session = talk(smtp(), &[]);
    let deadline = session.now.after(Duration::from_secs(60));
    let why = Rejection::new(ReplyCode::SERVICE_NOT_AVAILABLE, None, "Too busy").unwrap();
    session.server.shutdown(why, deadline);
    assert!(session.say("").starts_with("421 4.0.0 mx.example Too busy"));
}

#[test]
fn shutting_down_is_421() {
    // §3.8, §4.2.1
    let mut session = talk(smtp(), &[HELO, MAIL]);
    let deadline = session.now.after(Duration::from_secs(60));
    session.server.shutdown(Rejection::SHUTTING_DOWN, deadline);
    assert!(session.say("").starts_with("421 4.3.2 "));
    assert!(session.is_closed());
}

#[test]
fn addresses_follow_the_grammar() {
    // §4.1.2, §4.1.3
    let good = [
        "<\"a b\"@c.example>",
        "<\"a\\\"b\"@c.example>",
        "<a+b=c@d.example>",
        "<a@[192.0.2.1]>",
        "<a@[IPv6:2001:db8::1]>",
        "<!#$%&'*+-/=?^_`{|}~@c.example>",
        "<a@b>",
    ];
    let bad = [
        "a@c.example",
        "<a@c.example",
        "<a@@c.example>",
        "<a b@c.example>",
        "<.a@c.example>",
        "<a.@c.example>",
        "<a@-c.example>",
        "<a@c..example>",
        "<a@[192.0.2.256]>",
        "<\"a@c.example>",
        "<a@c.example>x",
        "<a>",
    ];
    let mut session = talk(with(|config| config.syntax = Syntax::STRICT), &[HELO]);
    for path in good {
        session.talk(&[(&format!("MAIL FROM:{path}"), "250 "), RSET]);
    }
    for path in bad {
        session.talk(&[(&format!("MAIL FROM:{path}"), "501 5.")]);
    }
}

#[test]
fn an_argument_where_there_is_none_is_501() {
    // §4.3.2, §4.1.1.4, §4.1.1.5, §4.1.1.10
    talk(
        smtp(),
        &[
            ("DATA x", "501 5.5.2 "),
            ("RSET x", "501 5.5.2 "),
            ("QUIT x", "501 5.5.2 "),
        ],
    );
}

#[test]
fn the_received_field_says_what_was_spoken() {
    // §4.4, RFC 3848, RFC 6531 §4.3
    let session = talk(smtp(), &[HELO]);
    assert_eq!(session.server.received().protocol(), "SMTP");
    let mut session = talk(smtp(), &[EHLO]);
    assert_eq!(session.server.received().protocol(), "ESMTP");
    session.talk(&[("MAIL FROM:<a@b.example> SMTPUTF8", "250 ")]);
    assert_eq!(session.server.received().protocol(), "UTF8SMTP");
    let config = with(|config| config.auth = Some(AuthOffer::new([Mechanism::PLAIN])));
    let session = talk_tls(config, &[AUTH]);
    assert_eq!(session.server.received().protocol(), "ESMTPSA");
}
