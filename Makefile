.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory

VENV := .venv
RUN := $(VENV)/bin/
READY := $(VENV)/.ready
SEEDS ?= 300
RECORDS ?= 50000
SEED ?= 9
MINUTES ?= 60
RATE ?= 200
WORKERS ?= 2
ONCE ?=
ARGS ?=
JOBS ?= $(shell echo $$((2 * $$(getconf _NPROCESSORS_ONLN))))

# The first Python on the path that fits; Bytewax has no wheel beyond 3.12.
FIND_PYTHON = for python in $(PYTHON) python3.12 python3.11 python3; do \
	if "$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null; then echo "$$python"; exit 0; fi; done; \
	echo "Python 3.11 or 3.12 is needed and none is on the path: install one, or say where it is with make PYTHON=/path/to/python" >&2; exit 1

# The web page: built once, and again when its sources or the API change.
DASHBOARD := dashboard/dist/.built
NODE_READY := dashboard/node_modules/.ready
NPM := dashboard/tools/npm.sh
BESIDE = { mkdir -p .cache; nice -n 10 $(MAKE) dashboard >.cache/dashboard.log 2>&1 || echo "The dashboard could not be built; .cache/dashboard.log says why. All else works." >&2; } &

.PHONY: help setup demo up dashboard page check test coverage lint format docs golden pictures api bench faults fuzz migrate simulate soak lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## Make .venv and install everything into it (the other targets do this by themselves)

demo: $(READY) ## Run everything with real purchases, one push and live traffic; ONCE=1 checks itself and ends
	@$(if $(ONCE),,$(BESIDE)) exec $(RUN)stratum demo $(if $(ONCE),--once) $(ARGS)

up: $(READY) ## Run everything on this machine, without demo data, until Ctrl-C
	@$(BESIDE) exec $(RUN)stratum up

dashboard: $(DASHBOARD) ## Build the web page (make demo and make up do it by themselves)

page: $(NODE_READY) ## Serve the web page with reload, for while you work on it, against a running stack
	$(NPM) run page

check: lint ## Lint, and every test that needs no server and takes no seconds: for while you work
	$(RUN)python -m pytest -n $$(getconf _NPROCESSORS_ONLN) --dist worksteal -m "not servers and not long" --hypothesis-profile=check $(ARGS)

test: $(READY) ## Run every test, JOBS at a time (twice the cores); ARGS="tests/api -k batch" for some, in one process
ifeq ($(ARGS),)
	$(RUN)python -m pytest -n $(JOBS) --dist worksteal --durations=20
else
	$(RUN)python -m pytest $(ARGS)
endif

coverage: $(READY) ## Run every test and print which lines of the core they leave out
	$(RUN)python -m pytest -n $(JOBS) --dist worksteal --cov --cov-report=term:skip-covered $(ARGS)

lint: $(READY) ## Check style, types, import layers and dependencies, of the web page too
	$(RUN)ruff check .
	$(RUN)ruff format --check .
	$(RUN)mypy
	$(RUN)lint-imports
	$(RUN)deptry .
	@if $(MAKE) $(NODE_READY); then $(NPM) run --silent check; else \
	echo "The web page was not checked: npm could not install its packages" >&2; \
	case ",$$TESTS_REQUIRE," in *,node,*) exit 1;; esac; fi

format: $(READY) ## Sort imports and format the code
	$(RUN)ruff check --fix --select I .
	$(RUN)ruff format .

docs: $(READY) ## Draw the state diagrams of the docs again and check examples, links and widths
	$(RUN)python -m tests.docs.diagrams
	$(RUN)python -m pytest tests/docs $(ARGS)

api: $(READY) ## Write dashboard/openapi.json, from which the dashboard's types are made
	$(RUN)python -m tests.dashboard.openapi_file

golden: $(READY) ## Write the rules, words and recipes that the dashboard has from the engine and the cookbook
	$(RUN)python -m tests.dashboard.golden
	$(RUN)python -m tests.dashboard.recipes

pictures: $(READY) $(DASHBOARD) ## Take the pictures of the landing page, README and docs again; needs chromium
	$(RUN)python -m tests.browser.pictures

bench: $(READY) ## Print every figure beside its reference; ARGS="throughput merges" for some
	$(RUN)python -m benchmarks $(ARGS)

faults: $(READY) ## Score the trust gate on simulated faults; ARGS="--quick" for a first look
	$(RUN)stratum faults $(ARGS)

migrate: $(READY) ## Bring the database to this version's schema
	@$(RUN)stratum migrate

fuzz: $(READY) ## Send records with any JSON value in any position through real servers: make fuzz RECORDS=50000 SEED=9
	FUZZ_RECORDS=$(RECORDS) FUZZ_SEED=$(SEED) $(RUN)python -m pytest tests/integration/intake/test_any_value.py $(ARGS)

simulate: $(READY) ## Run seeds of the simulation: make simulate SEEDS=10000
	$(RUN)python -m tests.simulation.run --seeds $(SEEDS) --jobs $$(getconf _NPROCESSORS_ONLN) $(ARGS)

soak: $(READY) ## Run workers under traffic and the clock, then verify: make soak MINUTES=60 RATE=200 WORKERS=4
	$(RUN)python -m tests.integration.unify.test_workers_and_the_clock --minutes $(MINUTES) --rate $(RATE) --workers $(WORKERS) $(ARGS)

lock: $(READY) ## Resolve the dependencies again and write requirements.lock (needs uv)
	uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --quiet --upgrade -o requirements.lock

clean: ## Remove what was built or cached; the data in .stratum stays
	rm -rf $(VENV) dashboard/dist dashboard/node_modules .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache *.egg-info build dist tests/integration/intake/sdk_node/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@python=$$($(FIND_PYTHON)); echo "making $(VENV) with $$python"; \
	"$$python" -m venv $(VENV) || { rm -rf $(VENV); echo "$$python cannot make a virtual environment: install its venv module (Debian: python3-venv)" >&2; exit 1; }

$(READY): requirements.lock pyproject.toml | $(VENV)/bin/python
	$(RUN)python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(RUN)python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(NODE_READY): dashboard/package-lock.json $(READY)
	$(NPM) ci --ignore-scripts --no-progress
	@touch $@

$(DASHBOARD): $(NODE_READY) dashboard/openapi.json dashboard/index.html dashboard/vite.config.ts $(shell find dashboard/src dashboard/tools -type f ! -name schema.d.ts ! -name '*.test.ts' 2>/dev/null)
	$(NPM) run --silent build
	@touch $@
