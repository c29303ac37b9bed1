//! Command lines: borrowed, owned, and from a buffer of many.

#![allow(missing_docs)] // of what criterion's macro makes

use std::hint::black_box;

use bytes::BytesMut;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ehlo::codec::{LineFramer, Syntax};
use ehlo::types::Command;

#[path = "shared/lines.rs"]
mod lines;

fn commands(criterion: &mut Criterion) {
    parse(criterion, "17 common lines", &lines::valid(true));
    parse(criterion, "46 valid lines", &lines::valid(false));
    refuse(criterion);
}

fn parse(criterion: &mut Criterion, name: &str, lines: &[Vec<u8>]) {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(lines.len() as u64));
    group.bench_function("borrowed", |bencher| {
        bencher.iter(|| {
            for line in lines {
                let _ = black_box(&Command::parse(black_box(line), &Syntax::STRICT));
            }
        });
    });
    group.bench_function("owned", |bencher| {
        bencher.iter(|| {
            for line in lines {
                let command = Command::parse(black_box(line), &Syntax::STRICT);
                let _ = black_box(&command.map(Command::into_owned));
            }
        });
    });
    let wire: Vec<u8> = lines
        .iter()
        .flat_map(|line| lines::terminated(line))
        .collect();
    group.bench_function("framed, owned", |bencher| {
        let mut framer = LineFramer::new(Some(4096));
        let mut input = BytesMut::with_capacity(64 * 1024);
        bencher.iter(|| {
            input.clear();
            input.extend_from_slice(black_box(&wire));
            while let Some(Ok(line)) = framer.next(&mut input) {
                let command = Command::parse(&line, &Syntax::STRICT);
                let _ = black_box(&command.map(Command::into_owned));
            }
        });
    });
}

/// What a server hears when somebody tries what it takes.
fn refuse(criterion: &mut Criterion) {
    let rows = lines::rows();
    let bad: Vec<_> = rows
        .iter()
        .filter(|row| row.verdict == lines::Verdict::Bad)
        .collect();
    let mut group = criterion.benchmark_group("25 invalid lines");
    group.throughput(Throughput::Elements(bad.len() as u64));
    group.bench_function("refused", |bencher| {
        bencher.iter(|| {
            for row in &bad {
                let _ = black_box(&Command::parse(black_box(&row.line), &Syntax::STRICT));
            }
        });
    });
}

criterion_group!(benches, commands);
criterion_main!(benches);
