# Every recipe is one line; the logic is Python under tools/.
PYTHON ?= python3
COMPONENT ?= lightningstor

.PHONY: run test check bench exam gen format package clean help

help:     ## this list
	@grep -hE '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18
run:      ## install what is missing and start the highest level this machine can run, in the foreground
	@$(PYTHON) tools/environment.py run && exec .venv/bin/photonctl up
test:     ## install what is missing (Debian packages for test peers included) and run every test
	@$(PYTHON) tools/environment.py test && exec .venv/bin/python -m pytest
check:    ## what a person runs before each commit: format, lint, types, contracts, sizes, generated files, unit tests
	@$(PYTHON) tools/environment.py check && exec .venv/bin/python tools/check.py
bench:    ## measure COMPONENT beside its peers in one run
	@$(PYTHON) tools/environment.py bench && exec .venv/bin/python -m benchmarks.$(COMPONENT)
exam:     ## the slow tests: long crash runs, fuzzing, full public suites
	@$(PYTHON) tools/environment.py test && exec .venv/bin/python -m pytest -m exam tests
gen:      ## regenerate every generated file
	@$(PYTHON) tools/environment.py check && exec .venv/bin/python tools/generate.py
format:   ## format the sources
	@.venv/bin/ruff format src tests tools benchmarks && .venv/bin/ruff check --fix src tests tools benchmarks
package:  ## build the wheel into dist/
	@$(PYTHON) tools/environment.py check && exec .venv/bin/python tools/package.py
clean:    ## remove only what make made
	@rm -rf .venv .venv-peers .cache dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
