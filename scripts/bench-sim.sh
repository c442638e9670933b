#!/usr/bin/env bash
# Measures the simulator: its rate natively and as wasm, the cost of long logs, the history, and the random search.
#
#   scripts/bench-sim.sh      see tests/bench/src/bin/simulator.rs
#
# The seconds are those of a machine that should have nothing else to do; only the ratios mean something elsewhere.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../tests/bench"
target=${CARGO_TARGET_DIR:-../../target}/bench
CARGO_TARGET_DIR=$target cargo build --release --locked --bin simulator
CARGO_TARGET_DIR=$target cargo build --release --locked --lib --target wasm32-unknown-unknown

echo
node ../../scripts/bench-sim.mjs "$target/release/simulator" \
    "$target/wasm32-unknown-unknown/release/mini_raft_bench.wasm"
"$target/release/simulator"
