# Everything a newcomer needs: `make demo`, `make test`. Python 3.11 to 3.13; PYTHON chooses one.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
ARGS ?=
WORKERS ?= 4

.DEFAULT_GOAL := help
.PHONY: help install demo test check bench screenshots format lock clean

help:
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	  || { echo "Countersign needs Python 3.11 to 3.13; say which: make demo PYTHON=python3.12"; exit 1; }
	@echo "Installing into $(VENV) (about half a minute the first time) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
	@echo "Installed."

install: $(INSTALLED) ## install everything into .venv, from hashed versions

demo: $(INSTALLED) ## see it work, with nothing but this machine (ARGS=--once exits after the story)
	@$(BIN)/countersign demo $(ARGS)

test: $(INSTALLED) ## run all tests (ARGS="--cov --cov-report=term" measures branch coverage, too)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

check: $(INSTALLED) ## lint, format, types, imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/pyright
	@$(BIN)/lint-imports

bench: $(INSTALLED) ## measure this path beside the bare pattern
	@$(BIN)/python -m tests.bench $(ARGS)

screenshots: $(INSTALLED) ## write a picture of each surface to screenshots/ (needs Chromium)
	@$(BIN)/python -m tests.shots $(ARGS)

format: $(INSTALLED) ## format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: ## renew requirements.lock (needs uv)
	@uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
	  --extra dev --custom-compile-command "make lock" pyproject.toml -o requirements.lock
	@! grep -nE 'https?://|file:|^-' requirements.lock

clean: ## remove what was installed and what demos left
	@rm -rf $(VENV) .countersign
