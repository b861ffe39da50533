# Two commands on a fresh machine (Debian, Python 3.11, make): `make demo` (or `make demo PORT=3001`) and `make test`.
PYTHON ?= python3
BIN := .venv/bin
JOBS ?= 2

.PHONY: install demo lint test test-fast campaign coverage lock clean

install: .venv/.installed

demo: install
	$(BIN)/entra-emply demo $(if $(PORT),--port $(PORT))

lint: .venv/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# What to run before each commit: no server, no database.
test-fast: lint
	$(BIN)/pytest tests/unit -n $(JOBS) --dist loadfile -m "not campaign"

# A file of tests shares what it starts: servers, companies, a demo, a browser. The demo's is an early one.
BY_FILE := --dist loadfile --no-loadscope-reorder
test: test-fast
	$(BIN)/pytest tests/integration -n $(JOBS) $(BY_FILE) -m "not campaign"
	$(BIN)/pytest tests/system -n $(JOBS) $(BY_FILE) -m "not campaign"

# The long campaigns: kills, thousands of scenarios, every source times every fault.
campaign: .venv/.installed-dev
	$(BIN)/pytest tests -m campaign -n $(JOBS)

# By line and branch, of unit and integration tests: commands run in processes of their own.
coverage: .venv/.installed-dev
	$(BIN)/pytest tests/unit tests/integration -n $(JOBS) -m "not campaign" --cov --cov-report=term:skip-covered

# Names and versions only: no index is named, so that every machine uses its own.
lock:
	$(BIN)/pip install --quiet pip-tools
	$(BIN)/pip-compile $(LOCK) --output-file requirements.lock pyproject.toml
	$(BIN)/pip-compile $(LOCK) --extra dev --extra celery --extra k8s --extra s3 --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml

LOCK := --quiet --upgrade --strip-extras --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

.venv/.installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

.venv/.installed-dev: .venv/.installed requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements-dev.lock
	touch $@

clean:
	rm -rf .venv .entra-emply
