//! The RFCs of extensions, and LMTP.

use super::*;

/// What EHLO offers.
fn offers(config: Config, security: Security) -> Vec<String> {
    let mut session = Session::new(config, security);
    let said = session.say("EHLO client.example\r\n");
    said.lines()
        .skip(1)
        .map(|line| line[4..].to_owned())
        .collect()
}

#[test]
fn rfc1870_size() {
    // §3, §4, §6.1, §6.3, §6.4
    let config = || with(|config| config.limits.message = Some(1000));
    assert!(offers(config(), Security::Plain).contains(&"SIZE 1000".to_owned()));
    let endless = with(|config| config.limits.message = None);
    assert!(offers(endless, Security::Plain).contains(&"SIZE".to_owned()));
    let mut session = talk(
        config(),
        &[
            EHLO,
            ("MAIL FROM:<a@b.example> SIZE=1001", "552 5.3.4 "),
            (
                "MAIL FROM:<a@b.example> SIZE=99999999999999999999",
                "552 5.3.4 ",
            ),
            (
                "MAIL FROM:<a@b.example> SIZE=999999999999999999999",
                "501 5.5.4 ",
            ),
            ("MAIL FROM:<a@b.example> SIZE=", "501 5.5.4 "),
            ("MAIL FROM:<a@b.example> SIZE=1000", "250 "),
            RCPT,
            DATA,
        ],
    );
    // The stuffed dot does not count, CR and LF do.
    let text = format!("..{}\r\n.", "x".repeat(997));
    session.talk(&[(&text, "250 "), MAIL, RCPT, DATA]);
    let text = format!("{}\r\n.", "x".repeat(999));
    session.talk(&[(&text, "552 5.3.4 ")]);
}

#[test]
fn rfc2034_enhanced_codes() {
    // §4
    let mut session = talk(
        smtp(),
        &[
            ("EHLO client.example", "250-mx.example "),
            ("HELO client.example", "250 mx.example "),
            ("NOOP", "250 2.0.0 "),
            ("X", "500 5.5.1 "),
            MAIL,
            RCPT,
            ("DATA", "354 S"),
            TEXT,
        ],
    );
    assert!(session.say("QUIT\r\n").starts_with("221 2.0.0 "));
}

#[test]
fn rfc2033_lmtp() {
    // §4.1, §4.2, §4.3, §5
    let config = || {
        with(|config| {
            config.protocol = Protocol::Lmtp;
            config.pipelining = false;
            config.enhanced_status_codes = false;
            config.chunking = Chunking::On;
        })
    };
    let mut session = talk(
        config(),
        &[
            ("EHLO client.example", "500 "),
            ("HELO client.example", "500 "),
            LHLO,
            ("DATA", "503 5.5.1 "),
            MAIL,
            ("DATA", "503 5.5.1 "),
            NOBODY,
            ("DATA", "503 5.5.1 "),
            RCPT,
            RCPT,
            DATA,
        ],
    );
    let said = session.say("Hello\r\n.\r\n");
    assert_eq!(said.matches("250 2.0.0 ").count(), 2, "{said}");
    session.talk(&[MAIL]);
    assert_eq!(session.say("BDAT 2 LAST\r\n\r\n"), "", "nobody is told");
    session.talk(&[MAIL, RCPT, RCPT]);
    let said = session.say("BDAT 2\r\n\r\nBDAT 0 LAST\r\n");
    assert_eq!(said.matches("250 2.0.0 ").count(), 3, "{said}");
    let mut session = Session::plain(config());
    let said = session.say("LHLO client.example\r\n");
    assert!(said.contains("PIPELINING") && said.contains("ENHANCEDSTATUSCODES"));
    talk(smtp(), &[("LHLO client.example", "500 ")]);
}

#[test]
fn rfc2920_groups_are_not_lost() {
    // §3.2: input is not flushed, replies are in order.
    let mut session = talk(smtp(), &[EHLO]);
    let said = session.say("MAIL FROM:<a@b.example>\r\nRCPT TO:<c@mx.example>\r\nDATA\r\n");
    assert_eq!(said.lines().count(), 3);
    let said = session.say("Hello\r\n.\r\nMAIL FROM:<a@b.example>\r\nQUIT\r\n");
    assert_eq!(said.lines().count(), 3, "{said}");
}

