# Every target sets up .venv by itself, and again when the pins change.
PYTHON ?= python3
SHELL := /bin/bash -o pipefail
BIN := .venv/bin
STAMP := .venv/.pins
PACKAGES := bot handlers

.DEFAULT_GOAL := setup
.PHONY: setup help demo run test check bench eval torture pictures format pins clean

setup: $(STAMP) help ## set up .venv with the monazite command, and list the targets

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

# pip names each package as it goes; the checkout itself is installed last, so that .venv/bin/monazite runs it.
$(STAMP): requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Monazite needs Python 3.11 or newer, this is %d.%d: make PYTHON=python3.12" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	@echo "Setting up .venv (about a minute, once): $$(grep -c '==' requirements-dev.txt) packages"
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --disable-pip-version-check --no-color --require-hashes -r requirements-dev.txt 2>/dev/null \
	    | sed -n 's/^Collecting \([^ ]*\).*/  \1/p; s/^Installing collected.*/Installing …/p' \
	    || { echo "pip failed; run it by hand to see why: $(BIN)/python -m pip install -r requirements-dev.txt"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@echo "Ready: $$(du -sh .venv | cut -f1) in .venv. The command is $(BIN)/monazite"
	@touch $@

demo: $(STAMP) ## replay two weeks of news on loopback and watch the bot do its work
	@$(BIN)/python -m bot demo

run: $(STAMP) ## run the bot with feeds.yaml and the environment's settings
	@$(BIN)/python -m bot run

test: $(STAMP) ## run every test; ARGS="-k name" runs some
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal $(ARGS)

check: $(STAMP) ## formatting, lint, types, import rules, dead code, dependencies, Dockerfile
	@$(BIN)/ruff format --check --quiet . || { echo "run: make format"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/vulture
	@$(BIN)/deptry .
	@$(BIN)/hadolint Dockerfile
	@echo "all checks passed"

bench: $(STAMP) ## processor time of polling, against a naive loop
	@$(BIN)/python -m tests.bench

eval: $(STAMP) ## quality on labelled sets, with the target beside each figure
	@$(BIN)/python -m tests.quality $(EVAL_DATA)

torture: $(STAMP) ## break the program on purpose, with the target beside each figure
	@$(BIN)/python -m tests.torture $(SUBJECTS)

pictures: $(STAMP) ## draw the pictures of docs/slack.md and docs/discord.md (needs node, npm and Chromium)
	@$(BIN)/python -m tests.pictures

format: $(STAMP) ## put the code into the house's format
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

pins: ## make the pinned requirement files anew (needs uv)
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	    --all-extras pyproject.toml -o requirements.txt
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	    --all-extras --group dev pyproject.toml -c requirements.txt -o requirements-dev.txt

clean: ## remove .venv, caches and the demo's database
	@rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .hypothesis
