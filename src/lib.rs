//! SMTP without I/O.
#![no_std]
// A peer or a caller must never be able to make this crate panic.
#![warn(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)
)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod client;
pub mod codec;
mod secret;
pub mod server;
mod time;
pub mod types;

pub use secret::Secret;
pub use time::Timestamp;
