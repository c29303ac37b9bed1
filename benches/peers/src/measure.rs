//! Times several contenders at the same work, in turns.
//!
//! A round times each contender once, for about [`SAMPLE`]; each round begins
//! with another one. What is printed are medians: of the times, and of the
//! ratios within one round, which a machine that is slow for a while changes
//! much less than the times.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::allocations;

/// How long a contender runs within a round, about.
const SAMPLE: Duration = Duration::from_micros(400);

pub struct Options {
    pub rounds: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { rounds: 301 }
    }
}

/// Adds up what is measured of each piece of work it is given.
pub enum Meter {
    Time(Duration),
    Allocations(u64),
}

impl Meter {
    fn measure(&mut self, work: impl FnOnce()) {
        match self {
            Self::Time(time) => {
                let start = Instant::now();
                work();
                *time += start.elapsed();
            }
            Self::Allocations(count) => *count += allocations::during(work),
        }
    }
}

/// Does its work so many times, under the meter.
type Run = Box<dyn FnMut(u32, &mut Meter)>;

pub struct Contender {
    pub name: String,
    run: Run,
    /// Whether all it does is what is measured, so that callgrind can count it.
    pub is_pure: bool,
}

/// What one unit of the table is.
#[derive(Clone, Copy)]
pub enum Unit {
    /// So many of them in one run of the work.
    Each(&'static str, usize),
    /// So many octets in one run of the work.
    Octets(usize),
}

pub struct Group {
    /// `subject: what`, without blanks in front of the colon.
    pub title: String,
    pub unit: Unit,
    pub contenders: Vec<Contender>,
}

impl Group {
    pub fn new(title: impl Into<String>, unit: Unit) -> Self {
        Self {
            title: title.into(),
            unit,
            contenders: Vec::new(),
        }
    }

    /// Adds a contender. The first is the one that the others are compared to.
    pub fn add(&mut self, name: impl Into<String>, mut work: impl FnMut() + 'static) {
        self.contenders.push(Contender {
            name: name.into(),
            is_pure: true,
            run: Box::new(move |repeats, meter| {
                meter.measure(|| {
                    for _ in 0..repeats {
                        work();
                    }
                });
            }),
        });
    }

    /// Adds a contender whose `work` needs something fresh each time, which
    /// `prepare` makes and nobody measures. For work that takes microseconds.
    pub fn add_prepared<T: 'static>(
        &mut self,
        name: impl Into<String>,
        mut prepare: impl FnMut() -> T + 'static,
        mut work: impl FnMut(&mut T) + 'static,
    ) {
        self.contenders.push(Contender {
            name: name.into(),
            is_pure: false,
            run: Box::new(move |repeats, meter| {
                for _ in 0..repeats {
                    let mut prepared = prepare();
                    meter.measure(|| work(&mut prepared));
                    drop(black_box(prepared));
                }
            }),
        });
    }

    /// Octets or items in one run of the work.
    pub fn size(&self) -> f64 {
        match self.unit {
            Unit::Each(_, items) => items as f64,
            Unit::Octets(octets) => octets as f64,
        }
    }
}

impl Contender {
    pub fn run(&mut self, repeats: u32) -> Duration {
        let mut meter = Meter::Time(Duration::ZERO);
        (self.run)(repeats, &mut meter);
        match meter {
            Meter::Time(time) => time,
            Meter::Allocations(_) => Duration::ZERO,
        }
    }

    /// The number of repeats that take about one sample. Warms up as well.
    fn calibrate(&mut self) -> u32 {
        let mut repeats = 1;
        loop {
            let elapsed = self.run(repeats);
            if elapsed * 4 >= SAMPLE {
                let scale = SAMPLE.as_secs_f64() / elapsed.as_secs_f64().max(1e-9);
                return ((f64::from(repeats) * scale) as u32).max(1);
            }
            repeats *= 2;
        }
    }

    fn allocations(&mut self) -> f64 {
        const REPEATS: u32 = 8;
        self.run(1);
        let mut meter = Meter::Allocations(0);
        (self.run)(REPEATS, &mut meter);
        match meter {
            Meter::Allocations(count) => count as f64 / f64::from(REPEATS),
            Meter::Time(_) => 0.0,
        }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Times of every contender, one for each round, in seconds for one run.
fn rounds(contenders: &mut [Contender], rounds: usize) -> Vec<Vec<f64>> {
    let repeats: Vec<u32> = contenders.iter_mut().map(Contender::calibrate).collect();
    let mut times = vec![Vec::with_capacity(rounds); contenders.len()];
    for round in 0..rounds {
        for turn in 0..contenders.len() {
            let this = (round + turn) % contenders.len();
            let elapsed = contenders[this].run(repeats[this]);
            times[this].push(elapsed.as_secs_f64() / f64::from(repeats[this]));
        }
    }
    times
}

/// Measures and prints a table.
pub fn print(mut group: Group, options: &Options) {
    let times = rounds(&mut group.contenders, options.rounds);
    let size = group.size();
    let medians: Vec<f64> = times.iter().cloned().map(median).collect();
    let fastest = (0..medians.len())
        .min_by(|a, b| medians[*a].total_cmp(&medians[*b]))
        .expect("a group has contenders");
    let ratio = |this: usize, other: usize| {
        let ratios = times[this].iter().zip(&times[other]).map(|(a, b)| a / b);
        median(ratios.collect())
    };
    let (unit, allocated) = match group.unit {
        Unit::Each(what, _) => (format!("ns/{what}"), format!("allocs/{what}")),
        Unit::Octets(_) => ("GB/s".to_owned(), "allocs/run".to_owned()),
    };
    let first = group.contenders[0].name.clone();
    println!("\n{}", group.title);
    println!(
        "{:<34} {:>12} {:>10} {:>10} {:>13}   time as a multiple of: {first}, the fastest",
        "", unit, "x first", "x fastest", allocated
    );
    for (this, contender) in group.contenders.iter_mut().enumerate() {
        let (figure, allocations) = match group.unit {
            Unit::Each(..) => (medians[this] * 1e9 / size, contender.allocations() / size),
            Unit::Octets(_) => (size / medians[this] / 1e9, contender.allocations()),
        };
        println!(
            "{:<34} {figure:>12.1} {:>10.2} {:>10.2} {allocations:>13.2}",
            contender.name,
            ratio(this, 0),
            ratio(this, fastest),
        );
    }
}
