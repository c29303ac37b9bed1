//! A complete mail sender on tokio and rustls: what the crate's client machine
//! can do, from one message to a load of them.
//!
//! `sendmail --connect HOST:PORT --from A --to B [FILE …]` sends each FILE, or
//! standard input, and prints a line for each recipient with the reply that
//! decided about it. Exit status: 0 all accepted, 1 some refused, 2 a session
//! failed. With `--count` and `--connections` it is a load generator;
//! `options.rs` has the other options.
//!
//! What to look at: `session.rs` is the driver loop, and makes calls to be awaited
//! of the machine's events; `delivery.rs` gets a message to everybody whom the
//! server would take, over as many transactions and connections as that needs;
//! `message.rs` finds out what a message asks of the server, and reads it as it
//! is sent. The rest is sockets, TLS, results and the command line.

mod auth;
mod connection;
mod delivery;
mod message;
mod options;
mod results;
mod session;
mod tls;

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

use ehlo::client::Config;
use ehlo::types::Protocol;
use tokio::task::JoinSet;

use delivery::Work;
use message::Message;
use options::Options;
use results::Results;
use session::Settings;

fn main() -> ExitCode {
    let run = || -> Result<ExitCode, Box<dyn Error>> {
        let options = Options::from_arguments()?;
        tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?
            .block_on(run(options))
    };
    run().unwrap_or_else(|error| {
        eprintln!("sendmail: {error}");
        ExitCode::from(2)
    })
}

async fn run(options: Options) -> Result<ExitCode, Box<dyn Error>> {
    let messages = match options.files.as_slice() {
        [] => vec![Message::from_stdin()?],
        files => files
            .iter()
            .map(|path| Message::from_file(path))
            .collect::<Result<_, _>>()?,
    };
    let results = Arc::new(Results::new(&options, &messages));
    let settings = Settings {
        config: config(&options),
        tls: tls::connector(&options)?,
        results: Arc::clone(&results),
        options,
    };
    let work = Arc::new(Work::new(settings, messages));
    let progress = tokio::spawn(Arc::clone(&results).show_progress());
    let mut connections = JoinSet::new();
    for number in 1..=work.connections() {
        connections.spawn(Arc::clone(&work).run(number));
    }
    connections.join_all().await;
    work.tell_rest();
    progress.abort();
    Ok(results.finish())
}

/// How the machine is to speak.
fn config(options: &Options) -> Arc<Config> {
    let mut config = Config::new();
    config.pipelining = options.pipelining;
    if options.lmtp {
        config.protocol = Protocol::Lmtp;
    }
    Arc::new(config)
}
