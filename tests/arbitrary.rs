//! Values for fuzzers: all of them valid, and all kinds of them.

#![cfg(feature = "arbitrary")]

use std::collections::{BTreeSet, HashSet};

use arbitrary::{Arbitrary, Unstructured};
use ehlo::arbitrary::{NearlyCommand, NearlyReply, spoil};
use ehlo::codec::Syntax;
use ehlo::types::{
    Capabilities, Command, Envelope, Extension, ForwardPath, Host, Mailbox, ParameterKind, Reply,
    ReversePath, Verb,
};

#[allow(dead_code, unreachable_pub, unused_imports)] // only one target is played
#[path = "../fuzz/src/lib.rs"]
mod targets;

/// Strings of octets that look random, and are the same each time (xorshift).
fn sources(count: usize, octets: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let octet = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()[2]
    };
    let mut octets_of = std::iter::repeat_with(octet);
    (0..count).map(move |_| octets_of.by_ref().take(octets).collect())
}

/// One value of each source.
fn values<T: for<'u> Arbitrary<'u>>(count: usize) -> impl Iterator<Item = T> {
    sources(count, 200).map(|octets| {
        let value = Unstructured::new(&octets).arbitrary();
        value.expect("every source makes a valid value")
    })
}

#[test]
fn every_value_reads_back_as_itself() {
    for octets in sources(10_000, 60) {
        targets::roundtrip(&octets);
    }
}

#[test]
fn a_source_that_runs_dry_makes_valid_values() {
    for octets in sources(2_000, 5) {
        let mut source = Unstructured::new(&octets);
        while !source.is_empty() {
            let command: Command<'_> = source.arbitrary().unwrap();
            let mut written = Vec::new();
            command.write(&mut written);
            let line = written.strip_suffix(b"\r\n").unwrap();
            assert_eq!(Command::parse(line, &Syntax::STRICT), Ok(command));
        }
    }
    let mut dry = Unstructured::new(&[]);
    assert!(dry.arbitrary::<Envelope>().is_ok());
    assert!(dry.arbitrary::<Capabilities<'_>>().is_ok());
    assert!(dry.arbitrary::<Reply<'_>>().is_ok());
}

#[test]
fn every_command_and_parameter_comes() {
    let mut verbs = BTreeSet::new();
    let mut parameters = HashSet::new();
    let mut has_unknown = false;
    for command in values::<Command<'static>>(10_000) {
        verbs.insert(command.verb());
        let kinds: Vec<_> = match &command {
            Command::Mail { parameters, .. } => {
                parameters.iter().map(|one| one.kind(Verb::Mail)).collect()
            }
            Command::Rcpt { parameters, .. } => {
                parameters.iter().map(|one| one.kind(Verb::Rcpt)).collect()
            }
            _ => Vec::new(),
        };
        has_unknown |= kinds.contains(&None);
        parameters.extend(kinds.into_iter().flatten());
    }
    let missing = Verb::ALL.iter().chain([&Verb::Unknown]);
    let missing: Vec<_> = missing.filter(|verb| !verbs.contains(verb)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let missing = ParameterKind::ALL.iter();
    let missing: Vec<_> = missing.filter(|kind| !parameters.contains(kind)).collect();
    assert!(missing.is_empty() && has_unknown, "{missing:?}");
}

#[test]
fn odd_addresses_come() {
    let mailboxes: Vec<Mailbox<'static>> = values(3_000).collect();
    let has = |what: fn(&Mailbox<'_>) -> bool| mailboxes.iter().any(what);
    assert!(has(|one| one.local_part().is_quoted()));
    assert!(has(|one| one.local_part().as_str().contains('\\')));
    assert!(has(|one| one.local_part().as_str().contains('@')));
    assert!(has(|one| one.local_part().as_str().len() == 64));
    assert!(has(|one| !one.local_part().as_str().is_ascii()));
    assert!(has(|one| !one.host().to_string().is_ascii()));
    assert!(has(|one| matches!(one.host(), Host::Ipv4(_))));
    assert!(has(|one| matches!(one.host(), Host::Ipv6(_))));
    assert!(has(|one| matches!(one.host(), Host::General(_))));
    assert!(has(|one| one.as_str().len() > 150));
    assert!(values::<ForwardPath<'static>>(100).any(|one| one == ForwardPath::Postmaster));
    let paths: Vec<ReversePath<'static>> = values(1_000).collect();
    assert!(paths.contains(&ReversePath::Null));
    let mut mailboxes = paths.iter().filter_map(ReversePath::mailbox);
    assert!(mailboxes.any(|one| one.source_route().next().is_some()));
}

#[test]
fn odd_replies_and_every_extension_come() {
    let replies: Vec<Reply<'static>> = values(3_000).collect();
    let has = |what: fn(&Reply<'_>) -> bool| replies.iter().any(what);
    assert!(has(|one| one.lines().count() > 2));
    assert!(has(|one| one.enhanced().is_some()));
    assert!(has(|one| std::str::from_utf8(one.as_bytes()).is_err()));
    assert!(has(|one| one.as_bytes().len() == "250\r\n".len()));
    assert!(has(|one| one.as_bytes().len() > 512));
    let offers: Vec<Capabilities<'static>> = values(3_000).collect();
    for extension in Extension::ALL {
        let mut offers = offers.iter();
        assert!(offers.any(|one| one.offers(*extension)), "{extension}");
    }
    assert!(
        offers
            .iter()
            .any(|one| one.iter().any(|offer| offer.extension().is_none()))
    );
}

#[test]
fn nearly_valid_traffic_is_both() {
    let is_command = |octets: &[u8]| {
        let line = octets.strip_suffix(b"\r\n");
        line.is_some_and(|line| Command::parse(line, &Syntax::STRICT).is_ok())
    };
    let commands = values::<NearlyCommand>(2_000);
    let good = commands.filter(|one| is_command(one.as_bytes())).count();
    assert!((400..1600).contains(&good), "{good}");
    let replies = values::<NearlyReply>(2_000);
    let good = replies
        .filter(|one| Reply::parse(one.as_bytes()).is_ok())
        .count();
    assert!((400..1800).contains(&good), "{good}");
}

#[test]
fn anything_can_be_spoilt() {
    for octets in sources(2_000, 12) {
        let mut source = Unstructured::new(&octets);
        let mut line = b"NOOP\r\n".to_vec();
        while !source.is_empty() {
            spoil(&mut source, &mut line).unwrap();
        }
        assert_ne!(line.capacity(), 0);
    }
}
