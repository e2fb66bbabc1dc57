# The commands a newcomer needs. `make demo` and `make test` do all set-up on a machine with Python and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input

.PHONY: demo test faults faults-lives faults-cuts check format generate bench lock clean help
.DEFAULT_GOAL := help

help:
	@echo "make demo      set everything up and play the main job on this machine"
	@echo "make test      set everything up and run every test"
	@echo "make faults    both of the following"
	@echo "make faults-lives  live messages' lives at random, on both databases, against a model: a quarter of an hour"
	@echo "make faults-cuts   cut AS2 connections after every byte, in both roles: an hour or two"
	@echo "make check     lint, types, import rules"
	@echo "make format    put the code into the house's form"
	@echo "make generate  write the reference pages and schemas that are made from the code"
	@echo "make bench     the benchmarks, beside their peers"
	@echo "make lock      resolve the dependencies again and pin them by hash"
	@echo "make clean     remove what the other targets made"

# Debian keeps the module that puts pip into a new environment in a package of its own. A half-made environment is
# removed, or the next run would take it for a whole one.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or later is needed: name one, as in  make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq \
			&& DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv; } \
		|| { echo "Python's venv module is missing: install the package python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.ready: requirements.lock pyproject.toml | $(BIN)/python
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.ready-dev: $(VENV)/.ready requirements-dev.lock
	$(PIP) --require-hashes -r requirements-dev.lock
	touch $@

demo: $(VENV)/.ready
	$(BIN)/sallyport demo $(DEMO_ARGS)

test: $(VENV)/.ready-dev
	$(BIN)/python -m tests.services.install
	$(BIN)/python -m pytest -n 2 --dist loadgroup $(TEST_ARGS)

faults: faults-lives faults-cuts

faults-lives: $(VENV)/.ready-dev
	$(BIN)/python -m tests.stateful $(LIVES_ARGS)
	$(BIN)/python -m tests.stateful --database postgresql $(LIVES_ARGS)

faults-cuts: $(VENV)/.ready-dev
	$(BIN)/python -m tests.gateway.channels.as2.every_offset $(FAULTS_ARGS)

check: $(VENV)/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.ready-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

generate: $(VENV)/.ready
	$(BIN)/python -m tests.house.generate

bench: $(VENV)/.ready-dev
	$(BIN)/python -m benchmarks

UV_COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links
lock: $(VENV)/.ready-dev
	$(UV_COMPILE) --upgrade --extra demo --group lockbuild pyproject.toml -o requirements.lock
	$(UV_COMPILE) --upgrade --extra demo --group lockbuild --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis dist build
