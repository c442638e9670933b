#!/usr/bin/env bash
# Runs a command with the project's tools on PATH: scripts/with-tools.sh trunk serve
set -euo pipefail

# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
exec "$@"
