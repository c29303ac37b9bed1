//! A program without std that uses both machines. If anything below pulled std
//! in, there would be two panic handlers, and this would not build.

#![no_std]

extern crate alloc;

use alloc::sync::Arc;
use core::alloc::{GlobalAlloc, Layout};
use core::panic::PanicInfo;

use ehlo::Timestamp;
use ehlo::client::{self, Client};
use ehlo::server::{self, Security, Server, SessionId};
use ehlo::types::Domain;

struct NoMemory;

// SAFETY: says of every request that it cannot be met.
unsafe impl GlobalAlloc for NoMemory {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        core::ptr::null_mut()
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static ALLOCATOR: NoMemory = NoMemory;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}

/// Makes a session of each kind.
#[unsafe(no_mangle)]
pub extern "C" fn sessions() -> bool {
    let Ok(host) = Domain::try_from("mx.example") else {
        return false;
    };
    let config = Arc::new(server::Config::new(host));
    let server = Server::new(config, SessionId(1), Security::Plain, Timestamp::ZERO);
    let client = Client::new(Arc::new(client::Config::new()), Timestamp::ZERO);
    server.wants_input() || client.wants_input()
}
