# Two commands set everything up on a machine with Python 3.10 or later, venv and make:
#   make demo   the main job on a sample        make test   the tests
# PYTHON chooses the interpreter, VENV the folder of the environment.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test test-all lint bench build clean

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

# Renders a copy of a sample, so that the sample itself stays as it is.
demo: $(STAMP)
	@rm -rf build/demo && mkdir -p build && cp -R samples/web-service-yaml build/demo && rm -rf build/demo/expected
	@echo '$$ region-image scan'
	@cd build/demo && $(CURDIR)/$(BIN)/region-image scan
	@echo '$$ region-image render -v'
	@cd build/demo && $(CURDIR)/$(BIN)/region-image render -v
	@echo '$$ diff templates/web.yaml dist/cn-beijing/templates/web.yaml'
	@cd build/demo && diff templates/web.yaml dist/cn-beijing/templates/web.yaml; test $$? = 1

test: $(STAMP)
	$(BIN)/python -m pytest -m 'not slow' -n auto

test-all: $(STAMP)
	$(BIN)/python -m pytest -n auto

lint: $(STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy --strict

bench: $(STAMP)
	$(BIN)/python -m tests.benchmarks.render
	$(BIN)/python -m tests.benchmarks.distribution
	$(BIN)/python -m tests.benchmarks.terraform

build: $(STAMP)
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir build/wheel .

clean:
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache
