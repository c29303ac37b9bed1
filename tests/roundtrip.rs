//! What is written reads back as itself; nothing makes a parser panic.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use ehlo::codec::{Syntax, unitext, xtext};
use ehlo::types::{
    AbsoluteUri, Argument, Attribute, AttributeValue, BodyType, ByMode, Capabilities, Capability,
    Command, DateTime, DeliverBy, Domain, DomainList, EnhancedCode, EtrnTarget, Extension,
    ForwardPath, GeneralLiteral, HelloName, Host, Limits, LocalPart, MailParameters, Mailbox,
    Mechanism, MessageTracking, NoSupportAction, Notify, OriginalRecipient, Parameter, Priority,
    QueueName, RcptParameters, Reply, ReplyCode, Ret, ReversePath, SaslLine, SaslMessage,
    SubmitterIdentity, UnknownCommand, ValidSince, XclientAttributes, XforwardAttributes,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// Any printable text, often with what needs an escape.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,40}",
        "[a-z+= \\\\\"@<>\u{e9}\u{4f8b}\u{1f600}]{0,20}",
        "[^\\x00-\\x1f\\x7f]{0,20}",
    ]
}

fn domain() -> impl Strategy<Value = Domain<'static>> {
    "[a-zA-Z0-9\u{e9}]{1,8}(-{0,2}[a-z0-9]{1,5}){0,2}(\\.[a-z0-9]{1,8}(-[a-z0-9]{1,5}){0,2}){0,4}"
        .prop_map(|name| name.parse().unwrap())
}

fn ascii_domain() -> impl Strategy<Value = Domain<'static>> {
    "[a-zA-Z0-9]{1,8}(\\.[a-z0-9]{1,8}(-[a-z0-9]{1,5}){0,2}){1,4}"
        .prop_map(|name| name.parse().unwrap())
}

fn host() -> impl Strategy<Value = Host<'static>> {
    prop_oneof![
        4 => domain().prop_map(Host::Domain),
        1 => any::<[u8; 4]>().prop_map(|octets| Host::Ipv4(octets.into())),
        1 => any::<[u16; 8]>().prop_map(|groups| Host::Ipv6(groups.into())),
        1 => ("[a-z]{1,5}-[a-z0-9]{1,5}", "[!-Z^-~]{1,20}").prop_map(|(tag, content)| {
            Host::General(GeneralLiteral::new(&tag, &content).unwrap())
        }),
    ]
}

fn local_part() -> impl Strategy<Value = LocalPart<'static>> {
    text().prop_filter_map("too long", |text| LocalPart::from_content(&text).ok())
}

fn mailbox() -> impl Strategy<Value = Mailbox<'static>> {
    (local_part(), host()).prop_map(|(local_part, host)| Mailbox::new(&local_part, &host).unwrap())
}

fn date() -> impl Strategy<Value = DateTime> {
    (-62_167_219_200_i64..=253_402_300_799, -1439..=1439_i16).prop_map(|(seconds, offset)| {
        DateTime::from_unix(seconds)
            .unwrap()
            .at_offset(offset)
            .unwrap()
    })
}

fn utc_date() -> impl Strategy<Value = DateTime> {
    (-62_167_219_200_i64..=253_402_300_799)
        .prop_map(|seconds| DateTime::from_unix(seconds).unwrap())
}

fn deliver_by() -> impl Strategy<Value = DeliverBy> {
    (-999_999_999..=999_999_999_i32, any::<[bool; 2]>()).prop_map(|(seconds, [returned, trace])| {
        let by = if returned && seconds > 0 {
            DeliverBy::new(seconds, ByMode::Return)
        } else {
            DeliverBy::new(seconds, ByMode::Notify)
        };
        by.unwrap().with_trace(trace)
    })
}

/// A parameter that the crate does not know.
fn other_parameter() -> impl Strategy<Value = Parameter<'static>> {
    (
        "X[A-Za-z0-9][A-Za-z0-9-]{0,8}",
        option::of("[!-<>-~\u{e9}]{1,20}"),
    )
        .prop_map(|(name, value)| match value {
            Some(value) => format!("{name}={value}").parse().unwrap(),
            None => name.parse().unwrap(),
        })
}

/// One thing to do to the parameters of MAIL.
struct Change(Box<dyn Fn(MailParameters<'static>) -> MailParameters<'static>>);

impl std::fmt::Debug for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Change")
    }
}

