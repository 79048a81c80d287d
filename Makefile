# `make` lists what can be done. Everything that is needed is installed on the way: into this folder, or into a
# folder of the user's cache that is named after its version.

.DEFAULT_GOAL := help
.PHONY: help setup build package cost dev doctor counts unit test configuration lint bench soak oracle lab apps evaluate logs attack simulate fuzz picture pictures clean

SOURCES := $(shell find src assets crates/encoding-rs crates/idna-adapter -type f) Cargo.toml Cargo.lock rust-toolchain.toml tools/build.mjs tools/wasm.mjs tools/wasm_order.mjs

# Named one by one, since what a folder means to the test runner has changed from one release of Node to the next.
SCRIPT_TESTS := $(wildcard lab/*.test.mjs oracle/*.test.mjs tools/*.test.mjs tools/*/*.test.mjs tests/js/*.test.mjs bench/*/*.test.mjs fuzz/*.test.mjs)

help: ## List what can be done
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

dev: build ## Run the demo shop behind Headstart; ORIGIN=https://example.org for any site, PORT=8787
	@ORIGIN='$(ORIGIN)' PORT='$(PORT)' exec node tools/dev.mjs

doctor: setup ## Look at a site from outside: what is well, what is in the way, what to do; URL=https://www.example.org PAGES=5
	@$(if $(URL),,echo 'make doctor: URL names the page to look at, as in make doctor URL=https://www.example.org' >&2; exit 2)
	@cargo run --quiet --release --package headstart-cli -- doctor $(if $(PAGES),--pages '$(PAGES)') '$(URL)'

counts: ## Tell whether a site counts what is asked for ahead; ORIGIN=https://example.org PAGES="/ /a"
	@ORIGIN='$(ORIGIN)' PAGES='$(or $(PAGES),/)' exec node tools/counts.mjs

# Tests in workerd and in a browser wait more than they compute: twice as many of them at once as there are cores.
OVERLAP = RUST_TEST_THREADS=$$(( 2 * $$(getconf _NPROCESSORS_ONLN) ))

unit: ## Run the tests that need neither a Worker nor a browser: seconds, once they are built
	@node --test $(SCRIPT_TESTS)
	@cargo test --workspace --lib --bins --test native --test conformance

test: build ## Run every test: native, in workerd, in a real browser
	@browsers=$$(node tools/chromium.mjs) && eval "$$browsers" && cargo test --workspace --no-run && $(MAKE) unit && \
		cargo test --workspace --doc && cargo test --workspace --test cli && node --test tests/support/*.test.mjs tests/browser/*.test.mjs && \
		$(OVERLAP) cargo test --workspace --test worker --test browser

bench: build ## Measure Headstart beside a plain pass-through Worker, one that edits pages, and one that says hello; and its size
	@cargo bench --bench bodies
	@cargo bench --bench rewriting
	@node bench/startup/run.mjs
	@node bench/size.mjs

cost: build ## Count what Cloudflare bills for three kinds of sites; VIEWS=3000 SITES=blog, and every variable
	@VIEWS='$(VIEWS)' SITES='$(SITES)' exec node bench/cost/run.mjs

soak: build ## Half an hour of mixed traffic while the platform and the origin fail by turns; MINUTES=30 RATE=25 SEED=1
	@MINUTES='$(MINUTES)' RATE='$(RATE)' SEED='$(SEED)' exec node bench/soak/run.mjs

oracle: setup ## Hold the learned hints against Chromium's own connections, on styled pages and saved ones; PAGES=folder of these
	@cargo build --release --package headstart-cli
	@browsers=$$(node tools/chromium.mjs) && eval "$$browsers" && exec node oracle/run.mjs $(if $(PAGES),-- '$(PAGES)')

lab: build ## Measure first views and next pages in Chromium over a long line; ROUNDS=2 RTTS="60 150" AUTO=1
	@browsers=$$(node tools/chromium.mjs) && eval "$$browsers" && exec node lab/$(if $(AUTO),auto,run).mjs

apps: build ## Hold real applications with Headstart against the same without it, in Chromium; APPS=oscar,wordpress
	@APPS='$(APPS)' FLOWS='$(FLOWS)' RUNS='$(RUNS)' KEEP='$(KEEP)' exec node tools/apps/run.mjs

evaluate: setup ## Judge the predictions of the next page on made-up sites; LOG=access log for your own
	@cargo build --release --package headstart-cli
	@$(if $(LOG),exec target/release/headstart evaluate '$(LOG)',for site in shop news docs; do \
		echo "$$site"; target/release/headstart evaluate --generate $$site --overnight 50000 || exit; done)

logs: setup ## Measure how fast access logs are read, and in how much memory; MB=1000, VIEWS=12 in a hundred lines
	@MB='$(MB)' VIEWS='$(VIEWS)' cargo bench --quiet --profile release --package headstart-cli --bench logs

attack: setup ## Measure what an attacker needs: addresses and requests for each aim
	@cargo run --quiet --release --package headstart-attack

simulate: setup ## Find which limit of the platform is met at which load; RATES=10,1000 PATHS= ISOLATES= SECONDS= LIFE= SEED= VARS="NAME=VALUE …" FREE=1
	@cargo run --quiet --release --package headstart-capacity -- $(if $(RATES),--rates '$(RATES)') \
		$(if $(PATHS),--paths '$(PATHS)') $(if $(ISOLATES),--isolates '$(ISOLATES)') $(if $(SECONDS),--seconds '$(SECONDS)') \
		$(if $(LIFE),--life '$(LIFE)') $(if $(SEED),--seed '$(SEED)') $(foreach said,$(VARS),--var '$(said)') $(if $(FREE),--free)

# The coverage that libFuzzer is guided by, from the compiler as it is; and what overflows is a finding.
COVERAGE := --cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
	-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table -Ccodegen-units=1 \
	-Cdebug-assertions=on -Coverflow-checks=on

fuzz: setup ## Feed whatever a fuzzer finds to all that reads what others send; SECONDS=600 each, TARGETS="html css", JOBS=2, KEEP=1
	@host=$$(rustc -vV | sed -n 's/^host: //p') && RUSTFLAGS='$(COVERAGE)' CARGO_TARGET_DIR=target/fuzz \
		cargo build --quiet --release --target "$$host" --package headstart-fuzz --features run && \
		SECONDS='$(SECONDS)' TARGETS='$(TARGETS)' JOBS='$(JOBS)' KEEP='$(KEEP)' exec node fuzz/run.mjs "target/fuzz/$$host/release/fuzz"

configuration: setup ## Write what follows from tables: docs/configuration.md, wrangler.toml's variables, rule sets' patterns
	@cargo run --quiet --example configuration

picture: build ## Draw the picture in the README: the demo shop in Chromium, and what its headers say
	@browsers=$$(node tools/chromium.mjs) && eval "$$browsers" && PORT='$(PORT)' exec node tools/picture.mjs

pictures: build ## Take the picture of the report, docs/report.png; FOLDER=folder for more, in the dark and as on a phone
	@browsers=$$(node tools/chromium.mjs) && eval "$$browsers" && PORT='$(PORT)' FOLDER='$(FOLDER)' exec node tools/report_pictures.mjs

lint: setup ## Check formatting, lints (native and wasm32), documentation and dependencies, warnings denied
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --features headstart-fuzz/program -- --deny warnings
	cargo clippy --lib --target wasm32-unknown-unknown -- --deny warnings
	rustfmt --check --edition 2024 $$(find tools -name '*.rs' -not -path '*/target/*')
	@# Who reads this documentation works on it, so it has the private items, and may link to them.
	RUSTDOCFLAGS='--deny warnings --allow rustdoc::private-intra-doc-links' cargo doc --no-deps --workspace --document-private-items
	@# What is known to be vulnerable is looked for apart: that takes a database from the network, and changes by the day.
	deny=$$(node tools/setup.mjs --deny) && "$$deny" --workspace check bans licenses sources

setup: ## Install what building and running need
	@node tools/setup.mjs

build: build/index.js ## Build the Worker

build/index.js: $(SOURCES) | setup
	@node tools/build.mjs
	@touch $@

package: build ## Make a folder and an archive of the Worker that are deployed without Rust
	@node tools/package.mjs

clean: ## Remove what was built here, but not the tools in the user's cache
	rm -rf build target node_modules .wrangler .dev
