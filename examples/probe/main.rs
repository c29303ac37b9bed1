//! What a mail server does when it is attacked: a table of probes, one row each.
//!
//! `probe HOST:PORT [--starttls] [--lmtp] [--from A] [--to B] [--timeout SECONDS]
//! [--i-am-authorised]` sends an ordinary message first, so that a refusal means
//! something, and then makes one connection after another, for each row one. It
//! tells smuggling, injection, chunks and messages run as commands, missing
//! limits, and what else a stranger may try; messages that the server takes are
//! delivered to B. Only loopback is probed unless `--i-am-authorised` is given.
//! Exit status: 0 nothing exploitable, 1 something is, 2 it could not be probed.
//!
//! What to look at: `table.rs` is all that is tried, as data; `session.rs` takes a
//! `Client` to where the attack begins, has it say what no client says, and reads
//! on with the codec, for how many replies there will be nobody knows; `engine.rs`
//! goes through the steps of a row; `judge.rs` says what came of it.

mod engine;
mod judge;
mod options;
mod session;
mod table;
mod tls;

use std::process::ExitCode;

use ehlo::types::{Capabilities, Extension};

use judge::{Finding, Verdict};
use options::Options;
use session::{Session, Stage, Trouble};
use table::{Needs, PROBES, Probe};

fn main() -> ExitCode {
    match Options::from_arguments().and_then(|options| run(&options)) {
        Ok(Verdict::Exploitable) => ExitCode::from(1),
        Ok(Verdict::Unknown) => ExitCode::from(2),
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("probe: {error}");
            ExitCode::from(2)
        }
    }
}

/// Probes everything; returns the worst verdict.
fn run(options: &Options) -> Result<Verdict, Trouble> {
    let offered = check_ordinary(options)?;
    let mut verdicts = Vec::new();
    for probe in PROBES {
        let (verdict, words) = match applies(probe, options, &offered) {
            Ok(()) => try_probe(probe, options),
            Err(why) => (Verdict::NotProbed, why.to_owned()),
        };
        let (rule, title) = (probe.rule, probe.title);
        println!("{rule:<4}{title:<42}{verdict:<13}{words}");
        verdicts.push(verdict);
    }
    let count = |verdict| verdicts.iter().filter(|other| **other == verdict).count();
    println!(
        "{}: {} safe, {} lax, {} exploitable, {} unknown, {} not probed",
        options.name,
        count(Verdict::Safe),
        count(Verdict::Lax),
        count(Verdict::Exploitable),
        count(Verdict::Unknown),
        count(Verdict::NotProbed),
    );
    Ok(verdicts.into_iter().max().unwrap_or(Verdict::Unknown))
}

/// An ordinary message is taken. Returns what the server offers.
fn check_ordinary(options: &Options) -> Result<Capabilities<'static>, Trouble> {
    let mut session = Session::reach(Stage::Data, options)?;
    let offered = session.offered().ok_or("no EHLO")?;
    let record = engine::run(&mut session, &table::ORDINARY, options);
    match record.replies.as_slice() {
        [code] if code.is_positive() => Ok(offered),
        _ => Err(format!("an ordinary message was not taken: {record}").into()),
    }
}

/// Whether that can be tried; if not, why.
fn applies(
    probe: &Probe,
    options: &Options,
    offered: &Capabilities<'_>,
) -> Result<(), &'static str> {
    match probe.needs {
        Needs::Offered(Extension::StartTls) if !options.starttls => {
            Err("not asked for (--starttls)")
        }
        Needs::Offered(extension) if !offered.offers(extension) => Err("not offered"),
        Needs::NotOffered(extension) if offered.offers(extension) => Err("it is offered"),
        Needs::Nothing | Needs::Offered(_) | Needs::NotOffered(_) => Ok(()),
    }
}

/// One row, on a connection of its own.
fn try_probe(probe: &Probe, options: &Options) -> Finding<String> {
    match Session::reach(probe.stage, options) {
        Ok(mut session) => judge::judge(probe, &engine::run(&mut session, probe, options)),
        Err(trouble) => (Verdict::Unknown, trouble.to_string()),
    }
}
