use ehlo::types::{Capabilities, Capability, Extension, Reply};

/// The text of the lines of an EHLO reply, LF between them.
///
/// Each typed view is what a server could have built; what is offered is what
/// is listed.
pub fn capabilities(octets: &[u8]) {
    let lines: Vec<&[u8]> = octets.split(|&octet| octet == b'\n').collect();
    let mut wire = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let separator = if number + 1 < lines.len() {
            "250-"
        } else {
            "250 "
        };
        wire.extend_from_slice(separator.as_bytes());
        wire.extend_from_slice(line);
        wire.extend_from_slice(b"\r\n");
    }
    let Ok(reply) = Reply::parse(&wire) else {
        return;
    };
    let capabilities = Capabilities::from(reply);
    for extension in Extension::ALL {
        let mut offers = capabilities.iter().map(|offer| offer.extension());
        let is_listed = offers.any(|offer| offer == Some(*extension));
        assert_eq!(capabilities.offers(*extension), is_listed, "{extension}");
        assert_eq!(
            Extension::from_keyword(extension.keyword()),
            Some(*extension)
        );
        let _ = capabilities.parameters(*extension).count();
    }
    views(&capabilities);
    rebuilt(&capabilities);
}

/// What each view says, a server can say.
fn views(capabilities: &Capabilities<'_>) {
    assert_ne!(capabilities.size_limit(), Some(0));
    let mechanisms: Vec<_> = capabilities.mechanisms().collect();
    for (at, mechanism) in mechanisms.iter().enumerate() {
        assert!(capabilities.offers_mechanism(*mechanism));
        assert!(!mechanisms[..at].contains(mechanism));
    }
    let minimum = capabilities.deliver_by_minimum();
    assert!(Capability::deliver_by(minimum).is_ok());
    if let Some((seconds, date)) = capabilities.future_release() {
        let offer = Capability::future_release(seconds, date);
        assert_eq!(offer.is_ok(), date.to_utc().is_some());
    }
    if let Some(profile) = capabilities.priority_profile() {
        assert!(Capability::mt_priority(profile).is_ok());
    }
    assert!(
        capabilities
            .no_soliciting()
            .all(|keyword| { keyword.len() > 480 || Capability::no_soliciting(keyword).is_ok() })
    );
    let limits = capabilities.limits();
    if let Ok(offer) = Capability::limits(limits) {
        let again = Capabilities::new("mx.example", [offer]).unwrap();
        assert_eq!(again.limits(), limits);
    }
    let _ = capabilities.xclient_attributes().count();
    let _ = capabilities.xforward_attributes().count();
}

/// What could have been built is built again.
fn rebuilt(capabilities: &Capabilities<'_>) {
    let offers: Vec<Capability<'static>> = capabilities
        .iter()
        .filter_map(|offer| {
            let again = offer.as_str().parse::<Capability<'_>>().ok()?;
            assert_eq!(again, offer);
            Some(again)
        })
        .collect();
    let again = Capabilities::new("mx.example", offers.clone()).unwrap();
    assert!(again.iter().eq(offers));
    let wire = again.reply().as_bytes();
    assert_eq!(
        Reply::parse(wire).map(Capabilities::from).as_ref(),
        Ok(&again)
    );
}
