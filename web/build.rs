//! Puts the scenarios of the library into the page, one a line.

use std::path::Path;

use mini_raft_core::scenario::library;

fn main() {
    let lines: Vec<String> = library().iter().map(|builtin| builtin.scenario().to_json()).collect();
    let folder = std::env::var("OUT_DIR").expect("cargo says where to build");
    let file = Path::new(&folder).join("library.jsonl");
    std::fs::write(file, lines.join("\n")).expect("the library can be written");
    // The scenarios are part of the core: with it, this program is built and run anew.
    println!("cargo::rerun-if-changed=build.rs");
}
