# Everything here needs nothing but Python 3.11 or newer (with venv and pip), make and git; the tests against a real API
# server need Go as well, which builds it once.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help demo test testbed conformance gitops lint format docs golden lock bench clean

help:  ## lists what can be made
	@awk -F ':.*##' '/^[a-z]+:.*##/ {printf "make %-11s %s\n", $$1, $$2}' Makefile

# The newest python3 that will do; PYTHON=/a/path/python3 names another.
$(READY): constraints-dev.txt pyproject.toml
	@found="$${PYTHON:-}"; \
	if [ -z "$$found" ]; then \
	  for name in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	    if command -v "$$name" > /dev/null && "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then \
	      found="$$name"; break; \
	    fi; \
	  done; \
	fi; \
	if [ -z "$$found" ]; then echo "Python 3.11 or newer is needed; none was found" >&2; exit 1; fi; \
	if ! [ -x $(BIN)/python ]; then "$$found" -m venv $(VENV); fi
	@echo "setting up $(VENV) (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

demo: $(READY)  ## render, diff and plan on examples/online-boutique, each checked; leaves its files in build/demo
	@$(BIN)/python -m scripts.demo build/demo

testbed: $(READY)  ## builds the API server, the etcd and the Felix of the tests, once; about 8 minutes
	@$(BIN)/python -m tests.testbed.build

test: testbed  ## lint, types, import contracts, fresh docs and all tests (the first four are tests too)
	@$(BIN)/python -m pytest -n 3

conformance: $(READY)  ## the engine against verdicts of Calico's own code: those of the shared folder, else the sample
	@$(BIN)/python -m tests.conformance.run --jobs 2 $$($(BIN)/python -m tests.conformance.worlds)

gitops: testbed  ## exports carried out by Flux and by Argo CD themselves, which it builds once; about 10 minutes, then 3
	@$(BIN)/python -m pytest -n 0 tests/gitops/flux_journey.py tests/gitops/argo_journey.py

lint: $(READY)  ## the quick checks alone
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(READY)  ## lays out the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: $(READY)  ## writes the pages of docs/ that come from the code
	@$(BIN)/python -m scripts.write_docs

golden: $(READY)  ## writes the golden files anew, for review with git diff
	@UPDATE_GOLDEN=1 $(BIN)/python -m pytest -n 3

bench: $(READY)  ## runs the benchmarks and prints their tables; fails where a goal is missed
	@missed=0; for file in benchmarks/[a-z]*.py; do \
	  name=$$(basename "$$file" .py); echo "== $$name"; $(BIN)/python -m "benchmarks.$$name" || missed=1; \
	done; exit $$missed

COMPILE := CUSTOM_COMPILE_COMMAND="make lock" .venv-lock/bin/pip-compile --quiet --generate-hashes --allow-unsafe \
  --strip-extras --no-header --no-emit-options --no-emit-index-url --no-emit-find-links --no-emit-trusted-host

lock: $(READY)  ## writes constraints-dev.txt anew, and of it what the image in deploy/ needs
	@test -x .venv-lock/bin/pip-compile || { $(BIN)/python -m venv .venv-lock && .venv-lock/bin/pip install --quiet pip-tools; }
	@$(COMPILE) --upgrade --output-file constraints-dev.txt pyproject.toml constraints-dev.in
	@$(COMPILE) --no-annotate --constraint constraints-dev.txt --output-file deploy/requirements.txt pyproject.toml
	@$(COMPILE) --no-annotate --constraint constraints-dev.txt --only-build-deps --build-deps-for wheel \
	  --output-file deploy/requirements-build.txt pyproject.toml

clean:  ## removes what was made
	@rm -rf $(VENV) .venv-lock build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