#[test]
fn rfc2920_data_without_recipients_is_refused() {
    // §3.1: the client may have sent DATA in the same group.
    let mut session = talk(smtp(), &[EHLO]);
    let said = session.say("MAIL FROM:<a@b.example>\r\nRCPT TO:<nobody@mx.example>\r\nDATA\r\n");
    assert!(said.lines().last().unwrap().starts_with("554 5.5.1 "));
}

#[test]
fn rfc3030_chunks() {
    // §2, §3
    let config = || with(|config| config.chunking = Chunking::Binary);
    let binary = ("MAIL FROM:<a@b.example> BODY=BINARYMIME", "250 ");
    let mut session = talk(
        config(),
        &[
            EHLO,
            ("BDAT 2\r\n", "503 "),
            binary,
            ("BDAT 2\r\n", "554 "),
            RSET,
            binary,
            RCPT,
            ("DATA", "503 5.5.1 "),
        ],
    );
    assert!(session.say("BDAT 3\r\n\n.\n").starts_with("250 "));
    session.talk(&[("DATA", "503 5.5.1 "), ("MAIL FROM:<>", "503 ")]);
    assert!(session.say("BDAT 0 LAST\r\n").starts_with("250 "));
    assert_eq!(session.body, b"\n.\n");
    session.talk(&[RSET, MAIL, RCPT]);
    assert!(session.say("BDAT 2\r\na\n").starts_with("550 "));
    session.talk(&[("BDAT 2 LAST\r\n", "554 "), MAIL, RCPT]);
}

#[test]
fn rfc3207_starttls() {
    // §4, §4.2
    let config = || with(|config| config.start_tls = StartTlsOffer::Offered);
    assert!(offers(config(), Security::Plain).contains(&"STARTTLS".to_owned()));
    assert!(!offers(config(), Security::Tls).contains(&"STARTTLS".to_owned()));
    let mut session = talk(
        config(),
        &[
            EHLO,
            ("STARTTLS x", "501 5.5.2 "),
            ("STARTTLS", "220 2.0.0 "),
            ("MAIL FROM:<a@b.example>", "503 "),
            EHLO,
            ("STARTTLS", "503 5.5.1 "),
            MAIL,
        ],
    );
    assert_eq!(session.server.security(), Security::Tls);
    session.talk(&[("STARTTLS", "503 ")]);
}

#[test]
fn rfc3207_tls_required() {
    // §4: what is served before.
    let config = with(|config| config.start_tls = StartTlsOffer::Required);
    let tls_first = "530 5.7.0 ";
    talk(
        config,
        &[
            ("NOOP", "250 "),
            EHLO,
            ("MAIL FROM:<a@b.example>", tls_first),
            ("VRFY a", tls_first),
            ("STARTTLS", "220 "),
            EHLO,
            MAIL,
            ("QUIT", "221 "),
        ],
    );
}

#[test]
fn rfc4954_auth() {
    // §3, §4, §5, §6
    let config = |required| {
        with(|config| {
            let mut auth = AuthOffer::new([Mechanism::PLAIN, Mechanism::CRAM_MD5]);
            auth.required = required;
            config.auth = Some(auth);
        })
    };
    assert!(!offers(config(false), Security::Plain).contains(&"AUTH PLAIN CRAM-MD5".to_owned()));
    assert!(offers(config(false), Security::Tls).contains(&"AUTH PLAIN CRAM-MD5".to_owned()));
    let mut session = talk_tls(
        config(true),
        &[
            ("MAIL FROM:<a@b.example>", "530 5.7.0 "),
            ("AUTH X-NEW", "504 5.5.4 "),
            ("AUTH PLAIN ====", "501 5.5.2 "),
            ("AUTH CRAM-MD5 YQ==", "501 5.7.0 "),
            ("AUTH PLAIN", "334 "),
            ("*", "501 5.7.0 "),
            ("AUTH PLAIN", "334 "),
            ("?", "501 5.5.2 "),
            ("AUTH PLAIN =", "535 5.7.8 "),
            ("AUTH PLAIN", "334 "),
            ("AGEAYg==", "235 2.7.0 "),
            ("AUTH PLAIN AGEAYg==", "503 5.5.1 "),
            ("MAIL FROM:<a@b.example> AUTH=<>", "250 "),
            ("AUTH PLAIN AGEAYg==", "503 5.5.1 "),
        ],
    );
    assert_eq!(session.server.identity(), Some("a"));
    session.talk(&[
        RSET,
        ("MAIL FROM:<a@b.example> AUTH=c+3Dd@e.example", "250 "),
    ]);
}

