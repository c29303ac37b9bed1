//! Every transcript, uncut: what is said and what is told is what it says.

mod support;

use support::cuts::Cut;

use support::transcript::Transcript;
use support::{client, server};

#[test]
fn servers_play_their_part() {
    let transcripts = Transcript::all();
    let is_wrong = |one: &&Transcript| {
        let play = || server::play(one, Cut::Whole);
        one.is_for("server") && std::panic::catch_unwind(play).is_err()
    };
    let wrong: Vec<_> = transcripts.iter().filter(is_wrong).collect();
    let wrong: Vec<_> = wrong.iter().map(|one| one.name.as_str()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn clients_play_their_part() {
    let transcripts = Transcript::all();
    for transcript in transcripts.iter().filter(|one| one.is_for("client")) {
        println!("{}", transcript.name);
        client::play(transcript, Cut::Whole);
    }
}
