//! The mechanisms: each client with each server, and with what is wrong.

#[path = "mechanisms/exchange.rs"]
mod exchange;

use std::borrow::Cow;
use std::sync::Arc;

use ehlo::client::{AuthError, Client, Config};
use ehlo::sasl::{
    AnonymousClient, AnonymousServer, Chooser, ClientMechanism, Credentials, CredentialsError,
    ExternalClient, ExternalServer, Failure, LoginClient, LoginServer, OAuthBearerClient,
    OAuthBearerServer, PlainClient, PlainServer, PrepareError, Question, ServerMechanism,
    ServerStep, Verdict, XOAuth2Client, XOAuth2Server, prepare, server_mechanism,
};
use ehlo::server::AuthStep;
use ehlo::types::Mechanism;
use ehlo::{Secret, Timestamp};
use exchange::{fails, is, talk};

/// An application that knows alice, who may act for the postmaster.
fn judge(question: Question) -> Verdict {
    let secret = Secret::from("wonderland");
    match question {
        Question::Password { name, password } if name == "alice" && password == secret => {
            Verdict::Accept(name)
        }
        Question::Token { name, token, .. } if token == secret => {
            Verdict::Accept(name.unwrap_or_else(|| "alice".to_owned()))
        }
        Question::External { authzid } if authzid.is_none() => Verdict::Accept("alice".to_owned()),
        Question::Anonymous { .. } => Verdict::Accept("anonymous".to_owned()),
        Question::Authorize { identity, authzid }
            if identity == "alice" && authzid == "postmaster" =>
        {
            Verdict::Accept(authzid)
        }
        _ => Verdict::Reject,
    }
}

fn right() -> Secret {
    Secret::from("wonderland")
}

fn wrong() -> Secret {
    Secret::from("wonderlant")
}

#[test]
fn plain_tells_the_password() {
    let talk = |client: PlainClient| talk(client, PlainServer::new(), &mut judge);
    assert_eq!(
        talk(PlainClient::new("alice", &right()).unwrap()),
        is("alice")
    );
    let refused = fails(Failure::Refused);
    assert_eq!(talk(PlainClient::new("alice", &wrong()).unwrap()), refused);
    assert_eq!(talk(PlainClient::new("bob", &right()).unwrap()), refused);
    let acting_for = |authzid| PlainClient::acting_for(authzid, "alice", &right()).unwrap();
    assert_eq!(talk(acting_for("alice")), is("alice"));
    assert_eq!(talk(acting_for("postmaster")), is("postmaster"));
    assert_eq!(talk(acting_for("bob")), refused);
}

#[test]
fn login_tells_the_password() {
    let talk = |name, password: &Secret| {
        let client = LoginClient::new(name, password).unwrap();
        talk(client, LoginServer::new(), &mut judge)
    };
    assert_eq!(talk("alice", &right()), is("alice"));
    assert_eq!(talk("alice", &wrong()), fails(Failure::Refused));
    assert_eq!(talk("bob", &right()), fails(Failure::Refused));
}

#[test]
fn a_token_that_is_refused_has_a_round_more() {
    let talk_xoauth2 = |token: &Secret| {
        let client = XOAuth2Client::new("alice", token).unwrap();
        talk(client, XOAuth2Server::new(), &mut judge)
    };
    assert_eq!(talk_xoauth2(&right()), is("alice"));
    assert_eq!(talk_xoauth2(&wrong()), fails(Failure::Refused));
    let talk_bearer = |name, token: &Secret| {
        let client = OAuthBearerClient::new(name, token).unwrap();
        talk(client, OAuthBearerServer::new(), &mut judge)
    };
    assert_eq!(talk_bearer(Some("a=l,ice"), &right()), is("a=l,ice"));
    assert_eq!(talk_bearer(None, &right()), is("alice"));
    assert_eq!(talk_bearer(None, &wrong()), fails(Failure::Refused));
}

