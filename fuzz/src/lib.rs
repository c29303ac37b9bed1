//! The bodies of the fuzz targets: a function each, which panics where
//! something is wrong. They know nothing of the fuzzer, so that `cargo test`
//! plays the seeds to them, too (`tests/fuzz_seeds.rs`).

mod address;
mod capabilities;
mod client;
mod command;
mod cuts;
mod data;
mod decoded;
mod line;
mod parameters;
mod reply;
#[cfg(feature = "arbitrary")]
mod roundtrip;
mod script;
mod server;

pub use address::address;
pub use capabilities::capabilities;
pub use client::client;
pub use command::command;
pub use data::data;
pub use line::line;
pub use reply::reply;
#[cfg(feature = "arbitrary")]
pub use roundtrip::roundtrip;
pub use server::server;
