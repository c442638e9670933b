#!/usr/bin/env bash
# Builds the page as a static site in dist/, and weighs it.
#
# Where the source of Rust's standard library is there (scripts/setup.sh adds it), the library is compiled for
# size with the page, and a panic stops the page at once: without the texts of all panics, and the code that
# would format them, the page is a tenth lighter. A debug build (`make dev`) says what a panic was about.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/env.sh
source scripts/env.sh

if has_rust_source; then
    # Both are unstable in this Rust, whose version rust-toolchain.toml pins: RUSTC_BOOTSTRAP allows them.
    export RUSTC_BOOTSTRAP=1
    export CARGO_UNSTABLE_BUILD_STD=std,panic_abort CARGO_UNSTABLE_BUILD_STD_FEATURES=optimize_for_size
    export RUSTFLAGS="${RUSTFLAGS:-} -Zunstable-options -Cpanic=immediate-abort"
    trunk build --release --locked
    node scripts/weigh.mjs dist
else
    echo "build: without the source of Rust's standard library the page is a tenth heavier than it may be"
    trunk build --release --locked
    node scripts/weigh.mjs dist --any-weight
fi