fn change(f: impl Fn(MailParameters<'static>) -> MailParameters<'static> + 'static) -> Change {
    Change(Box::new(f))
}

/// Leaves the parameters alone where the change is refused.
fn attempt<E>(
    f: impl Fn(MailParameters<'static>) -> Result<MailParameters<'static>, E> + 'static,
) -> Change {
    change(move |parameters| f(parameters.clone()).unwrap_or(parameters))
}

fn mail_change() -> impl Strategy<Value = Change> {
    let bodies = select(vec![
        BodyType::SevenBit,
        BodyType::EightBitMime,
        BodyType::BinaryMime,
    ]);
    prop_oneof![
        any::<u64>().prop_map(|size| change(move |p| p.with_size(size))),
        bodies.prop_map(|body| change(move |p| p.with_body(body))),
        Just(()).prop_map(|()| change(MailParameters::with_smtputf8)),
        Just(()).prop_map(|()| change(MailParameters::with_require_tls)),
        Just(()).prop_map(|()| change(MailParameters::with_conperm)),
        select(vec![Ret::Full, Ret::Headers]).prop_map(|ret| change(move |p| p.with_ret(ret))),
        text().prop_map(|id| attempt(move |p| p.with_envid(&id))),
        Just(()).prop_map(|()| attempt(|p| p.with_auth(&SubmitterIdentity::Unknown))),
        mailbox().prop_map(|who| attempt(move |p| p.with_auth(&who.clone().into()))),
        mailbox().prop_map(|who| attempt(move |p| p.with_submitter(&who))),
        deliver_by().prop_map(|by| change(move |p| p.with_deliver_by(by))),
        any::<u32>().prop_map(|seconds| attempt(move |p| p.with_hold_for(seconds))),
        (1..1_000_000_000_u32).prop_map(|seconds| attempt(move |p| p.with_hold_for(seconds))),
        date().prop_map(|date| attempt(move |p| p.with_hold_until(date))),
        (-9..=9_i8).prop_map(|n| change(move |p| p.with_priority(Priority::new(n).unwrap()))),
        (any::<[u8; 20]>(), option::of(0..1_000_000_000_u32)).prop_map(|(sha1, timeout)| {
            attempt(move |p| p.with_tracking(&MessageTracking::new(&sha1, timeout).unwrap()))
        }),
        "[a-z][a-z0-9:._-]{0,9}(,[a-z][a-z0-9:._-]{0,9}){0,3}"
            .prop_map(|words| attempt(move |p| p.with_solicit(&words))),
        "<[a-z0-9]{1,9}(\\.[a-z!#$]{1,3}){0,2}@[a-z0-9]{1,9}(\\.[a-z]{1,3}){0,2}>"
            .prop_map(|id| attempt(move |p| p.with_transaction_id(&id))),
        other_parameter().prop_map(|other| attempt(move |p| p.with(&other))),
        select(vec!["ENVID", "SIZE", "HOLDFOR"]).prop_map(|name| attempt(move |p| p.without(name))),
    ]
}

fn mail_parameters() -> impl Strategy<Value = MailParameters<'static>> {
    vec(mail_change(), 0..8).prop_map(|changes| {
        let none = MailParameters::new();
        changes
            .iter()
            .fold(none, |parameters, change| (change.0)(parameters))
    })
}

fn original_recipient() -> impl Strategy<Value = OriginalRecipient<'static>> {
    prop_oneof![
        (
            select(vec!["rfc822", "utf-8", "UTF-8", "x400", "a!b"]),
            text()
        )
            .prop_filter_map("empty", |(kind, address)| OriginalRecipient::new(
                kind, &address
            )
            .ok()),
        mailbox().prop_map(|mailbox| OriginalRecipient::of_mailbox(&mailbox).unwrap()),
        mailbox().prop_map(|mailbox| OriginalRecipient::of_mailbox_utf8(&mailbox).unwrap()),
    ]
}

