//! What a server's application does: takes mail for everybody but `nobody`.

use ehlo::server::{Event, MessageAccepted, Rejection, Server};
use ehlo::types::Envelope;

#[derive(Default)]
pub(crate) struct Application {
    receiving: Vec<u8>,
    pub(crate) received: Vec<(Envelope, Vec<u8>)>,
}

impl Application {
    pub(crate) fn on_event(&mut self, server: &mut Server, event: Event) {
        let answered = match event {
            Event::Connect(question) => server.answer(question, Ok(Default::default())).is_ok(),
            Event::Hello(question) => server.answer(question, Ok(Default::default())).is_ok(),
            Event::Mail(question) => server.answer(question, Ok(Default::default())).is_ok(),
            Event::Rcpt(question) => {
                let answer = match question.forward_path.as_str().starts_with("nobody") {
                    true => Err(Rejection::NO_SUCH_MAILBOX),
                    false => Ok(Default::default()),
                };
                server.answer(question, answer).is_ok()
            }
            Event::Data(question) => server.answer(question, Ok(Default::default())).is_ok(),
            Event::Body(octets) => {
                self.receiving.extend_from_slice(&octets);
                true
            }
            Event::Message(question) => {
                let envelope = server.envelope().unwrap().clone();
                assert_eq!(question.octets, self.receiving.len() as u64);
                let is_last = question
                    .recipient
                    .is_none_or(|index| index + 1 == envelope.recipients.len());
                if is_last {
                    let message = std::mem::take(&mut self.receiving);
                    self.received.push((envelope, message));
                }
                let answer = MessageAccepted::queued_as("1").unwrap();
                server.answer(question, Ok(answer)).is_ok()
            }
            Event::Aborted(_) => {
                self.receiving.clear();
                true
            }
            Event::Reset | Event::Closed(_) => true,
            other => panic!("{other:?}"),
        };
        assert!(answered);
    }
}
