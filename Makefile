# `make` sets everything up, and so does each other target. All that must be there is Python 3.11 or newer.

PYTHON ?= python3
UV := .venv/bin/uv
RUN := $(UV) run --frozen
PYTEST := -m pytest --numprocesses=auto --dist=worksteal
# Coverage doubles what a test costs, so what says no more about it is run without: what goes over everything, features
# once more on a database, what fails, and what is random.
COVERED := tests/test_harness.py tests/unit tests/contract tests/features
SWEEPS := tests/architecture tests/features/access/test_management.py tests/features/audit/test_every_verb.py \
	tests/features/audit/test_protected.py tests/features/members/test_epochs.py
REST := tests/features tests/faults tests/examples tests/races tests/stateful tests/properties
# These two are the tests of what we ship for tests.
SHIPPED := tests/races/test_scheduler.py \
	tests/stateful/test_two_stores_agree.py::test_after_every_step_a_tenant_is_sound_and_every_answer_right

export UV_PROJECT_ENVIRONMENT := $(CURDIR)/.venv
export UV_PYTHON_DOWNLOADS := never

.PHONY: install demo test check style types contracts documents generated floor soak bench format lock clean

install: $(UV)
	$(UV) sync --frozen

# uv is locked like any other dependency; only its first copy has to come by another way.
$(UV):
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet "$$(sed -n 's/.*"\(uv==[^"]*\)".*/\1/p' pyproject.toml)"

demo: $(UV)
	@$(RUN) python -m examples.demo

test: $(UV)
	$(RUN) coverage erase
	TENANTRY_STORES=memory $(RUN) coverage run $(PYTEST) $(COVERED) $(SHIPPED) $(SWEEPS:%=--ignore=%)
	$(RUN) coverage combine --quiet
	$(RUN) coverage report
	$(RUN) python $(PYTEST) $(SWEEPS)
	TENANTRY_STORES=databases $(RUN) python $(PYTEST) $(REST) $(SHIPPED:%=--deselect=%) $(SWEEPS:%=--ignore=%)

check: style types contracts documents generated floor

style: $(UV)
	$(UV) lock --check
	$(RUN) ruff format --check
	$(RUN) ruff check

types: $(UV)
	$(RUN) mypy
	$(RUN) pyright

contracts: $(UV)
	$(RUN) lint-imports --no-logo

documents: $(UV)
	$(RUN) pytest README.md docs src

# The pages of docs/reference/ that follow from the code.
generated: $(UV)
	$(RUN) python -m tools.generate --check

# The contract of the stores on the oldest SQLAlchemy that we promise: on SQLite, by all doors, and what is about
# SQLAlchemy alone on both databases. The rest has been tested by then.
OLDEST = $$(sed -n 's/.*"\(sqlalchemy\)>=\([^"]*\)".*/\1==\2/p' pyproject.toml)
floor: $(UV)
	$(RUN) --with "$(OLDEST)" python -m pytest tests/contract --numprocesses=auto --quiet \
		-k "SQLite or sqlalchemy" --ignore=tests/contract/test_contract_catches.py

# Every test on every store, and then the random ones with growing counts until the time is over: it says how far each
# came. One test on every store: TENANTRY_STORES=all pytest …
MINUTES ?= 60
soak: $(UV)
	$(RUN) python -m tests.soak --minutes $(MINUTES)

# What is compared does the same, and then how long it takes.
bench: $(UV)
	$(RUN) --group bench pytest tests/benchmarks/checks.py
	$(RUN) --group bench python -m tests.benchmarks

format: $(UV)
	$(RUN) ruff check --fix
	$(RUN) ruff format
	$(RUN) python -m tools.generate

lock: $(UV)
	$(UV) lock --upgrade

clean:
	rm -rf .venv .coverage* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
