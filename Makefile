# The commands a newcomer needs. `make demo` and `make test` do all set-up on a machine with Python and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test check format bench lock clean help
.DEFAULT_GOAL := help

help:
	@echo "make demo    set everything up and play the main job on this machine"
	@echo "make test    set everything up and run every test"
	@echo "make check   lint, types, import rules"
	@echo "make bench   the benchmarks, beside their peers"
	@echo "make lock    resolve the dependencies again and pin them by hash"

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.ready: requirements.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.ready-dev: $(VENV)/.ready requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

demo: $(VENV)/.ready
	$(BIN)/sallyport demo $(DEMO_ARGS)

test: $(VENV)/.ready-dev
	$(BIN)/python -m tests.services.install
	$(BIN)/python -m pytest -n 2 --dist loadgroup $(TEST_ARGS)

check: $(VENV)/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.ready-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.ready-dev
	$(BIN)/python -m benchmarks

UV_COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links
lock: $(VENV)/.ready-dev
	$(UV_COMPILE) --upgrade --extra demo --group lockbuild pyproject.toml -o requirements.lock
	$(UV_COMPILE) --upgrade --extra demo --group lockbuild --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache dist build
