//! An application that takes everything. For the benches, the peers
//! and `tests/memory.rs`.

use std::hint::black_box;

use ehlo::server::{Event, Server};

/// Says yes to whatever is asked, and keeps nothing.
pub(crate) fn accept(server: &mut Server, event: Event) {
    let answered = match event {
        Event::Connect(question) => server.answer(question, Ok(Default::default())).is_ok(),
        Event::Hello(question) => server.answer(question, Ok(Default::default())).is_ok(),
        Event::Mail(question) => server.answer(question, Ok(Default::default())).is_ok(),
        Event::Rcpt(question) => server.answer(question, Ok(Default::default())).is_ok(),
        Event::Data(question) => server.answer(question, Ok(Default::default())).is_ok(),
        Event::Message(question) => server.answer(question, Ok(Default::default())).is_ok(),
        event => {
            black_box(&event);
            true
        }
    };
    assert!(answered);
}
