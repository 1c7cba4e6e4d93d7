# Everything here needs Go alone. Tests of real Kafka and PostgreSQL skip unless LEADHUB_TEST_KAFKA and LEADHUB_TEST_POSTGRES name
# them (`.ci/services start`); LEADHUB_TEST_MUST_RUN=kafka,postgres turns such a skip into a failure.

GO ?= go
FUZZTIME ?= 20s

.DEFAULT_GOAL := help
.PHONY: help run demo test race lint chaos browser bench fuzz

help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Run the hub on ./leadhub-data, with the embedded broker and SQLite.
	$(GO) run ./cmd/leadhub serve

demo: ## Play a story through a hub on a temporary folder.
	$(GO) run ./cmd/leadhub demo

test: ## Run the tests.
	$(GO) test ./...

race: ## Run the tests under the race detector; needs a C compiler.
	$(GO) test -race ./...

lint: ## gofmt, go vet, staticcheck, and golangci-lint where it is installed.
	@unformatted="$$(gofmt -l .)" || exit 1; \
	if [ -n "$$unformatted" ]; then echo "not formatted; run gofmt -w on:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) vet -tags chaos,browser ./cmd/leadhub
	$(GO) tool staticcheck ./...
	@if command -v golangci-lint >/dev/null; then golangci-lint run; else echo "golangci-lint is not installed; skipped"; fi

chaos: ## Kill processes, broker and database under load, then audit. About a minute; Kafka and PostgreSQL where they are named.
	$(GO) test ./cmd/leadhub -tags chaos -run TestChaos -count=1 -v -timeout 10m

browser: ## Use the console in a real browser, headless. Skips where there is no chromium, unless LEADHUB_TEST_MUST_RUN names browser.
	$(GO) test ./cmd/leadhub -tags browser -run TestBrowser -count=1 -v -timeout 10m

bench: ## Measure throughput, latency and memory; LEADHUB_KAFKA and LEADHUB_DATABASE point it at real services.
	$(GO) run ./cmd/leadhub bench

fuzz: ## Run every fuzz test for FUZZTIME (20s) each.
	@for package in $$($(GO) list ./...); do \
	  for name in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz'); do \
	    echo "== $$package $$name"; \
	    $(GO) test $$package -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) || exit 1; \
	  done; \
	done
