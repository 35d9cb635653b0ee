SHELL := /bin/bash
.DEFAULT_GOAL := help

# One target directory and one set of features for everything: the SDK for EC2 alone compiles for minutes. In CI build
# output lies outside the checkout, so that a warm machine stays warm.
ifdef CI
export CARGO_TARGET_DIR ?= $(HOME)/.cache/peerway/target
endif
TARGET := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
XTASK := $(TARGET)/debug/xtask
TOOLS := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/peerway/tools
CARGO_DENY_VERSION := 0.20.2
CARGO_DENY := $(TOOLS)/cargo-deny-$(CARGO_DENY_VERSION)/bin/cargo-deny

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 18

.PHONY: prerequisites
prerequisites:
	@tools/prerequisites.sh

.PHONY: build
build: prerequisites ## Build everything
	@echo "Building (the first time six to twelve minutes on two cores: the AWS SDK for EC2 is large) ..."
	@cargo build --workspace --locked

.PHONY: demo
demo: build ## Show the golden example on a real API server and the simulated AWS, and check it
	@$(XTASK) demo

.PHONY: dev
dev: build ## The same set-up, left running to play with
	@$(XTASK) dev

.PHONY: test
test: ## Run every test
	@tools/prerequisites.sh test
	@$(MAKE) --no-print-directory build
	@$(XTASK) assets
	@cargo test --workspace --locked --quiet

.PHONY: bench
bench: prerequisites ## Measure: simulated AWS beside moto, reads, pacing, processor, memory (PARTS="sim rest": only these)
	@echo "Building with optimisation (the first time six to twelve minutes on two cores) ..."
	@cargo run --release --locked --quiet --package peerway-bench -- $(PARTS)

.PHONY: lint
lint: build $(CARGO_DENY) ## Formatting, clippy, docs, generated files, dependency walls, licences
	@cargo fmt --all --check
	@cargo clippy --workspace --all-targets --locked --quiet -- --deny warnings
	@RUSTDOCFLAGS="--deny warnings" cargo doc --workspace --no-deps --locked --quiet
	@$(XTASK) generate --check
	@$(XTASK) walls
	@cargo fetch --locked --quiet
	@$(CARGO_DENY) --offline check --hide-inclusion-graph licenses bans sources

.PHONY: generate
generate: build ## Write the generated files: CRDs, IAM policies, references
	@$(XTASK) generate

.PHONY: aws-table
aws-table: build ## Write what AWS's own clients say: docs/reference/simulated-aws.md, tests/clients/moto.txt
	@$(XTASK) clients --write

$(CARGO_DENY):
	@echo "Building cargo-deny $(CARGO_DENY_VERSION), once (about two minutes) ..."
	@cargo install cargo-deny --version $(CARGO_DENY_VERSION) --locked --quiet --root $(TOOLS)/cargo-deny-$(CARGO_DENY_VERSION)
