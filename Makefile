# Two commands matter: `make demo` and `make test`. `make help` lists the rest.
# Cargo's target folder is kept outside the checkout so that a second clone, or CI, starts warm.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/ade/target
CARGO ?= cargo
PROFILE ?= dev
ADE = $(CARGO_TARGET_DIR)/$(if $(filter dev,$(PROFILE)),debug,$(PROFILE))/ade

.PHONY: help
help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 24

.PHONY: tools
tools: ## Install what building needs (Debian packages, only when missing)
	@scripts/install-tools build

.PHONY: build
build: tools ## Build the ade program (PROFILE=dev is built fast, PROFILE=release runs fast)
	scripts/build $(PROFILE) --package ade-cli

.PHONY: demo
demo: build ## Write the example project to ./demo, build it and say what to try next
	@scripts/demo $(ADE)

.PHONY: check
check: ## Formatting, lints, licences of the house: no tests
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

.PHONY: test
test: ## Everything CI runs
	@scripts/install-tools test
	$(MAKE) check
	$(CARGO) nextest run --workspace --locked
	scripts/test-postgres --smoke 12 17
	ADE=$(CARGO_TARGET_DIR)/debug/ade scripts/test-peers

.PHONY: test-postgres-versions
test-postgres-versions: ## The tests that use PostgreSQL, with its releases 12 to 18 (from npm's registry)
	@scripts/install-tools test
	scripts/test-postgres

.PHONY: bench
bench: ## Measure against the peers and write docs/benchmarks.md
	@scripts/install-tools bench
	bench/run

.PHONY: install
install: build ## Copy ade to ~/.local/bin (PROFILE=release for daily use)
	install -D $(ADE) $(HOME)/.local/bin/ade
