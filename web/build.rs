//! Packs the scenarios of the library for the page.

use std::path::Path;

use mini_raft_core::scenario::{Builtin, library, packed};

fn main() {
    let scenarios: Vec<_> = library().iter().map(Builtin::scenario).collect();
    let folder = std::env::var("OUT_DIR").expect("cargo says where to build");
    let file = Path::new(&folder).join("library.bin");
    std::fs::write(file, packed::pack(&scenarios)).expect("the packed library can be written");
    // The scenarios are part of the core: with it, this program is built and run anew.
    println!("cargo::rerun-if-changed=build.rs");
}
