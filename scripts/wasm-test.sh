#!/usr/bin/env bash
# Runs the tests of the page's crate as wasm in headless Chromium; arguments go to cargo test.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/env.sh
source scripts/env.sh

mkdir -p target
sed "s|\"/usr/bin/chromium\"|\"$CHROMIUM\"|" webdriver.json >target/webdriver.json
export WASM_BINDGEN_TEST_WEBDRIVER_JSON=$PWD/target/webdriver.json
# Seconds; the runner's own limits, 5 and 20, are too short for a busy machine.
export WASM_BINDGEN_TEST_DRIVER_TIMEOUT=60
export WASM_BINDGEN_TEST_TIMEOUT=300
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=wasm-bindgen-test-runner
exec cargo test -p mini-raft-web --target wasm32-unknown-unknown --locked --tests "$@"
