//! A client and a server of this crate, and AUTH between them.

#![allow(dead_code, unreachable_pub)] // without `scram`, not all is used

use std::sync::Arc;

use bytes::{Buf, BytesMut};
use ehlo::client::{self, AuthPolicy, Client, CloseReason, Opening, TlsPolicy};
use ehlo::sasl::{
    ClientMechanism, Failure, MechanismError, Question, ServerMechanism, ServerStep, Verdict,
};
use ehlo::server::{self, AuthOffer, AuthStep, Rejection, Security, Server, SessionId};
use ehlo::types::Domain;
use ehlo::{Secret, Timestamp};

const NOW: Timestamp = Timestamp::ZERO;

/// What an exchange came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Who the client is, as the server has it.
    pub identity: Option<String>,
    /// Whether the client heard and believed that AUTH has succeeded.
    pub is_believed: bool,
    /// Why the client's mechanism gave up.
    pub cancelled: Option<MechanismError>,
    /// Why the server's mechanism failed.
    pub failure: Option<Failure>,
    /// Why the client's session ended, if it did.
    pub closed: Option<CloseReason>,
    /// The code of the refusal.
    pub refused: Option<u16>,
}

/// Somebody who plays the server, and says otherwise.
pub type Tamper<'a> = &'a mut dyn FnMut(usize, AuthStep) -> AuthStep;

/// Lets the two talk.
pub fn talk(
    client: impl ClientMechanism + 'static,
    server: impl ServerMechanism + 'static,
    judge: &mut dyn FnMut(Question) -> Verdict,
) -> Outcome {
    talk_between(client, server, judge, &mut |_, step| step)
}

/// Lets the two talk, with somebody in between: what is said with the step of
/// that number, counted from 0, is as they will have it.
pub fn talk_between(
    mechanism: impl ClientMechanism + 'static,
    mut other: impl ServerMechanism + 'static,
    judge: &mut dyn FnMut(Question) -> Verdict,
    tamper: Tamper<'_>,
) -> Outcome {
    let mut config = server::Config::new(Domain::try_from("mx.example").unwrap());
    config.auth = Some(AuthOffer::new([mechanism.mechanism()]));
    let mut server = Server::new(Arc::new(config), SessionId(1), Security::Tls, NOW);
    let mut client = Client::new(Arc::new(client::Config::new()), NOW);
    let opening = Opening::new(Domain::try_from("c.example").unwrap())
        .with_tls(TlsPolicy::AlreadyOn)
        .with_auth(AuthPolicy::IfOffered);
    client.open(opening).unwrap();
    let mut mechanism: Option<Box<dyn ClientMechanism>> = Some(Box::new(mechanism));
    let (mut to_client, mut to_server) = (BytesMut::new(), BytesMut::new());
    let mut outcome = Outcome::default();
    let mut steps = 0;
    loop {
        let mut is_idle = true;
        while let Some(event) = client.poll_event(NOW, &mut to_client) {
            is_idle = false;
            match event {
                client::Event::AuthWanted(_) => {
                    client.authenticate_with(mechanism.take().unwrap()).unwrap();
                }
                client::Event::AuthChallenge(_) => panic!("the mechanism is to answer"),
                client::Event::AuthCancelled(error) => outcome.cancelled = Some(error),
                client::Event::AuthRefused(reply) => {
                    outcome.refused = Some(reply.code().get());
                    client.skip_auth();
                }
                client::Event::Authenticated(_) => outcome.is_believed = true,
                client::Event::Closed(reason) => outcome.closed = Some(reason),
                _ => {}
            }
        }
        let output = client.output();
        to_server.extend_from_slice(&output.copy_to_bytes(output.remaining()));
        while let Some(event) = server.poll_event(NOW, &mut to_server) {
            is_idle = false;
            let mut step = match &event {
                server::Event::Auth(auth) => other.begin(auth.initial_response.as_ref()),
                server::Event::AuthResponse(auth) => other.respond(&auth.response),
                _ => Err(Failure::OutOfStep),
            };
            let answer = loop {
                match step {
                    Ok(ServerStep::Ask(question)) => step = other.verdict(judge(question)),
                    Ok(ServerStep::Answer(answer)) => break Ok(answer),
                    Err(failure) => break Err(failure),
                }
            };
            let tampered = || {
                outcome.failure = answer.as_ref().err().copied();
                steps += 1;
                answer
                    .map(|step| tamper(steps - 1, step))
                    .map_err(Rejection::from)
            };
            match event {
                server::Event::Connect(question) => {
                    server.answer(question, Ok(Default::default())).unwrap();
                }
                server::Event::Hello(question) => {
                    server.answer(question, Ok(Default::default())).unwrap();
                }
                server::Event::Auth(question) => server.answer(question, tampered()).unwrap(),
                server::Event::AuthResponse(question) => {
                    server.answer(question, tampered()).unwrap();
                }
                _ => {}
            }
        }
        let output = server.output();
        to_client.extend_from_slice(&output.copy_to_bytes(output.remaining()));
        if is_idle && to_client.is_empty() && to_server.is_empty() {
            outcome.identity = server.identity().map(str::to_owned);
            assert_eq!(client.is_authenticated(), outcome.is_believed);
            return outcome;
        }
    }
}

/// That AUTH has succeeded, on both sides.
pub fn is(identity: &str) -> Outcome {
    Outcome {
        identity: Some(identity.to_owned()),
        is_believed: true,
        ..Outcome::default()
    }
}

/// That the server refused.
pub fn fails(failure: Failure) -> Outcome {
    Outcome {
        failure: Some(failure),
        refused: Some(match failure {
            Failure::Unavailable => 454,
            _ => 535,
        }),
        ..Outcome::default()
    }
}

/// That the client cancelled.
pub fn cancels(error: MechanismError) -> Outcome {
    Outcome {
        cancelled: Some(error),
        refused: Some(501),
        ..Outcome::default()
    }
}

/// A challenge instead of what is said.
pub fn challenge(text: impl Into<Secret>) -> AuthStep {
    AuthStep::Challenge(text.into())
}
