//! `--trace`: what is said, a line each. It shows events and not octets, and
//! what is secret in an event does not show.

use ehlo::server::{Event, SessionId};

/// What the client has said.
pub(crate) fn event(SessionId(id): SessionId, event: &Event) {
    println!("{id} C: {}", describe(event));
}

/// What is said to the client.
pub(crate) fn output(SessionId(id): SessionId, octets: &[u8]) {
    for line in String::from_utf8_lossy(octets).lines() {
        println!("{id} S: {line}");
    }
}

fn describe(event: &Event) -> String {
    match event {
        Event::Hello(hello) => format!("{} {}", hello.verb, hello.name),
        Event::Mail(mail) => format!("MAIL FROM:{} {:?}", mail.reverse_path, mail.parameters),
        Event::Rcpt(rcpt) => format!("RCPT TO:{} {:?}", rcpt.forward_path, rcpt.parameters),
        Event::Data(data) => format!("DATA or BDAT, {:?}, {:?}", data.transfer, data.body),
        Event::Body(octets) => format!("({} octets)", octets.len()),
        Event::Message(message) => match message.recipient {
            Some(index) => format!("(end of message, for recipient {index})"),
            None => format!("(end of message, {} octets)", message.octets),
        },
        Event::Auth(auth) => {
            let initial = auth.initial_response.as_ref();
            let initial = initial.map_or(String::new(), |secret| format!(" {secret}"));
            format!("AUTH {}{initial}", auth.mechanism)
        }
        Event::AuthResponse(auth) => auth.response.to_string(),
        Event::StartTls(_) => "STARTTLS".to_owned(),
        Event::Handover => "(TLS handshake)".to_owned(),
        Event::Reset => "RSET".to_owned(),
        Event::Verify(verify) => format!("VRFY {}", verify.argument),
        Event::Expand(expand) => format!("EXPN {}", expand.argument),
        Event::Etrn(etrn) => format!("ETRN {}", etrn.target),
        Event::Xclient(xclient) => format!("XCLIENT {}", xclient.attributes),
        Event::Xforward(xforward) => format!("XFORWARD {}", xforward.attributes),
        Event::Refused(refused) => match refused.error {
            Some(error) => format!("{} (refused: {error})", refused.verb),
            None => format!("{} (refused)", refused.verb),
        },
        Event::Connect(_) => "(connected)".to_owned(),
        Event::Aborted(reason) => format!("(message given up: {reason})"),
        Event::Closed(reason) => format!("(closed: {reason})"),
        other => format!("{other:?}"),
    }
}
