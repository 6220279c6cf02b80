# make lab        the course for you to work in: JupyterLab on course/, made once (LAB_ARGS=--no-browser)
# make teach      the instructor's notebooks, with their solutions
# make setup      the environment .venv with all that tests, grading and changes need, from the lock constraints.txt
# make test       lint, types, unit tests, and every notebook against its stored outputs
# make notebooks  execute the notebooks and store their outputs (some: make notebooks NB=notebooks/02_imp.ipynb)
# make student    what learners get: build/student/ and a zip of it (the module with the learner's notebooks)
# make archive    compute the rows of many seeds that the archive lacks (EXPERIMENT=imp SEEDS=30 SCHEDULER=tcp://host:8786)
# make site       the course as web pages: build/site/index.html
# make bench      measure speed
#
# What a target needs is installed into .venv first, when it is missing or older than pyproject.toml or constraints.txt;
# make lab needs no more than a learner does. Another Python: make PYTHON=python3.12 lab

PYTHON ?= python3
VENV ?= .venv
NB ?=
LAB_ARGS ?=
EXPERIMENT ?= imp
SEEDS ?=
SCHEDULER ?=

BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
LEARN := $(VENV)/.installed-to-learn

# A backend set outside would replace the inline figures of the notebooks.
unexport MPLBACKEND

.PHONY: help setup lab teach test notebooks student archive site bench

help:
	@sed -n 's/^# make /make /p' Makefile

setup: $(STAMP)

GOAL := $(or $(firstword $(MAKECMDGOALS)),setup)

define OTHER_PYTHON
lth-teach runs on Python 3.11, 3.12 and 3.13. Choose one of them:   make PYTHON=python3.12 $(GOAL)
Where to get it:
  Debian 12 or newer, Ubuntu 24.04 or newer:   sudo apt install python3 python3-venv
  macOS with Homebrew:                         brew install python@3.12
  everywhere:   https://www.python.org/downloads/   or conda (README, Start)
endef
export OTHER_PYTHON

# The version that a Python says it is, such as 3.12; empty if it does not run.
version = $$($(1) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)

# Everything that can be wrong is looked at before anything is written. A .venv without pip is what venv leaves behind
# when it fails for want of ensurepip; calling it again completes it.
$(STAMP): EXTRA := [dev]
$(STAMP) $(LEARN): pyproject.toml constraints.txt
	@python="$(PYTHON)"; found="$(call version,$(PYTHON))"; \
	if [ -x $(BIN)/python ]; then python="$(BIN)/python"; found="$(call version,$(BIN)/python)"; fi; \
	case "$$found" in \
	  3.11|3.12|3.13) exit 0 ;; \
	  "") echo "$$python does not run." ;; \
	  3.1[4-9]|3.[2-9][0-9]|[4-9].*) echo "$$python is Python $$found, newer than what lth-teach is tested on." ;; \
	  *) echo "$$python is Python $$found, too old for lth-teach." ;; \
	esac >&2; \
	if [ "$$python" = "$(BIN)/python" ]; then echo "Delete it first:   rm -r $(VENV)" >&2; fi; \
	printf '%s\n' "$$OTHER_PYTHON" >&2; exit 1
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	echo "$(PYTHON) cannot make an environment: its module venv or ensurepip is missing." >&2; \
	echo "Debian and Ubuntu:   sudo apt install python3-venv   (or python$(call version,$(PYTHON))-venv)" >&2; \
	echo "Then again:          make $(GOAL)" >&2; exit 1; }
	@echo "== Installing into $(VENV) (once; a few minutes)"
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.$(EXTRA)'
	@touch $(LEARN) $@

# After make setup, or any other target that needs all, $(LEARN) is there, too.
lab: $(LEARN)
	@$(BIN)/lth-teach lab course -- $(LAB_ARGS)

# Jupyter refuses to run as root (as in many containers) unless it is told to.
teach: $(STAMP)
	@root=; if [ "$$(id -u)" = 0 ]; then root=--allow-root; echo "== You are root: starting JupyterLab with $$root"; fi; \
	$(BIN)/jupyter lab --ServerApp.ip=localhost $$root $(LAB_ARGS) notebooks/00_start_here.ipynb

# Two notebooks at a time, the longest first. Each trains in two processes of its own; the other one computes while it does
# not. The longest cell takes 30 s on a quick machine, so that its limit holds on one several times as slow.
test: $(STAMP)
	@echo "== 1/5 Lint"
	$(BIN)/ruff check
	@echo "== 2/5 Format"
	$(BIN)/ruff format --check
	@echo "== 3/5 Types"
	$(BIN)/mypy lth_teach
	@echo "== 4/5 Unit tests"
	$(BIN)/python -m pytest -n 2 --no-loadscope-reorder tests
	@echo "== 5/5 Notebooks: execute each and compare with its stored outputs"
	LTH_TEACH_CACHE="$(CURDIR)/build/cache" $(BIN)/python -m pytest -n 2 --dist loadscope --no-loadscope-reorder \
	  --nbval --nbval-current-env --nbval-cell-timeout=1200 -p no:cacheprovider notebooks/13_language_tickets.ipynb notebooks
	@echo "== All passed"

notebooks: $(STAMP)
	$(BIN)/python scripts/execute_notebooks.py $(NB)
	$(BIN)/python scripts/readme_picture.py

student: $(STAMP)
	$(BIN)/python scripts/student_version.py

# Stop it whenever you like; the same command goes on after the jobs that are done.
archive: $(STAMP)
	$(BIN)/lth-teach archive $(EXPERIMENT) $(if $(SEEDS),--seeds $(SEEDS)) $(if $(SCHEDULER),--scheduler $(SCHEDULER))

site: $(STAMP)
	$(BIN)/python scripts/site.py

bench: $(STAMP)
	$(BIN)/python -m pytest tests/benchmarks --benchmark-only
