//! A relay: what its server machine receives, its client machine forwards
//! while it comes. Nothing is stored, so nothing can be lost here.
//!
//! `relay --listen 127.0.0.1:2525 --to mx.example.com:25` waits for mail by
//! SMTP and takes it on by SMTP; `--lmtp` listens for LMTP (RFC 2033), and
//! `--to-lmtp` forwards by it. Every pair of the two works. Build it with the
//! feature `std`, and a message is written many slices at once.
//!
//! What to look at: `relay.rs` joins the two machines, each question of the one
//! a command of the other; `session.rs` drives both from one task, and lets the
//! next hop's pace be the sender's; `offer.rs` offers what the next hop offers;
//! `carried.rs` hands its replies back, where the protocols differ too;
//! `hops.rs` ends what goes round in a circle.

mod carried;
mod hops;
mod offer;
mod relay;
mod session;

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use ehlo::types::{Domain, Protocol};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::sleep;

/// Sessions at once. A relay that is its own next hop has used them up in a
/// moment, and says so to itself.
const SESSIONS: usize = 500;

const USAGE: &str = "\
usage: relay [OPTION …]

  --listen ADDRESS:PORT      take mail by SMTP, as often as wanted
  --lmtp ADDRESS:PORT        by LMTP
  --to HOST:PORT             forward it by SMTP
  --to-lmtp HOST:PORT        or by LMTP
  --hostname NAME            who the relay is, on both sides
";

struct Options {
    /// `--listen` and `--lmtp ADDRESS:PORT`, as often as wanted; port 0 is any.
    listeners: Vec<(Protocol, String)>,
    route: Route,
}

/// Where all mail goes.
pub(crate) struct Route {
    /// `--to` or `--to-lmtp HOST:PORT`.
    pub(crate) protocol: Protocol,
    pub(crate) next_hop: String,
    /// `--hostname NAME`: who the relay is, on both sides.
    pub(crate) hostname: Domain<'static>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("relay: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let options = Options::from_arguments()?;
    let route = Arc::new(options.route);
    let sessions = Arc::new(Semaphore::new(SESSIONS));
    let mut accepting = tokio::task::JoinSet::new();
    for (protocol, address) in options.listeners {
        let listener = TcpListener::bind(address).await?;
        println!("listening on {} ({protocol:?})", listener.local_addr()?);
        accepting.spawn(accept(
            listener,
            protocol,
            Arc::clone(&route),
            Arc::clone(&sessions),
        ));
    }
    accepting.join_all().await;
    Ok(())
}

async fn accept(
    listener: TcpListener,
    protocol: Protocol,
    route: Arc<Route>,
    sessions: Arc<Semaphore>,
) {
    loop {
        match listener.accept().await {
            Ok((sender, peer)) => {
                let Ok(permit) = Arc::clone(&sessions).try_acquire_owned() else {
                    // RFC 5321 §3.8; whoever does not hear it hears nothing.
                    let said = format!("421 {} Too many sessions\r\n", route.hostname);
                    let _ = sender.try_write(said.as_bytes());
                    continue;
                };
                let session = session::serve(sender, peer, protocol, Arc::clone(&route));
                tokio::spawn(async move {
                    if let Err(error) = session.await {
                        eprintln!("relay: {peer}: {error}");
                    }
                    drop(permit);
                });
            }
            // Out of file descriptors, most likely: others have to end first.
            Err(error) => {
                eprintln!("relay: {error}");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

impl Options {
    fn from_arguments() -> Result<Self, Box<dyn Error>> {
        use lexopt::prelude::*;

        let mut listeners = Vec::new();
        let mut next_hop = None;
        let mut hostname = "relay.example".to_owned();
        let mut arguments = lexopt::Parser::from_env();
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("help") => {
                    print!("{USAGE}");
                    std::process::exit(0);
                }
                Long("listen") => listeners.push((Protocol::Smtp, arguments.value()?.string()?)),
                Long("lmtp") => listeners.push((Protocol::Lmtp, arguments.value()?.string()?)),
                Long("to") => next_hop = Some((Protocol::Smtp, arguments.value()?.string()?)),
                Long("to-lmtp") => next_hop = Some((Protocol::Lmtp, arguments.value()?.string()?)),
                Long("hostname") => hostname = arguments.value()?.string()?,
                _ => return Err(argument.unexpected().into()),
            }
        }
        if listeners.is_empty() {
            return Err("--listen ADDRESS:PORT or --lmtp ADDRESS:PORT is missing".into());
        }
        let (protocol, next_hop) =
            next_hop.ok_or("--to HOST:PORT or --to-lmtp HOST:PORT is missing")?;
        let route = Route {
            protocol,
            next_hop,
            hostname: hostname.parse()?,
        };
        Ok(Self { listeners, route })
    }
}
