//! Sending messages: the octets behind DATA.

#![allow(missing_docs)] // of what criterion's macro makes

use std::hint::black_box;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ehlo::codec::{DotEncoder, LineEncoder, LineEnds};

#[path = "shared/bodies.rs"]
mod bodies;

const OCTETS: usize = 192 * 1024;

fn send(criterion: &mut Criterion) {
    for shape in bodies::SHAPES {
        let message: &'static [u8] = bodies::message(shape, OCTETS).leak();
        let chunks: Vec<Bytes> = message.chunks(16 * 1024).map(Bytes::from_static).collect();
        let mut sink = |slice: Bytes| {
            black_box(&slice);
        };
        let mut group = criterion.benchmark_group(format!("send, {shape}"));
        group.throughput(Throughput::Bytes(message.len() as u64));
        for (name, line_ends) in [
            ("strict", LineEnds::Strict),
            ("normalized", LineEnds::Normalize),
        ] {
            group.bench_function(format!("DATA, {name}"), |bencher| {
                bencher.iter(|| {
                    let mut encoder = DotEncoder::new(line_ends);
                    for chunk in &chunks {
                        let _ = black_box(encoder.encode(black_box(chunk), &mut sink));
                    }
                    let _ = black_box(encoder.finish(&mut sink));
                });
            });
            group.bench_function(format!("BDAT, {name}"), |bencher| {
                bencher.iter(|| {
                    let mut encoder = LineEncoder::new(line_ends);
                    for chunk in &chunks {
                        let _ = black_box(encoder.encode(black_box(chunk), &mut sink));
                    }
                    let _ = black_box(encoder.finish(&mut sink));
                });
            });
        }
    }
}

criterion_group!(benches, send);
criterion_main!(benches);
