//! Settings of the codec, and the leaves of the crate.

use super::arbitrary;
use super::text::{octets, one_of};
use crate::codec::{BareLineEnds, LineEnds, ReplyLimits, Syntax};
use crate::types::Protocol;
use crate::{Secret, Timestamp};

arbitrary! {
    Syntax: |source| Ok(Syntax {
        blanks_before_path: source.arbitrary()?,
        bare_paths: source.arbitrary()?,
        local_paths: source.arbitrary()?,
        odd_hello_names: source.arbitrary()?,
        long_paths: source.arbitrary()?,
        loose_dots: source.arbitrary()?,
        extra_blanks: source.arbitrary()?,
        max_parameters: source.int_in_range(0..=40)?,
    });
    ReplyLimits: |source| Ok(ReplyLimits {
        line: source.arbitrary::<Option<u16>>()?.map(usize::from),
        lines: source.arbitrary::<Option<u8>>()?.map(usize::from),
        octets: source.arbitrary::<Option<u16>>()?.map(usize::from),
    });
    BareLineEnds: |source| one_of(source, &[BareLineEnds::Reject, BareLineEnds::Keep]);
    LineEnds: |source| one_of(source, &[LineEnds::Strict, LineEnds::Normalize]);
    Protocol: |source| one_of(source, &[Protocol::Smtp, Protocol::Lmtp]);
    Secret: |source| Ok(Secret::from(octets(source)?));
    Timestamp: |source| Ok(Timestamp::from_nanos(source.arbitrary()?));
}
