//! SMTP without I/O.
#![no_std]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod codec;
pub mod server;
mod time;
pub mod types;

pub use time::Timestamp;
