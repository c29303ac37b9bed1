//! Receiving messages: the octets behind DATA, in buffers of several sizes.

#![allow(missing_docs)] // of what criterion's macro makes

use std::hint::black_box;

use bytes::BytesMut;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use ehlo::codec::{BareLineEnds, DotDecoder, LineEndCheck};

#[path = "shared/bodies.rs"]
mod bodies;

/// It fits into the second-level cache, with a copy of it.
const OCTETS: usize = 192 * 1024;

fn data(criterion: &mut Criterion) {
    for shape in bodies::SHAPES {
        let mut wire = bodies::wire(shape, OCTETS);
        wire.extend_from_slice(b".\r\n");
        let mut group = criterion.benchmark_group(format!("data, {shape}"));
        group.throughput(Throughput::Bytes(wire.len() as u64));
        for read in [4, 16, 64] {
            let prepare = || buffers(&wire, read * 1024);
            for (name, policy) in [
                ("strict", BareLineEnds::Reject),
                ("no check", BareLineEnds::Keep),
            ] {
                group.bench_function(format!("{name}, {read} KiB"), |bencher| {
                    let decode = |buffers: &mut Vec<BytesMut>| decode(buffers, policy);
                    bencher.iter_batched_ref(prepare, decode, BatchSize::NumIterations(1));
                });
            }
        }
        group.bench_function("BDAT, strict, 16 KiB", |bencher| {
            bencher.iter(|| {
                let mut check = LineEndCheck::new();
                for octets in wire.chunks(16 * 1024) {
                    let _ = black_box(check.check(black_box(octets)));
                }
            });
        });
        group.bench_function("memcpy, 16 KiB", |bencher| {
            let mut copy = vec![0; 16 * 1024];
            bencher.iter(|| {
                for octets in wire.chunks(16 * 1024) {
                    copy[..octets.len()].copy_from_slice(black_box(octets));
                    black_box(&copy);
                }
            });
        });
    }
}

/// What the reads bring, of at most `size` octets each; a line is not cut, so
/// that nothing stays behind in a buffer.
fn buffers(wire: &[u8], size: usize) -> Vec<BytesMut> {
    let mut buffers = Vec::new();
    let mut rest = wire;
    while !rest.is_empty() {
        let most = &rest[..rest.len().min(size)];
        let end = most.iter().rposition(|octet| *octet == b'\n').unwrap() + 1;
        let mut buffer = BytesMut::with_capacity(end + 64);
        buffer.extend_from_slice(&rest[..end]);
        // Shared, as it is after the first read: handing out allocates nothing.
        drop(buffer.split_off(end));
        buffers.push(buffer);
        rest = &rest[end..];
    }
    buffers
}

fn decode(buffers: &mut [BytesMut], policy: BareLineEnds) {
    let mut decoder = DotDecoder::new(policy);
    for buffer in buffers {
        while let Some(decoded) = decoder.next(buffer) {
            let _ = black_box(&decoded);
        }
    }
}

criterion_group!(benches, data);
criterion_main!(benches);
