//! A whole conversation, and no sockets: a client machine and a server machine
//! in memory, a message for three recipients of whom one is refused.
//!
//! `conversation [FILE]` prints the dialogue as `C:` and `S:` lines, then what
//! became of each recipient. Without FILE it sends a message of its own.
//!
//! What to look at: [`main`] joins the two machines, octets from the output of
//! one into the input of the other; [`client_side`] and [`server_side`] are all
//! that an application has to say to them.

use std::error::Error;
use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use ehlo::Timestamp;
use ehlo::client::{self, BodyOptions, Client, Opening};
use ehlo::codec::LineEnds;
use ehlo::server::{self, MessageAccepted, Rejection, Security, Server, SessionId};
use ehlo::types::{BodyType, Domain, Envelope, Mailbox};

fn main() -> Result<(), Box<dyn Error>> {
    let message = match std::env::args_os().nth(1) {
        Some(path) => std::fs::read(path)?,
        None => include_bytes!("message.eml").to_vec(),
    };
    // Time stands still: nothing in memory is slow.
    let now = Timestamp::ZERO;
    let mut client = Client::new(Arc::new(client::Config::new()), now);
    client.open(Opening::new(
        Domain::try_from("client.example")?.into_owned(),
    ))?;
    let config = server::Config::new(Domain::try_from("mx.example")?);
    let mut server = Server::new(Arc::new(config), SessionId(1), Security::Plain, now);

    let mut sending = Sending::new(Bytes::from(message))?;
    let mut received = Vec::new();
    let (mut to_client, mut to_server) = (BytesMut::new(), BytesMut::new());
    while !(client.is_closed() && server.is_closed()) {
        while let Some(event) = server.poll_event(now, &mut to_server) {
            server_side(&mut server, event, &mut received);
        }
        carry("S", server.output(), &mut to_client);
        while let Some(event) = client.poll_event(now, &mut to_client) {
            client_side(&mut client, event, &mut sending)?;
        }
        carry("C", client.output(), &mut to_server);
    }
    println!("\nThe server has a message of {} octets.", received.len());
    Ok(())
}

/// Moves octets from one machine to the other, and shows them.
fn carry(who: &str, output: &mut impl Buf, input: &mut BytesMut) {
    let octets = output.copy_to_bytes(output.remaining());
    for line in octets.split_inclusive(|&octet| octet == b'\n') {
        println!("{who}: {}", String::from_utf8_lossy(line).trim_end());
    }
    input.extend_from_slice(&octets);
}

/// What the client is to send.
struct Sending {
    envelope: Option<Envelope>,
    message: Bytes,
}

impl Sending {
    fn new(message: Bytes) -> Result<Self, Box<dyn Error>> {
        let mailbox = |text: &str| text.parse::<Mailbox<'static>>();
        let mut envelope = Envelope::new(mailbox("alice@client.example")?);
        for recipient in ["bob@mx.example", "nobody@mx.example", "carol@mx.example"] {
            envelope = envelope.to(mailbox(recipient)?);
        }
        Ok(Self {
            envelope: Some(envelope),
            message,
        })
    }
}

/// The application on the client's side.
fn client_side(
    client: &mut Client,
    event: client::Event,
    sending: &mut Sending,
) -> Result<(), Box<dyn Error>> {
    match event {
        client::Event::Ready(_) => {
            if let Some(envelope) = sending.envelope.take() {
                let body_type = match sending.message.is_ascii() {
                    true => BodyType::SevenBit,
                    false => BodyType::EightBitMime,
                };
                let options = BodyOptions::new()
                    .with_type(body_type)
                    .with_line_ends(LineEnds::Normalize);
                client.deliver(envelope, options)?;
            }
        }
        client::Event::BodyWanted(_) => {
            if let Some(mut body) = client.body() {
                // A long message is written in chunks, as the output drains.
                body.write(sending.message.clone())?;
                body.finish()?;
            }
        }
        client::Event::Report(_, report) => {
            println!();
            for recipient in report.recipients() {
                let path = &recipient.recipient.forward_path;
                let reply = recipient.reply.map(ToString::to_string);
                println!(
                    "{path}: {:?}, {}",
                    recipient.outcome,
                    reply.unwrap_or_default()
                );
            }
            println!();
            client.quit();
        }
        _ => {}
    }
    Ok(())
}

/// The application on the server's side: everybody but `nobody` is welcome.
fn server_side(server: &mut Server, event: server::Event, received: &mut Vec<u8>) {
    use server::Event;

    let answered = match event {
        Event::Connect(question) => server.answer(question, Ok(Default::default())).is_ok(),
        Event::Hello(question) => server.answer(question, Ok(Default::default())).is_ok(),
        Event::Mail(question) => server.answer(question, Ok(Default::default())).is_ok(),
        Event::Rcpt(question) => {
            let answer = match question.forward_path.as_str().starts_with("nobody@") {
                true => Err(Rejection::NO_SUCH_MAILBOX),
                false => Ok(Default::default()),
            };
            server.answer(question, answer).is_ok()
        }
        Event::Data(question) => server.answer(question, Ok(Default::default())).is_ok(),
        Event::Body(octets) => {
            received.extend_from_slice(&octets);
            true
        }
        Event::Message(question) => {
            let answer = MessageAccepted::queued_as("1").map_err(|_| Rejection::LOCAL_ERROR);
            server.answer(question, answer).is_ok()
        }
        _ => true,
    };
    assert!(answered, "nothing is late where time stands still");
}
