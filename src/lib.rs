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
//! | [`sasl`] | what is said inside AUTH, on both sides | how the machines ask for it |
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
//! [`server::Server`] and the module [`client`] show it as programs, the
//! repository's examples in full.
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
//! - **Attacks** that are known are kept off, by [rules](attacks) and their tests.
//!
//! # Features
//!
//! None is on by default, and each only adds something.
//!
//! - `std`: vectored output (`Buf::chunks_vectored`). Everything else works
//!   without: the crate is `no_std` with `alloc`.
//! - `serde`: `Serialize` and `Deserialize` for what a queue stores; see below.
//! - `scram`: CRAM-MD5 and SCRAM, in [`sasl`].
//! - `saslprep`: names and passwords that are not in US-ASCII, for SCRAM and
//!   [`sasl::prepare`]. Enables `std`.
//! - `arbitrary`: values and nearly valid traffic for fuzzers, in the module
//!   `arbitrary`. Enables `std`.
//!
//! # What a queue stores
//!
//! With the feature `serde`, [`Envelope`](types::Envelope) and
//! [`Recipient`](types::Recipient) are maps of their fields, and what they are
//! made of is text, in the form of the wire. So are dates, enhanced codes and
//! the values of parameters; reply codes and priorities are numbers.
//!
//! | | |
//! |---|---|
//! | `ReversePath`, `ForwardPath` | `<>`, `<alice@example.com>`, `<Postmaster>` |
//! | `Mailbox`, `LocalPart`, `Host`, `Domain`, `HelloName` | `"al ice"@[192.0.2.1]` |
//! | `MailParameters`, `RcptParameters`, `Parameter` | `SIZE=5120 BODY=8BITMIME` |
//! | `Reply` | `550-5.1.1 No\r\n550 5.1.1 such user\r\n`; what is not UTF-8, and every reply in a binary format, as bytes |
//!
//! What comes back is checked as if it came from a client. Everything that a
//! server may have taken is taken again, whatever
//! [leniencies](codec::Syntax) it had been given: long paths and local parts,
//! loose dots, paths without a domain, odd hello names. What it would only have
//! spelt in another way, such as a path without its brackets, is refused, and so
//! are fields that the maps do not have. A [source
//! route](types::Mailbox::source_route) is not part of a mailbox, and is not
//! stored.
//!
#![cfg_attr(feature = "serde", doc = "```")]
#![cfg_attr(not(feature = "serde"), doc = "```ignore")]
//! use ehlo::types::{Envelope, Mailbox};
//! let envelope = Envelope::new("alice@example.com".parse::<Mailbox>()?)
//!     .to("bob@example.org".parse::<Mailbox>()?);
//! let stored = serde_json::to_string(&envelope)?;
//! assert_eq!(
//!     stored,
//!     r#"{"reverse_path":"<alice@example.com>","parameters":"","recipients":"#.to_owned()
//!         + r#"[{"forward_path":"<bob@example.org>","parameters":""}]}"#
//! );
//! assert_eq!(serde_json::from_str::<Envelope>(&stored)?, envelope);
//! let error = serde_json::from_str::<Mailbox>(r#""bob@example..org""#).unwrap_err();
//! assert!(error.to_string().starts_with("a bad domain at octet 11"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![no_std]
// Says what needs which feature, on docs.rs.
#![cfg_attr(docsrs, feature(doc_cfg))]
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

#[cfg(feature = "arbitrary")]
pub mod arbitrary;
#[doc = include_str!("attacks.md")]
pub mod attacks {}
pub mod client;
pub mod codec;
pub mod sasl;
mod secret;
#[cfg(feature = "serde")]
mod serde;
pub mod server;
mod time;
pub mod types;

pub use secret::Secret;
pub use time::Timestamp;

/// The README's code is tested too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
