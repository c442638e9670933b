#!/usr/bin/env bash
# Checks the scripts: shell by bash and, where it is installed, shellcheck; JavaScript by node; YAML by yamllint, the
# Dockerfile by hadolint.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
for file in scripts/*.sh .ci/run; do bash -n "$file"; done
if command -v shellcheck >/dev/null 2>&1; then
    shellcheck -x scripts/*.sh .ci/run
else
    echo "lint: no shellcheck found, so the shell scripts are only parsed"
fi
if command -v node >/dev/null 2>&1; then
    for file in scripts/*.mjs tests/e2e/*.mjs web/assets/*.js web/offline/*.js; do node --check "$file"; done
else
    echo "lint: no node found, so the JavaScript is not parsed"
fi
if command -v yamllint >/dev/null 2>&1; then
    yamllint --strict .yamllint docker-compose.yml .github docs/deploy
else
    echo "lint: no yamllint found, so the YAML files are not checked"
fi
if command -v hadolint >/dev/null 2>&1; then
    hadolint Dockerfile
else
    echo "lint: no hadolint found, so the Dockerfile is not checked"
fi
