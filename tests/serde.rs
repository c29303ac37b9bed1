//! What a queue stores: forms, what comes back, and what is refused.

#![cfg(feature = "serde")]

use std::fmt::Debug;

use ehlo::codec::Syntax;
use ehlo::types::{
    BodyType, ByMode, Command, DateTime, DeliverBy, Domain, EnhancedCode, Envelope, ForwardPath,
    HelloName, Host, LocalPart, MailParameters, Mailbox, Mechanism, MessageTracking, Notify,
    OriginalRecipient, Parameter, Priority, RcptParameters, Recipient, Reply, ReplyCode, Ret,
    ReversePath, SubmitterIdentity, ValidSince, XclientAttributes, XforwardAttributes,
};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_test::{Configure, Token, assert_de_tokens_error, assert_tokens};

/// `value` is stored as that JSON, and comes back as itself.
fn stored<T>(value: &T, json: &str)
where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    assert_eq!(serde_json::to_string(value).unwrap(), json);
    assert_eq!(&serde_json::from_str::<T>(json).unwrap(), value);
}

/// That JSON is refused with that message.
fn refused<T: DeserializeOwned + Debug>(json: &str, message: &str) {
    let error = serde_json::from_str::<T>(json).unwrap_err().to_string();
    assert!(error.starts_with(message), "{json}: {error}");
}

