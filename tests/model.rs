//! The server machine against a reference model: whatever client, application
//! and clock do, both say, tell and show the same after every step.

#[path = "model/reference.rs"]
mod reference;
mod support;

use std::time::Duration;

use bytes::Buf;
use ehlo::server::{AuthOffer, Chunking, Config, EarlyInput, StartTlsOffer};
use ehlo::server::{Rejection, Security};
use ehlo::types::Mechanism;
use ehlo::types::Protocol;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};

use reference::{Line, Model, Phase, Transaction};
use support::session::{Say, Session, answer, config};

prop_state_machine! {
    #![proptest_config(ProptestConfig {
        cases: cases(),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        max_shrink_iters: 20_000,
        .. ProptestConfig::default()
    })]

    #[test]
    fn the_machine_does_what_the_model_does(sequential 1..60 => Machine);
}

/// `PROPTEST_CASES`, or as many as a second or two is enough for.
fn cases() -> u32 {
    match std::env::var("PROPTEST_CASES") {
        Ok(number) => number.parse().expect("a number"),
        Err(_) => 2000,
    }
}

/// The configurations that are played.
fn setup(number: usize) -> Config {
    let mut config = config();
    config.private_verbs = vec!["XPRIVATE".to_owned()];
    config.report_refused = true;
    config.chunking = Chunking::On;
    let limits = &mut config.limits;
    (limits.command_line, limits.auth_line) = (Some(100), Some(200));
    (limits.message, limits.recipients) = (Some(60), Some(2));
    (limits.errors, limits.other_commands) = (Some(5), Some(12));
    (limits.transactions, limits.auth_failures) = (Some(4), Some(1));
    limits.auth_rounds = Some(2);
    match number {
        0 => (config.chunking, config.vrfy) = (Chunking::Binary, true),
        1 => config.protocol = Protocol::Lmtp,
        2 => config.pipelining = false,
        3 => config.start_tls = StartTlsOffer::Required,
        4 => {
            let mut offer = AuthOffer::new([Mechanism::PLAIN]);
            offer.without_tls = vec![Mechanism::PLAIN];
            offer.required = true;
            config.auth = Some(offer);
            config.start_tls = StartTlsOffer::Offered;
        }
        5 => (config.pipelining, config.early_input) = (false, EarlyInput::Flag),
        6 => config.early_input = EarlyInput::Allow { lf_sessions: false },
        _ => config.chunking = Chunking::Off,
    }
    config
}

const SETUPS: usize = 8;

#[derive(Clone, Debug)]
enum Step {
    /// The client says a line, cut like that: behind so many octets, or behind
    /// each.
    Say(Line, Option<usize>),
    Answer(Say),
    Timeout,
    Eof,
    Shutdown,
    RefuseBody,
    Tls,
    /// Nothing happens.
    Rest,
}

struct Machine {
    session: Session,
    body: u64,
}

impl ReferenceStateMachine for Machine {
    type State = Model;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Model> {
        (0..SETUPS)
            .prop_map(|number| Model::new(number, setup(number)))
            .boxed()
    }

    fn transitions(model: &Model) -> BoxedStrategy<Step> {
        if model.phase == Phase::Closed {
            return Just(Step::Rest).boxed();
        }
        let cut = proptest::option::of(0_usize..40);
        let likely = likely(model);
        let line = prop_oneof![3 => proptest::sample::select(likely), 1 => proptest::sample::select(LINES)];
        let say = (line, cut).prop_map(|(line, cut)| Step::Say(line, cut));
        let answer = prop_oneof![
            20 => Just(Say::Yes), 3 => Just(Say::No), 1 => Just(Say::Close), 3 => Just(Say::Challenge)
        ];
        let rare = proptest::sample::select(vec![
            Step::Timeout,
            Step::Eof,
            Step::Shutdown,
            Step::RefuseBody,
        ]);
        let answering = if model.question.is_some() { 50 } else { 1 };
        let shaking = if model.phase == Phase::Handshake {
            200
        } else {
            1
        };
        prop_oneof![
            16 => say,
            answering => answer.prop_map(Step::Answer),
            1 => rare,
            shaking => Just(Step::Tls),
        ]
        .boxed()
    }

