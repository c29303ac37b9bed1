//! The seeds of the fuzz targets, played without a fuzzer.

use std::path::Path;

#[allow(unreachable_pub)] // it is a crate's root elsewhere
#[path = "../fuzz/src/lib.rs"]
mod targets;

/// Plays every seed of a target; says which one failed.
fn replay(name: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(name);
    let mut seeds = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let octets = std::fs::read(&path).unwrap();
        if let Err(panic) = std::panic::catch_unwind(|| target(&octets)) {
            eprintln!("the seed is {}", path.display());
            std::panic::resume_unwind(panic);
        }
        seeds += 1;
    }
    assert!(seeds > 0, "{} has seeds", folder.display());
}

macro_rules! seeds {
    ($($(#[$attribute:meta])* $target:ident)*) => {$(
        #[test]
        $(#[$attribute])*
        fn $target() {
            replay(stringify!($target), targets::$target);
        }
    )*};
}

seeds! {
    address
    capabilities
    client
    command
    data
    line
    reply
    #[cfg(feature = "arbitrary")]
    roundtrip
    server
}
