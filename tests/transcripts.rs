//! Every transcript, uncut: what is said and what is told is what it says.

mod support;

use support::cuts::Cut;

use support::transcript::Transcript;
use support::{client, server};

#[test]
fn servers_play_their_part() {
    let transcripts = Transcript::all();
    for transcript in transcripts.iter().filter(|one| one.is_for("server")) {
        println!("{}", transcript.name);
        server::play(transcript, Cut::Whole);
    }
}

#[test]
fn clients_play_their_part() {
    let transcripts = Transcript::all();
    for transcript in transcripts.iter().filter(|one| one.is_for("client")) {
        println!("{}", transcript.name);
        client::play(transcript, Cut::Whole);
    }
}
