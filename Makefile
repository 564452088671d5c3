# Tingmin 听民: two commands for everyone (run, test), a few more for those who work on it.

SHELL := /bin/bash
.DEFAULT_GOAL := help
PORT ?= 8000
VENV ?= .venv
export PORT VENV
# Libraries are compiled when they are first read and stay so: without this a start takes thrice as long.
unexport PYTHONDONTWRITEBYTECODE
PYTHON_IN := $(VENV)/bin/python

PACKAGES := core telephony matters survey hotline reports web demo
TYPED := $(wildcard $(PACKAGES) migrations benchmarks scripts wsgi.py)
# Test processes side by side (each may start a PostgreSQL of its own); 0 runs them in one.
WORKERS ?= $(shell n=$$(nproc 2>/dev/null || echo 2); echo $$((n > 4 ? 4 : n)))
PYTEST_ARGS ?=
PYTEST = $(PYTHON_IN) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

.PHONY: help run test journeys check setup lint format lock glossary bench clean

help: ## say what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /make \1	/' | expand -t 18

run: ## set up what is missing and show the demonstration on http://127.0.0.1:$PORT (8000)
	@exec scripts/run.sh

setup: ## all that running, testing and working on it needs (run and test do it by themselves)
	@scripts/setup.sh test

test: setup ## linters, types, import contracts, and every test but the journeys
	@$(MAKE) --no-print-directory lint
	$(PYTEST) --ignore=tests/journeys $(PYTEST_ARGS)

journeys: setup ## the journeys in a real browser, and every page of every role
	$(PYTEST) tests/journeys $(PYTEST_ARGS)

check: setup ## the linters only (ruff, mypy, import contracts)
	@$(MAKE) --no-print-directory lint

lint:
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy --strict $(TYPED)
	$(VENV)/bin/lint-imports
	$(PYTHON_IN) scripts/check_no_index.py

format: ## lay out the code as ruff wants it
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

lock: ## write the pinned requirement lists anew from pyproject.toml
	scripts/lock.sh

glossary: ## write the coded vocabularies of docs/glossary.md anew from the code
	$(PYTHON_IN) -m scripts.write_glossary

bench: setup ## the benchmarks (BENCH="one two" for some of them)
	@scripts/bench.sh $(BENCH)

clean: ## remove the environment, the caches and the demonstration's data
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
