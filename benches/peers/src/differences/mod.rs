//! Where smtp-proto and mailrs-smtp-proto disagree with ehlo, and who is right.

mod corpus;
mod kinds;
mod view;

use std::collections::BTreeMap;

use ehlo::types::Command;
use kinds::Right;
use view::{Refusal, View};

/// A line on which one of them disagrees with ehlo.
struct Case {
    rival: &'static str,
    line: Vec<u8>,
    what: What,
}

enum What {
    /// The rival takes what ehlo refuses.
    Taken(Refusal),
    /// The rival refuses, for that reason, what ehlo takes.
    Refused(String),
    /// Both take it for something else: which part, ehlo's value, the rival's.
    Value(&'static str, String, String),
}

impl What {
    const fn direction(&self) -> &'static str {
        match self {
            Self::Taken(_) => "takes what ehlo refuses",
            Self::Refused(_) => "refuses what ehlo takes",
            Self::Value(..) => "reads it otherwise",
        }
    }
}

type Rival = (
    &'static str,
    fn(&[u8]) -> Result<View, String>,
    fn(&Command<'_>) -> View,
);

const RIVALS: [Rival; 2] = [
    ("smtp-proto", view::smtp_proto, view::for_smtp_proto),
    ("mailrs", view::mailrs, view::for_mailrs),
];

fn case((rival, theirs, ours): Rival, line: &[u8]) -> Option<Case> {
    let what = match (view::parse(line), theirs(line)) {
        (Err(_), Err(_)) => return None,
        (Err(refusal), Ok(_)) => What::Taken(refusal),
        (Ok(_), Err(why)) => What::Refused(why),
        (Ok(command), Ok(theirs)) => {
            let (name, ours, theirs) = ours(&command).difference(&theirs)?;
            What::Value(name, ours, theirs)
        }
    };
    let line = line.to_vec();
    Some(Case { rival, line, what })
}

/// What the disagreement is about, as far as the parsers say.
fn key(case: &Case) -> String {
    match &case.what {
        What::Taken(refusal) => {
            let at =
                case.line
                    .get(refusal.offset)
                    .map_or("the end".to_owned(), |octet| match octet {
                        b'a'..=b'z' | b'A'..=b'Z' => "a letter".to_owned(),
                        b'0'..=b'9' => "a digit".to_owned(),
                        0x80.. => "non-ASCII".to_owned(),
                        octet => format!("'{}'", octet.escape_ascii()),
                    });
            let part = refusal
                .part
                .map_or("unknown verb".to_owned(), |part| format!("{part:?}"));
            format!("takes: {} {part} at {at}", refusal.verb.as_str())
        }
        What::Refused(why) => {
            let verb = case
                .line
                .split(|octet| *octet == b' ')
                .next()
                .unwrap_or_default();
            let verb = verb.to_ascii_uppercase();
            format!("refuses: {} {why}", verb.escape_ascii())
        }
        What::Value(name, ..) => format!("reads otherwise: {name}"),
    }
}

pub fn print(mutants: usize) {
    let lines = corpus::lines(mutants);
    let cases: Vec<Case> = RIVALS
        .iter()
        .flat_map(|rival| lines.iter().filter_map(|line| case(*rival, line)))
        .collect();
    println!(
        "{} lines, the same ones every time: {} disagreements with ehlo. Of each kind one example.",
        lines.len(),
        cases.len()
    );
    let mut known: BTreeMap<_, Vec<&Case>> = BTreeMap::new();
    let mut unknown: BTreeMap<_, Vec<&Case>> = BTreeMap::new();
    for case in &cases {
        let direction = case.what.direction();
        match kinds::of(case) {
            Some(kind) => known
                .entry((case.rival, direction, kind))
                .or_default()
                .push(case),
            None => unknown
                .entry((case.rival, direction, key(case)))
                .or_default()
                .push(case),
        }
    }
    let mut heading = ("", "");
    for ((rival, direction, (kind, right, why)), cases) in &known {
        if heading != (rival, *direction) {
            heading = (rival, direction);
            println!("\n{rival} {direction}");
        }
        let right = match right {
            Right::Ehlo => "ehlo is right",
            Right::Rival => "EHLO IS WRONG",
            Right::Open => "open",
        };
        println!("{:>7}  {kind}\n         {right}: {why}", cases.len());
        print_example(cases);
    }
    println!(
        "\nnot explained: {}",
        unknown.values().map(Vec::len).sum::<usize>()
    );
    for ((rival, direction, key), cases) in &unknown {
        println!("{:>7}  {rival} {direction}: {key}", cases.len());
        print_example(cases);
    }
}

fn print_example(cases: &[&Case]) {
    let shortest = cases.iter().min_by_key(|case| case.line.len());
    let shortest = shortest.expect("there is a case of each kind");
    let shown = shortest.line.escape_ascii().to_string();
    let shown = match shown.char_indices().nth(150) {
        Some((end, _)) => format!("{}...", &shown[..end]),
        None => shown,
    };
    match &shortest.what {
        What::Value(name, ours, theirs) => println!(
            "         {shown}\n         {name}: ehlo {ours:?}, {} {theirs:?}",
            shortest.rival
        ),
        _ => println!("         {shown}"),
    }
}
