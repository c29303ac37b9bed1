//! Whole sessions through the server: octets in, replies out.

#![allow(missing_docs)] // of what criterion's macro makes

use std::hint::black_box;
use std::sync::Arc;

use bytes::{Buf, BytesMut};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ehlo::Timestamp;
use ehlo::server::{Config, Security, Server, SessionId};
use ehlo::types::Domain;

#[path = "shared/accept.rs"]
mod accept;
#[path = "shared/bodies.rs"]
mod bodies;

use accept::accept;

const NOW: Timestamp = Timestamp::ZERO;

struct Session {
    server: Server,
    input: BytesMut,
}

impl Session {
    fn new(config: &Arc<Config>, input: BytesMut) -> Self {
        let config = Arc::clone(config);
        let server = Server::new(config, SessionId(1), Security::Plain, NOW);
        let mut session = Self { server, input };
        session.run();
        session
    }

    /// One read, and all that follows from it.
    fn take(&mut self, octets: &[u8]) {
        self.input.reserve(octets.len());
        self.input.extend_from_slice(octets);
        self.run();
    }

    /// Everything is welcome, everything is written, nothing is kept.
    fn run(&mut self) {
        let server = &mut self.server;
        loop {
            while let Some(event) = server.poll_event(NOW, &mut self.input) {
                accept(server, event);
            }
            let output = server.output();
            if !output.has_remaining() {
                return;
            }
            assert!(!matches!(output.chunk(), [b'4' | b'5', ..]), "a refusal");
            black_box(output.chunk());
            output.advance(output.chunk().len());
        }
    }
}

fn config() -> Arc<Config> {
    let mut config = Config::new(Domain::try_from("mx.example").unwrap());
    // More messages than anyone sends in a session.
    config.limits.transactions = None;
    Arc::new(config)
}

fn sessions(criterion: &mut Criterion) {
    let config = config();
    let mut group = criterion.benchmark_group("session");
    group.throughput(Throughput::Elements(1));
    for (recipients, octets) in [(1, 5 * 1024), (100, 5 * 1024), (1, 1024 * 1024)] {
        let [envelope, body] = bodies::transaction(recipients, octets);
        let name = format!("{recipients} recipients, {} KiB", octets / 1024);
        group.bench_function(format!("whole, {name}"), |bencher| {
            let mut input = BytesMut::with_capacity(2 * octets);
            bencher.iter(|| {
                input.clear();
                let mut session = Session::new(&config, std::mem::take(&mut input));
                for octets in [
                    &b"EHLO client.example\r\n"[..],
                    &envelope,
                    &body,
                    b"QUIT\r\n",
                ] {
                    session.take(black_box(octets));
                }
                input = session.input;
            });
        });
        group.bench_function(format!("one more message, {name}"), |bencher| {
            let mut session = Session::new(&config, BytesMut::with_capacity(2 * octets));
            session.take(b"EHLO client.example\r\n");
            bencher.iter(|| {
                session.take(black_box(&envelope));
                session.take(black_box(&body));
            });
        });
    }
}

criterion_group!(benches, sessions);
criterion_main!(benches);
