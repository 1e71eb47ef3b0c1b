# Each target makes what it needs; on a fresh machine Python is enough. Without make: see CONTRIBUTING.md.
PYTHON ?= python3
ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif
PYTEST_ARGS ?=

# The public test plugin that `test-nhsd-apim` takes from the registry: the newest, or a version.
NHSD_APIM ?= newest

.PHONY: demo test test-slow test-state test-examples test-interop test-browser test-recipes test-openapi test-nhsd-apim test-real-names test-deployment lint typecheck bench soak bench-diagnosis docs clean

demo: .venv/installed
	@$(BIN)/nhsauth demo

# Python may keep what it compiles: else every process compiles the packages and tests anew.
test test-slow test-state: export PYTHONDONTWRITEBYTECODE =

test: .venv/installed-test
	$(BIN)/python -m pytest -n auto --dist worksteal $(PYTEST_ARGS)

test-slow: .venv/installed-test
	$(BIN)/python -m pytest -n auto --dist worksteal -m slow $(PYTEST_ARGS)

# Every mock of the contract tests, of the state machines and of the races, in each store that lasts. The longest begins
# first; five hundred clients at once are the business of the tests of several servers.
STATES ?= sqlite valkey
RACES = tests/mock_servers/platform/test_concurrency.py::test_of_many_posts_of_one_assertion_one_gets_a_token

test-state: .venv/installed-test
	for state in $(STATES); do \
	    $(BIN)/python -m pytest -n auto --dist worksteal -p no:randomly -p tests.on_state --on-state $$state \
	        -m "slow or not slow" --timeout 1800 $(PYTEST_ARGS) --deselect "$(RACES)[500]" \
	        tests/mock_servers/platform/test_browser_flow_machine.py $(firstword $(subst ::, ,$(RACES))) contract_tests \
	        || exit 1; \
	done

# Good requests damaged by generated edits, and the cure of each followed by a machine; FUZZ is their number.
FUZZ ?= 20000

.PHONY: fuzz
fuzz: .venv/installed-test
	FUZZ=$(FUZZ) $(BIN)/python -m pytest -n 0 -m slow --timeout 3600 $(PYTEST_ARGS) tests/mock_servers/diagnosis/test_followed_cures.py

test-interop: .venv/installed-test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group interop
	npm --prefix tests/interop/node ci --ignore-scripts --no-audit --no-fund --silent
	$(BIN)/python -m pytest -m "interop or node" $(PYTEST_ARGS) tests/interop

test-browser: .venv/installed-test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group browser
	$(BIN)/python -m pytest -n auto --dist loadfile -m browser $(PYTEST_ARGS) tests/browser

EXAMPLES ?= flask_authlib fastapi_httpx django_requests

test-examples: .venv/installed-test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group examples
	$(foreach example,$(EXAMPLES),$(BIN)/python -m pytest -c examples/$(example)/pyproject.toml --rootdir examples/$(example) $(PYTEST_ARGS) examples/$(example) &&) true

test-nhsd-apim: .venv/installed
	$(PYTHON) -m venv .venv/nhsd-apim-$(NHSD_APIM)
ifeq ($(NHSD_APIM),newest)
	$(subst .venv,.venv/nhsd-apim-newest,$(BIN))/python -m pip install --quiet --disable-pip-version-check --upgrade pytest-nhsd-apim
else
	$(subst .venv,.venv/nhsd-apim-$(NHSD_APIM),$(BIN))/python -m pip install --quiet --disable-pip-version-check --requirement examples/nhsd_apim/requirements-$(NHSD_APIM).txt
	$(subst .venv,.venv/nhsd-apim-$(NHSD_APIM),$(BIN))/python -m pip install --quiet --disable-pip-version-check --no-deps pytest-nhsd-apim==$(NHSD_APIM)
endif
	$(BIN)/nhsauth run --test-suites -- $(subst .venv,.venv/nhsd-apim-$(NHSD_APIM),$(BIN))/python -m pytest -q $(PYTEST_ARGS) examples/nhsd_apim

test-real-names: .venv/installed-test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group real-names
	@if command -v npm >/dev/null; then npm --prefix tests/real_names/node ci --ignore-scripts --no-audit --no-fund --silent; fi
	$(BIN)/python -m pytest -m real_names $(PYTEST_ARGS) tests/real_names

test-openapi: .venv/installed-test
	$(PYTHON) -m venv .venv/openapi
	$(subst .venv,.venv/openapi,$(BIN))/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(subst .venv,.venv/openapi,$(BIN))/python -m pip install --quiet --disable-pip-version-check --group openapi
	$(BIN)/python -m pytest -n 0 -m openapi $(PYTEST_ARGS) tests/mock_servers/control/test_schemathesis.py

test-recipes: .venv/installed-test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group recipes
	$(BIN)/python -m pytest -n auto -m recipes $(PYTEST_ARGS) tests/test_recipes.py tests/test_replaced_stubs.py tests/pytest_nhsauth/test_stand_ins.py

test-deployment: .venv/installed-test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group deployment
	$(BIN)/python -m pytest -n 0 $(PYTEST_ARGS) tests/test_deployment.py

