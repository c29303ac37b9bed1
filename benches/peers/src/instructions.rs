//! Counts instructions, which repeat from run to run where times do not.

use std::process::Command;

use crate::measure::Group;
use crate::{Result, USAGE};

/// Runs of the work in the two processes whose difference is taken, so that
/// starting up, and what is done once, cancels out.
const REPEATS: [u32; 2] = [20, 220];

/// One contender alone.
pub fn run(groups: Vec<Group>, title: &str, contender: &str, repeats: u32) -> Result<()> {
    let found = groups
        .into_iter()
        .filter(|group| group.title == title)
        .flat_map(|group| group.contenders)
        .find(|known| known.name == contender);
    found.ok_or(USAGE)?.run(repeats);
    Ok(())
}

/// Measures and prints a table.
pub fn print(subject: &str, groups: &[Group]) -> Result<()> {
    println!("instructions ({subject}), counted by valgrind --tool=callgrind");
    for group in groups {
        let mut first = None;
        println!(
            "\n{:<45} {:>12} {:>8}",
            group.title, "instructions", "x first"
        );
        for contender in group.contenders.iter().filter(|known| known.is_pure) {
            let [few, many] = REPEATS.map(|repeats| count(&group.title, &contender.name, repeats));
            let runs = f64::from(REPEATS[1] - REPEATS[0]);
            let each = (many? - few?) / runs / group.size();
            let ratio = each / *first.get_or_insert(each);
            println!("{:<45} {each:>12.1} {ratio:>8.2}", contender.name);
        }
    }
    Ok(())
}

fn count(title: &str, contender: &str, repeats: u32) -> Result<f64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args(["loop", title, contender, &repeats.to_string()])
        .output()?;
    let report = String::from_utf8_lossy(&output.stderr);
    let collected = report
        .lines()
        .find_map(|line| line.split("Collected :").nth(1));
    let collected = collected.ok_or_else(|| format!("valgrind said: {report}"))?;
    Ok(collected.trim().parse()?)
}
