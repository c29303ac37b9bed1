//! Between the vocabulary and octets. Usable on its own: for proxies,
//! analysers and fuzzers.
//!
//! What comes in is cut first, and understood then: no grammar looks for the end
//! of a line, and none takes a CR or an LF. What goes out cannot fail.
//!
//! | | in | out |
//! |---|---|---|
//! | commands | [`LineFramer`], [`Command::parse`] | [`Command::write`] |
//! | lines of AUTH | [`LineFramer`], [`SaslLine::parse`] | [`SaslLine::write`] |
//! | replies | [`ReplyParser`] | [`Reply::write`] |
//! | what EHLO offers | [`Capabilities::from`] a reply | [`Capabilities::reply`] |
//! | messages by DATA | [`DotDecoder`] | [`DotEncoder`] |
//! | messages by BDAT | [`LineEndCheck`] | [`LineEncoder`] |
//! | values by themselves | `FromStr`, `TryFrom<&str>` | `Display` |
//!
//! ```
//! use bytes::BytesMut;
//! use ehlo::codec::{LineFramer, Part, Syntax};
//! use ehlo::types::Command;
//! let mut framer = LineFramer::new(Some(4096));
//! let mut input = BytesMut::from("mail from:<al@example.com> SIZE=9\r\nRCPT TO:<bob@-x>\r\n");
//!
//! let line = framer.next(&mut input).unwrap()?;
//! let command = Command::parse(&line, &Syntax::STRICT)?;
//! let Command::Mail { parameters, .. } = &command else { unreachable!() };
//! assert_eq!(parameters.size(), Some(9));
//! assert_eq!(command.to_string(), "MAIL FROM:<al@example.com> SIZE=9");
//!
//! let line = framer.next(&mut input).unwrap()?;
//! let error = Command::parse(&line, &Syntax::STRICT).unwrap_err();
//! assert_eq!(error.part(), Part::Domain);
//! assert_eq!(error.to_string(), "a bad domain at octet 13");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Command::parse`]: crate::types::Command::parse
//! [`Command::write`]: crate::types::Command::write
//! [`SaslLine::parse`]: crate::types::SaslLine::parse
//! [`SaslLine::write`]: crate::types::SaslLine::write
//! [`Reply::write`]: crate::types::Reply::write
//! [`Capabilities::from`]: crate::types::Capabilities
//! [`Capabilities::reply`]: crate::types::Capabilities::reply

mod attribute;
mod capability;
pub(crate) mod command;
mod data;
mod date;
mod enhanced;
mod error;
mod leaf;
pub(crate) mod line;
mod parameter;
mod path;
mod plain;
mod queue;
mod reply;
mod sasl;
#[cfg(feature = "serde")]
pub(crate) mod stored;
mod swar;
mod syntax;
pub(crate) mod text;
pub mod unitext;
mod write;
pub mod xtext;

pub(crate) use data::LfDecoder;
pub use data::{
    BareLineEnd, BareLineEndAt, BareLineEnds, Decoded, DotDecoder, DotEncoder, LineEncoder,
    LineEndCheck, LineEnds, Place,
};
pub use error::{AddressError, CommandError, Part};
pub use line::{Line, LineError, LineFramer};
pub use reply::{ReplyError, ReplyLimits, ReplyParser};
pub use syntax::Syntax;
pub use text::InvalidReply;
