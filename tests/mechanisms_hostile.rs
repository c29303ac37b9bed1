//! The mechanisms, told anything at all: they do not panic, they let nobody in
//! whom the application does not know, and they show no secret.

use ehlo::Secret;
use ehlo::sasl::{
    AnonymousClient, ClientMechanism, ExternalClient, LoginClient, OAuthBearerClient, PlainClient,
    Question, ServerMechanism, ServerStep, Verdict, XOAuth2Client, server_mechanism,
};
use ehlo::server::AuthStep;
use ehlo::types::Mechanism;
use proptest::prelude::*;
use proptest::sample::Index;

const PASSWORD: &str = "hunter2";

fn password() -> Secret {
    Secret::from(PASSWORD)
}

/// A client of each mechanism.
fn clients() -> Vec<Box<dyn ClientMechanism>> {
    vec![
        Box::new(PlainClient::new("alice", &password()).unwrap()),
        Box::new(LoginClient::new("alice", &password()).unwrap()),
        Box::new(XOAuth2Client::new("alice", &password()).unwrap()),
        Box::new(OAuthBearerClient::new(Some("alice"), &password()).unwrap()),
        Box::new(ExternalClient::new(Some("alice")).unwrap()),
        Box::new(AnonymousClient::new("alice").unwrap()),
        #[cfg(feature = "scram")]
        Box::new(scram::cram_md5_client()),
        #[cfg(feature = "scram")]
        Box::new(scram::client(false)),
        #[cfg(feature = "scram")]
        Box::new(scram::client(true)),
    ]
}

/// The server that it talks to.
fn server(mechanism: Mechanism) -> Box<dyn ServerMechanism> {
    server_mechanism(mechanism).unwrap_or_else(|| {
        #[cfg(feature = "scram")]
        return scram::server(mechanism);
        #[cfg(not(feature = "scram"))]
        panic!("{mechanism}")
    })
}

#[cfg(feature = "scram")]
mod scram {
    use ehlo::sasl::{
        BindingType, ChannelBinding, CramMd5Client, CramMd5Server, Decoy, Hash, Nonce, ScramClient,
        ScramKeys, ScramServer,
    };
    use ehlo::types::Domain;

    use super::*;

    fn nonce(text: &str) -> Nonce {
        Nonce::new(text).unwrap()
    }

    fn channel() -> ChannelBinding {
        ChannelBinding::new(BindingType::TlsExporter, PASSWORD)
    }

    pub(crate) fn cram_md5_client() -> CramMd5Client {
        CramMd5Client::new("alice", &password()).unwrap()
    }

    pub(crate) fn client(is_plus: bool) -> ScramClient {
        let client = ScramClient::new(Hash::Sha256, "alice", &password(), nonce("c"));
        let client = client.unwrap().with_iterations(1..=4096);
        match is_plus {
            true => client.with_binding(channel()),
            false => client,
        }
    }

    pub(crate) fn server(mechanism: Mechanism) -> Box<dyn ServerMechanism> {
        let host = Domain::try_from("mx.example").unwrap();
        match ScramServer::new(mechanism, nonce("s"), Decoy::new(PASSWORD, 4096)) {
            Some(server) => Box::new(server.with_bindings([channel()])),
            None => Box::new(CramMd5Server::new(&nonce("s"), &host)),
        }
    }

    pub(crate) fn verdict(question: &Question) -> Verdict {
        match question {
            Question::Secret { .. } => Verdict::Secret(password()),
            Question::Keys { hash, .. } => {
                Verdict::Keys(ScramKeys::derive(*hash, &password(), b"salt", 1).unwrap())
            }
            _ => Verdict::Reject,
        }
    }
}

/// What the application would say to who it knows.
fn yes(question: &Question) -> Verdict {
    match question {
        #[cfg(feature = "scram")]
        Question::Secret { .. } | Question::Keys { .. } => scram::verdict(question),
        _ => Verdict::Accept("alice".to_owned()),
    }
}

/// How a client and its server look, from the begin of their exchange to its end.
fn dialogue(mut client: Box<dyn ClientMechanism>) -> Vec<String> {
    let mut server = server(client.mechanism());
    let mut shown = Vec::new();
    let mut step = server.begin(client.initial_response().as_ref());
    loop {
        shown.push(format!(
            "{client:?} {client:#?} {server:?} {server:#?} {step:?}"
        ));
        match step.unwrap() {
            ServerStep::Ask(question) => step = server.verdict(yes(&question)),
            ServerStep::Answer(AuthStep::Challenge(challenge)) => {
                step = server.respond(&client.respond(&challenge).unwrap());
            }
            ServerStep::Answer(AuthStep::Done(_)) => return shown,
        }
    }
}

