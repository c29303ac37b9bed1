//! The mechanisms: each client with each server, and with what is wrong.

#[path = "mechanisms/exchange.rs"]
mod exchange;

use ehlo::Secret;
use ehlo::sasl::{
    AnonymousClient, AnonymousServer, ExternalClient, ExternalServer, Failure, LoginClient,
    LoginServer, OAuthBearerClient, OAuthBearerServer, PlainClient, PlainServer, Question, Verdict,
    XOAuth2Client, XOAuth2Server,
};

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
