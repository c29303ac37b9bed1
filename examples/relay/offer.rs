//! What each side is offered and borne with.

use std::time::Duration;

use ehlo::client;
use ehlo::codec::Syntax;
use ehlo::server::{Chunking, Config, Dsn, EightBit, MtPriority};
use ehlo::types::{Capabilities, Extension, Protocol};

use crate::Route;

/// Octets that the relay adds to a message at most: its `Received:` field.
pub(crate) const ADDED: u64 = 1024;

/// What the sender is offered before it is known what the next hop offers.
pub(crate) fn bare(protocol: Protocol, route: &Route) -> Config {
    let mut config = Config::new(route.hostname.clone());
    config.protocol = protocol;
    // What is taken must fit into a command of the client, whose lines are as
    // long as RFC 5321 §4.5.3.1 says and no longer.
    config.syntax = Syntax::STRICT;
    config
}

/// What the sender is offered: what the next hop offers, as far as it concerns
/// the message; the rest is between neighbours (RFC 5321 §2.2.1).
///
/// A parameter that the next hop would not understand is thereby refused here,
/// by the machine. REQUIRETLS is not offered, since there is no TLS here, nor
/// DELIVERBY and FUTURERELEASE, which ask more of a relay than to pass them on.
/// ENHANCEDSTATUSCODES is: many who do not offer it give them all the same, and
/// where the next hop gives none, the machine adds one of its own.
pub(crate) fn like(offered: &Capabilities<'_>, protocol: Protocol, route: &Route) -> Config {
    let offers = |extension| offered.offers(extension);
    let mut config = bare(protocol, route);
    // Chunks are for the way here; the next hop is given the octets with DATA.
    config.chunking = Chunking::On;
    config.size = offers(Extension::Size);
    let limit = offered.size_limit();
    config.limits.message = limit.map(|limit| limit.saturating_sub(ADDED));
    config.eight_bit = match (offers(Extension::SmtpUtf8), offers(Extension::EightBitMime)) {
        (true, _) => EightBit::Utf8,
        (false, true) => EightBit::Mime,
        (false, false) => EightBit::Off,
    };
    if offers(Extension::Dsn) {
        config.dsn = Dsn::On;
    }
    if offers(Extension::MtPriority) {
        let profile = offered.parameters(Extension::MtPriority).next();
        config.mt_priority =
            profile.map_or(MtPriority::On, |name| MtPriority::Profile(name.to_owned()));
    }
    config.rrvs = offers(Extension::Rrvs);
    config
}

/// How the next hop is spoken to.
///
/// Its answer is the relay's, so the relay waits a little less for it than its
/// sender does for the relay's (RFC 5321 §4.5.3.2).
pub(crate) fn towards(route: &Route) -> client::Config {
    const MINUTE: u64 = 60;
    let mut config = client::Config::new();
    config.protocol = route.protocol;
    config.timeouts.greeting = Some(Duration::from_secs(2 * MINUTE));
    config.timeouts.command = Some(Duration::from_secs(4 * MINUTE));
    config.timeouts.data = Some(Duration::from_secs(100));
    config.timeouts.completion = Some(Duration::from_secs(9 * MINUTE));
    // In LMTP, as many may have to be kept as a message has recipients.
    config.limits.reply.octets = Some(8192);
    config
}
