//! SMTP without I/O.
#![no_std]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod client;
pub mod codec;
mod time;
pub mod types;

pub use time::Timestamp;
