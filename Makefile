# Two commands do everything: `make demo` and `make test`. Both set up what they need first.

VENV := .venv
PYTHON := $(VENV)/bin/python
ANVIL_VERSION := 1.7.1
HARDHAT_VERSION := 2.29.1
ONCHAINID_VERSION := 2.2.1
TREX_VERSION := 4.1.6
SETUP := $(VENV)/.setup
NODE := $(VENV)/node
CONTRACTS := $(shell find src/tallystick/contracts -name '*.vy' -o -name '*.vyi')

.PHONY: setup demo test check soak lint types arrows clean

setup: $(SETUP)

$(SETUP): pyproject.toml constraints.txt hatch_build.py $(CONTRACTS)
	test -x $(PYTHON) || python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	npm install --silent --no-audit --no-fund --no-save --no-package-lock --prefix $(NODE) \
		@foundry-rs/anvil@$(ANVIL_VERSION)
	ln -sf "$$(cd $(NODE)/node_modules/@foundry-rs/anvil-*/bin && pwd)/anvil" $(VENV)/bin/anvil
	touch $@

demo: setup
	$(VENV)/bin/tallystick demo

lint: setup
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

types: setup
	$(VENV)/bin/mypy

arrows: setup
	$(VENV)/bin/lint-imports

test: lint types arrows
	$(VENV)/bin/pytest -n 2 --hypothesis-profile=quick

check: lint arrows
	$(VENV)/bin/pytest -q -n 2 tests/core tests/securities --hypothesis-profile=quick

soak: setup
	$(VENV)/bin/pytest --override-ini addopts=--import-mode=importlib tests/soak --hypothesis-profile=deep

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis src/tallystick/contracts/compiled
