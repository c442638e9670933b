#!/usr/bin/env bash
# Builds the page and serves it on 127.0.0.1: scripts/serve.sh [PORT]
set -euo pipefail

port=${1:-8080}
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/env.sh
source scripts/env.sh

if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    echo "serve: port $port is taken; end what listens there, or choose another: make serve PORT=$((port + 1))" >&2
    exit 1
fi
scripts/setup.sh serve
echo "serve: building the page (5 to 10 minutes the first time); it will be at http://127.0.0.1:$port"
# A folder of its own, so that serving and `make build` do not disturb each other.
exec trunk serve --release --locked --no-autoreload --dist target/serve \
    --disable-address-lookup --address 127.0.0.1 --port "$port"