#[test]
fn nothing_shows() {
    for client in clients() {
        let mechanism = client.mechanism();
        for shown in dialogue(client) {
            for form in [PASSWORD, "104, 117, 110", "68756e74"] {
                assert!(!shown.contains(form), "{mechanism}: {shown}");
            }
        }
    }
}

/// A server that has a question.
fn asking(mut client: Box<dyn ClientMechanism>) -> Box<dyn ServerMechanism> {
    let mut server = server(client.mechanism());
    let mut step = server.begin(client.initial_response().as_ref());
    while let Ok(ServerStep::Answer(AuthStep::Challenge(challenge))) = step {
        step = server.respond(&client.respond(&challenge).unwrap());
    }
    assert!(matches!(step, Ok(ServerStep::Ask(_))), "{step:?}");
    server
}

/// A no is the last word: no yes behind it lets anybody in.
#[test]
fn a_no_is_not_taken_back() {
    let yes = || Verdict::Accept("alice".to_owned());
    for no in [|| Verdict::Reject, || Verdict::Unavailable] {
        let mut servers: Vec<_> = clients().into_iter().map(asking).collect();
        let plain = PlainClient::acting_for("bob", "alice", &password()).unwrap();
        let mut authorizing = asking(Box::new(plain));
        assert!(matches!(authorizing.verdict(yes()), Ok(ServerStep::Ask(_))));
        servers.push(authorizing);
        for mut server in servers {
            let _ = server.verdict(no());
            for _ in 0..2 {
                assert!(server.verdict(yes()).is_err(), "{server:?}");
            }
        }
    }
}

/// What is said in some mechanism, by either side.
const SAID: [&str; 12] = [
    "",
    "alice",
    "\0alice\0hunter2",
    "user=alice\x01auth=Bearer t\x01\x01",
    "n,a=alice,\x01host=a\x01port=1\x01auth=Bearer t\x01\x01",
    "alice b913a602c7eda7a495b4e6e7334d3890",
    "n,,n=alice,r=c",
    "p=tls-exporter,,n=alice,r=c",
    "c=biws,r=cs,p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "r=cs,s=c2FsdA==,i=1",
    "v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "e=other-error",
];

/// One of that, or something else, or what becomes of it on the way.
fn message() -> impl Strategy<Value = Secret> {
    let said = proptest::sample::select(&SAID[..]);
    let octets = || proptest::collection::vec(any::<u8>(), 0..20);
    let spoilt = (said.clone(), any::<Index>(), any::<Index>(), octets()).prop_map(
        |(said, from, to, octets)| {
            let mut said = said.as_bytes().to_vec();
            let (from, to) = (from.index(said.len() + 1), to.index(said.len() + 1));
            said.splice(from.min(to)..from.max(to), octets);
            said
        },
    );
    prop_oneof![
        said.prop_map(|said| said.as_bytes().to_vec()),
        spoilt,
        octets()
    ]
    .prop_map(Secret::from)
}

proptest! {
    /// Where the application knows nobody, nobody gets in, whatever is said.
    #[test]
    fn a_server_lets_nobody_in(messages in proptest::collection::vec(message(), 1..6)) {
        for client in clients() {
            let mut server = server(client.mechanism());
            let mut step = server.begin(None);
            for message in &messages {
                if let Ok(ServerStep::Ask(_)) = step {
                    step = server.verdict(Verdict::Reject);
                }
                let is_done = matches!(step, Ok(ServerStep::Answer(AuthStep::Done(_))));
                prop_assert!(!is_done, "{server:?}");
                let has_failed = step.is_err();
                step = server.respond(message);
                prop_assert!(!has_failed || step.is_err(), "{server:?}");
            }
        }
    }

    /// A server that must prove something is not believed, whatever it says.
    #[test]
    fn a_client_is_not_fooled(messages in proptest::collection::vec(message(), 0..6)) {
        for mut client in clients() {
            let _ = client.initial_response();
            for message in &messages {
                let _ = client.respond(message);
            }
            let must_prove = client.mechanism().as_str().starts_with("SCRAM");
            prop_assert_eq!(client.verify().is_err(), must_prove);
        }
    }
}
