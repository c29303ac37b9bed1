//! What the benches of the crate measure with, too.

#[path = "../../shared/accept.rs"]
pub mod accept;
#[path = "../../shared/bodies.rs"]
pub mod bodies;
#[path = "../../shared/lines.rs"]
pub mod lines;
#[path = "../../shared/replies.rs"]
pub mod replies;
