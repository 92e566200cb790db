# Two commands matter: `make demo` and `make test`. Both prepare what they need on a machine that
# has Python 3.11 to 3.13, git and make; nothing is installed outside this folder and uv's cache.
#
#   make demo SCENARIO=goroutine-leak SEED=7     another drill
#   make test WORKERS=4 PYTEST_ARGS="-k alert"   a part of the tests
#   make test PYTHON=/usr/bin/python3.12         another Python

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime-installed
DEVELOPMENT := $(VENV)/.development-installed
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))

SCENARIO ?=
SEED ?=
# Workers for the tests; by default two more than processors for `make test`, since some always wait for a program.
WORKERS ?=
TWO_MORE = $$(($$(getconf _NPROCESSORS_ONLN) + 2))
PYTEST_ARGS ?=
SOAK_MINUTES ?= 20
AUDIT_ARGS ?=

export UV_PROJECT_ENVIRONMENT := $(VENV)
export UV_PYTHON_DOWNLOADS := never

# Hundreds of tests start the program. What they compiled is kept, whatever the shell says: it is half their time.
unexport PYTHONDONTWRITEBYTECODE

##@ Use

.PHONY: help
help: ## Show these targets
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: demo
demo: $(RUNTIME) ## Open the console on a practice cluster in trouble
	@$(BIN)/opsconsole demo $(if $(SCENARIO),--scenario $(SCENARIO)) $(if $(SEED),--seed $(SEED))

##@ Check

.PHONY: test
test: $(DEVELOPMENT) ## Run every check and every test, save those that take long
	@$(BIN)/pytest -n $(or $(WORKERS),$(TWO_MORE)) --dist loadgroup -m "not kubernetes and not long" $(PYTEST_ARGS)

# Each worker that meets a test on a real Kubernetes starts one: a few at most, whatever the number of processors.
.PHONY: test-real
test-real: servers ## Run what takes long, and all against real servers: Kubernetes, Elasticsearch, Jaeger
	@$(BIN)/pytest -n $(or $(WORKERS),auto) --maxprocesses 4 --dist loadgroup -m "real or kubernetes or long" $(PYTEST_ARGS)

.PHONY: check
check: $(DEVELOPMENT) ## Lint, types, import contracts
	@$(BIN)/pytest -n $(or $(WORKERS),auto) --dist loadgroup tests/checks

.PHONY: format
format: $(DEVELOPMENT) ## Format the code and mend what the linter can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: servers
servers: $(DEVELOPMENT) ## Fetch and build the real servers the tests use
	@PYTHONPATH=tests $(BIN)/python -m servers

##@ Measure and show

.PHONY: bench
bench: $(DEVELOPMENT) ## Measure the budgets and write them to bench-results/
	@$(BIN)/python tests/bench/measure.py

.PHONY: bench-real
bench-real: servers ## Measure the console on a real API server with 10,000 pods
	@$(BIN)/python tests/bench/measure_real.py

.PHONY: bench-logs
bench-logs: $(DEVELOPMENT) ## Measure logs and traces on a million lines in a real Elasticsearch, and lnav beside
	@$(BIN)/python tests/bench/measure_logs.py

.PHONY: soak
soak: $(DEVELOPMENT) ## Let the console endure load, sick backends and a monkey for SOAK_MINUTES
	@PYTHONPATH=tests $(BIN)/python -m soak --minutes $(SOAK_MINUTES) --seed $(or $(SEED),1)

.PHONY: mutation
mutation: $(DEVELOPMENT) ## Count the changes of safe_text, write mode and operations that the tests notice
	@$(call sync,--inexact --group mutation)
	@$(BIN)/python tests/mutation.py $(MUTATION_ARGS)

.PHONY: screenshots
screenshots: $(DEVELOPMENT) ## Take the pictures of screenshots/ anew
	@$(BIN)/python screenshots/take.py

##@ Release

# Tools and the run-time environment in folders of their own, both from the lock; `.venv` is left alone.
RELEASE := build/release
TOOLS := $(RELEASE)/tools
SHIPPED := $(RELEASE)/runtime

