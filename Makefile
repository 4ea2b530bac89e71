# Two commands do everything: `make demo` and `make test`. Both set up what they need first.

VENV := .venv
PYTHON := $(VENV)/bin/python
ANVIL_VERSION := 1.7.1
HARDHAT_VERSION := 2.29.1
# Other people's contracts and nodes: what tests and benchmarks hold ours against.
PEERS := hardhat@$(HARDHAT_VERSION) @onchain-id/solidity@2.2.1 @tokenysolutions/t-rex@4.1.6 \
	@openzeppelin/contracts@5.7.0 solc@0.8.37
SETUP := $(VENV)/.setup
NODE := $(VENV)/node
CONTRACTS := $(shell find src/tallystick/contracts -name '*.vy' -o -name '*.vyi')

.PHONY: setup peers demo test check soak lint types arrows clean

setup: $(SETUP)

$(SETUP): pyproject.toml constraints.txt hatch_build.py $(CONTRACTS)
	test -x $(PYTHON) || python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	npm install --silent --no-audit --no-fund --no-package-lock --prefix $(NODE) \
		@foundry-rs/anvil@$(ANVIL_VERSION)
	ln -sf "$$(cd $(NODE)/node_modules/@foundry-rs/anvil-*/bin && pwd)/anvil" $(VENV)/bin/anvil
	touch $@

$(VENV)/.peers: $(SETUP)
	npm install --silent --no-audit --no-fund --no-package-lock --prefix $(NODE) \
		@foundry-rs/anvil@$(ANVIL_VERSION) $(PEERS)
	touch $@

# Order books that `bench venue` is held against, each in an environment of its own.
$(VENV)/.books: $(SETUP) tools/book_peers.py
	$(PYTHON) tools/book_peers.py $(VENV)/peers
	touch $@

peers: $(VENV)/.peers $(VENV)/.books

demo: setup
	$(VENV)/bin/tallystick demo

lint: setup
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

types: setup
	$(VENV)/bin/mypy

arrows: setup
	$(VENV)/bin/lint-imports

test: lint types arrows $(VENV)/.peers
	$(VENV)/bin/pytest -n 2 --hypothesis-profile=quick

check: lint arrows
	$(VENV)/bin/pytest -q -n 2 tests/core tests/securities --hypothesis-profile=quick

soak: $(VENV)/.peers
	$(PYTHON) tools/soak.py

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis src/tallystick/contracts/compiled
