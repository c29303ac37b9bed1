//! CRAM-MD5 and SCRAM: the examples of their RFCs, each client with each
//! server, and what somebody in between may try.
#![cfg(feature = "scram")]

#[path = "mechanisms/exchange.rs"]
mod exchange;

use std::sync::LazyLock;

use ehlo::Secret;
use ehlo::client::CloseReason;
use ehlo::sasl::{
    BindingType, ChannelBinding, Chooser, ClientMechanism, CramMd5Client, CramMd5Server,
    Credentials, CredentialsError, Decoy, Failure, Hash, MechanismError, Nonce, Question,
    ScramClient, ScramKeys, ScramServer, ServerMechanism, ServerStep, Verdict,
};
use ehlo::server::{AuthStep, Authenticated};
use ehlo::types::{Domain, Mechanism};
use exchange::{Outcome, cancels, challenge, fails, is, talk, talk_between};

const HASHES: [Hash; 2] = [Hash::Sha1, Hash::Sha256];
const ITERATIONS: u32 = 4096;

fn nonce(text: &str) -> Nonce {
    Nonce::new(text).unwrap()
}

fn client(hash: Hash, name: &str, password: &str) -> ScramClient {
    ScramClient::new(hash, name, &Secret::from(password), nonce("client")).unwrap()
}

fn server(mechanism: Mechanism) -> ScramServer {
    let decoy = Decoy::new("of the server", ITERATIONS);
    ScramServer::new(mechanism, nonce("server"), decoy).unwrap()
}

fn channel() -> ChannelBinding {
    ChannelBinding::new(BindingType::TlsExporter, vec![7; 32])
}

fn other_channel() -> ChannelBinding {
    ChannelBinding::new(BindingType::TlsExporter, vec![8; 32])
}

/// What is stored of alice's password: derived once, since it takes its time.
static KEYS: LazyLock<[ScramKeys; 2]> = LazyLock::new(|| {
    let password = Secret::from("wonderland");
    HASHES.map(|hash| ScramKeys::derive(hash, &password, b"salt", ITERATIONS).unwrap())
});

/// An application that knows alice, who may act for the postmaster.
fn judge(question: Question) -> Verdict {
    let password = Secret::from("wonderland");
    match question {
        Question::Secret { name } if name == "alice" => Verdict::Secret(password),
        Question::Keys { name, hash } if name == "alice" => {
            let keys = KEYS.iter().find(|keys| keys.hash() == hash).unwrap();
            Verdict::Keys(keys.clone())
        }
        Question::Authorize { identity, authzid }
            if identity == "alice" && authzid == "postmaster" =>
        {
            Verdict::Accept(authzid)
        }
        _ => Verdict::Reject,
    }
}

/// What a server says at first; the question, or the challenge.
fn ask(step: Result<ServerStep, Failure>) -> Question {
    match step {
        Ok(ServerStep::Ask(question)) => question,
        other => panic!("{other:?}"),
    }
}

