# Mini-Raft's commands: `make help` lists them.
#
# Each target first installs what it needs and is missing (scripts/setup.sh), into .tools or $MINI_RAFT_TOOLS.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# Tests of the page need the page.
.NOTPARALLEL:

PORT ?= 8080
SEEDS ?= 0..20000
CASES ?= 100000
SCENARIO ?= scenarios/reelection_after_leader_failure.json
RUN := scripts/with-tools.sh
WASM := --target wasm32-unknown-unknown
# Files of core that only its tests use.
TEST_CODE := /tests/|/tests\.rs$$|/check/history\.rs$$|/scenario/strategies\.rs$$

.PHONY: help
help: ## List the targets
	@echo "Usage: make TARGET"
	@echo
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-14s %s\n", $$1, $$2 }'
	@echo
	@echo "Settings, from the environment:"
	@echo "  MINI_RAFT_TOOLS     folder of the tools that set-up installs (default: .tools in the checkout);"
	@echo "                      several checkouts may share one"
	@echo "  MINI_RAFT_CHROMIUM  the browser for the tests (default: the Chromium or Chrome on PATH)"
	@echo "  CHROMEDRIVER        its driver (default: the chromedriver on PATH)"
	@echo "  PORT                where \`make serve\` listens (default: 8080)"

# --- Set-up and the page ---------------------------------------------------------------------------------

.PHONY: setup
setup: ## Install all tools that are missing (5 to 10 minutes from nothing, then at once)
	@scripts/setup.sh

.PHONY: serve
serve: ## Build the page and serve it at http://127.0.0.1:8080 (PORT=8081 for another port)
	@scripts/serve.sh $(PORT)

.PHONY: dev
dev: ## Serve a debug build, which builds again and reloads when a file changes
	@scripts/setup.sh serve
	$(RUN) trunk serve --locked --dist target/dev --port $(PORT)

.PHONY: build
build: ## Build the page as a static site in dist/, which works under any path, and weigh it
	@scripts/setup.sh build
	scripts/build-page.sh

# --- Tests -----------------------------------------------------------------------------------------------

.PHONY: test
test: unit api-test wasm-test build e2e ## Run all tests: unit, api-test, wasm-test, build, e2e

.PHONY: unit
unit: ## Test core, server, the page's models and the whole, natively
	@scripts/setup.sh rust
	cargo test --workspace --locked --no-fail-fast

.PHONY: api-test
api-test: ## Hold the description of the HTTP API against a running node
	@scripts/setup.sh api
	$(RUN) scripts/api-test.sh

.PHONY: torture
torture: ## Kill, stop and cut off real processes for an hour, and judge what their clients saw
	@scripts/setup.sh rust
	MINI_RAFT_TORTURE=1 cargo test --release --locked -p mini-raft-server --test faults -- --nocapture storms

.PHONY: golden
golden: ## Write the output in tests/golden/ and docs/laws.md anew; read the difference before you commit it
	@scripts/setup.sh rust
	UPDATE_GOLDENFILES=1 cargo test --locked -p mini-raft-tests --test golden --test laws -- --test-threads=1

.PHONY: wasm-test
wasm-test: ## Test the page's parts as wasm in headless Chromium
	@scripts/setup.sh wasm-test browser
	scripts/wasm-test.sh

.PHONY: e2e
e2e: ## Test the built page (dist/) in headless Chromium; run `make build` first
	@scripts/setup.sh browser e2e
	@grep -qs Content-Security-Policy dist/index.html || { \
		echo "dist/ holds no page that \`make build\` made (\`trunk serve\` leaves another there): run it first" >&2; exit 1; }
	$(RUN) node --test --test-timeout=180000 tests/e2e/*.test.mjs

# --- Care ------------------------------------------------------------------------------------------------

.PHONY: lint
lint: ## Check format, clippy (natively and for wasm), documentation, scripts, YAML and the Dockerfile
	@scripts/setup.sh lint
	cargo fmt --all --check
	cargo fmt --manifest-path tests/bench/Cargo.toml --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo clippy -p mini-raft-web --all-targets $(WASM) --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked
	@$(RUN) scripts/lint-scripts.sh

.PHONY: fmt
fmt: ## Format all Rust code
	@scripts/setup.sh rust
	cargo fmt --all
	cargo fmt --manifest-path tests/bench/Cargo.toml

.PHONY: docs
docs: ## Build the API documentation in target/doc; warnings are errors
	@scripts/setup.sh rust
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

.PHONY: sim
sim: ## Run a scenario without a browser (SCENARIO=scenarios/NAME.json)
	@scripts/setup.sh rust
	cargo run --release --locked -p mini-raft-server -- sim $(SCENARIO)

.PHONY: start
start: ## Start five real nodes on ports 8000 to 8004, in .mini-raft/ (`make stop` ends them)
	@scripts/setup.sh rust
	cargo run --locked -p mini-raft-server -- start

.PHONY: stop
stop: ## Stop them
	cargo run --locked -p mini-raft-server -- stop

.PHONY: demo
demo: ## Tell the story of Raft on a real cluster: election, replication, fault tolerance
	@scripts/setup.sh rust
	cargo run --locked -p mini-raft-server -- demo

.PHONY: check
check: ## Search 20,000 random scenarios for one in which something goes wrong (SEEDS=A..B for others)
	@scripts/setup.sh rust
	cargo run --release --locked -p mini-raft-server -- check --random --seeds $(SEEDS)

.PHONY: fuzz
fuzz: ## Feed 100,000 hostile messages, scenarios and snapshots to what reads them (CASES=N for others)
	@scripts/setup.sh rust
	PROPTEST_CASES=$(CASES) cargo test --release --locked -p mini-raft-tests --test hostile --test damaged

.PHONY: cov
cov: ## Measure how much of core its own tests run: a table, and a failure below 95 % of the lines
	@scripts/setup.sh cov
	$(RUN) cargo llvm-cov --package mini-raft-core --locked --ignore-filename-regex '$(TEST_CODE)' --fail-under-lines 95

.PHONY: tla
tla: ## Ask TLC about the model of Raft in docs/tla, then about runs of the library (needs Java)
	@scripts/setup.sh rust
	scripts/tla.sh

.PHONY: mutants
mutants: ## Leave out every rule of Raft, find a seed that shows it, and write docs/mutants.md
	@scripts/setup.sh rust
	cargo run --release --locked -p mini-raft-server -- mutants --output docs/mutants.md

.PHONY: screenshots
screenshots: ## Take the pictures of docs/images from the built page (dist/)
	@scripts/setup.sh browser e2e
	$(RUN) node scripts/screenshots.mjs

.PHONY: bench
bench: ## Measure the core beside the crate raft 0.7: entries a second, and instructions where valgrind is there
	@scripts/setup.sh rust
	scripts/bench.sh

.PHONY: bench-sim
bench-sim: ## Measure the simulator: events a second natively and as wasm, long logs, an hour of history, the search
	@scripts/setup.sh rust
	$(RUN) scripts/bench-sim.sh

.PHONY: bench-server
bench-server: ## Measure five real nodes over HTTP with wrk, beside five of etcd where it is installed
	@scripts/setup.sh rust
	scripts/bench-server.sh

.PHONY: image
image: ## Build the container image mini-raft (needs docker)
	docker build -t mini-raft .

.PHONY: frames
frames: ## Measure how smoothly the built page (dist/) plays with 200 messages under way
	@scripts/setup.sh browser e2e
	$(RUN) node scripts/frames.mjs

.PHONY: clean
clean: ## Remove what was built; the installed tools stay
	rm -rf target dist tests/e2e/node_modules
