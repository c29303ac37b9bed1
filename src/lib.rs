//! SMTP without I/O: a validated vocabulary, a codec between it and octets, and
//! two session machines that take octets and tell events. Sockets, TLS, clocks
//! and threads are the caller's.
//!
//! # Layers
//!
//! | module | what it is | knows |
//! |---|---|---|
//! | [`types`] | commands, replies, addresses, envelopes as values | nothing |
//! | [`codec`] | values to octets and back, lines, messages | [`types`] |
//! | [`server`] | the server's side of a session, SMTP or LMTP | both |
//! | [`client`] | the client's side of a session, SMTP or LMTP | both |
//!
//! # The run loop
//!
//! Both machines are driven alike, on any runtime:
//!
//! 1. Poll (`poll_event`) until there is no event; act on each, answer what is
//!    asked, now or later.
//! 2. Write what `output` holds; it is a [`bytes::Buf`].
//! 3. If `is_closed`, close the connection.
//! 4. If `wants_input`, read into the input buffer, which is the caller's; at
//!    the end of the peer's octets, call `handle_eof`. Wait no longer than
//!    `poll_timeout`, then call `handle_timeout`.
//!
//! [`server::Server`] and [`client::Client`] show it as programs.
//!
//! # What holds everywhere
//!
//! - **Pure.** No I/O, no clock, no thread, no global state, no randomness, no
//!   logging. The same octets and the same calls give the same events.
//! - **Values are valid.** Constructors check; whatever exists can be written,
//!   reads back as itself, and holds no line end.
//! - **Cuts do not matter.** How reads are cut changes nothing: not for a peer
//!   that waits where SMTP makes it wait, nor, up to the answer, for one that
//!   does not.
//! - **Everything is bounded**, by a finite default in each configuration.
//! - **Nothing panics**, whatever the octets and the order of the calls. What
//!   the peer does wrong is an event or a reason; what the caller does wrong
//!   does not compile, or comes back in an `Err`.
//!
//! # Features
//!
//! - `std`: vectored output (`Buf::chunks_vectored`). Everything else works
//!   without: the crate is `no_std` with `alloc`.
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

/// The README's code is tested too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