    fn preconditions(model: &Model, step: &Step) -> bool {
        let is_over = model.phase == Phase::Closed;
        match step {
            Step::Say(..) | Step::Eof => !model.eof && !is_over,
            Step::Answer(_) => model.question.is_some(),
            Step::Tls => model.phase == Phase::Handshake && model.question.is_none(),
            Step::Timeout | Step::Shutdown | Step::RefuseBody => !is_over,
            Step::Rest => true,
        }
    }

    fn apply(mut model: Model, step: &Step) -> Model {
        model.begin_step();
        match step {
            Step::Say(line, _) => model.say(*line),
            Step::Answer(say) => model.answer(*say),
            Step::Timeout => model.time_out(),
            Step::Eof => model.end_of_input(),
            Step::Shutdown => model.shut_down(),
            Step::RefuseBody => model.refuse_body(),
            Step::Tls => model.tls_established(),
            Step::Rest => {}
        }
        model
    }
}

const LINES: &[Line] = &[
    Line::Ehlo,
    Line::Helo,
    Line::Lhlo,
    Line::Mail,
    Line::MailBinary,
    Line::MailBig,
    Line::Rcpt,
    Line::Data,
    Line::Bdat("", false),
    Line::Bdat("", true),
    Line::Bdat("a chunk\r\n", false),
    Line::Bdat("a chunk\r\n", true),
    Line::Bdat("RSET\r\nQUIT\r\n", true),
    Line::Bdat("bare\nline feed\r\n", false),
    Line::Bdat("bare\nline feed\r\n", true),
    Line::Bdat(TOO_BIG, false),
    Line::Bdat(TOO_BIG, true),
    Line::BdatWithoutSize,
    Line::Rset,
    Line::Vrfy,
    Line::Expn,
    Line::Help,
    Line::Noop,
    Line::Quit,
    Line::StartTls,
    Line::Auth,
    Line::AuthAtOnce,
    Line::Private,
    Line::Unheard,
    Line::Misspelt,
    Line::TooLong,
    Line::Base64,
    Line::Star,
    Line::Dot,
    Line::BareLineFeed,
];

const TOO_BIG: &str = "a chunk that is longer than a message may be; it has so much to say\r\n";

/// What a client might want to say now.
fn likely(model: &Model) -> Vec<Line> {
    match (model.phase, model.transaction) {
        (Phase::AuthLine, _) => vec![Line::Base64, Line::Base64, Line::Star],
        (Phase::Body | Phase::Swallow(_), _) => vec![Line::Dot, Line::Noop, Line::BareLineFeed],
        (_, Transaction::None) if model.extended.is_none() => match model.setup {
            1 => vec![Line::Lhlo],
            3 => vec![Line::Ehlo, Line::Ehlo, Line::StartTls],
            _ => vec![Line::Ehlo, Line::Ehlo, Line::Helo],
        },
        (_, Transaction::None) => match model.setup {
            3 if !model.tls => vec![Line::StartTls],
            4 if !model.identity => vec![Line::Auth, Line::AuthAtOnce, Line::StartTls],
            0 => vec![Line::Mail, Line::MailBinary],
            _ => vec![Line::Mail],
        },
        (_, Transaction::Mail) => vec![Line::Rcpt],
        (_, Transaction::Rcpt) => vec![
            Line::Rcpt,
            Line::Data,
            Line::Data,
            Line::Bdat("a chunk\r\n", false),
            Line::Bdat("a chunk\r\n", true),
        ],
        _ => vec![
            Line::Bdat("a chunk\r\n", false),
            Line::Bdat("a chunk\r\n", true),
            Line::Bdat("", true),
        ],
    }
}

impl StateMachineTest for Machine {
    type SystemUnderTest = Self;
    type Reference = Self;

    fn init_test(model: &Model) -> Self {
        let mut session = Session::silent(setup(model.setup));
        session.run();
        let mut machine = Self { session, body: 0 };
        machine.compare(model);
        machine
    }

