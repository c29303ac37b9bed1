//! What an EHLO reply says, read and built.

use ehlo::types::{
    Attribute, Capabilities, Capability, DateTime, Extension, Limits, Mechanism, Reply,
};

fn read(reply: &'static str) -> Capabilities<'static> {
    Capabilities::from(Reply::parse(reply.as_bytes()).unwrap())
}

#[test]
fn every_extension_is_found_by_its_keyword_in_any_case() {
    for extension in Extension::ALL {
        let keyword = extension.keyword();
        assert_eq!(Extension::from_keyword(keyword), Some(*extension));
        assert_eq!(
            Extension::from_keyword(&keyword.to_lowercase()),
            Some(*extension)
        );
        assert_eq!(Extension::from_keyword(&format!("{keyword}X")), None);
        assert_eq!(Extension::from_keyword(&keyword[..keyword.len() - 1]), None);
        let reply = format!("250-mx.example.com\r\n250 {}\r\n", keyword.to_lowercase());
        let offered = Capabilities::from(Reply::parse(reply.as_bytes()).unwrap());
        for other in Extension::ALL {
            assert_eq!(offered.offers(*other), other == extension);
        }
    }
    assert_eq!(Extension::from_keyword("\u{18}BITMIME"), None);
    assert_eq!(Extension::from_keyword(""), None);
}

#[test]
fn odd_lines_spoil_nothing_but_themselves() {
    let offered = read(
        "250-mx.example.com at your service\r\n250-SIZE big\r\n250-my_host\r\n250-\r\n\
         250-\u{1}\r\n250-DELIVERBY 240,x\r\n250-FUTURERELEASE 0 never\r\n\
         250-LIMITS MAILMAX=0 RCPTMAX=100 X=y RCPTDOMAINMAX=1000000 mailmax\r\n\
         250-AUTH PLAIN ! LOGIN\r\n250-auth=plain XOAUTH2\r\n250-AUTH\tCRAM-MD5\r\n\
         250-MT-PRIORITY a/b\r\n250-NO-SOLICITING 1,2\r\n250-XCLIENT NAME IDENT FOO addr\r\n\
         250-XFORWARD NAME IDENT\r\n250-BURL imap imap://imap.example.com\r\n250 8bitmime\r\n",
    );
    assert_eq!(offered.greeting(), "mx.example.com at your service");
    assert_eq!(offered.size_limit(), None);
    assert_eq!(offered.deliver_by_minimum(), Some(240));
    assert_eq!(offered.future_release(), None);
    let limits = offered.limits();
    assert_eq!(limits.mails(), None);
    assert_eq!(limits.recipients(), Some(100));
    assert_eq!(limits.recipient_domains(), None);
    let mechanisms: Vec<_> = offered.mechanisms().collect();
    assert_eq!(
        mechanisms,
        [
            Mechanism::PLAIN,
            Mechanism::LOGIN,
            Mechanism::XOAUTH2,
            Mechanism::CRAM_MD5
        ]
    );
    assert!(offered.offers_mechanism(Mechanism::XOAUTH2));
    assert!(!offered.offers_mechanism(Mechanism::EXTERNAL));
    assert_eq!(offered.priority_profile(), None);
    assert!(offered.offers(Extension::MtPriority));
    assert_eq!(offered.no_soliciting().count(), 0);
    let attributes: Vec<_> = offered.xclient_attributes().collect();
    assert_eq!(attributes, [Attribute::Name, Attribute::Addr]);
    let attributes: Vec<_> = offered.xforward_attributes().collect();
    assert_eq!(attributes, [Attribute::Name, Attribute::Ident]);
    let sources: Vec<_> = offered.parameters(Extension::Burl).collect();
    assert_eq!(sources, ["imap", "imap://imap.example.com"]);
    assert!(offered.offers(Extension::EightBitMime));
    assert!(offered.get("my_host").is_some());
    for extension in [Extension::Pipelining, Extension::StartTls] {
        assert!(!offered.offers(extension));
        assert_eq!(offered.parameters(extension).count(), 0);
    }
    assert_eq!(
        read("250 SIZE 1\r\n").size_limit(),
        None,
        "the first line greets"
    );
    assert_eq!(read("250-a\r\n250-SIZE 0\r\n250 X\r\n").size_limit(), None);
    assert_eq!(read("250-a\r\n250-SIZE\r\n250 X\r\n").size_limit(), None);
    assert_eq!(read("250-a\r\n250-SIZE +1\r\n250 X\r\n").size_limit(), None);
    assert_eq!(
        read("250-a\r\n250 SIZE 99999999999999999999\r\n").size_limit(),
        None
    );
}

#[test]
fn what_is_built_is_read_back() {
    let date = DateTime::from_unix(2_000_000_000).unwrap();
    let limits = Limits::new()
        .with_mails(10)
        .and_then(|limits| limits.with_recipients(999_999))
        .and_then(|limits| limits.with_recipient_domains(1))
        .unwrap();
    let offers = [
        Capability::size(Some(52_428_800)),
        Capability::auth([Mechanism::PLAIN, Mechanism::SCRAM_SHA_256_PLUS]).unwrap(),
        Capability::deliver_by(Some(240)).unwrap(),
        Capability::future_release(86_400, date).unwrap(),
        Capability::mt_priority("STANAG4406").unwrap(),
        Capability::no_soliciting("net.example:ADV,a").unwrap(),
        Capability::limits(limits).unwrap(),
        Capability::burl(["imap", "imap://imap.example.com"]).unwrap(),
        Capability::xclient(Attribute::XCLIENT.iter().copied()).unwrap(),
        Capability::xforward(Attribute::XFORWARD.iter().copied()).unwrap(),
        Capability::from(Extension::StartTls),
        "X-OWN a b".parse().unwrap(),
    ];
    let built = Capabilities::new("mx.example.com hello", offers.clone()).unwrap();
    let octets = built.reply().as_bytes();
    let read = Capabilities::from(Reply::parse(octets).unwrap());
    assert_eq!(read, built);
    assert!(read.iter().eq(offers));
    assert_eq!(read.size_limit(), Some(52_428_800));
    assert!(
        read.mechanisms()
            .eq([Mechanism::PLAIN, Mechanism::SCRAM_SHA_256_PLUS])
    );
    assert_eq!(read.deliver_by_minimum(), Some(240));
    assert_eq!(read.future_release(), Some((86_400, date)));
    assert_eq!(read.priority_profile(), Some("STANAG4406"));
    assert!(read.no_soliciting().eq(["net.example:ADV", "a"]));
    assert_eq!(read.limits(), limits);
    assert!(
        read.xclient_attributes()
            .eq(Attribute::XCLIENT.iter().copied())
    );
    assert!(
        read.xforward_attributes()
            .eq(Attribute::XFORWARD.iter().copied())
    );
}

#[test]
fn builders_refuse_what_is_not_an_offer() {
    assert!(Capability::auth([]).is_err());
    assert!(
        Capability::auth([Mechanism::PLAIN; 100]).is_err(),
        "too long for a line"
    );
    assert!(Capability::deliver_by(Some(1_000_000_000)).is_err());
    assert!(Capability::future_release(0, DateTime::from_unix(0).unwrap()).is_err());
    assert!(Capability::mt_priority("").is_err());
    assert!(Capability::mt_priority("a b").is_err());
    assert!(Capability::mt_priority(&"a".repeat(21)).is_err());
    assert!(Capability::no_soliciting("a b").is_err());
    assert!(Capability::limits(Limits::new()).is_err());
    assert!(Capability::burl(["http://example.com"]).is_err());
    assert!(Capability::burl([]).is_err());
    assert!(Capability::xclient([Attribute::Ident]).is_err());
    for bad in ["", " ", "-A", "A  B", "A ", "A\r\nB", "A é", "A=B"] {
        assert!(Capability::try_from(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn views_allocate_nothing() {
    let octets =
        b"250-mx.example.com\r\n250-SIZE 1000\r\n250-AUTH PLAIN LOGIN\r\n250 LIMITS RCPTMAX=9\r\n";
    let info = allocation_counter::measure(|| {
        let offered = Capabilities::from(Reply::parse(octets).unwrap());
        assert_eq!(offered.size_limit(), Some(1000));
        assert!(offered.offers_mechanism(Mechanism::LOGIN));
        assert_eq!(offered.limits().recipients(), Some(9));
    });
    assert_eq!(info.count_total, 0);
}

#[test]
fn thousands_of_mechanisms_are_told_apart() {
    let mut octets = String::from("250-mx.example.com\r\n");
    for line in 0..100 {
        // Each name stands on two lines.
        let names = (line / 2 * 100..).take(100).map(|name| format!(" X{name}"));
        octets.push_str("250-AUTH");
        octets.extend(names);
        octets.push_str("\r\n");
    }
    octets.push_str("250 HELP\r\n");
    let offered = Capabilities::from(Reply::parse(octets.as_bytes()).unwrap());
    let expected = (0..5000).map(|name| format!("X{name}"));
    assert!(
        offered
            .mechanisms()
            .map(|mechanism| mechanism.to_string())
            .eq(expected)
    );
}
