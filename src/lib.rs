//! SMTP without I/O.
#![no_std]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod codec;
mod secret;
mod time;
pub mod types;

pub use secret::Secret;
pub use time::Timestamp;
