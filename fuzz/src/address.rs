use core::fmt::{Debug, Display};
use core::hash::{BuildHasher, Hash};
use core::str::FromStr;
use std::hash::{BuildHasherDefault, DefaultHasher};

use ehlo::codec::{Syntax, unitext, xtext};
use ehlo::types::{
    AbsoluteUri, Command, DateTime, Domain, DomainList, EtrnTarget, ForwardPath, HelloName, Host,
    LocalPart, Mailbox, OriginalRecipient, QueueName, ReversePath, XclientAttributes,
    XforwardAttributes,
};

/// Texts, a line each, as each kind of address and name.
///
/// What parses is displayed as what parses to the same; equal values hash and
/// compare alike; parts make the whole again.
pub fn address(octets: &[u8]) {
    let Ok(text) = core::str::from_utf8(octets) else {
        return;
    };
    let (one, two) = text.split_once('\n').unwrap_or((text, text));
    ordered::<Mailbox<'_>>(one, two);
    ordered::<LocalPart<'_>>(one, two);
    ordered::<Domain<'_>>(one, two);
    ordered::<Host<'_>>(one, two);
    ordered::<ReversePath<'_>>(one, two);
    ordered::<ForwardPath<'_>>(one, two);
    ordered::<EtrnTarget<'_>>(one, two);
    for text in [one, two] {
        spelt::<HelloName<'_>>(text);
        spelt::<QueueName<'_>>(text);
        spelt::<DomainList<'_>>(text);
        spelt::<AbsoluteUri<'_>>(text);
        spelt::<OriginalRecipient<'_>>(text);
        spelt::<XclientAttributes<'_>>(text);
        spelt::<XforwardAttributes<'_>>(text);
        parts(text);
        dates(text);
        long(text);
        codings(text);
    }
}

/// Displayed as what it was parsed from.
fn spelt<T: FromStr + Display + Debug + PartialEq>(text: &str) -> Option<T> {
    let value = text.parse::<T>().ok()?;
    let display = value.to_string();
    assert!(!display.bytes().any(|octet| octet.is_ascii_control()));
    assert_eq!(display.parse::<T>().ok().as_ref(), Some(&value), "{text:?}");
    Some(value)
}

/// The same, and two of them are equal if their hashes and their order say so.
fn ordered<T: FromStr + Display + Debug + Ord + Hash>(one: &str, two: &str) {
    let (Some(one), Some(two)) = (spelt::<T>(one), spelt::<T>(two)) else {
        return;
    };
    let hash = |value: &T| BuildHasherDefault::<DefaultHasher>::default().hash_one(value);
    assert_eq!(one == two, one.cmp(&two).is_eq());
    assert_eq!(one.cmp(&two), two.cmp(&one).reverse());
    if one == two {
        assert_eq!(hash(&one), hash(&two), "{one} {two}");
    }
}

/// A mailbox is its local part at its host, and a host can say hello.
fn parts(text: &str) {
    let host = text.parse::<Host<'_>>().ok();
    let hello = text.parse::<HelloName<'_>>().ok();
    assert_eq!(hello.as_ref().and_then(HelloName::host), host);
    if let Ok(local) = text.parse::<LocalPart<'_>>() {
        // The least quoting there is is never longer.
        let again = LocalPart::from_content(&local.unquoted());
        assert_eq!(again.as_ref(), Ok(&local));
    }
    let _ = LocalPart::from_content(text).inspect(|local| assert_eq!(local.unquoted(), text));
    let Ok(mailbox) = text.parse::<Mailbox<'_>>() else {
        return;
    };
    assert!(mailbox.as_str().len() <= 254);
    let again = Mailbox::new(&mailbox.local_part(), &mailbox.host());
    match again {
        Ok(again) => assert_eq!(again, mailbox),
        // An IPv6 address may get longer when it is written anew.
        Err(_) => assert!(matches!(mailbox.host(), Host::Ipv6(_)), "{mailbox}"),
    }
    let path = format!("<{text}>");
    assert_eq!(path.parse(), Ok(ReversePath::Mailbox(mailbox.clone())));
    assert_eq!(path.parse(), Ok(ForwardPath::Mailbox(mailbox)));
}

/// What no constructor makes but a parser takes.
fn long(text: &str) {
    let line = format!("MAIL FROM:<{text}>");
    let syntax = Syntax::LENIENT;
    if let Ok(Command::Mail { reverse_path, .. }) = Command::parse(line.as_bytes(), &syntax) {
        let again = format!("MAIL FROM:{reverse_path}");
        let Ok(Command::Mail {
            reverse_path: path, ..
        }) = Command::parse(again.as_bytes(), &syntax)
        else {
            panic!("{again:?}");
        };
        assert_eq!(path, reverse_path);
        if let ReversePath::Mailbox(mailbox) = &reverse_path {
            let _ = (mailbox.host(), mailbox.local_part().unquoted().len());
            assert!(
                mailbox.source_route().all(
                    |host| Domain::try_from(host.as_str()).is_ok() || host.as_str().len() > 255
                )
            );
        }
    }
    let line = format!("EHLO {text}");
    if let Ok(Command::Ehlo(name)) = Command::parse(line.as_bytes(), &syntax) {
        let strict = Command::parse(line.as_bytes(), &Syntax::STRICT);
        assert!(strict.is_err() || name.host().is_some());
    }
}

fn dates(text: &str) {
    let Some(date) = spelt::<DateTime>(text) else {
        return;
    };
    if let Some(utc) = date.to_utc() {
        assert_eq!(utc.to_unix(), date.to_unix());
    }
}

fn codings(text: &str) {
    assert_eq!(
        xtext::decode(&xtext::encode(text.as_bytes())).as_deref(),
        Some(text.as_bytes())
    );
    assert_eq!(
        unitext::decode(&unitext::encode(text)).as_deref(),
        Some(text)
    );
    assert_eq!(
        unitext::decode(&unitext::encode_utf8(text)).as_deref(),
        Some(text)
    );
    let _ = xtext::decode(text);
    let _ = unitext::decode(text);
}
