#!/bin/sh
# Trunk's post_build hook: finishes a release build of the page with scripts/finish-page.mjs.
# Without Node.js the page is served as trunk left it: larger, and without its Content-Security-Policy.
set -eu

[ "$TRUNK_PROFILE" = release ] || exit 0
tools=${MINI_RAFT_TOOLS:-$TRUNK_SOURCE_DIR/.tools}
PATH="$tools/bin:$tools/node/bin:$tools/npm/node_modules/.bin:$PATH"
export PATH
if ! command -v node >/dev/null 2>&1; then
    echo "finish-page: skipped, as there is no Node.js: the page is larger and has no Content-Security-Policy"
    exit 0
fi

exec node "$TRUNK_SOURCE_DIR/scripts/finish-page.mjs" "$TRUNK_STAGING_DIR"
