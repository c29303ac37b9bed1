//! What the parameters of MAIL and RCPT say, and how they are made.

use ehlo::codec::{Part, Syntax, unitext, xtext};
use ehlo::types::{
    BodyType, ByMode, Command, DateTime, DeliverBy, EnhancedCode, Extension, Host, MailParameters,
    Mailbox, MessageTracking, NoSupportAction, Notify, OriginalRecipient, Parameter, ParameterKind,
    Priority, RcptParameters, ReplyCode, Ret, SubmitterIdentity, ValidSince, Verb,
};

fn mail(text: &'static str) -> MailParameters<'static> {
    MailParameters::try_from(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn rcpt(text: &'static str) -> RcptParameters<'static> {
    RcptParameters::try_from(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn mailbox(text: &str) -> Mailbox<'static> {
    text.parse().unwrap()
}

#[test]
fn size_reads_up_to_twenty_digits_and_never_wraps() {
    assert_eq!(mail("SIZE=0").size(), Some(0));
    assert_eq!(mail("size=18446744073709551615").size(), Some(u64::MAX));
    assert_eq!(mail("SIZE=18446744073709551616").size(), Some(u64::MAX));
    assert_eq!(mail("SIZE=99999999999999999999").size(), Some(u64::MAX));
    assert_eq!(mail("X=1").size(), None);
}

#[test]
fn every_getter_reads_what_its_builder_wrote() {
    let by = DeliverBy::new(-5, ByMode::Notify).unwrap().with_trace(true);
    let date = DateTime::new(2027, 2, 28, 23, 59, 59).unwrap();
    let tracking = MessageTracking::new(&[7; 20], Some(86_400)).unwrap();
    let who = mailbox("\"a=b c\"@example.com");
    let identity = SubmitterIdentity::Mailbox(who.clone());
    let parameters = MailParameters::new()
        .with_size(5120)
        .with_body(BodyType::BinaryMime)
        .with_smtputf8()
        .with_require_tls()
        .with_ret(Ret::Headers)
        .with_envid("a+b=c d")
        .and_then(|parameters| parameters.with_auth(&identity))
        .map(|parameters| parameters.with_deliver_by(by))
        .and_then(|parameters| parameters.with_hold_for(60))
        .and_then(|parameters| parameters.with_hold_until(date))
        .map(|parameters| parameters.with_priority(Priority::new(-9).unwrap()))
        .and_then(|parameters| parameters.with_tracking(&tracking))
        .and_then(|parameters| parameters.with_solicit("org.example:ADV"))
        .and_then(|parameters| parameters.with_submitter(&who))
        .map(MailParameters::with_conperm)
        .and_then(|parameters| parameters.with_transaction_id("<1.2@example.com>"))
        .unwrap();
    assert_eq!(
        parameters.as_str(),
        "SIZE=5120 BODY=BINARYMIME SMTPUTF8 REQUIRETLS RET=HDRS ENVID=a+2Bb+3Dc+20d \
         AUTH=\"a+3Db+20c\"@example.com BY=-5;NT HOLDUNTIL=2027-02-28T23:59:59Z MT-PRIORITY=-9 \
         MTRK=BwcHBwcHBwcHBwcHBwcHBwcHBwc=:86400 SOLICIT=org.example:ADV \
         SUBMITTER=\"a+3Db+20c\"@example.com CONPERM TRANSID=<1.2@example.com>"
    );
    assert_eq!(parameters.as_str().parse().as_ref(), Ok(&parameters));
    assert_eq!(parameters.size(), Some(5120));
    assert_eq!(parameters.body(), Some(BodyType::BinaryMime));
    assert!(parameters.smtputf8() && parameters.require_tls() && parameters.conperm());
    assert_eq!(parameters.ret(), Some(Ret::Headers));
    assert_eq!(parameters.envid().as_deref(), Some("a+b=c d"));
    assert_eq!(parameters.auth(), Some(identity));
    assert_eq!(parameters.deliver_by(), Some(by));
    assert_eq!(parameters.hold_for(), None);
    assert_eq!(parameters.hold_until(), Some(date));
    assert_eq!(parameters.priority(), Priority::new(-9));
    assert_eq!(parameters.tracking(), Some(tracking));
    assert_eq!(parameters.solicit(), Some("org.example:ADV"));
    assert_eq!(parameters.submitter(), Some(who));
    assert_eq!(parameters.transaction_id(), Some("<1.2@example.com>"));

    let since = ValidSince::new(date.at_offset(-90).unwrap(), NoSupportAction::Continue);
    let original = OriginalRecipient::of_mailbox(&mailbox("a+b@example.com")).unwrap();
    let parameters = RcptParameters::new()
        .with_notify(Notify::SUCCESS | Notify::DELAY)
        .with_original_recipient(&original)
        .with_valid_since(since)
        .with_conneg();
    assert_eq!(
        parameters.as_str(),
        "NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a+2Bb@example.com \
         RRVS=2027-02-28T23:59:59-01:30;C CONNEG"
    );
    assert_eq!(parameters.as_str().parse().as_ref(), Ok(&parameters));
    assert_eq!(parameters.notify(), Some(Notify::SUCCESS | Notify::DELAY));
    assert_eq!(parameters.original_recipient(), Some(original));
    assert_eq!(parameters.valid_since(), Some(since));
    assert!(parameters.conneg());
}

#[test]
fn values_of_any_spelling_are_read() {
    assert_eq!(mail("AUTH=<>").auth(), Some(SubmitterIdentity::Unknown));
    assert_eq!(mail("AUTH=+3C+3E").auth(), Some(SubmitterIdentity::Unknown));
    assert_eq!(
        mail("AUTH=e+3Dmc2@example.com").auth(),
        Some(SubmitterIdentity::Mailbox(mailbox("e=mc2@example.com")))
    );
    assert_eq!(
        mail("ENVID=x MTRK=AAAA:9").tracking().unwrap().timeout(),
        Some(9)
    );
    assert_eq!(
        mail("ENVID=x MTRK=AAA=").tracking().unwrap().certifier(),
        "AAA="
    );
    assert_eq!(rcpt("NOTIFY=never").notify(), Some(Notify::NEVER));
    assert_eq!(
        rcpt("RRVS=2014-04-03t23:01:00z;r")
            .valid_since()
            .unwrap()
            .no_support(),
        NoSupportAction::Reject
    );
    let leap = rcpt("RRVS=2016-12-31T23:59:60Z")
        .valid_since()
        .unwrap()
        .date();
    assert_eq!(leap.to_unix(), 1_483_228_800);
}

#[test]
fn an_original_recipient_is_decoded_whatever_its_form() {
    for (wire, address) in [
        ("rfc822;Bob+2Bx@example.org", "Bob+x@example.org"),
        ("rfc822;+D0+BF@example.org", "п@example.org"),
        (r"utf-8;jos\x{E9}@example.org", "josé@example.org"),
        (r"utf-8;a\x{20}b\x{1F600}@example.org", "a b😀@example.org"),
        ("UTF-8;josé@example.org", "josé@example.org"),
        ("x400;/G+3DJoe/", "/G=Joe/"),
    ] {
        let original: OriginalRecipient<'_> = wire.parse().unwrap();
        assert_eq!(original.address(), address, "{wire}");
        assert_eq!(original.to_string(), wire);
    }
    let wide = mailbox("josé+x@example.org");
    assert_eq!(
        OriginalRecipient::of_mailbox(&wide).unwrap().as_str(),
        r"utf-8;jos\x{E9}\x{2B}x@example.org"
    );
    assert_eq!(
        OriginalRecipient::of_mailbox_utf8(&wide).unwrap().as_str(),
        r"utf-8;josé\x{2B}x@example.org"
    );
    assert!(OriginalRecipient::new("rfc822", "a\r\nRCPT TO:<b>").is_err());
    assert!(OriginalRecipient::new("rfc 822", "a").is_err());
    assert!(OriginalRecipient::new("rfc=822", "a").is_err());
    assert!(OriginalRecipient::new("rfc822", &"a".repeat(493)).is_ok());
    assert!(OriginalRecipient::new("rfc822", &"a".repeat(494)).is_err());
}

#[test]
fn constructors_refuse_what_could_not_be_read_back() {
    let none = MailParameters::new;
    assert!(none().with_envid("").is_err());
    assert!(none().with_envid("a\nb").is_err());
    assert!(none().with_envid("é").is_err());
    assert!(none().with_envid(&"a".repeat(100)).is_ok());
    assert!(none().with_envid(&"a".repeat(101)).is_err());
    assert!(none().with_envid(&"=".repeat(34)).is_err());
    assert!(none().with_hold_for(0).is_err());
    assert!(none().with_hold_for(1_000_000_000).is_err());
    assert!(none().with_solicit("1").is_err());
    assert!(none().with_solicit(&"a".repeat(1001)).is_err());
    assert!(none().with_transaction_id("a@b").is_err());
    let tracking = MessageTracking::new(&[0; 20], None).unwrap();
    let error = none().with_tracking(&tracking).unwrap_err();
    assert_eq!(error.part(), Part::ConflictingParameters);
    assert!(MessageTracking::new(&[0; 20], Some(1_000_000_000)).is_err());
    let tracked = none()
        .with_envid("x")
        .unwrap()
        .with_tracking(&tracking)
        .unwrap();
    assert!(tracked.without("envid").is_err());

    let host = Host::Domain("example.com".parse().unwrap());
    let long = Mailbox::new(
        &format!("\"{}\"", "\\\\".repeat(31)).parse().unwrap(),
        &host,
    )
    .unwrap();
    assert!(none().with_auth(&SubmitterIdentity::Mailbox(long)).is_ok());

    for bad in [
        "SIZE=x",
        "SIZE",
        "SMTPUTF8=1",
        "HOLDFOR=0",
        "MT-PRIORITY=10",
    ] {
        let parameter = Parameter::try_from(bad).unwrap();
        assert!(none().with(&parameter).is_err(), "{bad}");
        let others = RcptParameters::new().with(&parameter).unwrap();
        assert_eq!(others.as_str().parse(), Ok(others.clone()));
    }
    for bad in [
        "", "=", "=x", "a b", "a=", "a=b c", "a=b=c", "a\t", "-a", "a_b",
    ] {
        assert!(Parameter::try_from(bad).is_err(), "{bad}");
    }
    let hold = Parameter::try_from("HOLDFOR=1").unwrap();
    let until = none()
        .with_hold_until(DateTime::from_unix(0).unwrap())
        .unwrap();
    assert!(until.with(&hold).is_err());
}

#[test]
fn a_parameter_of_the_same_name_gives_way_and_the_rest_keeps_its_order() {
    let parameters = mail("X-A=1 SIZE=1 X-B").with_size(2);
    assert_eq!(parameters.as_str(), "X-A=1 X-B SIZE=2");
    assert_eq!(
        parameters.clone().without("x-a").unwrap().as_str(),
        "X-B SIZE=2"
    );
    assert_eq!(
        parameters.without("none").unwrap().as_str(),
        "X-A=1 X-B SIZE=2"
    );
}

#[test]
fn what_a_server_that_does_not_offer_it_says() {
    let of = |text: &'static str| Parameter::try_from(text).unwrap();
    let not_known = ReplyCode::PARAMETERS_NOT_RECOGNIZED;
    let not_done = ReplyCode::PARAMETER_NOT_IMPLEMENTED;
    for (text, verb, extension, code) in [
        ("SIZE=1", Verb::Mail, Some(Extension::Size), not_known),
        (
            "BODY=8BITMIME",
            Verb::Mail,
            Some(Extension::EightBitMime),
            not_known,
        ),
        (
            "body=binarymime",
            Verb::Mail,
            Some(Extension::BinaryMime),
            not_known,
        ),
        ("CONPERM", Verb::Mail, Some(Extension::ConPerm), not_done),
        ("CONNEG", Verb::Rcpt, Some(Extension::ConNeg), not_done),
        ("CONNEG", Verb::Mail, None, not_known),
        ("NOTIFY=NEVER", Verb::Mail, None, not_known),
        ("X-OWN", Verb::Rcpt, None, not_known),
    ] {
        let parameter = of(text);
        assert_eq!(parameter.extension(verb), extension, "{text}");
        assert_eq!(
            parameter.refusal(verb),
            (code, EnhancedCode::INVALID_ARGUMENTS),
            "{text}"
        );
    }
    for kind in ParameterKind::ALL {
        assert_eq!(
            ParameterKind::of(kind.verb(), &kind.as_str().to_lowercase()),
            Some(*kind)
        );
        assert_eq!(ParameterKind::of(Verb::Data, kind.as_str()), None);
        let longer = format!("{kind}X");
        assert_eq!(ParameterKind::of(kind.verb(), &longer), None);
    }
}

#[test]
fn the_line_limit_grows_with_the_parameters() {
    let limit = |line: &str| Command::try_from(line).unwrap().line_limit();
    assert_eq!(limit("NOOP"), 512);
    assert_eq!(limit("MAIL FROM:<a@b> X-OWN=1"), 512);
    assert_eq!(limit("MAIL FROM:<a@b> SIZE=1"), 512 + 26);
    assert_eq!(
        limit("MAIL FROM:<a@b> SIZE=1 RET=FULL ENVID=x"),
        512 + 26 + 116
    );
    assert_eq!(
        limit("RCPT TO:<a@b> NOTIFY=NEVER ORCPT=rfc822;a"),
        512 + 536
    );
    assert_eq!(limit("SAML FROM:<a@b> AUTH=<>"), 512 + 500);
    let argument = "a".repeat(504);
    assert!(
        Command::try_from(format!("NOOP {argument}").as_str())
            .unwrap()
            .fits_line()
    );
    assert!(
        !Command::try_from(format!("NOOP {argument}aaa").as_str())
            .unwrap()
            .fits_line()
    );
}

#[test]
fn equality_and_hash_look_at_what_is_said() {
    use std::collections::HashSet;
    let same = [
        mail("SIZE=1 X-OWN=a BODY=7BIT"),
        mail("body=7BIT size=1 x-own=a"),
    ];
    assert_eq!(same[0], same[1]);
    assert_eq!(HashSet::from(same).len(), 1);
    assert_ne!(mail("X-OWN=a"), mail("X-OWN=A"));
    assert_ne!(mail("X-OWN"), mail("X-OWN=A"));
}

#[test]
fn at_most_so_many_parameters() {
    let names: Vec<_> = (0..33).map(|number| format!(" X{number}")).collect();
    let many = names.concat();
    let line = format!("MAIL FROM:<a@b>{many}");
    let error = Command::parse(line.as_bytes(), &Syntax::STRICT).unwrap_err();
    assert_eq!(error.part(), Part::TooManyParameters);
    assert_eq!(error.enhanced_code(), EnhancedCode::INVALID_ARGUMENTS);
    let last = line.rfind(' ').unwrap();
    assert!(Command::parse(&line.as_bytes()[..last], &Syntax::STRICT).is_ok());
}

#[test]
fn a_list_that_is_read_back_is_not_endless() {
    let list = |count: usize| {
        let names: Vec<String> = (0..count).map(|number| format!("X{number}")).collect();
        names.join(" ").parse::<MailParameters<'static>>()
    };
    assert_eq!(list(1024).unwrap().iter().count(), 1024);
    assert_eq!(list(1025).unwrap_err().part(), Part::TooManyParameters);
}

#[test]
fn xtext_and_unitext() {
    for (text, octets) in [
        ("", &b""[..]),
        ("a+00b", b"a\0b"),
        ("+FF", b"\xff"),
        ("a", b"a"),
    ] {
        assert_eq!(xtext::decode(text).as_deref(), Some(octets), "{text}");
        assert_eq!(xtext::encode(octets), text);
    }
    for bad in ["+", "+4", "+4g", "+ff", "a=b", "a b", "é", "\n"] {
        assert_eq!(xtext::decode(bad), None, "{bad}");
    }
    for (text, decoded) in [
        (r"\x{10FFFF}", "\u{10ffff}"),
        (r"\x{7f}", "\u{7f}"),
        ("é", "é"),
    ] {
        assert_eq!(unitext::decode(text).as_deref(), Some(decoded), "{text}");
    }
    for bad in [
        r"\x{}",
        r"\x{1}",
        r"\x{61}",
        r"\x{00E9}",
        r"\x{DFFF}",
        r"\x{E9",
        r"\e",
        "+",
        " ",
    ] {
        assert_eq!(unitext::decode(bad), None, "{bad}");
    }
}
