//! How reads are cut makes no difference: every transcript octet by octet, and
//! cut in two at every octet, gives what it gives uncut.

mod support;

use support::cuts::Cut;
use support::transcript::Transcript;
use support::{client, server};

/// Beyond that a transcript is not cut at every octet, for time's sake.
const LONGEST: usize = 4096;

/// The cuts of a peer that sends so many octets.
fn cuts(octets: usize) -> impl Iterator<Item = Cut> {
    std::iter::once(Cut::Octets).chain((1..octets.min(LONGEST)).map(Cut::At))
}

#[test]
fn servers_do_not_care_how_reads_are_cut() {
    let transcripts = Transcript::all();
    let is_cut = |one: &&Transcript| one.is_for("server") && !one.only_whole;
    for transcript in transcripts.iter().filter(is_cut) {
        let whole = server::play(transcript, Cut::Whole);
        for cut in cuts(transcript.octets_of(true).len()) {
            let outcome = server::play(transcript, cut);
            assert_eq!(outcome, whole, "{} ({cut:?})", transcript.name);
        }
    }
}

#[test]
fn clients_do_not_care_how_reads_are_cut() {
    let transcripts = Transcript::all();
    for transcript in transcripts.iter().filter(|one| one.is_for("client")) {
        for cut in cuts(transcript.octets_of(false).len()) {
            client::play(transcript, cut);
        }
    }
}