fn said(step: Result<ServerStep, Failure>) -> Secret {
    match step {
        Ok(ServerStep::Answer(AuthStep::Challenge(challenge))) => challenge,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_examples_of_rfc_5802_and_rfc_7677() {
    let examples = [
        (
            Hash::Sha1,
            "fyko+d2lbbFgONRv9qkxdawL",
            "3rfcNHYJY1ZVvWVs7j",
            &b"\x41\x25\xc2\x47\xe4\x3a\xb1\xe9\x3c\x6d\xff\x76"[..],
            "s=QSXCR+Q6sek8bf92",
            "v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
            "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
        ),
        (
            Hash::Sha256,
            "rOprNGfwEbeRWgbNEkqO",
            "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
            b"\x5b\x6d\x99\x68\x9d\x12\x35\x8e\xec\xa0\x4b\x14\x12\x36\xfa\x81",
            "s=W22ZaJ0SNY7soEsUEjb6gQ==",
            "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
        ),
    ];
    for (hash, first, second, salt, written, proof, verifier) in examples {
        let password = Secret::from("pencil");
        let mut client = ScramClient::new(hash, "user", &password, nonce(first)).unwrap();
        let decoy = Decoy::new("any", ITERATIONS);
        let mut server = ScramServer::new(hash.mechanism(false), nonce(second), decoy).unwrap();

        let response = client.initial_response().unwrap();
        assert_eq!(response, Secret::from(format!("n,,n=user,r={first}")));
        let question = ask(server.begin(Some(&response)));
        assert!(
            matches!(question, Question::Keys { name, hash: of } if name == "user" && of == hash)
        );
        let keys = ScramKeys::derive(hash, &password, salt, ITERATIONS).unwrap();
        let challenge = said(server.verdict(Verdict::Keys(keys)));
        let text = format!("r={first}{second},{written},i=4096");
        assert_eq!(challenge.expose_str(), Some(text.as_str()));
        let response = client.respond(&challenge).unwrap();
        let text = format!("c=biws,r={first}{second},p={proof}");
        assert_eq!(response.expose_str(), Some(text.as_str()));
        let challenge = said(server.respond(&response));
        assert_eq!(challenge.expose_str(), Some(verifier));
        assert_eq!(client.verify(), Err(MechanismError::Unproven));
        assert_eq!(client.respond(&challenge), Ok(Secret::default()));
        assert_eq!(client.verify(), Ok(()));
        let done = server.respond(&Secret::default());
        assert!(matches!(done, Ok(ServerStep::Answer(AuthStep::Done(_)))));
    }
}

#[test]
fn the_example_of_rfc_2195() {
    let mut client = CramMd5Client::new("tim", &Secret::from("tanstaaftanstaaf")).unwrap();
    assert_eq!(client.initial_response(), None);
    let challenge = Secret::from("<1896.697170952@postoffice.reston.mci.net>");
    let response = Secret::from("tim b913a602c7eda7a495b4e6e7334d3890");
    assert_eq!(client.respond(&challenge), Ok(response));
}

#[test]
fn cram_md5_shows_that_the_password_is_known() {
    let talk = |name, password: &str| {
        let host = Domain::try_from("mx.example").unwrap();
        let client = CramMd5Client::new(name, &Secret::from(password)).unwrap();
        talk(client, CramMd5Server::new(&nonce("1"), &host), &mut judge)
    };
    assert_eq!(talk("alice", "wonderland"), is("alice"));
    assert_eq!(talk("alice", "wonderlant"), fails(Failure::Refused));
    assert_eq!(talk("bob", "wonderland"), fails(Failure::Refused));
    // Nobody has no name.
    for response in [" b913a602c7eda7a495b4e6e7334d3890", "alice", ""] {
        let host = Domain::try_from("mx.example").unwrap();
        let mut server = CramMd5Server::new(&nonce("1"), &host);
        said(server.begin(None));
        let step = server.respond(&Secret::from(response));
        assert_eq!(step.unwrap_err(), Failure::Malformed);
    }
}

#[test]
fn scram_shows_that_both_know_the_password() {
    for hash in HASHES {
        let talk = |client| talk(client, server(hash.mechanism(false)), &mut judge);
        assert_eq!(talk(client(hash, "alice", "wonderland")), is("alice"));
        let refused = fails(Failure::Refused);
        assert_eq!(talk(client(hash, "alice", "wonderlant")), refused);
        assert_eq!(talk(client(hash, "bob", "wonderland")), refused);
        let acting_for = |whom| {
            client(hash, "alice", "wonderland")
                .acting_for(whom)
                .unwrap()
        };
        assert_eq!(talk(acting_for("alice")), is("alice"));
        assert_eq!(talk(acting_for("postmaster")), is("postmaster"));
        assert_eq!(talk(acting_for("b,o=b")), refused);
    }
}

#[test]
fn a_channel_is_bound() {
    for hash in HASHES {
        let talk = |client: ScramClient, bindings: &[ChannelBinding]| {
            let server = server(client.mechanism()).with_bindings(bindings.to_vec());
            talk(client, server, &mut judge)
        };
        let client = || client(hash, "alice", "wonderland");
        let end_point = ChannelBinding::new(BindingType::TlsServerEndPoint, vec![7; 32]);
        let both = [end_point.clone(), channel()];
        assert_eq!(talk(client().with_binding(channel()), &both), is("alice"));
        assert_eq!(talk(client().with_binding(end_point), &both), is("alice"));
        let wrong = fails(Failure::Binding);
        assert_eq!(talk(client().with_binding(other_channel()), &both), wrong);
        let unknown = ChannelBinding::new(BindingType::TlsUnique, vec![7; 32]);
        assert_eq!(talk(client().with_binding(unknown), &both), wrong);
        // A client without, and one that was told that there is none.
        assert_eq!(talk(client(), &both), is("alice"));
        assert_eq!(talk(client().missing_binding(), &[]), is("alice"));
        let downgrade = fails(Failure::Downgrade);
        assert_eq!(talk(client().missing_binding(), &both), downgrade);
    }
}

/// The header says another mechanism than AUTH.
#[test]
fn the_header_and_the_mechanism_agree() {
    for (mechanism, header) in [
        (Mechanism::SCRAM_SHA_256, "p=tls-exporter,,"),
        (Mechanism::SCRAM_SHA_256_PLUS, "n,,"),
        (Mechanism::SCRAM_SHA_256_PLUS, "y,,"),
    ] {
        let mut server = server(mechanism).with_bindings([channel()]);
        let message = Secret::from(format!("{header}n=alice,r=abc"));
        let step = server.begin(Some(&message));
        assert_eq!(step.unwrap_err(), Failure::Binding);
    }
}

/// Changes what the server says in the step of that number.
fn tampered(step: usize, change: impl Fn(&str) -> AuthStep) -> Outcome {
    let mut tamper = |number, answer: AuthStep| match &answer {
        AuthStep::Challenge(said) if number == step => change(said.expose_str().unwrap()),
        _ => answer,
    };
    talk_between(
        client(Hash::Sha256, "alice", "wonderland"),
        server(Mechanism::SCRAM_SHA_256),
        &mut judge,
        &mut tamper,
    )
}

#[test]
fn a_server_that_proves_nothing_is_left() {
    let unproven = Outcome {
        identity: Some("mallory".to_owned()),
        closed: Some(CloseReason::Unproven(MechanismError::Unproven)),
        ..Outcome::default()
    };
    let done = || AuthStep::Done(Authenticated::new("mallory"));
    assert_eq!(tampered(0, |_| done()), unproven);
    assert_eq!(tampered(1, |_| done()), unproven);
}

#[test]
fn a_wrong_signature_is_seen() {
    let wrong = cancels(MechanismError::Signature);
    let zeros = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    for signature in ["", "AAAA", zeros] {
        let forged = tampered(1, |_| challenge(format!("v={signature}")));
        assert_eq!(forged, wrong, "{signature}");
    }
    let malformed = cancels(MechanismError::Malformed);
    for message in ["", "v", "e=a\r\nb", "v=!", "x=AAAA", "\u{e9}"] {
        assert_eq!(tampered(1, |_| challenge(message)), malformed, "{message}");
    }
    let refused = MechanismError::Refused("other-error".to_owned());
    assert_eq!(
        tampered(1, |_| challenge("e=other-error")),
        cancels(refused)
    );
}

#[test]
fn a_first_message_that_was_changed_is_seen() {
    let nonce = cancels(MechanismError::Nonce);
    for first in [
        "r=other,s=c2FsdA==,i=4096",
        "r=,s=c2FsdA==,i=4096",
        "r=client,s=c2FsdA==,i=4096",
    ] {
        assert_eq!(tampered(0, |_| challenge(first)), nonce, "{first}");
    }
    for iterations in [1, 4095, 2_000_001, u32::MAX] {
        let first = format!("r=clientserver,s=c2FsdA==,i={iterations}");
        let outcome = tampered(0, |_| challenge(first.as_str()));
        assert_eq!(outcome, cancels(MechanismError::Iterations(iterations)));
    }
    let malformed = cancels(MechanismError::Malformed);
    for first in [
        "",
        "r=clientserver",
        "r=clientserver,s=c2FsdA==",
        "r=clientserver,s=!,i=4096",
        "r=clientserver,s=c2FsdA==,i=0",
        "r=clientserver,s=c2FsdA==,i=04096",
        "r=clientserver,s=c2FsdA==,i=+4096",
        "r=clientserver,s=c2FsdA==,i=4294967296",
        "m=must,r=clientserver,s=c2FsdA==,i=4096",
        "s=c2FsdA==,r=clientserver,i=4096",
    ] {
        assert_eq!(tampered(0, |_| challenge(first)), malformed, "{first}");
    }
    // What only the server would notice: its signature is over both.
    let changed = |said: &str| challenge(said.replace("r=clientserver", "r=clientother"));
    assert_eq!(tampered(0, changed), fails(Failure::Refused));
    let salted = |said: &str| challenge(said.replace("c2FsdA==", "cGVwcGVy"));
    assert_eq!(tampered(0, salted), fails(Failure::Refused));
    // An extension that is optional is let be, and is signed.
    let extended = |said: &str| challenge(format!("{said},x=y"));
    assert_eq!(tampered(0, extended), fails(Failure::Refused));
}

#[test]
fn a_client_that_is_malformed_fails() {
    for first in [
        "",
        "n",
        "n,,",
        "n,,n=alice",
        "n,,r=abc,n=alice",
        "n,,n=,r=abc",
        "n,,n=al=ice,r=abc",
        "n,,n=alice,r=",
        "n,,n=alice,r=a c",
        "n,,m=must,n=alice,r=abc",
        "n,b,n=alice,r=abc",
        "n,a=,n=alice,r=abc",
        "x,,n=alice,r=abc",
        "n,,n=al\u{7}ice,r=abc",
    ] {
        let mut server = server(Mechanism::SCRAM_SHA_1);
        let step = server.begin(Some(&Secret::from(first)));
        assert_eq!(step.unwrap_err(), Failure::Malformed, "{first}");
        let step = server.begin(Some(&Secret::from("n,,n=alice,r=abc")));
        assert_eq!(step.unwrap_err(), Failure::OutOfStep);
    }
    for (last, failure) in [
        ("", Failure::Malformed),
        ("c=biws,r=abcserver", Failure::Malformed),
        ("c=biws,r=abcserver,p=!", Failure::Malformed),
        ("c=!,r=abcserver,p=AAAA", Failure::Malformed),
        ("c=eSws,r=abcserver,p=AAAA", Failure::Binding),
        ("c=biws,r=abcserver,p=AAAA", Failure::Refused),
        ("c=biws,r=abcserver,p=", Failure::Refused),
    ] {
        let mut server = server(Mechanism::SCRAM_SHA_1);
        let question = ask(server.begin(Some(&Secret::from("n,,n=alice,r=abc"))));
        said(server.verdict(judge(question)));
        let step = server.respond(&Secret::from(last));
        assert_eq!(step.unwrap_err(), failure, "{last}");
    }
}

/// RFC 5802 §9: what there is to be seen of a user is the same whether there
/// is one, and the same each time.
#[test]
fn names_cannot_be_probed() {
    let first = |name: &str, secret: &str| {
        let decoy = Decoy::new(secret, ITERATIONS);
        let mut server = ScramServer::new(Mechanism::SCRAM_SHA_256, nonce("s"), decoy).unwrap();
        let message = Secret::from(format!("n,,n={name},r=c"));
        let question = ask(server.begin(Some(&message)));
        said(server.verdict(match judge(question) {
            Verdict::Keys(keys) => {
                let (stored, server) = (keys.stored_key().clone(), keys.server_key().clone());
                let keys = ScramKeys::new(keys.hash(), [1; 16], ITERATIONS, stored, server);
                Verdict::Keys(keys.unwrap())
            }
            other => other,
        }))
    };
    let bob = first("bob", "secret");
    assert_eq!(bob.expose().len(), first("alice", "secret").expose().len());
    assert_eq!(bob, first("bob", "secret"));
    assert_ne!(bob, first("carol", "secret"));
    assert_ne!(bob, first("bob", "other"));
}

#[test]
fn verdicts_on_something_else_let_nobody_in() {
    let verdicts = [
        Verdict::Accept("alice".to_owned()),
        Verdict::Secret(Secret::from("wonderland")),
        // Of another hash.
        Verdict::Keys(KEYS[0].clone()),
    ];
    for verdict in verdicts {
        let mut server = server(Mechanism::SCRAM_SHA_256);
        ask(server.begin(Some(&Secret::from("n,,n=alice,r=abc"))));
        assert_eq!(server.verdict(verdict).unwrap_err(), Failure::OutOfStep);
    }
    let unavailable = talk(
        client(Hash::Sha1, "alice", "wonderland"),
        server(Mechanism::SCRAM_SHA_1),
        &mut |_| Verdict::Unavailable,
    );
    assert_eq!(unavailable, fails(Failure::Unavailable));
}

#[test]
fn what_cannot_be_carried_is_refused() {
    let make = |name, password: &str| {
        ScramClient::new(Hash::Sha1, name, &Secret::from(password), nonce("c")).map(drop)
    };
    assert_eq!(make("alice", ""), Err(CredentialsError::Empty));
    assert!(matches!(
        make("", "x"),
        Err(CredentialsError::Unprepared(_))
    ));
    assert!(matches!(
        make("a\0", "x"),
        Err(CredentialsError::Unprepared(_))
    ));
    assert!(Nonce::new("a,b").is_err());
    assert!(Nonce::new("").is_err());
    assert!(ScramKeys::new(Hash::Sha1, [], 4096, [0; 20].to_vec(), [0; 32].to_vec()).is_err());
}

/// The chooser's order; and what is said of channel binding (RFC 5802 §6).
#[test]
fn the_strongest_that_is_offered_is_chosen() {
    use Mechanism as M;
    let chooser = || {
        let chooser = Chooser::new(Credentials::password("alice", "secret"));
        chooser.with_nonce(nonce("c")).with_binding(channel())
    };
    let all = [
        M::SCRAM_SHA_256_PLUS,
        M::SCRAM_SHA_1_PLUS,
        M::SCRAM_SHA_256,
        M::SCRAM_SHA_1,
        M::CRAM_MD5,
        M::PLAIN,
        M::LOGIN,
    ];
    let choose_all = |mut chooser: Chooser, offered: &[M]| {
        let mut messages = Vec::new();
        while let Some(mut chosen) = chooser.choose(offered.iter().copied()) {
            let said = chosen.initial_response().unwrap_or_default();
            let said = said.expose_str().unwrap().to_owned();
            messages.push((chosen.mechanism(), said));
        }
        messages
    };
    // A nonce for each. A server that offers to bind the channel, and then
    // refuses to, is shown nothing else.
    let bound = [
        (all[0], "p=tls-exporter,,n=alice,r=c1".to_owned()),
        (all[1], "p=tls-exporter,,n=alice,r=c2".to_owned()),
    ];
    assert_eq!(choose_all(chooser(), &all), bound);
    let one = [M::PLAIN, M::SCRAM_SHA_256, M::SCRAM_SHA_1_PLUS];
    assert_eq!(choose_all(chooser(), &one), bound[1..]);
    let unbound = choose_all(chooser(), &[M::PLAIN, M::SCRAM_SHA_1]);
    assert_eq!(unbound[0], (M::SCRAM_SHA_1, "y,,n=alice,r=c4".to_owned()));
    assert_eq!(unbound[1].0, M::PLAIN);
    // Without a channel, without a nonce.
    let credentials = || Credentials::password("alice", "secret");
    let without = Chooser::new(credentials()).with_nonce(nonce("c"));
    let without = choose_all(without, &all);
    assert_eq!(without[0], (M::SCRAM_SHA_256, "n,,n=alice,r=c3".to_owned()));
    assert!(without.iter().map(|(chosen, _)| chosen).eq(&all[2..]));
    assert_eq!(
        choose_all(Chooser::new(credentials()), &all)[0].0,
        M::CRAM_MD5
    );
}

#[cfg(feature = "saslprep")]
#[test]
fn names_and_passwords_are_prepared() {
    let outcome = talk(
        client(Hash::Sha256, "al\u{ad}ice", "\u{ad}wonderland"),
        server(Mechanism::SCRAM_SHA_256),
        &mut judge,
    );
    assert_eq!(outcome, is("alice"));
}
