# Few verbs, the same for people and for CI. `make help` lists them.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
SERVE  ?=
PYTEST := $(BIN)/python -m pytest
KAFKA   = tests/kafka tests/contracts
ALL     = $(if $(ARGS),,--cov --cov-append --cov-report= --cov-fail-under=0)
NONE    = $(if $(ARGS),|| [ $$? -eq 5 ])

# Hundreds of tests start programs: each would compile all modules anew, where a container forbids to keep them compiled.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test lint types soak bench lock clean

help: ## what you can type
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Two stamps: what the program needs, and what its tests need on top. Locked, with hashes, nothing resolved anew.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "tocsin needs Python 3.11 or newer; set PYTHON=python3.x")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock pyproject.toml | $(BIN)/python
	@echo "setting up $(VENV) (once) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/.test: $(VENV)/.run requirements-test.lock
	@echo "setting up the tests' tools (once) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.lock
	@touch $@

demo: $(VENV)/.run ## an exercise network on real public incidents, start to finish
	@$(BIN)/tocsin demo $(if $(SERVE),--serve)

# First all that needs no broker, side by side; then what needs one, in turn, because they share it. Coverage is measured
# over both, unless only a part is asked for (ARGS): then one of the two may have none of it.
test: $(VENV)/.test lint types ## everything: rules, types, all tests, a real Kafka, coverage floor
	@rm -f .coverage .coverage.*
	@$(PYTEST) -n auto --dist worksteal $(ALL) -m "not kafka" $(ARGS) $(NONE)
	@$(if $(ARGS),,$(BIN)/python -m tests.support.kafka)
	@$(PYTEST) $(ALL) -m kafka $(or $(ARGS),$(KAFKA)) $(NONE)
	@$(if $(ARGS),,$(BIN)/coverage report)

lint: $(VENV)/.test ## ruff, the arrows between packages
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports

types: $(VENV)/.test ## mypy, strict
	@$(BIN)/mypy

soak: $(VENV)/.test ## 100,000 messages while brokers are killed in turn; some minutes
	@$(BIN)/python -m tests.support.soak

bench: $(VENV)/.test ## how fast, how much memory, where the time goes; on one machine, sealing, the log, audit and proof, cases, forms and signals, then over Kafka
	@$(BIN)/python -m bench.path
	@$(BIN)/python -m bench.sealing
	@$(BIN)/python -m bench.notary
	@$(BIN)/python -m bench.audit
	@$(BIN)/python -m bench.proof
	@$(BIN)/python -m bench.cases
	@$(BIN)/python -m bench.forms
	@$(BIN)/python -m bench.signals
	@$(BIN)/python -m bench.kafka

lock: ## resolve the dependencies anew and write the lock files
	@uv export --no-emit-project --no-header --no-default-groups --no-annotate -o requirements.lock -q
	@uv export --no-emit-project --no-header --all-groups --no-annotate -o requirements-test.lock -q
	@rm -f uv.lock

clean: ## remove what the verbs above have made
	@rm -rf $(VENV) .kafka .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage* dist build