#[test]
fn rfc4954_lines_are_long() {
    // §4.3: 12288 octets.
    let config = || with(|config| config.auth = Some(AuthOffer::new([Mechanism::PLAIN])));
    let response = "A".repeat(12284);
    talk_tls(
        config(),
        &[
            ("AUTH PLAIN", "334 "),
            (&response, "535 "),
            ("AUTH PLAIN", "334 "),
            (&"A".repeat(12288), "500 5.5.6 "),
        ],
    );
}

#[test]
fn rfc4954_null_auth_is_taken_from_anybody() {
    // §5
    talk(smtp(), &[EHLO, ("MAIL FROM:<a@b.example> AUTH=<>", "250 ")]);
}

#[test]
fn rfc6152_8bit() {
    // §3: octets above 127 are delivered as they are.
    let mut session = talk(
        smtp(),
        &[
            EHLO,
            ("MAIL FROM:<a@b.example> BODY=8BITMIME", "250 "),
            RCPT,
            DATA,
        ],
    );
    session.talk(&[("é\r\n.", "250 ")]);
    assert_eq!(session.body, "é\r\n".as_bytes());
}

#[test]
fn rfc6531_utf8() {
    // §3.1, §3.4, §3.5
    let offered = offers(smtp(), Security::Plain);
    assert!(offered.contains(&"SMTPUTF8".to_owned()));
    assert!(offered.contains(&"8BITMIME".to_owned()));
    talk(
        smtp(),
        &[
            EHLO,
            ("MAIL FROM:<é@b.example>", "550 5.6.7 "),
            ("MAIL FROM:<a@b.example> SMTPUTF8=1", "501 5.5.4 "),
            ("MAIL FROM:<é@é.example> SMTPUTF8 BODY=8BITMIME", "250 "),
            ("RCPT TO:<é@mx.example>", "250 "),
            RSET,
            MAIL,
            ("RCPT TO:<é@mx.example>", "553 5.6.7 "),
        ],
    );
}

#[test]
fn rfc3461_dsn() {
    // §4.1 to §4.4
    let config = with(|config| config.dsn = Dsn::On);
    let session = talk(
        config,
        &[
            EHLO,
            ("MAIL FROM:<a@b.example> RET=X", "501 5.5.4 "),
            ("MAIL FROM:<a@b.example> ENVID=a+0A", "501 5.5.4 "),
            ("MAIL FROM:<a@b.example> RET=HDRS ENVID=Q+2BQ", "250 "),
            ("RCPT TO:<c@mx.example> NOTIFY=NEVER,DELAY", "501 5.5.4 "),
            (
                "RCPT TO:<c@mx.example> NOTIFY=DELAY ORCPT=rfc822;X@y.example",
                "250 ",
            ),
        ],
    );
    let envelope = session.server.envelope().unwrap();
    let parameters = &envelope.recipients[0].parameters;
    assert_eq!(parameters.as_str(), "NOTIFY=DELAY ORCPT=rfc822;X@y.example");
}

#[test]
fn rfc2852_deliverby() {
    // §4
    let config = with(|config| config.deliver_by = DeliverBy::AtLeast(60));
    talk(
        config,
        &[
            EHLO,
            ("MAIL FROM:<a@b.example> BY=59;R", "555 5.5.4 "),
            ("MAIL FROM:<a@b.example> BY=0;R", "501 5.5.4 "),
            ("MAIL FROM:<a@b.example> BY=-5;N", "250 "),
        ],
    );
}

#[test]
fn rfc4865_futurerelease() {
    // §4
    let config = with(|config| {
        config.future_release = Some(FutureRelease {
            seconds: 60,
            until: "2030-01-01T00:00:00Z".parse().unwrap(),
        });
    });
    talk(
        config,
        &[
            EHLO,
            ("MAIL FROM:<a@b.example> HOLDFOR=61", "501 5.5.4 "),
            (
                "MAIL FROM:<a@b.example> HOLDUNTIL=2031-01-01T00:00:00Z",
                "501 5.5.4 ",
            ),
            ("MAIL FROM:<a@b.example> HOLDFOR=1 HOLDFOR=1", "501 5.5.4 "),
            ("MAIL FROM:<a@b.example> HOLDFOR=60", "250 "),
        ],
    );
}