#[test]
fn addresses_are_texts() {
    stored::<ReversePath<'_>>(&ReversePath::Null, r#""<>""#);
    stored::<ReversePath<'_>>(&"<a@b.example>".parse().unwrap(), r#""<a@b.example>""#);
    stored::<ForwardPath<'_>>(&ForwardPath::Postmaster, r#""<Postmaster>""#);
    stored::<ForwardPath<'_>>(&"<a@b.example>".parse().unwrap(), r#""<a@b.example>""#);
    stored::<Mailbox<'_>>(
        &r#""a \" b"@B.example"#.parse().unwrap(),
        r#""\"a \\\" b\"@B.example""#,
    );
    stored::<LocalPart<'_>>(&"\u{e9}.x".parse().unwrap(), "\"\u{e9}.x\"");
    stored::<Domain<'_>>(&"B.example".parse().unwrap(), r#""B.example""#);
    stored::<Host<'_>>(&"[192.0.2.1]".parse().unwrap(), r#""[192.0.2.1]""#);
    stored::<Host<'_>>(&"[x:y]".parse().unwrap(), r#""[x:y]""#);
    stored::<HelloName<'_>>(&"[IPv6:::1]".parse().unwrap(), r#""[IPv6:::1]""#);
    stored(&SubmitterIdentity::Unknown, r#""<>""#);
    let mailbox: Mailbox<'_> = "a@b.example".parse().unwrap();
    stored(&SubmitterIdentity::Mailbox(mailbox), r#""a@b.example""#);
}

#[test]
fn parameters_are_texts() {
    let parameters = MailParameters::new()
        .with_size(1)
        .with_body(BodyType::EightBitMime);
    stored(&parameters, r#""SIZE=1 BODY=8BITMIME""#);
    stored(&MailParameters::new(), r#""""#);
    stored(
        &RcptParameters::new().with_notify(Notify::NEVER),
        r#""NOTIFY=NEVER""#,
    );
    stored::<Parameter<'_>>(&"X-a=b".parse().unwrap(), r#""X-a=b""#);
    stored(&BodyType::BinaryMime, r#""BINARYMIME""#);
    let by = DeliverBy::new(120, ByMode::Return).unwrap();
    stored(&by.with_trace(true), r#""120;RT""#);
    stored(&(Notify::SUCCESS | Notify::DELAY), r#""SUCCESS,DELAY""#);
    stored(&Ret::Headers, r#""HDRS""#);
    stored::<OriginalRecipient<'_>>(&"rfc822;a+2Bb".parse().unwrap(), r#""rfc822;a+2Bb""#);
    stored::<MessageTracking<'_>>(&"YWJj:60".parse().unwrap(), r#""YWJj:60""#);
    let since = "2014-04-03T23:01:00+02:00";
    stored::<DateTime>(&since.parse().unwrap(), &format!("\"{since}\""));
    stored::<ValidSince>(
        &format!("{since};C").parse().unwrap(),
        &format!("\"{since};C\""),
    );
    stored(&Priority::new(-9).unwrap(), "-9");
    stored(&Mechanism::PLAIN, r#""PLAIN""#);
    stored::<XclientAttributes<'_>>(&"PORT=25".parse().unwrap(), r#""PORT=25""#);
    stored::<XforwardAttributes<'_>>(&"IDENT=a+20b".parse().unwrap(), r#""IDENT=a+20b""#);
}

#[test]
fn codes_are_a_number_and_a_text() {
    stored(&ReplyCode::OK, "250");
    stored(&EnhancedCode::NO_SUCH_MAILBOX, r#""5.1.1""#);
    refused::<ReplyCode>("199", "a reply code out of range");
    refused::<ReplyCode>("65536", "invalid value");
    refused::<Priority>("10", "a priority out of range");
    refused::<EnhancedCode>(r#""3.0.0""#, "the enhanced code is not");
}

#[test]
fn replies_keep_every_octet() {
    let reply = Reply::new(ReplyCode::MAILBOX_UNAVAILABLE, None, "No\n\u{e9}").unwrap();
    stored(&reply, "\"550-No\\r\\n550 \u{e9}\\r\\n\"");
    let latin = Reply::parse(b"250 \xe9\r\n").unwrap();
    stored(&latin, "[50,53,48,32,233,13,10]");
    let odd = Reply::parse(b"250\r\n").unwrap();
    let again: Reply<'_> = serde_json::from_str(&serde_json::to_string(&odd).unwrap()).unwrap();
    assert_eq!(again.as_bytes(), odd.as_bytes());

    let octets: &'static [u8] = b"250 Ok\r\n";
    let reply = Reply::parse(octets).unwrap();
    assert_tokens(&reply.clone().compact(), &[Token::Bytes(octets)]);
    assert_tokens(&reply.readable(), &[Token::Str("250 Ok\r\n")]);

    refused::<Reply<'_>>(r#""250 Ok""#, "not exactly one reply");
    refused::<Reply<'_>>(r#""250 a\r\n251 b\r\n""#, "not exactly one reply");
    refused::<Reply<'_>>("[50,256]", "invalid value");
    refused::<Reply<'_>>(
        "250",
        "invalid type: integer `250`, expected the lines of a reply",
    );
}

#[test]
fn envelopes_are_maps() {
    let json = concat!(
        r#"{"reverse_path":"<>","parameters":"RET=HDRS ENVID=x","recipients":["#,
        r#"{"forward_path":"<Postmaster>","parameters":""},"#,
        r#"{"forward_path":"<a@b.example>","parameters":"NOTIFY=DELAY X-OWN=1"}]}"#
    );
    let mut envelope =
        Envelope::new(ReversePath::Null).to(Recipient::from(ForwardPath::Postmaster));
    envelope.parameters = "RET=HDRS ENVID=x".parse().unwrap();
    envelope.recipients.push(Recipient {
        forward_path: "<a@b.example>".parse().unwrap(),
        parameters: "NOTIFY=DELAY X-OWN=1".parse().unwrap(),
    });
    stored(&envelope, json);
    // Parameters may be left out, nothing else, and there is nothing else.
    let bare = r#"{"recipients":[{"forward_path":"<Postmaster>"}],"reverse_path":"<>"}"#;
    let again: Envelope = serde_json::from_str(bare).unwrap();
    assert!(again.parameters.is_empty() && again.recipients[0].parameters.is_empty());
    refused::<Envelope>(r#"{"reverse_path":"<>"}"#, "missing field `recipients`");
    refused::<Recipient>(
        r#"{"forward_path":"<Postmaster>","x":1}"#,
        "unknown field `x`",
    );
}

#[test]
fn what_no_client_could_have_sent_is_refused() {
    refused::<ReversePath<'_>>(r#""a@b.example""#, "a bad path at octet 0");
    refused::<ReversePath<'_>>(r#""<a@b.example> ""#, "a bad path at octet 13");
    refused::<ForwardPath<'_>>(r#""<>""#, "a bad path at octet 1");
    refused::<Mailbox<'_>>(r#""a@b..example""#, "a bad domain at octet 3");
    refused::<Mailbox<'_>>(r#""@r.example:a@b.example""#, "a bad local part at octet 0");
    refused::<Mailbox<'_>>(r#""a@b.example\r\nRSET""#, "a bad domain at octet 11");
    refused::<Mailbox<'_>>("1", "invalid type: integer `1`, expected a mailbox");
    refused::<LocalPart<'_>>(r#""a@b""#, "a bad local part");
    refused::<Domain<'_>>(r#""[192.0.2.1]""#, "a bad domain at octet 0");
    refused::<HelloName<'_>>(r#""a b""#, "a bad argument");
    refused::<MailParameters<'_>>(r#""SIZE=x""#, "a bad parameter value at octet 5");
    refused::<MailParameters<'_>>(r#""SIZE=1 SIZE=1""#, "a duplicate parameter at octet 7");
    refused::<MailParameters<'_>>(r#""SIZE=1  RET=FULL""#, "a bad parameter name at octet 7");
    refused::<RcptParameters<'_>>(r#""NOTIFY=NEVER,DELAY""#, "a bad parameter value");
    refused::<BodyType>(r#""9BIT""#, "a bad parameter value");
    assert_de_tokens_error::<Mailbox<'_>>(&[Token::Str("a")], "a bad domain at octet 1");
}

/// Every leniency, and as many parameters as wanted.
fn lenient() -> Syntax {
    let mut syntax = Syntax::LENIENT;
    syntax.max_parameters = 1000;
    syntax
}

/// What a client said, as it would come back from a queue.
fn survives(line: &str) {
    fn again<T: Serialize + DeserializeOwned>(value: &T) -> T {
        let json = serde_json::to_string(value).unwrap();
        serde_json::from_str(&json).unwrap_or_else(|error| panic!("{json}: {error}"))
    }
    match Command::parse(line.as_bytes(), &lenient()) {
        Ok(Command::Mail {
            reverse_path,
            parameters,
        }) => {
            let path = again(&reverse_path);
            assert_eq!(path, reverse_path);
            assert_eq!(path.to_string(), reverse_path.to_string());
            assert_eq!(again(&parameters), parameters);
            assert_eq!(again(&parameters).as_str(), parameters.as_str());
            if let Some(mailbox) = reverse_path.mailbox() {
                assert_eq!(&again(mailbox), mailbox);
                assert_eq!(again(&mailbox.local_part()), mailbox.local_part());
                assert_eq!(again(&mailbox.host()), mailbox.host());
            }
            if let ReversePath::Local(local) = &reverse_path {
                assert_eq!(&again(local), local);
            }
            if let Some(identity) = parameters.auth() {
                assert_eq!(again(&identity), identity);
            }
        }
        Ok(Command::Rcpt {
            forward_path,
            parameters,
        }) => {
            let path = again(&forward_path);
            assert_eq!(path, forward_path);
            assert_eq!(path.to_string(), forward_path.to_string());
            assert_eq!(again(&parameters), parameters);
            parameters
                .iter()
                .for_each(|one| assert_eq!(again(&one), one));
        }
        Ok(Command::Ehlo(name)) => assert_eq!(again(&name), name),
        _ => {}
    }
}

#[test]
fn what_lenient_servers_took_survives() {
    let long = "a".repeat(300);
    for line in [
        "MAIL FROM:<alice>".to_owned(),
        "MAIL FROM:bare@b.example".to_owned(),
        "MAIL FROM:<..>".to_owned(),
        "MAIL FROM:<a..b.@docomo.example>  SIZE=1\tRET=FULL".to_owned(),
        "MAIL FROM:<\"a\".b@c.example>".to_owned(),
        "MAIL FROM:<@r.example:a@b.example>".to_owned(),
        format!("MAIL FROM:<{long}@{long}.example>"),
        format!("MAIL FROM:<{long}>"),
        format!("MAIL FROM:<a@b.example> AUTH={long}@b.example"),
        "RCPT TO:<alice>".to_owned(),
        "RCPT TO:<POSTMASTER>".to_owned(),
        "RCPT TO:<a@b.example> MTRK=%".to_owned(),
        "EHLO my_pc".to_owned(),
        format!("EHLO {long}.example"),
    ] {
        assert!(
            Command::parse(line.as_bytes(), &lenient()).is_ok(),
            "{line}"
        );
        survives(&line);
    }
}

proptest! {
    #[test]
    fn what_any_server_took_survives(
        path in r#"(@r\.example:)?[a-z."\\ \u{e9}=]{0,9}(@[a-z.\-\u{e9}]{1,9}|@\[[0-9.:a-fxIPv]{1,16}\])?"#,
        parameters in r"( [A-Za-z\-]{1,4}(=[!-~\u{e9}]{1,9})?| (SIZE|AUTH|ENVID|BY|RET|ORCPT|NOTIFY)=[ -~]{0,9}){0,3}",
        name in r"[ -~\u{e9}]{0,20}",
    ) {
        survives(&format!("MAIL FROM:<{path}>{parameters}"));
        survives(&format!("RCPT TO:<{path}>{parameters}"));
        survives(&format!("EHLO {name}"));
    }

    #[test]
    fn replies_survive(
        code in 200_u16..600,
        lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..9), 1..4),
    ) {
        let mut wire = Vec::new();
        for (number, line) in lines.iter().enumerate() {
            let separator = if number + 1 < lines.len() { '-' } else { ' ' };
            wire.extend_from_slice(format!("{code}{separator}").as_bytes());
            wire.extend(line.iter().filter(|octet| !matches!(octet, 0 | b'\r' | b'\n')));
            wire.extend_from_slice(b"\r\n");
        }
        let reply = Reply::parse(&wire).unwrap();
        let json = serde_json::to_string(&reply).unwrap();
        let again: Reply<'_> = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(again.as_bytes(), &wire[..]);
    }
}
