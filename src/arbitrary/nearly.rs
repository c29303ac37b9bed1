//! Traffic that is nearly valid.

use alloc::vec::Vec;

use ::arbitrary::{Arbitrary, Result, Unstructured};

use super::text::{one_of, up_to};
use crate::types::{Command, Reply};

/// Octets that mean something somewhere in SMTP, and some that never may be.
const SIGNIFICANT: &[u8] = b"\r\n \t<>@\"\\.,;:=+-*[]{}()09aZ\0\x07\x7f\x80\xc3\xa9\xed\xff";

/// Changes octets in one place: one is replaced, inserted, dropped or put in
/// another case, two are swapped, a piece is doubled, or the rest is cut off.
///
/// # Errors
///
/// None, as of `arbitrary` 1.4: a source that has run dry gives zeros.
pub fn spoil(source: &mut Unstructured<'_>, octets: &mut Vec<u8>) -> Result<()> {
    let how = up_to(source, 6)?;
    let Some(last) = octets.len().checked_sub(1) else {
        octets.push(one_of(source, SIGNIFICANT)?);
        return Ok(());
    };
    let at = up_to(source, last)?;
    let rest = octets.split_off(at);
    let (first, behind) = rest
        .split_first()
        .map_or((0, &[][..]), |(first, behind)| (*first, behind));
    match how {
        0 => {
            octets.push(one_of(source, SIGNIFICANT)?);
            octets.extend_from_slice(behind);
        }
        1 => {
            octets.push(one_of(source, SIGNIFICANT)?);
            octets.extend_from_slice(&rest);
        }
        2 => octets.extend_from_slice(behind),
        3 => {
            octets.push(first ^ 0x20);
            octets.extend_from_slice(behind);
        }
        4 => {
            let before = octets.pop();
            octets.push(first);
            octets.extend(before);
            octets.extend_from_slice(behind);
        }
        5 => {
            let length = up_to(source, rest.len().min(64))?;
            octets.extend_from_slice(&rest);
            octets.extend(rest.iter().take(length));
        }
        _ => {}
    }
    Ok(())
}

/// Up to three changes; often none.
fn spoil_a_little(source: &mut Unstructured<'_>, mut octets: Vec<u8>) -> Result<Vec<u8>> {
    for _ in 0..up_to(source, 3)? {
        spoil(source, &mut octets)?;
    }
    Ok(octets)
}

macro_rules! nearly {
    ($($(#[$doc:meta])* $name:ident of $type:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(Vec<u8>);

        impl $name {
            /// The octets.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8] {
                &self.0
            }

            /// The octets, to go on with.
            #[must_use]
            pub fn into_bytes(self) -> Vec<u8> {
                self.0
            }
        }

        impl<'u> Arbitrary<'u> for $name {
            fn arbitrary(source: &mut Unstructured<'u>) -> Result<Self> {
                let mut octets = Vec::new();
                source.arbitrary::<$type<'_>>()?.write(&mut octets);
                spoil_a_little(source, octets).map(Self)
            }
        }
    )*};
}

nearly! {
    /// What a client might send: a command with its CR LF, as it is or
    /// [spoilt](spoil) in up to three places.
    NearlyCommand of Command;
    /// What a server might send: a reply, as it is or [spoilt](spoil) in up to
    /// three places.
    NearlyReply of Reply;
}