# What image and CI install, with a hash of each file; `make requirements` takes the newest versions.
REQUIREMENTS = $(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade --no-header --no-annotate

.PHONY: requirements locked audit

requirements: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group lowest
	$(REQUIREMENTS) --extra shared --extra metrics --group build pyproject.toml --output-file tools/requirements/image.txt
	$(REQUIREMENTS) --extra shared --extra metrics --group build --group dev pyproject.toml --output-file tools/requirements/ci.txt

locked: .venv/pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement tools/requirements/ci.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch .venv/installed .venv/installed-test .venv/installed-dev

# A version that the database does not know fails it: of that one nothing was asked.
audit: .venv/pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group audit
	$(BIN)/python -m pip_audit --strict --require-hashes --disable-pip --requirement tools/requirements/image.txt
	$(BIN)/python -m pip_audit --strict --require-hashes --disable-pip --requirement tools/requirements/ci.txt

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# Each example is a project of its own, whose modules import each other by their bare names.
TYPED ?= calls container django_requests fastapi_httpx flask_authlib nhsd_apim

typecheck: .venv/installed-dev
	$(BIN)/mypy
	$(foreach example,$(TYPED),(cd examples/$(example) && ../../$(BIN)/mypy --cache-dir ../../.mypy_cache .) &&) true

# Faults planted in copies: those of the catalogue, or `RANDOM=60 SEED=7` drawn at random, in at most `MINUTES=90`.
SEED ?= 0
MINUTES ?= 90
AT_ONCE ?= 2

.PHONY: mutants
mutants: .venv/installed-test
ifdef RANDOM
	$(BIN)/python tests/mutants --random $(RANDOM) --seed $(SEED) --minutes $(MINUTES) --at-once $(AT_ONCE)
else
	$(BIN)/python tests/mutants --at-once $(AT_ONCE) $(MUTANTS)
endif

bench: .venv/installed-test
	$(BIN)/python -m benchmarks

# Half an hour unless SOAK_ARGS="--minutes 2"; its result is a row of the page of figures.
soak: .venv/installed-test
	$(BIN)/python -m benchmarks.soak $(SOAK_ARGS)

bench-diagnosis: .venv/installed-test
	$(BIN)/python -m benchmarks diagnosis

docs: .venv/installed
	$(BIN)/python -m tools.pages.generate

# The site goes to build/site; open its index.html, no server is needed but for explain.html, which wants npm to be made.
# Its tests want Chromium for a part.
.PHONY: docs-site test-site screenshots

docs-site: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group docs
	$(BIN)/python -m tools.site

test-site: .venv/installed-test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group browser
	$(BIN)/python -m pytest -m site $(PYTEST_ARGS) tests/test_site.py tests/browser/test_site.py tests/browser/test_explain_page.py

screenshots: .venv/installed-test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group browser
	NHSAUTH_KEEP_SCREENSHOTS=1 $(BIN)/python -m pytest -q -m browser tests/browser/test_screenshots.py

# The door: what CI services read, what a release holds, and how far down our dependencies go.
.PHONY: docs-check hosted-check test-lowest test-thorough release-tools release-check wheelhouse pyz test-release test-languages

docs-check: .venv/installed-test
	$(BIN)/python -m pytest -q -n 0 -k generated tests/test_docs.py

hosted-check: .venv/installed-test
	$(BIN)/python -m pytest -q -n 0 tests/test_hosted.py

# The lowest versions that pyproject.toml allows. These folders need most of what we depend on; `LOWEST_TESTS=` runs all.
LOWEST_TESTS ?= tests/pytest_nhsauth tests/mock_servers/http contract_tests/test_success.py

test-lowest: .venv/pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group lowest
	$(BIN)/python -m uv venv --quiet --clear --python $(BIN)/python .venv/lowest
	$(BIN)/python -m uv pip install --quiet --python .venv/lowest --resolution lowest-direct --editable . --group test
	$(subst .venv,.venv/lowest,$(BIN))/python -m pytest -n auto $(PYTEST_ARGS) $(LOWEST_TESTS)

test-thorough: .venv/installed-test
	$(BIN)/python -m pytest -n auto --timeout 3600 --hypothesis-profile=nhsauth-thorough $(PYTEST_ARGS) contract_tests

release-tools: .venv/installed-test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group release

# `RELEASE_ARGS=--rehearsal` forgives what only the day of release can tell: the address, the contact and the date.
release-check: release-tools
	$(BIN)/python -m tools.release check $(RELEASE_ARGS)

# For a machine without a network; of another kind by WHEELHOUSE_ARGS="--platform win_amd64 --python-version 3.13".
wheelhouse: release-tools
	$(BIN)/python -m tools.release wheelhouse $(WHEELHOUSE_ARGS)

pyz: release-tools
	$(BIN)/python -m tools.release pyz

test-release: pyz
	$(BIN)/python -m pytest -m release $(PYTEST_ARGS) tests/test_release.py

test-languages: .venv/installed-test
	$(BIN)/python -m pytest -m languages $(PYTEST_ARGS) tests/test_languages.py tests/test_calls.py tests/test_replaced_stubs.py

clean:
	$(PYTHON) -c "import pathlib, shutil; [shutil.rmtree(path, ignore_errors=True) for name in ('.venv', 'build', 'dist', '.pytest_cache', '.mypy_cache', '.ruff_cache', '.hypothesis', 'htmlcov') for path in [pathlib.Path(name)]]"

.venv/pip:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	@touch $@

.venv/installed: .venv/pip pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/installed-test: .venv/pip pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . --group test
	@touch $@ .venv/installed

.venv/installed-dev: .venv/pip pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . --group dev
	@touch $@ .venv/installed .venv/installed-test
