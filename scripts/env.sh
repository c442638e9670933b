# shellcheck shell=bash disable=SC2034
# Where the tools are, and which versions: sourced by the other scripts, not run.

MINI_RAFT_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
TOOLS=${MINI_RAFT_TOOLS:-$MINI_RAFT_ROOT/.tools}
case $TOOLS in
    /*) ;;
    *) TOOLS=$PWD/$TOOLS ;;
esac
TOOLS_SHOWN=${MINI_RAFT_TOOLS:-.tools}
export PATH="$TOOLS/bin:$TOOLS/node/bin:$TOOLS/npm/node_modules/.bin:$PATH"

# The command-line tool and the library must match exactly, so Cargo.lock decides.
WASM_BINDGEN_VERSION=$(sed -n '/^name = "wasm-bindgen"$/{n;s/^version = "\(.*\)"/\1/p;}' "$MINI_RAFT_ROOT/Cargo.lock")
TRUNK_VERSION=0.21.14
LLVM_COV_VERSION=0.9.1
SCHEMATHESIS_VERSION=4.32.5
YAMLLINT_VERSION=1.38.0
HADOLINT_VERSION=2.15.1
# Only for systems whose own Node.js is older than 20.
NODE_VERSION=22.23.3
npm_version() { sed -n "s/^ *\"$1\": \"\([0-9.]*\)\".*/\1/p" "$MINI_RAFT_ROOT/scripts/tools/package.json"; }
BINARYEN_VERSION=$(npm_version binaryen)
ESBUILD_VERSION=$(npm_version esbuild)

# Whether a tool is there in exactly that version; "132.0.0" also matches a tool that says "version 132".
has_version() {
    local said
    said=$("$1" --version 2>/dev/null) || return 1
    case " $said " in
        *" $2 "* | *" ${2%.0.0} "*) return 0 ;;
        *) return 1 ;;
    esac
}

# Whether the standard library can be compiled with the page; see build-page.sh.
has_rust_source() {
    [ -f "$(rustc --print sysroot)/lib/rustlib/src/rust/library/std/Cargo.toml" ]
}

# Sets CHROMIUM and CHROMEDRIVER, to nothing if there is none.
find_browser() {
    CHROMIUM=${MINI_RAFT_CHROMIUM:-$(first_of chromium chromium-browser google-chrome google-chrome-stable)}
    CHROMEDRIVER=${CHROMEDRIVER:-$(first_of chromedriver "${CHROMEWEBDRIVER:-/usr/lib/chromium}/chromedriver")}
    export CHROMIUM CHROMEDRIVER
}

first_of() {
    local name
    for name in "$@"; do
        if command -v "$name" 2>/dev/null; then return; fi
    done
}

find_browser
