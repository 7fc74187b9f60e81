# Every command of the project; each honours PORT and SLT_DATA_DIR, and .venv/ is made when it is missing.
.DEFAULT_GOAL := help
.PHONY: help run test test-long bench lint format messages lock audit coverage
PYTHON_LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --quiet

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Run the portal with the demo on this machine (PORT=8000, SLT_DATA_DIR=data)
	@exec bin/run

test: ## Run all tests, on PostgreSQL and Redis, then on SQLite what differs there
	@exec bin/test

test-long: ## The same with the long tests and many more examples per property
	@SLT_TEST_LONG=yes HYPOTHESIS_PROFILE=long exec bin/test

lint: ## Check style, migrations, production settings and translations
	@bin/install tests
	@.venv/bin/python -m ruff check .
	@.venv/bin/python -m ruff format --check .
	@.venv/bin/python -m pytest -q tests/test_architecture.py tests/infrastructure/test_quality.py

format: ## Format the code and mend what ruff can mend
	@bin/install tests
	@.venv/bin/python -m ruff check --fix .
	@.venv/bin/python -m ruff format .

messages: ## Gather the texts to translate into locale/ and compile the translations
	@bin/install
	@bin/messages

lock: ## Lock the versions of requirements.in again (needs uv)
	@command -v uv >/dev/null || { echo "uv is not installed: https://docs.astral.sh/uv/" >&2; exit 1; }
	@$(PYTHON_LOCK) requirements.in -o requirements.txt
	@$(PYTHON_LOCK) tests/requirements.in -o tests/requirements.txt

bench: ## Measure speed and print the table of limits (FULL=1: with a million incidents)
	@bin/install tests
	@.venv/bin/python -m benchmarks $(if $(FULL),--full)

audit: ## Ask the package registry for known weaknesses of all parts (needs a network)
	@exec bin/audit

coverage: ## Run the tests on PostgreSQL and say which lines they leave out
	@bin/install tests
	@.venv/bin/python -m pytest -q -n 2 --cov --cov-report=term --cov-report=html -m "not long"