#[test]
fn external_and_anonymous_tell_nothing() {
    let talk_external = |authzid| {
        let client = ExternalClient::new(authzid).unwrap();
        talk(client, ExternalServer::new(), &mut judge)
    };
    assert_eq!(talk_external(None), is("alice"));
    assert_eq!(talk_external(Some("bob")), fails(Failure::Refused));
    for trace in ["", "bob@example.org"] {
        let client = AnonymousClient::new(trace).unwrap();
        let outcome = talk(client, AnonymousServer::new(), &mut judge);
        assert_eq!(outcome, is("anonymous"));
    }
}

/// RFC 4616 §4, RFC 7628 §4.1 and §4.3, and what Google documents of XOAUTH2.
#[test]
fn the_examples() {
    let said = |client: &mut dyn ClientMechanism| client.initial_response().unwrap();
    let password = |text| Secret::from(text);
    let mut plain = PlainClient::new("tim", &password("tanstaaftanstaaf")).unwrap();
    assert_eq!(said(&mut plain), Secret::from("\0tim\0tanstaaftanstaaf"));
    let mut plain = PlainClient::acting_for("Ursel", "Kurt", &password("xipj3plmq")).unwrap();
    assert_eq!(said(&mut plain), Secret::from("Ursel\0Kurt\0xipj3plmq"));

    let token = Secret::from("vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==");
    let example = "n,a=user@example.com,\x01host=server.example.com\x01port=143\x01\
        auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01";
    let bearer = OAuthBearerClient::new(Some("user@example.com"), &token).unwrap();
    let mut bearer = bearer.with_host("server.example.com", 143).unwrap();
    assert_eq!(said(&mut bearer), Secret::from(example));
    assert_eq!(
        bearer.respond(&Secret::from("{}")),
        Ok(Secret::from("\x01"))
    );
    let step = OAuthBearerServer::new().begin(Some(&Secret::from(example)));
    let Ok(ServerStep::Ask(Question::Token {
        name,
        token: asked,
        host,
        port,
    })) = step
    else {
        panic!("{step:?}");
    };
    assert_eq!(name.as_deref(), Some("user@example.com"));
    assert_eq!(
        (asked, host.as_deref(), port),
        (token, Some("server.example.com"), Some(143))
    );

    let token = Secret::from("vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg==");
    let mut xoauth2 = XOAuth2Client::new("someuser@example.com", &token).unwrap();
    let example = "user=someuser@example.com\x01auth=Bearer \
        vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg==\x01\x01";
    assert_eq!(said(&mut xoauth2), Secret::from(example));
    assert_eq!(xoauth2.respond(&Secret::from("{}")), Ok(Secret::default()));
}

