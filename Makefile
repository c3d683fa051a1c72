# All tasks of development, by name. `make` alone lists the targets.
#
# `make check` has to pass before a change is submitted, and needs nothing but Rust. Targets that
# measure or compare with a real Redis name the packages to install if they are missing.

PREFIX ?= /usr/local
DESTDIR ?=
IMAGE ?= respool
CARGO_TARGET_DIR ?= target
# What --version names.
export RESPOOL_COMMIT ?= $(shell git rev-parse --short=12 HEAD 2>/dev/null)
# Passed to the server by `run` and to the benchmark by `bench`: make run ARGS="--port 7000"
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test check compat bench bench-quick bench-sweep bench-micro install image
.PHONY: dist dist-test image-test grade figures exercise exercises-check clean

# The list is generated from the `##` comments below.
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

run: ## Build and start the server (ARGS="--port 7000")
	cargo run --locked --release -- $(ARGS)

test: ## Run every test that needs nothing but Rust
	cargo test --locked

# Warnings are errors here but not in the build: unfinished code may warn.
check: ## Check format, lints, tests and documentation
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	$(MAKE) test
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps

compat: ## Compare with Debian's Redis, and run real clients, a proxy and a metrics exporter
	@missing=; \
	for tool in redis-server redis-cli redis-benchmark nutcracker prometheus-redis-exporter \
		python3; do \
		command -v $$tool >/dev/null || missing="$$missing $$tool"; \
	done; \
	python3 -c 'import ensurepip, venv' 2>/dev/null || missing="$$missing python3-venv"; \
	if [ -n "$$missing" ]; then \
		echo "missing:$$missing; apt-get install redis-server redis-tools nutcracker" \
			"prometheus-redis-exporter python3 python3-venv" >&2; \
		exit 1; \
	fi
	cargo test --locked --release --test compat

bench: ## Measure beside Debian's Redis, in under ten minutes (ARGS="--check")
	cargo bench --locked --bench versus -- $(ARGS)

bench-quick: ## The same in under a minute, with rougher figures
	cargo bench --locked --bench versus -- --quick $(ARGS)

# Writes into the repository, because the guide shows the picture: check it before you commit.
bench-sweep: ## Measure against connections, depth, keys and cores, and draw that (python3)
	cargo bench --locked --bench versus -- --sweep $(CURDIR)/tests/bench/throughput.csv $(ARGS)
	python3 tests/bench/plot.py tests/bench/throughput.csv tests/bench/throughput.svg

bench-micro: ## Time parsing, lookup, execution and encoding without sockets
	cargo bench --locked --bench micro

install: ## Install the release build and its files to PREFIX (/usr/local), below DESTDIR if set
	cargo build --locked --release
	.ci/files "$(CARGO_TARGET_DIR)/release/respool" "$(DESTDIR)$(PREFIX)"

# DIST_TARGETS="x86_64-unknown-linux-musl" builds for one architecture.
dist: ## Build static binaries for x86-64 and arm64, to be downloaded, into target/dist
	.ci/dist "$(CARGO_TARGET_DIR)/dist"

dist-test: ## Build them twice and compare every byte
	.ci/dist "$(CARGO_TARGET_DIR)/dist"
	.ci/dist "$(CARGO_TARGET_DIR)/dist-again"
	diff --recursive --brief "$(CARGO_TARGET_DIR)/dist" "$(CARGO_TARGET_DIR)/dist-again"

image: ## Build the Docker image (a static binary and nothing else)
	docker build --build-arg RESPOOL_COMMIT=$(RESPOOL_COMMIT) --tag $(IMAGE) .

image-test: ## Build the image and test it as a container (needs docker.io and redis-tools)
	@missing=; \
	for tool in docker redis-cli; do \
		command -v $$tool >/dev/null || missing="$$missing $$tool"; \
	done; \
	if [ -n "$$missing" ]; then \
		echo "missing:$$missing; apt-get install docker.io redis-tools" >&2; \
		exit 1; \
	fi
	tests/image/engine tests/image/run

# The command may contain {port} and {dir}: see src/guide/build-your-own.md.
SERVER ?=
STAGE ?= all
grade: ## Grade a server of your own (SERVER="python3 server.py --port {port}" STAGE=7)
	@test -n '$(SERVER)' || { echo 'say SERVER="command with {port}" and STAGE=1' >&2; exit 1; }
	@python3 tests/course/grade.py --server '$(SERVER)' --stage '$(STAGE)' $(ARGS)

# N is the exercise; PROGRAM is the command of your program, for exercises that have one.
N ?=
PROGRAM ?=
exercise: ## Test your solution of an exercise (N=2 PROGRAM="python3 mine.py")
	@python3 tests/course/exercise.py $(N) --program '$(PROGRAM)'

exercises-check: ## Prove that the exercises can be solved: in some minutes (N=3, or all)
	python3 tests/course/exercise.py --check $(N)

# Writes into the repository, because the guide shows the pictures.
figures: ## Draw pictures from traces of the running server (python3)
	cargo build --locked --release
	python3 tests/course/figures.py --server "$(CARGO_TARGET_DIR)/release/respool" src/guide/figures

clean: ## Remove everything that was built
	cargo clean
