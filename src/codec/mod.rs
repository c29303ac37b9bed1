//! Between the vocabulary and octets. Usable on its own: for proxies,
//! analysers and fuzzers.

mod attribute;
mod capability;
pub(crate) mod command;
mod data;
mod date;
mod error;
mod leaf;
pub(crate) mod line;
mod parameter;
mod path;
mod plain;
mod queue;
pub(crate) mod reply;
mod sasl;
#[cfg(feature = "serde")]
pub(crate) mod stored;
mod swar;
mod syntax;
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
pub use reply::{InvalidReply, ReplyError, ReplyLimits, ReplyParser};
pub use syntax::Syntax;
