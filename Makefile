# Two commands matter to a newcomer: `make demo` and `make test`. Both set everything up themselves.
# Everything they make lies in .venv/ and .seawall/; `make clean` removes it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
REAL_FEEDS ?= $(abspath ../shared/feeds)
export REAL_FEEDS
# Hundreds of commands are started by tests and demos: each would compile all it imports again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo demo-protection verify-incident stop test lint types check soak bench bench-site lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)$$/  make \1|\2/' | column -t -s'|'

setup: .venv/.done ## make the environment in .venv/ from the pinned versions

.venv/.done: requirements/lock.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "seawall needs Python 3.11 or newer; set PYTHON=/path/to/python3"; exit 2; }
	@echo "making .venv with pinned versions (once; a minute or so)"
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip --quiet --disable-pip-version-check install --require-hashes --no-deps --requirement requirements/lock.txt
	@$(BIN)/python -m pip --quiet --disable-pip-version-check install --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q src
	@touch $@

demo: setup ## load, answer, reload, then the site on what was loaded (SERVE=no: without the site)
	@$(BIN)/python -m courtside.demo

stop: ## stop the demo's site and the bundled PostgreSQL
	@[ ! -x $(BIN)/python ] || $(BIN)/python -m courtside.demo stop

demo-protection: setup ## four mistakes, what stops each, and what puts right the last one
	@$(BIN)/python -m courtside.demo.protection $(ARGS)

verify-incident: setup ## each point of the incident's report (docs/incident.md), shown one after another
	@$(BIN)/python -m courtside.demo.incident

lint: setup ## style
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: setup ## static types
	@$(BIN)/basedpyright --level error

test: lint types ## lint, types and every test, in as many processes as there are processors
	@$(BIN)/python -m pytest -m "not soak" --numprocesses auto --maxprocesses 8 --dist loadfile --no-loadscope-reorder $(ARGS)

soak: setup ## the long series: faults and races, many times over
	@$(BIN)/python -m pytest -m soak --exitfirst --timeout 3600 $(ARGS)

bench: setup ## a million records: time, memory, WAL, dead tuples, against TRUNCATE + COPY; the cost of guards and backups
	@$(BIN)/python -m bench.guards
	@$(BIN)/python -m bench.backups
	@$(BIN)/python -m bench $(ARGS)

bench-site: setup ## the site with 5,000 users: time and weight of pages, 50 players answering during an import
	@$(BIN)/python -m bench.site $(ARGS)

lock: ## renew requirements/lock.txt (needs uv); names, versions and hashes, no addresses
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --no-header --no-annotate --extra embedded --extra courtside --extra dev pyproject.toml requirements/build.in -o requirements/lock.txt

clean: ## remove everything the targets above made
	@[ ! -x $(BIN)/python ] || $(BIN)/python -m courtside.demo stop >/dev/null 2>&1 || true
	rm -rf .venv .seawall .pytest_cache .ruff_cache .hypothesis dist build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
