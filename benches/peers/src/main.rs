//! ehlo and its rivals on the same bytes in one run. See the README.

mod allocations;
mod commands;
mod data;
mod differences;
mod instructions;
mod measure;
mod replies;
mod send;
mod session;
mod shared;

use lexopt::prelude::*;
use measure::{Group, Options};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const USAGE: &str = "\
usage: peers commands|replies|data|session|send [--rounds N]   a table of times
       peers instructions commands|replies|session|send       the same in instructions, by callgrind
       peers differences [--mutants N]                        where smtp-proto and mailrs disagree with ehlo
       peers loop GROUP CONTENDER REPEATS                     one contender alone, for a profiler";

/// Everything that is measured under one name.
fn groups(subject: &str) -> Result<Vec<Group>> {
    Ok(match subject {
        "commands" => commands::groups(),
        "replies" => replies::groups(),
        "data" => data::groups(),
        "session" => session::groups(),
        "send" => send::groups(),
        _ => return Err(USAGE.into()),
    })
}

fn main() -> Result<()> {
    let mut words = Vec::new();
    let mut options = Options::default();
    let mut mutants = 200_000;
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("rounds") => options.rounds = arguments.value()?.parse()?,
            Long("mutants") => mutants = arguments.value()?.parse()?,
            Value(word) => words.push(word.string()?),
            _ => return Err(USAGE.into()),
        }
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["differences"] => differences::print(mutants),
        ["instructions", subject] => instructions::print(subject, &groups(subject)?)?,
        ["loop", title, contender, repeats] => {
            let repeats = repeats.parse()?;
            let subject = title.split(':').next().unwrap_or(title);
            instructions::run(groups(subject)?, title, contender, repeats)?;
        }
        [subject] => {
            for group in groups(subject)? {
                measure::print(group, &options);
            }
            match subject {
                "commands" => commands::print_validity(),
                "replies" => replies::print_validity(),
                _ => {}
            }
        }
        _ => return Err(USAGE.into()),
    }
    Ok(())
}
