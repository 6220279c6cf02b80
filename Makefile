# make setup      the environment .venv, from the lock constraints.txt
# make lab        JupyterLab on the first notebook (as root in a container: make lab LAB_ARGS=--allow-root)
# make test       lint, types, unit tests, and every notebook against its stored outputs
# make notebooks  execute the notebooks and store their outputs (some: make notebooks NB=notebooks/02_imp.ipynb)
# make student    what learners get: build/student/ and a zip of it (notebooks without solutions, the module, a README)
# make bench      measure speed
#
# Each makes .venv first when it is missing or older than pyproject.toml or constraints.txt.
# Another Python: make PYTHON=python3.12 setup

PYTHON ?= python3
VENV ?= .venv
NB ?=
LAB_ARGS ?=

BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# A backend set outside would replace the inline figures of the notebooks.
unexport MPLBACKEND

.PHONY: help setup lab test notebooks student bench

help:
	@sed -n 's/^# make /make /p' Makefile

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("lth-teach needs Python 3.11 or newer; $(PYTHON) is " + sys.version.split()[0])'
	@echo "== Installing into $(VENV) (once; a few minutes)"
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

lab: $(STAMP)
	$(BIN)/jupyter lab --ServerApp.ip=localhost $(LAB_ARGS) notebooks/00_start_here.ipynb

test: $(STAMP)
	@echo "== 1/5 Lint"
	$(BIN)/ruff check
	@echo "== 2/5 Format"
	$(BIN)/ruff format --check
	@echo "== 3/5 Types"
	$(BIN)/mypy lth_teach
	@echo "== 4/5 Unit tests"
	$(BIN)/python -m pytest tests
	@echo "== 5/5 Notebooks: execute each and compare with its stored outputs"
	LTH_TEACH_CACHE="$(CURDIR)/build/cache" $(BIN)/python -m pytest --nbval --nbval-current-env --nbval-cell-timeout=300 -p no:cacheprovider notebooks
	@echo "== All passed"

notebooks: $(STAMP)
	$(BIN)/python scripts/execute_notebooks.py $(NB)
	$(BIN)/python scripts/readme_picture.py

student: $(STAMP)
	$(BIN)/python scripts/student_version.py

bench: $(STAMP)
	$(BIN)/python -m pytest tests/benchmarks --benchmark-only
