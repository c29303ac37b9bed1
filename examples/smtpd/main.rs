//! A small, complete mail server on tokio and rustls: every extension of the
//! crate's server machine, on as many ports as wanted.
//!
//! `smtpd --listen 127.0.0.1:2525 --maildir DIR --self-signed --user me
//! --password secret` takes whatever mail comes and stores each message as
//! `DIR/<id>.eml` and `DIR/<id>.json`; `options.rs` has the other options.
//!
//! What to look at: `session.rs` is the driver loop, a page for every session of
//! every protocol; `application.rs` is what this server does about the events;
//! `config.rs` is what it offers; `spool.rs` keeps the promise that a 250 makes;
//! `sasl.rs` lets clients in. The rest is sockets, TLS and the command line.

mod application;
mod config;
mod connection;
mod null;
mod options;
mod sasl;
mod session;
mod spool;
mod tls;
mod trace;

use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use ehlo::server::{Config, SessionId};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use application::Service;
use connection::Connection;
use options::{Kind, Mode, Options};

/// How long sessions may take to end when the server stops.
const GRACE: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    let run = || -> Result<(), Box<dyn Error>> {
        let options = Options::from_arguments()?;
        tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?
            .block_on(run(options))
    };
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("smtpd: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), Box<dyn Error>> {
    let tls = tls::acceptor(&options)?;
    let (stop, stopping) = watch::channel(false);
    let mut listeners = Vec::new();
    for (kind, address) in &options.listeners {
        let config = Arc::new(config::config(&options, *kind, tls.is_some())?);
        let listener = TcpListener::bind(address).await?;
        listeners.push((*kind, config, listener));
    }
    let service = Arc::new(Service::new(options, tls)?);
    // Bound all of them, before any is announced.
    for (kind, config, listener) in listeners {
        println!("listening on {} ({kind})", listener.local_addr()?);
        let (service, stopping) = (Arc::clone(&service), stopping.clone());
        tokio::spawn(accept(listener, kind, config, service, stopping));
    }
    drop(stopping);

    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    stop.send_replace(true);
    // Every session holds a receiver for as long as it lasts.
    let _ = timeout(GRACE + Duration::from_secs(1), stop.closed()).await;
    Ok(())
}

/// Takes connections until the server stops.
async fn accept(
    listener: TcpListener,
    kind: Kind,
    config: Arc<Config>,
    service: Arc<Service>,
    mut stopping: watch::Receiver<bool>,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopping.changed() => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                let session = start(
                    stream,
                    peer,
                    kind,
                    Arc::clone(&config),
                    Arc::clone(&service),
                    stopping.clone(),
                );
                tokio::spawn(session);
            }
            // Out of file descriptors, most likely: others have to end first.
            Err(error) => {
                eprintln!("smtpd: {error}");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// One connection, from its first octet to its last.
async fn start(
    stream: TcpStream,
    peer: SocketAddr,
    kind: Kind,
    config: Arc<Config>,
    service: Arc<Service>,
    stopping: watch::Receiver<bool>,
) {
    let id = service.next_session();
    let trace = service.options.trace.then_some(id);
    let ended = match service.options.mode {
        Mode::Null => null::serve(stream).await,
        _ => serve(stream, peer, kind, config, service, id, stopping).await,
    };
    // That peers vanish is nothing to tell of, unless asked for.
    if let (Some(SessionId(id)), Err(error)) = (trace, ended) {
        println!("{id} {error}");
    }
}

async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    kind: Kind,
    config: Arc<Config>,
    service: Arc<Service>,
    id: SessionId,
    stopping: watch::Receiver<bool>,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut connection = Connection::new(stream);
    if let (Kind::Smtps, Some(tls)) = (kind, &service.tls) {
        connection = timeout(tls::HANDSHAKE, connection.accept_tls(tls)).await??;
    }
    session::serve(connection, config, id, service, peer, stopping).await
}