fn rcpt_parameters() -> impl Strategy<Value = RcptParameters<'static>> {
    let notify = vec(
        select(vec![
            Notify::NEVER,
            Notify::SUCCESS,
            Notify::FAILURE,
            Notify::DELAY,
        ]),
        0..4,
    );
    let action = select(vec![NoSupportAction::Reject, NoSupportAction::Continue]);
    (
        option::of(notify),
        option::of(original_recipient()),
        option::of((date(), action)),
        any::<bool>(),
        vec(other_parameter(), 0..4),
    )
        .prop_map(|(notify, original, since, conneg, others)| {
            let mut parameters = RcptParameters::new();
            if let Some(notify) = notify {
                let all = notify.into_iter().fold(Notify::NEVER, |all, one| all | one);
                parameters = parameters.with_notify(all);
            }
            if let Some(original) = original {
                parameters = parameters.with_original_recipient(&original);
            }
            if let Some((date, action)) = since {
                parameters = parameters.with_valid_since(ValidSince::new(date, action));
            }
            if conneg {
                parameters = parameters.with_conneg();
            }
            others.iter().fold(parameters, |parameters, other| {
                parameters.with(other).unwrap()
            })
        })
}

fn argument() -> impl Strategy<Value = Argument<'static>> {
    text().prop_filter_map("not an argument", |text| text.parse().ok())
}

fn reverse_path() -> impl Strategy<Value = ReversePath<'static>> {
    prop_oneof![
        Just(ReversePath::Null),
        mailbox().prop_map(ReversePath::Mailbox)
    ]
}

fn forward_path() -> impl Strategy<Value = ForwardPath<'static>> {
    prop_oneof![1 => Just(ForwardPath::Postmaster), 5 => mailbox().prop_map(ForwardPath::Mailbox)]
}

fn mechanism() -> impl Strategy<Value = Mechanism> {
    "[A-Za-z0-9_-]{1,20}".prop_map(|name| name.parse().unwrap())
}

fn sasl_message() -> impl Strategy<Value = SaslMessage<'static>> {
    vec(any::<u8>(), 0..60).prop_map(|octets| SaslMessage::encode(&octets))
}

fn value() -> impl Strategy<Value = AttributeValue<'static>> {
    prop_oneof![
        Just(AttributeValue::Unavailable),
        Just(AttributeValue::TemporarilyUnavailable),
        text().prop_map(|text| AttributeValue::Text(text.into())),
        any::<u16>().prop_map(|port| AttributeValue::Text(port.to_string().into())),
        any::<[u8; 4]>().prop_map(|octets| {
            AttributeValue::Text(std::net::Ipv4Addr::from(octets).to_string().into())
        }),
        any::<[u16; 8]>().prop_map(|groups| {
            AttributeValue::Text(format!("IPV6:{}", std::net::Ipv6Addr::from(groups)).into())
        }),
        select(vec!["SMTP", "ESMTP", "LOCAL", "REMOTE"])
            .prop_map(|word| AttributeValue::Text(word.into())),
    ]
}

