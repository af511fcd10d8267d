PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
RUN ?= demo
CHROMIUM := /usr/bin/chromium

.DEFAULT_GOAL := help
.PHONY: help install demo test lint bench evidence clean

help:  ## List what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-8s %s\n", $$1, $$2}'

install: $(INSTALLED)  ## Create .venv and install tailprobe with what its development needs

$(INSTALLED): pyproject.toml constraints.txt hatch_build.py $(wildcard src/tailprobe/training/kernel/*.[ch])
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $(INSTALLED)

demo: $(INSTALLED)  ## Draw a sample, compare the paper's nine settings on it, write the figures; no download
	$(BIN)/tailprobe demo --out $(RUN)

$(CHROMIUM):
	@if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-noto-core; \
	else \
		echo "no $(CHROMIUM), and it cannot be installed from here: the page is not tested in a browser"; \
	fi

test: $(INSTALLED) $(CHROMIUM)  ## Run the linter, the type checker and every test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 2 --dist worksteal

lint: $(INSTALLED)  ## Mend what the linter and the formatter can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(INSTALLED)  ## Measure, beside the plain ways of doing the same
	$(BIN)/python -m benchmarks

evidence: $(INSTALLED)  ## Measure what the verdicts are worth, on simulated studies; three to six minutes on two cores
	$(BIN)/python -m benchmarks.evidence

clean:  ## Remove .venv and what the tools left
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
