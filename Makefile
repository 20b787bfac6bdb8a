# Everything starts from a virtual environment of our own; PYTHON chooses the interpreter it is made from.
# The dashboard takes the first free port from 8501; PORT names another.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test check format soak bench texts clean

run: $(VENV)/.runs
	$(BIN)/streamlit run dashboard/app.py $(if $(PORT),--server.port $(PORT))

# Files in their own order: the browser's tests, which take longest, begin.
test: $(VENV)/.tests
	$(BIN)/python -m tests.browser.install
	$(BIN)/python -m tests.postgres
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

check: $(VENV)/.tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) test

format: $(VENV)/.tests
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

soak: $(VENV)/.tests
	$(BIN)/python -m tests.browser.install
	$(BIN)/python -m tests.postgres
	$(BIN)/python -m pytest -m soak --timeout 3600

bench: $(VENV)/.tests
	for name in startup training canvas tuning; do $(BIN)/python -m tests.benchmarks.$$name; done

# What there is to translate; `pybabel init`, `update` and `compile -D layerloom` on dashboard/locale do the rest.
texts: $(VENV)/.tests
	$(BIN)/python -m dashboard.locale.gathering

clean:
	rm -rf $(VENV)

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info < (3, 14) else "Layerloom runs on Python 3.11 to 3.13, and this is " + sys.version.split()[0] + "; choose another with make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runs: requirements.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/.tests: tests/requirements.txt $(VENV)/.runs
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	touch $@
