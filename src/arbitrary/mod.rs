//! Values for fuzzers and property tests (feature `arbitrary`, which enables
//! `std`).
//!
//! Every type of [`types`](crate::types) implements
//! [`Arbitrary`](::arbitrary::Arbitrary), and so do the settings of
//! [`codec`](crate::codec): values come with all that is legal and odd, such as
//! quoted local parts, address literals, UTF-8, every parameter in any order,
//! replies of many lines. They are built by the public constructors, so all of
//! them are valid, and read back as themselves under
//! [`Syntax::STRICT`](crate::codec::Syntax::STRICT).
//!
//! That tests what is behind a parser. To test a parser, take traffic that is
//! nearly valid: [`NearlyCommand`], [`NearlyReply`], or octets of your own and
//! [`spoil`].
//!
//! ```
//! use arbitrary::{Arbitrary, Unstructured};
//! use ehlo::arbitrary::NearlyCommand;
//! use ehlo::codec::Syntax;
//! use ehlo::types::Command;
//!
//! /// The body of a fuzz target.
//! fn target(octets: &[u8]) -> arbitrary::Result<()> {
//!     let mut source = Unstructured::new(octets);
//!     let command: Command<'_> = source.arbitrary()?;
//!     let mut line = Vec::new();
//!     command.write(&mut line);
//!     let line = line.strip_suffix(b"\r\n").unwrap();
//!     assert_eq!(Command::parse(line, &Syntax::STRICT), Ok(command));
//!
//!     let nearly = NearlyCommand::arbitrary(&mut source)?;
//!     let _ = Command::parse(nearly.as_bytes(), &Syntax::STRICT); // does not panic
//!     Ok(())
//! }
//! # target(b"\x03 what a fuzzer gives ~~~~ 0123456789").unwrap();
//! ```

mod address;
mod capability;
mod command;
mod nearly;
mod parameter;
mod reply;
mod settings;
mod text;

pub use nearly::{NearlyCommand, NearlyReply, spoil};

/// Implements `Arbitrary` by a function.
macro_rules! arbitrary {
    ($($type:ty: $make:expr;)*) => {$(
        impl<'u> ::arbitrary::Arbitrary<'u> for $type {
            fn arbitrary(
                source: &mut ::arbitrary::Unstructured<'u>,
            ) -> ::arbitrary::Result<Self> {
                let make: fn(&mut ::arbitrary::Unstructured<'u>) -> ::arbitrary::Result<Self> =
                    $make;
                make(source)
            }
        }
    )*};
}

use arbitrary;
