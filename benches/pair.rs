//! Messages through both machines in memory: from the client's envelope to its
//! report, by way of the server.

#![allow(missing_docs)] // of what criterion's macro makes

use std::hint::black_box;
use std::sync::Arc;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ehlo::Timestamp;
use ehlo::client::{self, BodyOptions, Chunking, Client, Opening};
use ehlo::server::{self, Security, Server, SessionId};
use ehlo::types::{Domain, Envelope, Mailbox};

#[path = "shared/accept.rs"]
mod accept;
#[path = "shared/bodies.rs"]
mod bodies;

use accept::accept;

const NOW: Timestamp = Timestamp::ZERO;

struct Pair {
    client: Client,
    server: Server,
    to_client: BytesMut,
    to_server: BytesMut,
}

impl Pair {
    /// A session that is ready.
    fn new() -> Self {
        let mut config = server::Config::new(Domain::try_from("mx.example").unwrap());
        config.chunking = server::Chunking::On;
        // More messages than anyone sends in a session.
        config.limits.transactions = None;
        let mut client = Client::new(Arc::new(client::Config::new()), NOW);
        let name = Domain::try_from("client.example").unwrap();
        client.open(Opening::new(name)).unwrap();
        let mut pair = Self {
            client,
            server: Server::new(Arc::new(config), SessionId(1), Security::Plain, NOW),
            to_client: BytesMut::new(),
            to_server: BytesMut::new(),
        };
        while !pair.client.is_reusable() {
            pair.turn(None);
        }
        pair
    }

    fn deliver(&mut self, envelope: Envelope, message: &Bytes, chunking: Chunking) {
        let options = BodyOptions::new()
            .with_size(message.len() as u64)
            .with_chunking(chunking);
        self.client.deliver(envelope, options).unwrap();
        while !self.turn(Some(message)) {}
    }

    /// What each says to the other; whether a report came.
    fn turn(&mut self, message: Option<&Bytes>) -> bool {
        let mut is_delivered = false;
        while let Some(event) = self.client.poll_event(NOW, &mut self.to_client) {
            match (event, message) {
                (client::Event::BodyWanted(_), Some(message)) => {
                    let mut body = self.client.body().unwrap();
                    body.write(message.clone()).unwrap();
                    body.finish().unwrap();
                }
                (client::Event::Report(_, report), _) => {
                    is_delivered = report.is_delivered_to_all();
                    assert!(is_delivered);
                }
                (client::Event::Closed(reason), _) => panic!("{reason}"),
                (event, _) => {
                    black_box(&event);
                }
            }
        }
        carry(self.client.output(), &mut self.to_server);
        while let Some(event) = self.server.poll_event(NOW, &mut self.to_server) {
            accept(&mut self.server, event);
        }
        carry(self.server.output(), &mut self.to_client);
        is_delivered
    }
}

fn carry(output: &mut impl Buf, to: &mut BytesMut) {
    to.reserve(output.remaining());
    to.put(output);
}

fn envelope(recipients: usize) -> Envelope {
    let mailbox = |text: &str| text.parse::<Mailbox<'static>>().unwrap();
    (0..recipients)
        .map(|number| mailbox(&format!("bob{number:04}@mx.example")))
        .fold(Envelope::new(mailbox("alice@client.example")), Envelope::to)
}

fn pairs(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("both machines");
    group.throughput(Throughput::Elements(1));
    for (recipients, octets) in [(1, 1024), (1, 5 * 1024), (1000, 5 * 1024)] {
        let message = Bytes::from(bodies::message("prose", octets));
        let envelope = envelope(recipients);
        for (name, chunking) in [("DATA", Chunking::Never), ("BDAT", Chunking::IfOffered)] {
            let title = format!("{name}, {recipients} recipients, {} KiB", octets / 1024);
            group.bench_function(title, |bencher| {
                let mut pair = Pair::new();
                bencher.iter_batched(
                    || envelope.clone(),
                    |envelope| pair.deliver(envelope, black_box(&message), chunking),
                    criterion::BatchSize::SmallInput,
                );
            });
        }
    }
}

criterion_group!(benches, pairs);
criterion_main!(benches);