.PHONY: wheel
wheel: ## Build the wheel twice from what is committed; both must have the same bytes
	@$(find_uv); UV_PROJECT_ENVIRONMENT=$(TOOLS) "$$uv" sync --quiet --locked --only-group audit --python "$$python"
	@$(find_uv); release/build "$$uv" "$(CURDIR)/$(TOOLS)/bin/python" dist

.PHONY: sbom
sbom: ## List what is shipped with its licences (CycloneDX), and refuse licences that don't go with ours
	@$(find_uv); \
	UV_PROJECT_ENVIRONMENT=$(TOOLS) "$$uv" sync --quiet --locked --only-group audit --python "$$python"; \
	UV_PROJECT_ENVIRONMENT=$(SHIPPED) "$$uv" sync --quiet --locked --no-dev --no-editable --python "$$python"
	@$(TOOLS)/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --spec-version 1.6 \
		--output-format JSON --output-file $(RELEASE)/opsconsole.cdx.json $(SHIPPED)/bin/python
	@$(TOOLS)/bin/python release/licences.py $(RELEASE)/opsconsole.cdx.json

# A package that the service does not know counts as a failure: it was not audited.
.PHONY: audit
audit: sbom ## Ask PyPI's advisories about everything that is shipped; needs the internet
	@$(find_uv); \
	"$$uv" lock --check --quiet; \
	"$$uv" export --quiet --locked --no-dev --no-emit-project --output-file $(RELEASE)/requirements.txt >/dev/null
	@$(TOOLS)/bin/pip-audit --strict --require-hashes --disable-pip --progress-spinner off \
		--requirement $(RELEASE)/requirements.txt $(AUDIT_ARGS)

##@ Housekeeping

.PHONY: clean
clean: ## Remove the environment and everything built
	rm -rf $(VENV) .venv-uv .typing build dist *.egg-info bench-results
	rm -rf .mutation .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# The environment is synced again only when the project file or the lock changes. What the
# development environment adds is not removed by the runtime one.
$(RUNTIME): pyproject.toml uv.lock
	@$(call sync,--no-dev --inexact)
	@touch $@

$(DEVELOPMENT): pyproject.toml uv.lock
	@$(call sync,)
	@touch $@ $(RUNTIME)

# Sets python and uv: uv from PATH when it is new enough to read the project file, else the lock's, which pip puts into .venv-uv.
OLDEST_UV := 0.9.17
BY_HASH := --require-hashes --only-binary :all: --requirement .ci/uv.txt
define find_uv
python="$(PYTHON)"; \
if [ -z "$$python" ]; then \
	for candidate in python3.13 python3.12 python3.11 python3; do \
		if "$$candidate" -c '$(SUPPORTED)' >/dev/null 2>&1; then python="$$candidate"; break; fi; \
	done; \
fi; \
if ! "$$python" -c '$(SUPPORTED)' >/dev/null 2>&1; then \
	echo "make: needs Python 3.11 to 3.13 on PATH, or PYTHON=/path/to/python" >&2; exit 1; \
fi; \
python="$$("$$python" -c 'import sys; print(sys.executable)')"; \
uv="$$(command -v uv || true)"; \
if [ -n "$$uv" ]; then \
	found="$$(UV_NO_CONFIG=1 "$$uv" --version | cut -d' ' -f2)"; \
	[ "$$(printf '%s\n' $(OLDEST_UV) "$$found" | sort -V | head -n 1)" = $(OLDEST_UV) ] || uv=""; \
fi; \
if [ -z "$$uv" ]; then \
	uv=.venv-uv/bin/uv; \
	if [ ! -x "$$uv" ]; then \
		echo "make: fetching uv into .venv-uv" >&2; \
		export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore; \
		if "$$python" -c 'import pip' 2>/dev/null; then \
			"$$python" -m pip install --quiet --target .venv-uv $(BY_HASH); \
		elif "$$python" -c 'import ensurepip' 2>/dev/null; then \
			"$$python" -m venv .venv-uv && .venv-uv/bin/pip install --quiet $(BY_HASH); \
		else \
			echo "make: install uv, or pip for $$python (Debian: apt-get install python3-pip)" >&2; exit 1; \
		fi; \
	fi; \
fi
endef

define sync
$(find_uv); \
echo "make: preparing $(VENV)"; \
"$$uv" sync --quiet --locked --compile-bytecode --python "$$python" $(1)
endef
