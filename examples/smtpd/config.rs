//! What is offered, allowed and borne: the machine does the rest.

use std::error::Error;

use ehlo::codec::{BareLineEnds, Syntax};
use ehlo::server::{
    AuthOffer, Chunking, Config, CrossProtocol, DeliverBy, Dsn, EarlyInput, EightBit,
    FutureRelease, MtPriority, StartTlsOffer,
};
use ehlo::types::{DateTime, Domain, Mechanism, Protocol};

use crate::options::{Kind, Options};
use crate::sasl;

/// How long a message may be held back: 30 days, and not into the next century.
const HOLD_SECONDS: u32 = 30 * 24 * 60 * 60;
const HOLD_UNTIL: &str = "2099-12-31T23:59:59Z";

/// What holds on a listener of that kind: every extension that asks for no
/// more than a server like this one.
pub(crate) fn config(
    options: &Options,
    kind: Kind,
    has_tls: bool,
) -> Result<Config, Box<dyn Error>> {
    let mut config = Config::new(options.hostname.parse::<Domain<'static>>()?);
    config.eight_bit = EightBit::Utf8;
    config.chunking = Chunking::Binary;
    config.dsn = Dsn::Tracking;
    config.deliver_by = DeliverBy::On;
    config.future_release = Some(FutureRelease {
        seconds: HOLD_SECONDS,
        until: HOLD_UNTIL.parse::<DateTime>()?,
    });
    config.mt_priority = MtPriority::On;
    config.require_tls = true;
    config.rrvs = true;
    config.no_soliciting = Some(String::new());
    config.announce_limits = true;
    config.etrn = true;
    config.vrfy = true;
    config.expn = true;
    config.help = true;
    config.xclient = options.xclient;
    config.xforward = options.xclient;
    if kind == Kind::Lmtp {
        config.protocol = Protocol::Lmtp;
    }
    if has_tls {
        config.start_tls = StartTlsOffer::Offered;
    }
    let mechanisms = sasl::mechanisms(options);
    if !mechanisms.is_empty() {
        let mut auth = AuthOffer::new(mechanisms);
        auth.required = kind == Kind::Submission;
        config.auth = Some(auth);
    }
    config.limits.message = options.max_size.or(config.limits.message);
    // Load generators keep their connections.
    config.limits.transactions = None;
    config.report_refused = options.trace;
    if options.lenient {
        be_lenient(&mut config);
    }
    Ok(config)
}

/// The same, for somebody whom no certificate names.
pub(crate) fn without_external(config: &Config) -> Config {
    let mut config = config.clone();
    if let Some(auth) = &mut config.auth {
        auth.with_tls
            .retain(|offered| *offered != Mechanism::EXTERNAL);
    }
    config
}

fn be_lenient(config: &mut Config) {
    config.syntax = Syntax::LENIENT;
    config.early_input = EarlyInput::Allow { lf_sessions: true };
    config.cross_protocol = CrossProtocol::Allow;
    config.bare_line_ends = BareLineEnds::Keep;
}
