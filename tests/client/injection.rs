//! Whatever text goes in, what comes out is what was asked for.

use bytes::Bytes;
use ehlo::Secret;
use ehlo::client::{BodyOptions, Client, Config, SendError};
use ehlo::codec::Syntax;
use ehlo::types::{
    AbsoluteUri, Argument, Command, Domain, Envelope, ForwardPath, HelloName, MailParameters,
    Mailbox, Mechanism, Parameter, RcptParameters, Recipient, ReversePath, SaslMessage, Verb,
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

/// Every command that a text can become, by itself or as a part of something
/// that it may pass for.
fn commands_of(text: &str) -> Vec<Command<'static>> {
    let domain = |text: &str| text.parse::<Domain<'static>>();
    let guises = [
        text.to_owned(),
        format!("<{text}@b.example>"),
        format!("<a@{text}>"),
        format!("#{text}"),
        format!("NAME={text}"),
        format!("imap://h.example/{text}"),
        format!("X-{text}"),
    ];
    let mut commands = Vec::new();
    for guise in &guises {
        if let Ok(name) = guise.parse::<HelloName<'static>>() {
            let hellos = [Command::Ehlo, Command::Helo, Command::Lhlo];
            commands.extend(hellos.map(|hello| hello(name.clone())));
        }
        let parameters = guise.parse::<MailParameters<'static>>().unwrap_or_default();
        if let Ok(reverse_path) = guise.parse::<ReversePath<'static>>() {
            let parameters = parameters.clone();
            commands.push(Command::Soml {
                reverse_path,
                parameters,
            });
        }
        commands.push(Command::Mail {
            reverse_path: ReversePath::Null,
            parameters,
        });
        let parameters = guise.parse::<RcptParameters<'static>>().unwrap_or_default();
        let forward_path = guise.parse::<ForwardPath<'static>>();
        let forward_path = forward_path.unwrap_or(ForwardPath::Postmaster);
        commands.push(Command::Rcpt {
            forward_path,
            parameters,
        });
        if let Ok(argument) = guise.parse::<Argument<'static>>() {
            commands.push(Command::Vrfy(argument.clone()));
            commands.push(Command::Expn(argument.clone()));
            commands.push(Command::Help(Some(argument.clone())));
            commands.push(Command::Noop(Some(argument)));
        }
        if let Ok(uri) = guise.parse::<AbsoluteUri<'static>>() {
            commands.push(Command::Burl { uri, last: true });
        }
        commands.extend(guise.parse().map(Command::Etrn));
        commands.extend(guise.parse().map(|domains| Command::Atrn(Some(domains))));
        commands.extend(guise.parse().map(Command::Xclient));
        commands.extend(guise.parse().map(Command::Xforward));
        commands.extend(guise.parse().map(Command::Unknown));
        commands.extend(guise.parse().map(|mechanism| Command::Auth {
            mechanism,
            initial_response: Some(SaslMessage::encode(text.as_bytes())),
        }));
        if let Ok(domain) = domain(guise) {
            commands.push(Command::Ehlo(domain.into()));
        }
    }
    commands
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
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// A6: each of them is said as what it is, on a line of its own.
    #[test]
    fn no_command_becomes_another(text in text()) {
        for command in commands_of(&text) {
            let mut client = ready_with(Config::new(), "250-PIPELINING\r\n250-AUTH LOGIN\r\n");
            match client.send(&command) {
                Ok(_) => {}
                Err(error) => {
                    prop_assert_eq!(error, SendError::LineTooLong);
                    continue;
                }
            }
            hear(&mut client, b"");
            prop_assert_eq!(read_back(&said(&mut client)), [command]);
        }
    }

    /// Nor do octets that are not for reading: chunks, and what SASL says.
    #[test]
    fn octets_stay_where_they_belong(text in text()) {
        let mut client = ready_with(Config::new(), "250-CHUNKING\r\n250-AUTH LOGIN\r\n");
        client.send_chunk(Bytes::from(text.clone()), false).unwrap();
        hear(&mut client, b"");
        let expected = format!("BDAT {}\r\n{text}", text.len());
        prop_assert_eq!(said(&mut client), expected.as_bytes());
        hear(&mut client, b"503 Whose?\r\n");
        client.authenticate(Mechanism::LOGIN, None).unwrap();
        hear(&mut client, b"");
        prop_assert_eq!(said(&mut client), b"AUTH LOGIN\r\n");
        hear(&mut client, b"334 \r\n");
        let secret = Secret::from(text.as_str());
        client.respond(&secret).unwrap();
        hear(&mut client, b"");
        let line = String::from_utf8(said(&mut client)).unwrap();
        let message = SaslMessage::try_from(line.strip_suffix("\r\n").unwrap()).unwrap();
        prop_assert_eq!(message.decode(), secret);
    }
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

/// Or else nothing was shown.
#[test]
fn texts_become_commands_of_every_kind() {
    let commands = ["a", "a.example", "LOGIN", "x;uid=1"].map(commands_of);
    let mut verbs: Vec<_> = commands
        .iter()
        .flatten()
        .map(|one| one.verb().as_str())
        .collect();
    verbs.sort_unstable();
    verbs.dedup();
    let expected =
        "ATRN AUTH BURL EHLO ETRN EXPN HELO HELP LHLO MAIL NOOP RCPT SOML VRFY XCLIENT XFORWARD";
    for verb in expected.split(' ') {
        assert!(verbs.contains(&verb), "{verb}");
    }
    assert_eq!(verbs.len(), 17, "and private ones: {verbs:?}");
}
