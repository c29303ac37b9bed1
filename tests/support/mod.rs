//! What the tests share: transcripts, and what plays them.

#![allow(dead_code, unreachable_pub)] // no test uses all of it

pub mod client;
pub mod cuts;
pub mod server;
pub mod session;
pub mod transcript;
