//! The same scenarios give the same runs in the browser as natively, byte for byte: the hashes of their traces are
//! those of the committed file, with which `tests/tests/determinism.rs` compares native runs.

#![cfg(target_arch = "wasm32")]

use mini_raft_core::play::fingerprint;
use mini_raft_core::scenario;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const HASHES: &str = include_str!("../../tests/data/trace_hashes.json");

#[wasm_bindgen_test]
fn traces_are_the_same_as_natively() {
    for builtin in scenario::library() {
        let hash = fingerprint(&builtin.scenario()).hash_digits();
        let line = format!("\"{}\": \"{hash}\"", builtin.stem);
        assert!(HASHES.contains(&line), "{} is not as natively: {hash}", builtin.stem);
    }
}