#[test]
fn rfc6710_priority() {
    // §4.1
    let config = with(|config| config.mt_priority = MtPriority::On);
    talk(
        config,
        &[
            EHLO,
            ("MAIL FROM:<a@b.example> MT-PRIORITY=10", "501 5.5.2 "),
            ("MAIL FROM:<a@b.example> MT-PRIORITY=-9", "250 "),
        ],
    );
}

#[test]
fn rfc8689_requiretls() {
    // §4.1
    let config = || with(|config| config.require_tls = true);
    let mail = "MAIL FROM:<a@b.example> REQUIRETLS";
    talk(config(), &[EHLO, (mail, "555 5.5.4 ")]);
    talk_tls(config(), &[(mail, "250 ")]);
}

#[test]
fn rfc7293_rrvs() {
    // §3.1
    let config = with(|config| config.rrvs = true);
    talk(
        config,
        &[
            EHLO,
            MAIL,
            ("RCPT TO:<c@mx.example> RRVS=yesterday", "501 5.5.4 "),
            ("RCPT TO:<c@mx.example> RRVS=2014-04-03T23:01:00Z", "250 "),
        ],
    );
}

#[test]
fn rfc3865_no_soliciting() {
    // §2.2, §2.3
    let config = || with(|config| config.no_soliciting = Some("org.example:ADV".to_owned()));
    let offered = offers(config(), Security::Plain);
    assert!(offered.contains(&"NO-SOLICITING org.example:ADV".to_owned()));
    talk(
        config(),
        &[
            EHLO,
            ("MAIL FROM:<a@b.example> SOLICIT=org.example:ADV", "250 "),
        ],
    );
}

#[test]
fn rfc3885_tracking() {
    // §3: not without DSN and ENVID.
    let config = || with(|config| config.dsn = Dsn::Tracking);
    let offered = offers(config(), Security::Plain);
    assert!(offered.contains(&"DSN".to_owned()) && offered.contains(&"MTRK".to_owned()));
    talk(
        config(),
        &[
            EHLO,
            ("MAIL FROM:<a@b.example> MTRK=YWJj", "501 5.5.4 "),
            ("MAIL FROM:<a@b.example> ENVID=x MTRK=YWJj", "250 "),
        ],
    );
}

#[test]
fn rfc4468_burl() {
    // §3.2, §3.3, §4
    let config = || {
        with(|config| {
            config.burl = Some(vec!["imap".to_owned()]);
            config.eight_bit = ehlo::server::EightBit::Off;
        })
    };
    let offered = offers(config(), Security::Plain);
    assert!(offered.contains(&"BURL imap".to_owned()));
    assert!(offered.contains(&"8BITMIME".to_owned()));
    let burl = "BURL imap://a@b.example/x LAST";
    talk(
        config(),
        &[
            EHLO,
            (burl, "503 "),
            MAIL,
            (burl, "554 "),
            RCPT,
            (burl, "250 "),
        ],
    );
}

#[test]
fn rfc1985_etrn() {
    // §5.1, §5.3
    let config = with(|config| config.etrn = true);
    talk(
        config,
        &[
            EHLO,
            ("ETRN", "501 "),
            ("ETRN @b.example", "250 "),
            MAIL,
            ("ETRN b.example", "503 "),
        ],
    );
}

#[test]
fn rfc2645_atrn() {
    // §5.1, §5.2: for who has authenticated.
    let config = with(|config| {
        config.atrn = true;
        config.auth = Some(AuthOffer::new([Mechanism::PLAIN]));
    });
    let session = talk_tls(config, &[("ATRN", "530 5.7.0 "), AUTH, ("ATRN", "250 ")]);
    assert!(session.is_closed(), "it is the caller's now");
}

#[test]
fn rfc9422_limits() {
    // §3, §4
    let config = || {
        with(|config| {
            config.announce_limits = true;
            config.limits.transactions = Some(1);
            config.limits.recipients = Some(1);
        })
    };
    let offered = offers(config(), Security::Plain);
    assert!(offered.contains(&"LIMITS MAILMAX=1 RCPTMAX=1".to_owned()));
    talk(
        config(),
        &[EHLO, MAIL, RCPT, ("RCPT TO:<d@mx.example>", "452 4.5.3 ")],
    );
}
