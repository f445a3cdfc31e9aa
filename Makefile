# make run    the demo: a private Asterisk, Cordboard, and a call from ring to record
# make call   another demo call, while make run is running
# make test   all tests, on a real Asterisk
# make unit   those of the core and of the pages, which need neither it nor a database: seconds
# make asterisk16  the core of the real tests on Asterisk 16, of Debian 11; make asterisk22: on a 22
# make pages  the desks' pages, built from cti/desk/web; make run and make test do it too
# make faults breaks a running system in each known way, and says what was left
# make long   the walks that take minutes: a million steps of routing, simulated days beside theory
PYTHON ?= python3
BIN := .venv/bin
WEB := cti/desk/web
BUILT := cti/desk/static/login.html
NODE := $(shell node -p 'const [a, b] = process.versions.node.split("."); a > 20 || (a == 20 && b >= 19) ? "good" : ""' 2>/dev/null)
NO_NODE := The desks' pages need Node 20.19 or newer, which is not here
LOCK := uv pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-annotate --custom-compile-command "make lock"

# Code that is compiled once starts in half the time.
export PYTHONDONTWRITEBYTECODE :=

# What differs between Asterisks: menus and their verbs, offers, talks, recordings, the lease, the manager user.
CORE := $(addsuffix .py,$(addprefix tests/real/test_,verbs endings routing_offers joining call_control consult recording_pause \
  sound leaving crash doctor manager_user))

.PHONY: run call test unit long faults lint bench soak pages docs lock sbom audit clean

run: .venv/ready $(if $(NODE),$(BUILT))
	$(if $(NODE),,@echo "$(NO_NODE): Cordboard runs without them.")
	@$(BIN)/python -m demo.run

call: .venv/ready
	@$(BIN)/python -m demo.call

# Real tests wait more than they work; of three at a time some heard choppy sound on two cores.
test: lint unit .venv/listening
	$(BIN)/pytest -m "shell and not (real or long)" -n 2 --dist worksteal --ignore tests/real --ignore tests/listening
	$(BIN)/python -m demo.debian
	$(BIN)/pytest -m real -n 2 --dist worksteal

asterisk%: .venv/ready
	CORDBOARD_ASTERISK=$* $(BIN)/python -m demo.debian
	CORDBOARD_ASTERISK=$* $(BIN)/pytest $(CORE) -n 2 --dist worksteal

unit: .venv/ready $(if $(NODE),$(BUILT))
	$(if $(NODE),npm --prefix $(WEB) test --silent,@echo "$(NO_NODE): their tests are left out.")
	$(BIN)/pytest --core -m "not (real or long)" -n 2 --dist worksteal --ignore tests/real --ignore tests/listening

long: .venv/ready
	CORDBOARD_STEPS=$${CORDBOARD_STEPS:-1000000} $(BIN)/pytest -m long -o timeout=1800 tests/routing
	$(BIN)/pytest -m long -o timeout=1800 -n 2 --ignore tests/routing
	CORDBOARD_EXAMPLES=500 $(BIN)/pytest -m "not (real or long)" -o timeout=1800 -n 2 tests/routing tests/ivr tests/cti tests/recordings

# A hundred callers; one fault: make faults FAULTS="--only 5", again with the same moments: "--seed N"
faults: .venv/ready
	$(BIN)/python -m demo.debian
	$(BIN)/python -m tests.faults $(FAULTS)

lint: .venv/ready $(if $(NODE),$(WEB)/node_modules/.package-lock.json)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(if $(NODE),npm --prefix $(WEB) run check --silent,@echo "$(NO_NODE): they are not checked.")

bench: .venv/ready
	$(BIN)/python -m demo.debian
	$(BIN)/python -m bench

# 50 calls/s for 5 minutes; shorter: make soak SOAK="--rate 20 --seconds 30"
soak: .venv/ready
	$(BIN)/python -m demo.debian
	$(BIN)/python -m bench.soak $(SOAK)

pages: $(if $(NODE),$(BUILT))
	$(if $(NODE),@echo "The pages are in $(dir $(BUILT))",@echo "$(NO_NODE)." && exit 1)

$(BUILT): $(WEB)/node_modules/.package-lock.json $(shell find $(WEB) -name node_modules -prune -o -type f -print)
	@echo "Building the pages ..."
	@npm --prefix $(WEB) run build --silent -- --logLevel warn
	@touch $@

$(WEB)/node_modules/.package-lock.json: $(WEB)/package-lock.json $(WEB)/package.json
	@echo "Fetching what the pages are built with, once ..."
	@npm --prefix $(WEB) ci --silent
	@touch $@

# The reference pages, from the code.
docs: .venv/ready
	$(BIN)/python -m docs.generate

# The pinned versions, with hashes and without addresses. Needs uv.
lock:
	$(LOCK) -o requirements-run.lock
	$(LOCK) --group dev -o requirements.lock
	$(LOCK) --group dev --group listening -o requirements-listening.lock

# What Cordboard is made of, with licences, as CycloneDX.
sbom: .venv/ready requirements-run.lock
	@$(PYTHON) -m venv --clear .cordboard/sbom
	@.cordboard/sbom/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-run.lock
	$(BIN)/cyclonedx-py environment --pyproject pyproject.toml -o cordboard.cdx.json .cordboard/sbom/bin/python

# Known faults of what is pinned; the list of them is asked for over the network.
audit: .venv/ready
	$(BIN)/pip-audit --strict --disable-pip --require-hashes -r requirements-run.lock
	npm --prefix $(WEB) audit

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
	rm -rf cti/desk/static $(WEB)/node_modules .venv .cordboard .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