/// RFC 7628 §4.3: who shows no token hears why not.
#[test]
fn a_token_that_is_not_there_is_refused() {
    let empty = "n,a=user@example.com,\x01host=server.example.com\x01port=143\x01auth=\x01\x01";
    let mut server = OAuthBearerServer::new();
    let step = server.begin(Some(&Secret::from(empty)));
    let Ok(ServerStep::Answer(AuthStep::Challenge(report))) = step else {
        panic!("{step:?}");
    };
    assert_eq!(report, Secret::from(r#"{"status":"invalid_token"}"#));
    let step = server.respond(&Secret::from("\x01"));
    assert_eq!(step.unwrap_err(), Failure::Refused);
}

#[test]
fn what_is_malformed_fails() {
    let fails = |mechanism: Mechanism, messages: &[&str]| {
        for message in messages {
            let mut server = server_mechanism(mechanism).unwrap();
            let step = server.begin(Some(&Secret::from(*message)));
            assert_eq!(
                step.unwrap_err(),
                Failure::Malformed,
                "{mechanism} {message:?}"
            );
            let step = server.respond(&Secret::from("\0alice\0wonderland"));
            assert_eq!(step.unwrap_err(), Failure::OutOfStep);
            let verdict = server.verdict(Verdict::Accept("alice".to_owned()));
            assert_eq!(verdict.unwrap_err(), Failure::OutOfStep);
        }
    };
    let plain = [
        "",
        "alice",
        "\0alice",
        "\0\0secret",
        "\0alice\0",
        "\0alice\0secret\0",
    ];
    fails(Mechanism::PLAIN, &plain);
    fails(Mechanism::LOGIN, &[""]);
    fails(Mechanism::EXTERNAL, &["a\0b"]);
    fails(Mechanism::ANONYMOUS, &["a\r\nb", &"x".repeat(256)]);
    let xoauth2 = [
        "",
        "user=a",
        "user=a\x01auth=Bearer t",
        "user=a\x01auth=Bearer t\x01",
        "name=a\x01auth=Bearer t\x01\x01",
        "user=a\x01auth=Basic t\x01\x01",
        "user=a\x01auth=Bearer t\x01auth=Bearer u\x01\x01",
        "user=a\x01token\x01\x01",
    ];
    fails(Mechanism::XOAUTH2, &xoauth2);
    let bearer = [
        "\x01",
        "n,,\x01\x01",
        "n,\x01auth=Bearer t\x01\x01",
        "p=tls-exporter,,\x01auth=Bearer t\x01\x01",
        "n,alice,\x01auth=Bearer t\x01\x01",
        "n,a=,\x01auth=Bearer t\x01\x01",
        "n,a=a=b,\x01auth=Bearer t\x01\x01",
        "n,,\x01port=65536\x01auth=Bearer t\x01\x01",
        "n,,\x01host=a\x01host=b\x01auth=Bearer t\x01\x01",
    ];
    fails(Mechanism::OAUTHBEARER, &bearer);
    for mechanism in [Mechanism::PLAIN, Mechanism::LOGIN, Mechanism::XOAUTH2] {
        let mut server = server_mechanism(mechanism).unwrap();
        let step = server.begin(Some(&Secret::from(&b"\0\xff\0x"[..])));
        assert_eq!(step.unwrap_err(), Failure::Malformed);
    }
}

#[test]
fn what_a_mechanism_cannot_carry_is_refused() {
    let (empty, secret) = (Secret::default(), Secret::from("secret"));
    let character = Some(CredentialsError::Character);
    assert_eq!(PlainClient::new("a\0b", &secret).err(), character);
    assert_eq!(PlainClient::new("a", &Secret::from("\0")).err(), character);
    assert_eq!(PlainClient::acting_for("\0", "a", &secret).err(), character);
    assert_eq!(
        PlainClient::new("", &secret).err(),
        Some(CredentialsError::Empty)
    );
    assert_eq!(
        PlainClient::new("a", &empty).err(),
        Some(CredentialsError::Empty)
    );
    assert_eq!(
        LoginClient::new("a", &empty).err(),
        Some(CredentialsError::Empty)
    );
    assert_eq!(XOAuth2Client::new("a\x01b", &secret).err(), character);
    assert_eq!(
        XOAuth2Client::new("a", &Secret::from("a b")).err(),
        character
    );
    assert_eq!(
        OAuthBearerClient::new(None, &Secret::from("a\x01")).err(),
        character
    );
    let bearer = OAuthBearerClient::new(None, &secret).unwrap();
    assert_eq!(bearer.with_host("a\x01b", 25).err(), character);
    assert_eq!(ExternalClient::new(Some("a\0")).err(), character);
    assert_eq!(AnonymousClient::new("a\n").err(), character);
    let long = AnonymousClient::new(&"x".repeat(256));
    assert_eq!(long.err(), Some(CredentialsError::TooLong));
}

/// A client that is challenged although it has nothing more to say.
#[test]
fn a_challenge_that_is_not_due_is_not_answered() {
    let secret = Secret::from("secret");
    let clients: [Box<dyn ClientMechanism>; 6] = [
        Box::new(PlainClient::new("a", &secret).unwrap()),
        Box::new(LoginClient::new("a", &secret).unwrap()),
        Box::new(XOAuth2Client::new("a", &secret).unwrap()),
        Box::new(OAuthBearerClient::new(None, &secret).unwrap()),
        Box::new(ExternalClient::new(None).unwrap()),
        Box::new(AnonymousClient::new("").unwrap()),
    ];
    for mut client in clients {
        let _ = client.initial_response();
        let challenge = Secret::from("?");
        let answered = (0..4).take_while(|_| client.respond(&challenge).is_ok());
        let answered = answered.count();
        let most = match client.mechanism() {
            Mechanism::LOGIN => 2,
            Mechanism::XOAUTH2 | Mechanism::OAUTHBEARER => 1,
            _ => 0,
        };
        assert_eq!(answered, most);
    }
}

#[test]
fn the_strongest_that_is_offered_is_chosen() {
    let choose = |chooser: &mut Chooser, offered: &str| {
        let offered = offered.split(' ').map(|name| name.parse().unwrap());
        let chosen = chooser.choose(offered.collect::<Vec<Mechanism>>());
        chosen.map(|chosen| chosen.mechanism())
    };
    let mut chooser = Chooser::new(Credentials::password("alice", "secret"));
    let offered = "LOGIN XOAUTH2 PLAIN ANONYMOUS";
    assert_eq!(choose(&mut chooser, offered), Some(Mechanism::PLAIN));
    assert_eq!(choose(&mut chooser, offered), Some(Mechanism::LOGIN));
    assert_eq!(choose(&mut chooser, offered), None);
    let mut chooser = Chooser::new(Credentials::token("alice", "t")).with_host("mx.example", 25);
    let offered = "PLAIN XOAUTH2 OAUTHBEARER";
    assert_eq!(choose(&mut chooser, offered), Some(Mechanism::OAUTHBEARER));
    assert_eq!(choose(&mut chooser, offered), Some(Mechanism::XOAUTH2));
    assert_eq!(choose(&mut chooser, offered), None);
    let mut chooser = Chooser::new(Credentials::External);
    assert_eq!(
        choose(&mut chooser, "PLAIN EXTERNAL"),
        Some(Mechanism::EXTERNAL)
    );
    let trace = String::new();
    let mut chooser = Chooser::new(Credentials::Anonymous { trace });
    assert_eq!(
        choose(&mut chooser, "ANONYMOUS PLAIN"),
        Some(Mechanism::ANONYMOUS)
    );
    // PLAIN has no place for it, LOGIN has.
    let mut chooser = Chooser::new(Credentials::password("alice", "a\0b"));
    assert_eq!(choose(&mut chooser, "PLAIN LOGIN"), Some(Mechanism::LOGIN));
}

/// RFC 4013 §3, as far as the features go.
#[test]
fn texts_are_prepared() {
    assert_eq!(prepare("user").unwrap(), "user");
    assert_eq!(prepare("USER").unwrap(), "USER");
    assert_eq!(prepare("\u{7}"), Err(PrepareError::Prohibited));
    assert_eq!(prepare(""), Err(PrepareError::Prohibited));
    let beyond = [
        ("I\u{ad}X", Ok("IX")),
        ("\u{aa}", Ok("a")),
        ("\u{2168}", Ok("IX")),
        ("\u{627}1", Err(PrepareError::Prohibited)),
        ("\u{ad}", Err(PrepareError::Prohibited)),
    ];
    for (text, prepared) in beyond {
        let expected = match cfg!(feature = "saslprep") {
            true => prepared.map(str::to_owned),
            false => Err(PrepareError::NotAscii),
        };
        assert_eq!(prepare(text).map(Cow::into_owned), expected, "{text:?}");
    }
}

/// A token that does not fit on the line of AUTH goes out when it is asked for.
#[test]
fn a_long_token_is_said_later() {
    let token = Secret::from("t".repeat(6000));
    let mut accept = |question| match question {
        Question::Token { token: said, .. } if said == token => Verdict::Accept("alice".to_owned()),
        _ => Verdict::Reject,
    };
    let client = XOAuth2Client::new("alice", &token).unwrap();
    assert_eq!(talk(client, XOAuth2Server::new(), &mut accept), is("alice"));
}

#[test]
fn a_session_that_is_not_open_does_not_authenticate() {
    let mut client = Client::new(Arc::new(Config::new()), Timestamp::ZERO);
    let plain = PlainClient::new("alice", &right()).unwrap();
    let error = client.authenticate_with(Box::new(plain));
    assert_eq!(error, Err(AuthError::NotNow));
}