#[allow(clippy::too_many_lines)] // one row a command
fn command() -> impl Strategy<Value = Command<'static>> {
    let hello = || {
        prop_oneof![
            domain().prop_map(HelloName::from),
            host().prop_map(HelloName::from),
        ]
    };
    let mail = || (reverse_path(), mail_parameters());
    let xclient = vec((select(Attribute::XCLIENT), value()), 1..6).prop_filter_map(
        "no attribute is good",
        |all| {
            all.into_iter().fold(
                None,
                |attributes: Option<XclientAttributes<'_>>, (name, value)| match attributes {
                    None => XclientAttributes::new(name, &value).ok(),
                    Some(some) => Some(some.clone().with(name, &value).unwrap_or(some)),
                },
            )
        },
    );
    let xforward = vec((select(Attribute::XFORWARD), value()), 1..6).prop_filter_map(
        "no attribute is good",
        |all| {
            all.into_iter().fold(
                None,
                |attributes: Option<XforwardAttributes<'_>>, (name, value)| match attributes {
                    None => XforwardAttributes::new(name, &value).ok(),
                    Some(some) => Some(some.clone().with(name, &value).unwrap_or(some)),
                },
            )
        },
    );
    let uri = "[a-z][a-z0-9+.-]{0,5}:[a-zA-Z0-9/;:?@=&~()'!*,$+.-]{0,30}(%[0-9a-fA-F]{2}){0,2}"
        .prop_map(|uri| uri.parse::<AbsoluteUri<'_>>().unwrap());
    let target = prop_oneof![
        ascii_domain().prop_map(EtrnTarget::Node),
        ascii_domain().prop_map(EtrnTarget::Subdomains),
        "[!-~\u{e9}]{1,20}"
            .prop_map(|name| EtrnTarget::Queue(name.parse::<QueueName<'_>>().unwrap())),
    ];
    let mut kinds: Vec<BoxedStrategy<Command<'static>>> = Vec::new();
    macro_rules! kind {
        ($strategy:expr, $make:expr) => {
            kinds.push($strategy.prop_map($make).boxed())
        };
    }
    kind!(hello(), Command::Ehlo);
    kind!(hello(), Command::Helo);
    kind!(hello(), Command::Lhlo);
    kind!(mail(), |(reverse_path, parameters)| Command::Mail {
        reverse_path,
        parameters
    });
    kind!(mail(), |(reverse_path, parameters)| Command::Send {
        reverse_path,
        parameters
    });
    kind!(mail(), |(reverse_path, parameters)| Command::Soml {
        reverse_path,
        parameters
    });
    kind!(mail(), |(reverse_path, parameters)| Command::Saml {
        reverse_path,
        parameters
    });
    kind!((forward_path(), rcpt_parameters()), |(
        forward_path,
        parameters,
    )| Command::Rcpt {
        forward_path,
        parameters
    });
    let alone = vec![
        Command::Data,
        Command::Rset,
        Command::Quit,
        Command::StartTls,
        Command::Turn,
        Command::Atrn(None),
    ];
    kinds.push(select(alone).boxed());
    kind!(argument(), Command::Vrfy);
    kind!(argument(), Command::Expn);
    kind!(option::of(argument()), Command::Help);
    kind!(option::of(argument()), Command::Noop);
    kind!((any::<u64>(), any::<bool>()), |(size, last)| {
        Command::Bdat { size, last }
    });
    kind!((uri, any::<bool>()), |(uri, last)| Command::Burl {
        uri,
        last
    });
    kind!((mechanism(), option::of(sasl_message())), |(
        mechanism,
        initial_response,
    )| {
        Command::Auth {
            mechanism,
            initial_response,
        }
    });
    kind!(target, Command::Etrn);
    kind!(vec(ascii_domain(), 1..4), |domains| Command::Atrn(Some(
        DomainList::new(domains).unwrap()
    )));
    kind!(xclient, Command::Xclient);
    kind!(xforward, Command::Xforward);
    kind!(("X[A-Z0-9-]{0,9}", text()), |(verb, rest)| {
        let line = format!("{verb} {rest}");
        let line = line.trim_end_matches([' ', '\t']);
        Command::Unknown(line.parse::<UnknownCommand<'_>>().unwrap())
    });
    proptest::strategy::Union::new(kinds)
}

fn written(command: &Command<'_>) -> Vec<u8> {
    let mut octets = Vec::new();
    command.write(&mut octets);
    octets
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Reads the line under every syntax; only asks that nothing panics, and that
/// what is taken can be written and is owned without a change.
fn survives(line: &[u8]) {
    for syntax in [Syntax::STRICT, Syntax::LENIENT] {
        match Command::parse(line, &syntax) {
            Ok(command) => {
                let octets = written(&command);
                assert_eq!(octets.len(), command.wire_len());
                let text = octets.strip_suffix(b"\r\n").unwrap();
                let clean = text.iter().all(|octet| *octet >= b' ' && *octet != 0x7f);
                assert!(clean, "{}", text.escape_ascii());
                assert_eq!(Command::parse(text, &syntax).as_ref(), Ok(&command));
                assert_eq!(command.clone().into_owned(), command);
                let _ = (format!("{command:?}{command}"), command.line_limit());
            }
            Err(error) => {
                assert!(error.offset() <= line.len());
                let _ = (error.to_string(), error.code(), error.enhanced_code());
            }
        }
    }
    let _ = SaslLine::parse(line);
    if let Ok(reply) = Reply::parse(line) {
        let offered = Capabilities::from(reply);
        let _ = (
            offered.size_limit(),
            offered.limits(),
            offered.future_release(),
        );
        let _ = (offered.mechanisms().count(), offered.deliver_by_minimum());
        let _ = (offered.priority_profile(), offered.no_soliciting().count());
        let _ = format!("{offered:?}");
    }
}

/// Does something small to a line.
fn mutated(line: Vec<u8>, changes: &[(usize, u8, u8)]) -> Vec<u8> {
    let mut line = line;
    for (place, octet, what) in changes {
        let place = place % (line.len() + 1);
        match what % 4 {
            0 => line.insert(place, *octet),
            1 if place < line.len() => line[place] = *octet,
            2 if place < line.len() => {
                line.remove(place);
            }
            _ => line.truncate(place),
        }
    }
    line
}

proptest! {
    #[test]
    fn a_command_that_is_written_reads_back(command in command()) {
        let octets = written(&command);
        prop_assert_eq!(octets.len(), command.wire_len());
        let line = octets.strip_suffix(b"\r\n").unwrap();
        prop_assert!(line.iter().all(|octet| *octet >= b' ' && *octet != 0x7f));
        let read = Command::parse(line, &Syntax::STRICT);
        prop_assert_eq!(read.as_ref(), Ok(&command), "{}", line.escape_ascii());
        prop_assert_eq!(written(&read.unwrap().into_owned()), octets);
    }

    #[test]
    fn nothing_panics_on_mutated_commands(
        command in command(),
        changes in vec((any::<usize>(), any::<u8>(), any::<u8>()), 1..4),
    ) {
        let octets = written(&command);
        survives(&mutated(octets[..octets.len() - 2].to_vec(), &changes));
    }

    #[test]
    fn nothing_panics_on_anything(line in vec(any::<u8>(), 0..80)) {
        survives(&line);
    }

    #[test]
    fn nothing_panics_on_what_looks_like_smtp(
        words in vec(select(vec![
            "MAIL FROM:", "RCPT TO:", "<", ">", "a", "@", "b.c", "\"", "\\", " ", "\t", "=", ":", ";",
            ",", "SIZE", "BY", "1", "-1", "R", "ORCPT", "rfc822", "utf-8", "\\x{", "}", "+2B", "+",
            "NOTIFY", "MTRK", "AUTH", "PLAIN", "AAAA", "*", "XCLIENT", "NAME", "[", "]", "IPv6", "::",
            "250", "-", "\r\n", "\u{e9}", "\0", "BDAT", "LAST", "99999999999999999999",
        ]), 0..14),
    ) {
        survives(words.concat().as_bytes());
    }

    #[test]
    fn parameters_read_back(mail in mail_parameters(), rcpt in rcpt_parameters()) {
        let read: MailParameters<'_> = mail.as_str().parse().unwrap();
        prop_assert_eq!(&read, &mail);
        prop_assert_eq!(hash(&read), hash(&mail));
        let read: RcptParameters<'_> = rcpt.as_str().parse().unwrap();
        prop_assert_eq!(&read, &rcpt);
        for parameter in mail.iter().chain(rcpt.iter()) {
            prop_assert_eq!(parameter.as_str().parse(), Ok(parameter.clone().into_owned()));
        }
    }

    #[test]
    fn values_read_back(
        by in deliver_by(),
        date in date(),
        utc in utc_date(),
        original in original_recipient(),
        mechanism in mechanism(),
        message in sasl_message(),
        code in (select(vec![2_u8, 4, 5]), 0..1000_u16, 0..1000_u16),
    ) {
        prop_assert_eq!(by.to_string().parse(), Ok(by));
        prop_assert_eq!(date.to_string().parse(), Ok(date));
        prop_assert_eq!(DateTime::from_unix(utc.to_unix()), Some(utc));
        prop_assert_eq!(original.to_string().parse(), Ok(original.clone()));
        prop_assert_eq!(mechanism.to_string().parse(), Ok(mechanism));
        let line = SaslLine::Response(message);
        let mut octets = Vec::new();
        line.write(&mut octets);
        prop_assert_eq!(SaslLine::parse(&octets[..octets.len() - 2]), Ok(line));
        let code = EnhancedCode::new(code.0, code.1, code.2).unwrap();
        prop_assert_eq!(code.to_string().parse(), Ok(code));
    }

    #[test]
    fn encodings_read_back(octets in vec(any::<u8>(), 0..60), text in any::<String>()) {
        let encoded = xtext::encode(&octets);
        let decoded = xtext::decode(&encoded);
        prop_assert_eq!(decoded.as_deref(), Some(&octets[..]));
        for encoded in [unitext::encode(&text), unitext::encode_utf8(&text)] {
            let decoded = unitext::decode(&encoded);
            // Only some controls have an escape (RFC 6533 §3).
            if let Some(decoded) = decoded {
                prop_assert_eq!(decoded.as_ref(), text.as_str());
            } else {
                prop_assert!(text.chars().any(|character| character.is_ascii_control()));
            }
        }
    }

    #[test]
    fn what_xtext_takes_it_also_writes(text in "[!-~]{0,12}") {
        if let Some(octets) = xtext::decode(&text) {
            let again = xtext::encode(&octets);
            let again = xtext::decode(&again);
            prop_assert_eq!(again.as_deref(), Some(&octets[..]));
        }
    }

    #[test]
    fn offers_read_back(
        extensions in vec(select(Extension::ALL), 0..8),
        size in option::of(any::<u64>()),
        mechanisms in vec(mechanism(), 1..5),
        limits in [1..1_000_000_u32, 1..1_000_000, 1..1_000_000],
        others in vec("X[A-Z0-9-]{0,9}( [!-~]{1,9}){0,3}", 0..4),
    ) {
        let [mails, recipients, domains] = limits;
        let limits = Limits::new()
            .with_mails(mails)
            .and_then(|limits| limits.with_recipients(recipients))
            .and_then(|limits| limits.with_recipient_domains(domains))
            .unwrap();
        let mut offers: Vec<Capability<'_>> = extensions.into_iter().map(Capability::from).collect();
        offers.push(Capability::size(size));
        offers.push(Capability::auth(mechanisms).unwrap());
        offers.push(Capability::limits(limits).unwrap());
        offers.extend(others.iter().map(|other| other.parse().unwrap()));
        let built = Capabilities::new("mx.example.com", offers.clone()).unwrap();
        let read = Capabilities::from(Reply::parse(built.reply().as_bytes()).unwrap());
        prop_assert_eq!(&read, &built);
        prop_assert!(read.iter().eq(offers));
        prop_assert_eq!(read.limits(), limits);
        for line in built.reply().as_bytes().split_inclusive(|octet| *octet == b'\n') {
            prop_assert!(line.len() <= 512);
        }
    }

    #[test]
    fn replies_read_back(
        number in 200..600_u16,
        subject in option::of((0..1000_u16, 0..1000_u16)),
        text in "([ -~\u{e9}\t]{0,30}\n){0,3}[ -~]{0,900}",
    ) {
        let code = ReplyCode::new(number).unwrap();
        let enhanced = subject.and_then(|(subject, detail)| {
            EnhancedCode::new(2, subject, detail)?.for_code(code)
        });
        let reply = Reply::new(code, enhanced, &text).unwrap();
        let read = Reply::parse(reply.as_bytes());
        prop_assert_eq!(read.as_ref(), Ok(&reply));
    }

    #[test]
    fn mailboxes_compare_by_meaning(local in text(), host in host(), other in mailbox()) {
        let Ok(plain) = LocalPart::from_content(&local) else { return Ok(()) };
        let mailbox = Mailbox::new(&plain, &host).unwrap();
        prop_assert_eq!(mailbox.to_string().parse(), Ok(mailbox.clone()));
        prop_assert_eq!(mailbox.local_part().unquoted().into_owned(), local.as_str());

        // The same mailbox, every character escaped that may be, the host in capitals.
        let mut spelt = String::from("\"");
        for character in local.chars() {
            if character.is_ascii() {
                spelt.push('\\');
            }
            spelt.push(character);
        }
        spelt.push('"');
        let capitals = match &host {
            Host::Domain(domain) => domain.as_str().to_ascii_uppercase(),
            host => host.to_string(),
        };
        if let Ok(same) = format!("{spelt}@{capitals}").parse::<Mailbox<'_>>() {
            prop_assert_eq!(&same, &mailbox);
            prop_assert_eq!(hash(&same), hash(&mailbox));
            prop_assert_eq!(same.cmp(&mailbox), std::cmp::Ordering::Equal);
            prop_assert_eq!(same.cmp(&other), mailbox.cmp(&other));
        }

        prop_assert_eq!(mailbox == other, mailbox.cmp(&other).is_eq());
        prop_assert_eq!(mailbox.cmp(&other), other.cmp(&mailbox).reverse());
        let louder: Vec<char> = local.chars().map(|c| c.to_ascii_uppercase()).collect();
        let louder: String = louder.into_iter().collect();
        if louder != local {
            let louder = LocalPart::from_content(&louder).unwrap();
            prop_assert_ne!(Mailbox::new(&louder, &host).unwrap(), mailbox);
        }
    }

    #[test]
    fn order_is_transitive(a in mailbox(), b in mailbox(), c in mailbox()) {
        let mut all = [a, b, c];
        all.sort();
        prop_assert!(all[0] <= all[1] && all[1] <= all[2] && all[0] <= all[2]);
    }
}
