//! Whatever text goes in, what comes out is what was asked for.

use bytes::Bytes;
use ehlo::Secret;
use ehlo::client::{BodyOptions, Client, Config, SendError};
use ehlo::codec::Syntax;
use ehlo::types::{
    Argument, Command, Envelope, HelloName, Mailbox, Mechanism, Parameter, Recipient, Verb,
};
use proptest::prelude::*;

use super::{hear, ready_with, said};

/// Any text at all, with a taste for what injects.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "\\PC{0,8}",
        "[a-z.@<>\" \\\\=;+-]{0,12}",
        Just("\r\nRCPT TO:<evil@d.example>\r\n".to_owned()),
        Just("\r\n.\r\nMAIL FROM:<evil@d.example>".to_owned()),
        Just("> SIZE=1 <".to_owned()),
        Just("a@b.example".to_owned()),
        Just("\"a\r\nb\"@c.example".to_owned()),
        Just("\n".to_owned()),
        Just("\r".to_owned()),
        Just("\0".to_owned()),
        Just("NOOP x".to_owned()),
    ];
    prop::collection::vec(piece, 1..4).prop_map(|pieces| pieces.concat())
}

/// The commands on the wire, each read back strictly but for UTF-8.
fn read_back(octets: &[u8]) -> Vec<Command<'static>> {
    let text = octets.strip_suffix(b"\r\n");
    let Some(text) = text else {
        assert!(octets.is_empty(), "{}", octets.escape_ascii());
        return Vec::new();
    };
    let mut syntax = Syntax::STRICT;
    syntax.odd_hello_names = true;
    text.split(|&octet| octet == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .map(|line| Command::parse(line, &syntax).unwrap().into_owned())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// A6: whatever text goes into whatever makes a command, what comes out are
    /// the commands that were asked for, one line each.
    #[test]
    fn nothing_injects(texts in prop::collection::vec(text(), 8)) {
        let [from, to, parameter, argument, name, line, local, initial] = &texts[..] else {
            unreachable!();
        };
        let mut expected = Vec::new();
        let mut config = Config::new();
        config.parameters = config.parameters.with_unknown(ehlo::client::WhenNotOffered::Send);
        let mut client = ready_with(config, "250-PIPELINING\r\n250-SMTPUTF8\r\n250-AUTH PLAIN\r\n");
        let mut send = |client: &mut Client, command: Command<'_>| {
            match client.send(&command) {
                Ok(_) => expected.push(command.into_owned()),
                Err(error) => assert!(matches!(error, SendError::LineTooLong)),
            }
        };
        let argument = Argument::try_from(argument.as_str()).map(Argument::into_owned);
        if let Ok(argument) = &argument {
            send(&mut client, Command::Noop(Some(argument.clone())));
            send(&mut client, Command::Vrfy(argument.clone()));
            send(&mut client, Command::Expn(argument.clone()));
            send(&mut client, Command::Help(Some(argument.clone())));
        }
        if let Ok(name) = name.parse::<HelloName<'static>>() {
            send(&mut client, Command::Ehlo(name));
        }
        let is_plain = |command: &Command<'_>| {
            !matches!(command.verb(), Verb::Data | Verb::Bdat | Verb::StartTls | Verb::Auth | Verb::Quit)
        };
        if let Ok(command) = Command::parse(line.as_bytes(), &Syntax::STRICT) {
            if is_plain(&command) {
                send(&mut client, command);
            }
        }
        // Each is answered in its turn.
        let mut heard = Vec::new();
        for _ in 0..12 {
            hear(&mut client, b"");
            let octets = said(&mut client);
            let commands = read_back(&octets);
            for _ in &commands {
                hear(&mut client, b"550 No\r\n");
            }
            heard.extend(commands);
        }
        prop_assert_eq!(&heard, &expected);

        // The envelope, with everything that will be an address or a parameter.
        let from = from.parse::<Mailbox<'static>>();
        let from = from.or_else(|_| format!("{local}@b.example").parse::<Mailbox<'static>>());
        let to = to.parse::<Mailbox<'static>>();
        let mut envelope = Envelope::new(from.unwrap_or("a@b.example".parse().unwrap()));
        let mut recipient = Recipient::from(to.unwrap_or("c@d.example".parse().unwrap()));
        if let Ok(parameter) = Parameter::try_from(parameter.as_str()) {
            let parameters = std::mem::take(&mut recipient.parameters);
            recipient.parameters = match parameters.clone().with(&parameter) {
                Ok(with) => with,
                Err(_) => parameters,
            };
            let parameters = std::mem::take(&mut envelope.parameters);
            envelope.parameters = match parameters.clone().with(&parameter) {
                Ok(with) => with,
                Err(_) => parameters,
            };
        }
        let envelope = envelope.to(recipient);
        if client.deliver(envelope.clone(), BodyOptions::new()).is_ok() {
            hear(&mut client, b"");
            let heard = read_back(&said(&mut client));
            prop_assert_eq!(heard.len(), 3);
            let Command::Mail { reverse_path, .. } = &heard[0] else { panic!() };
            prop_assert_eq!(reverse_path, &envelope.reverse_path);
            let Command::Rcpt { forward_path, .. } = &heard[1] else { panic!() };
            prop_assert_eq!(forward_path, &envelope.recipients[0].forward_path);
            prop_assert_eq!(&heard[2], &Command::Data);
            hear(&mut client, b"250 Ok\r\n250 Ok\r\n354 Go\r\n");
            // And the message (A2): it ends where it ends.
            let mut body = client.body().unwrap();
            body.set_line_ends(ehlo::codec::LineEnds::Normalize);
            for text in &texts {
                body.write(Bytes::from(text.clone())).unwrap();
            }
            body.finish().unwrap();
            let octets = [b"\r\n".to_vec(), said(&mut client)].concat();
            let ends: Vec<_> = octets
                .windows(5)
                .enumerate()
                .filter(|(_, window)| window == b"\r\n.\r\n")
                .map(|(at, _)| at)
                .collect();
            prop_assert_eq!(ends, [octets.len() - 5]);
            let bare = octets.iter().enumerate().any(|(at, &octet)| match octet {
                b'\r' => octets.get(at + 1) != Some(&b'\n'),
                b'\n' => octets[at - 1] != b'\r',
                _ => false,
            });
            prop_assert!(!bare);
            hear(&mut client, b"250 Ok\r\n");
        }
        // And a secret: base64, whatever it holds.
        if client.is_reusable() {
            let initial = Secret::from(initial.as_str());
            client.authenticate(Mechanism::PLAIN, Some(&initial)).unwrap();
            hear(&mut client, b"");
            let heard = read_back(&said(&mut client));
            let [Command::Auth { initial_response: Some(response), .. }] = &heard[..] else {
                panic!("{heard:?}");
            };
            prop_assert_eq!(response.decode(), initial);
        }
    }
}
