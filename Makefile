# Few verbs, the same for people and for CI. `make help` lists them.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
SERVE  ?=

.DEFAULT_GOAL := help
.PHONY: help demo test lint types bench lock clean

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

test: $(VENV)/.test lint types ## everything: rules, types, all tests, coverage floor
	@$(BIN)/python -m pytest -n auto --cov --cov-report=term $(ARGS)

lint: $(VENV)/.test ## ruff, the arrows between packages
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports

types: $(VENV)/.test ## mypy, strict
	@$(BIN)/mypy

bench: $(VENV)/.test ## how fast, how much memory, where the time goes
	@$(BIN)/python -m bench.path

lock: ## resolve the dependencies anew and write the lock files
	@uv export --no-emit-project --no-header --no-default-groups --no-annotate -o requirements.lock -q
	@uv export --no-emit-project --no-header --all-groups --no-annotate -o requirements-test.lock -q
	@rm -f uv.lock

clean: ## remove what the verbs above have made
	@rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage* dist build
