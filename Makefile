# make run    the demo: a private Asterisk, Cordboard, and a call from ring to record
# make call   another demo call, while make run is running
# make test   all tests, on a real Asterisk
# make long   the walks that take minutes: a million steps of routing, simulated days beside theory
PYTHON ?= python3
BIN := .venv/bin
LOCK := uv pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-annotate --custom-compile-command "make lock"

.PHONY: run call test unit long lint bench soak docs lock clean

run: .venv/ready
	@$(BIN)/python -m demo.run

call: .venv/ready
	@$(BIN)/python -m demo.call

test: lint unit .venv/listening
	$(BIN)/python -m demo.debian
	$(BIN)/pytest -m real

unit: .venv/ready
	$(BIN)/pytest -m "not (real or long)" -n 2 --dist worksteal --ignore tests/real --ignore tests/listening

long: .venv/ready
	CORDBOARD_STEPS=$${CORDBOARD_STEPS:-1000000} $(BIN)/pytest -m long tests/routing
	$(BIN)/pytest -m long -n 2 --ignore tests/routing
	CORDBOARD_EXAMPLES=500 $(BIN)/pytest -m "not (real or long)" -n 2 tests/routing tests/ivr tests/cti tests/recordings

lint: .venv/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/lint-imports

bench: .venv/ready
	$(BIN)/python -m demo.debian
	$(BIN)/python -m bench

# 50 calls/s for 5 minutes; shorter: make soak SOAK="--rate 20 --seconds 30"
soak: .venv/ready
	$(BIN)/python -m demo.debian
	$(BIN)/python -m bench.soak $(SOAK)

# The reference pages, from the code.
docs: .venv/ready
	$(BIN)/python -m docs.generate

# The pinned versions, with hashes and without addresses. Needs uv.
lock:
	$(LOCK) --group dev -o requirements.lock
	$(LOCK) --group dev --group listening -o requirements-listening.lock

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Cordboard needs Python 3.11 or newer; $$($(PYTHON) --version) is here. Name another: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "This Python cannot make environments. On Debian and Ubuntu: sudo apt-get install python3-venv"; exit 1; }
	@echo "Setting up the environment in .venv (half a minute, once) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# The recogniser that listens to the prompts, and its model: for make test only.
.venv/listening: requirements-listening.lock .venv/ready
	@echo "Setting up the recogniser that listens to the prompts (a minute, once) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-listening.lock
	@touch $@

clean:
	rm -rf .venv .cordboard .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
