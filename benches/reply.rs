//! Replies, and what an EHLO reply offers.

#![allow(missing_docs)] // of what criterion's macro makes

use std::hint::black_box;

use bytes::BytesMut;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ehlo::codec::{ReplyLimits, ReplyParser};
use ehlo::types::{Capabilities, Extension, Reply};

#[path = "shared/replies.rs"]
mod replies;

use replies::{EHLO, REPLIES};

fn one_line(criterion: &mut Criterion) {
    let lines: Vec<String> = REPLIES.iter().map(|line| format!("{line}\r\n")).collect();
    let wire = lines.concat();
    let mut group = criterion.benchmark_group("replies of one line");
    group.throughput(Throughput::Elements(lines.len() as u64));
    group.bench_function("borrowed", |bencher| {
        bencher.iter(|| {
            for line in &lines {
                let _ = black_box(&Reply::parse(black_box(line).as_bytes()));
            }
        });
    });
    group.bench_function("received", |bencher| {
        let mut parser = ReplyParser::new(ReplyLimits::default());
        let mut input = BytesMut::with_capacity(64 * 1024);
        bencher.iter(|| {
            input.clear();
            input.extend_from_slice(black_box(&wire).as_bytes());
            while let Some(reply) = parser.next(&mut input) {
                let _ = black_box(&reply);
            }
        });
    });
}

fn ehlo(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("an EHLO reply of 15 lines");
    group.throughput(Throughput::Bytes(EHLO.len() as u64));
    group.bench_function("borrowed, with capabilities", |bencher| {
        bencher.iter(|| {
            let reply = Reply::parse(black_box(EHLO).as_bytes());
            let _ = black_box(&reply.map(Capabilities::from));
        });
    });
    group.bench_function("received, with capabilities", |bencher| {
        let mut parser = ReplyParser::new(ReplyLimits::default());
        let mut input = BytesMut::with_capacity(64 * 1024);
        bencher.iter(|| {
            input.extend_from_slice(black_box(EHLO).as_bytes());
            let reply = parser.next(&mut input).and_then(Result::ok);
            black_box(&reply.map(Capabilities::from));
        });
    });
    group.bench_function("and asked for what a client asks", |bencher| {
        bencher.iter(|| {
            let reply = Reply::parse(black_box(EHLO).as_bytes()).unwrap();
            let offers = Capabilities::from(reply);
            black_box(offers.offers(Extension::Pipelining));
            black_box(offers.offers(Extension::EightBitMime));
            black_box(offers.size_limit());
            black_box(offers.mechanisms().count());
        });
    });
}

criterion_group!(benches, one_line, ehlo);
criterion_main!(benches);
