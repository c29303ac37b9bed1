//! SCRAM (RFC 5802, RFC 7677): both sides prove that they know the password,
//! and neither shows it; the server needs not store it.

mod client;
mod keys;
mod message;
mod server;

pub use client::ScramClient;
pub use keys::ScramKeys;
pub use server::{Decoy, ScramServer};
