# Every command of development; CI runs these same ones. `make help` lists them.

VENV := .venv/bin/python
LOCAL := $(VENV) -m core.local
APPS := config core accounts properties faq chat benchmarks
comma := ,
space := $() $()
# Two databases for each product (SPLIT=1) or one; `make run` remembers, `make test` does not.
export SPLIT
products = $(shell $(VENV) -c 'import config; print(*config.product_ids())')
# Ends what make started when make itself is killed.
TIED := $(if $(shell command -v setpriv),setpriv --pdeathsig TERM)

# COVERAGE=1 measures all products' runs together and leaves the result in .coverage.json.
MEASURED = $(if $(COVERAGE),slipcover --source $(subst $(space),$(comma),$(filter-out benchmarks,$(APPS))) \
	--out .coverage.$$product.json -m)
# A file goes to one process as a whole, so that what its tests share is started once; three processes
# on two cores, since some tests wait more than they compute.
PYTEST = $(VENV) -m $(MEASURED) pytest -n 3 \
	--dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help run test manage migrate seed reset lint format lock bench clean bootstrap product

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: bootstrap ## serve every product until Ctrl-C; SPLIT=1 with two databases each, SPLIT=0 with one
	@exec $(TIED) $(LOCAL) run

test: bootstrap ## run the tests for every product; ARGS='core -k wall', SPLIT=1
	@$(if $(COVERAGE),rm -f .coverage.*)
	@failed=; for product in $(products); do \
		echo "Testing $$product"; \
		DJANGO_SETTINGS_MODULE=config.$$product $(PYTEST) $(ARGS) || failed="$$failed $$product"; \
	done; [ -z "$$failed" ] || { echo "Tests failed for:$$failed" >&2; exit 1; }
	@$(if $(COVERAGE),$(VENV) -m slipcover --merge .coverage.*.json --out .coverage.json)

manage: product ## run a management command: p=bestays c='set_role someone@example.com agent'
	@$(if $(c),,echo "Which command? make manage p=$(p) c='check'" >&2; exit 2)
	@DJANGO_SETTINGS_MODULE=config.$(p) $(LOCAL) services -- $(VENV) manage.py $(c)

migrate: bootstrap ## migrate the databases of every product
	@$(LOCAL) services -- sh -ec 'for product in $(products); do echo "Migrating $$product"; \
		DJANGO_SETTINGS_MODULE=config.$$product $(VENV) manage.py migrate; done'

seed: bootstrap ## load the sample data of every product, again where it was deleted
	@$(LOCAL) services -- sh -ec 'for product in $(products); do \
		DJANGO_SETTINGS_MODULE=config.$$product $(VENV) manage.py seed; done'

reset: product ## empty one product's local databases and start it anew: p=bestays
	@$(LOCAL) reset $(p)

lint: bootstrap ## check style, formatting, types and the floors
	$(VENV) -m ruff check .
	$(VENV) -m ruff format --check .
	$(VENV) -m mypy $(wildcard $(APPS))
	.venv/bin/lint-imports

format: bootstrap ## put the formatting right
	$(VENV) -m ruff check --fix .
	$(VENV) -m ruff format .

lock: bootstrap ## pin the packages of requirements/*.in anew
	@for name in base development; do .venv/bin/uv pip compile --no-config -q --no-strip-extras \
		--universal --python-version 3.11 --generate-hashes --custom-compile-command 'make lock' \
		requirements/$$name.in -o requirements/$$name.lock; done

bench: bootstrap ## measure; ARGS chooses what
	$(VENV) -m benchmarks $(ARGS)

clean: ## remove caches; .venv and .local stay
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .coverage.*
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

bootstrap:
	@bin/bootstrap

product: bootstrap
	@$(if $(filter $(p),$(products)),,echo "Which product? Choose one:$(patsubst %, p=%,$(products))" >&2; exit 2)
