//! What the tests share: transcripts, and what plays them.

#![allow(dead_code)] // no test uses all of it

pub mod cuts;
pub mod server;
pub mod transcript;
