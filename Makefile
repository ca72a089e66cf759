PYTHON ?= python3
VENV ?= .venv
READY := $(VENV)/.ready

.PHONY: demo test slow lab bench clean

demo: $(READY)  ## the demo shop's report, from raw files to PDF
	$(VENV)/bin/kehu demo

test: $(READY)  ## lint, types, contracts and the tests of every day
	$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check . && $(VENV)/bin/mypy && $(VENV)/bin/lint-imports && $(VENV)/bin/pytest -q -n 2 -m "not slow"

slow: $(READY)  ## the tests that take longer
	$(VENV)/bin/pytest -q -n 2 -m slow

lab: $(READY)  ## JupyterLab with warm kernels
	$(VENV)/bin/kehu lab

bench: $(READY)  ## figures, never pass or fail
	$(VENV)/bin/python -m tests.benchmarks

clean:  ## remove the environment and all generated output
	rm -rf $(VENV) reports/demo data/raw/demo

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --editable ".[cjk,text,test]"
	touch $@