    fn apply(mut machine: Self, model: &Model, step: Step) -> Self {
        let session = &mut machine.session;
        match step {
            Step::Say(line, cut) => machine.say(&line.octets(), cut),
            Step::Answer(say) => session.answer(say),
            Step::Timeout => {
                let deadline = session.server.poll_timeout().expect("a deadline");
                assert!(deadline >= session.now);
                session.now = deadline;
                session.server.handle_timeout(deadline);
            }
            Step::Eof => session.end_of_input(),
            Step::Shutdown => {
                let deadline = session.now.after(Duration::from_secs(1_000_000));
                session.server.shutdown(Rejection::SHUTTING_DOWN, deadline);
            }
            Step::RefuseBody => {
                let refused = session.server.refuse_body(Rejection::TRANSACTION_FAILED);
                let is_refused = matches!(model.phase, Phase::Swallow(_));
                assert!(refused.is_err() || is_refused);
            }
            Step::Tls => {
                let (now, input) = (session.now, &mut session.input);
                session.server.tls_established(now, input);
            }
            Step::Rest => {}
        }
        machine.session.run();
        machine.compare(model);
        machine
    }

    /// Who answers too late is told so.
    fn teardown(mut machine: Self, model: Model) {
        let question = machine.session.question.take();
        if let (Some(question), Phase::Closed) = (question, model.phase) {
            assert!(!answer(&mut machine.session.server, question, Say::Yes));
            machine.session.run();
            machine.session.told.clear();
            assert!(machine.session.said.is_empty());
        }
    }
}

impl Machine {
    fn say(&mut self, octets: &str, cut: Option<usize>) {
        match cut {
            Some(at) => {
                let at = at.min(octets.len());
                self.session.say(&octets[..at]);
                self.session.say(&octets[at..]);
            }
            None => {
                for octet in octets.as_bytes().chunks(1) {
                    self.session.say(octet);
                }
            }
        }
    }

    /// What was said and told in this step, and what can be seen behind it.
    fn compare(&mut self, model: &Model) {
        let session = &mut self.session;
        assert_eq!(said(&std::mem::take(&mut session.said)), model.said, "said");
        let told = std::mem::take(&mut session.told);
        let is_body = |told: &String| told.starts_with("Body ");
        for piece in told.iter().filter(|told| is_body(told)) {
            self.body += piece[5..].parse::<u64>().unwrap();
        }
        if told.iter().any(|told| told == "Data") {
            self.body = 0;
        }
        let told: Vec<String> = told.into_iter().filter(|told| !is_body(told)).collect();
        assert_eq!(told, model.told, "told");
        if let Some(octets) = told.iter().find_map(|told| told.strip_prefix("Message ")) {
            assert_eq!(octets, self.body.to_string(), "octets of the message");
        }
        let server = &mut session.server;
        assert_eq!(server.hello().is_some(), model.extended.is_some());
        assert_eq!(server.is_extended(), model.extended == Some(true));
        assert_eq!(server.identity().is_some(), model.identity);
        assert_eq!(server.security() == Security::Tls, model.tls);
        let recipients = server.envelope().map(|envelope| envelope.recipients.len());
        let is_open = model.transaction != Transaction::None;
        assert_eq!(recipients, is_open.then_some(model.recipients));
        let counted = server.counters();
        let counters = [
            counted.errors,
            counted.other_commands,
            counted.transactions,
            counted.auth_failures,
        ];
        let expected = [
            model.errors,
            model.other,
            model.transactions,
            model.failures,
        ];
        assert_eq!(counters, expected, "counters");
        assert_eq!(server.is_closed(), model.phase == Phase::Closed);
        assert_eq!(server.wants_input(), model.wants_input(), "wants input");
        assert!(!server.output().has_remaining());
    }
}

/// The replies: their codes, and their enhanced codes if there are any.
fn said(octets: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(octets).unwrap();
    let last = text.lines().filter(|line| line.as_bytes()[3] == b' ');
    last.map(|line| {
        let mut words = line.split(' ');
        let code = words.next().unwrap();
        let is_enhanced = |word: &&str| {
            let parts: Vec<_> = word.split('.').collect();
            parts.len() == 3 && parts.iter().all(|part| part.parse::<u16>().is_ok())
        };
        match words.next().filter(is_enhanced) {
            Some(enhanced) => format!("{code} {enhanced}"),
            None => code.to_owned(),
        }
    })
    .collect()
}
