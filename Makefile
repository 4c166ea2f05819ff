# make help lists the targets.
.DEFAULT_GOAL := build
GO ?= go
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
BIN := bin/regjanitor
IMAGE := regjanitor
DEMO := demo/registry

# Thousands of small trees are made and unmade: in memory, where there is room.
TEST_TMP := $(shell [ -w /dev/shm ] && [ "$$(df -Pk /dev/shm | awk 'END {print $$4}')" -gt 1000000 ] && echo /dev/shm || echo $${TMPDIR:-/tmp})

.PHONY: help build install install-compat install-completion install-systemd image demo test model crash faults symlinks race e2e torture systemd bench fuzz mutate night lint clean

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 17

build: ## build bin/regjanitor, one static file
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o $(BIN) ./cmd/regjanitor

install: build ## install it as /usr/local/sbin/regjanitor, and maintenance-window beside it
	install -D -m 0755 -t $(DESTDIR)/usr/local/sbin $(BIN) scripts/maintenance-window/maintenance-window

install-compat: install ## install it under the names of burnettk's scripts too
	install -d $(DESTDIR)/usr/local/bin
	ln -sf ../sbin/regjanitor $(DESTDIR)/usr/local/bin/delete_docker_registry_image
	ln -sf ../sbin/regjanitor $(DESTDIR)/usr/local/bin/clean_old_versions

install-completion: install ## install it with completion for bash, zsh and fish
	install -d $(addprefix $(DESTDIR)/usr/local/share/,bash-completion/completions zsh/site-functions fish/vendor_completions.d)
	$(BIN) completion bash >$(DESTDIR)/usr/local/share/bash-completion/completions/regjanitor
	$(BIN) completion zsh >$(DESTDIR)/usr/local/share/zsh/site-functions/_regjanitor
	$(BIN) completion fish >$(DESTDIR)/usr/local/share/fish/vendor_completions.d/regjanitor.fish

install-systemd: install ## install it with a service and a timer, not yet enabled
	install -D -m 0644 -t $(DESTDIR)/etc/systemd/system scripts/systemd/regjanitor.service scripts/systemd/regjanitor.timer

image: build ## build the container image regjanitor:VERSION, of that file alone
	tar -C $(dir $(BIN)) -c regjanitor -C $(CURDIR)/scripts/container Dockerfile | \
		docker build --tag $(IMAGE):$(VERSION) --tag $(IMAGE):latest -

demo: build ## make a small registry tree, look at it, and clean it before your eyes
	@rm -rf $(DEMO)
	@$(GO) run ./cmd/demo $(DEMO)
	@printf '\n== what is there\n\n'
	@$(BIN) ls --root $(DEMO) 2>&1
	@printf '\n== what takes the space\n\n'
	@$(BIN) du --root $(DEMO) 2>&1
	@printf '\n== what a sweep would do\n\n'
	@$(BIN) sweep --dry-run --root $(DEMO) 2>&1
	@printf '\n== the sweep\n\n'
	@$(BIN) sweep --yes --registry-stopped --root $(DEMO) 2>&1
	@printf '\n== what is left\n\n'
	@$(BIN) ls --root $(DEMO) team/app team/web 2>&1
	@$(BIN) verify --read-data --root $(DEMO) 2>&1

# The heavy parts, which say how much they have tried.
HEAVY := ^(TestModel|TestCrashAnywhere|TestFaults|TestSymlinkRace)$$

test: ## run the tests, the heavy parts included
	$(GO) vet ./...
	TMPDIR=$(TEST_TMP) $(GO) test -timeout 20m -skip '$(HEAVY)' ./...
	$(MAKE) model crash faults symlinks

model: ## 20,000 random registries against an independent oracle
	TMPDIR=$(TEST_TMP) $(GO) test -count=1 -timeout 8h -v -run '^TestModel$$' ./internal/modeltest

crash: ## a kill at every change, and the loss of the last unsynced ones
	TMPDIR=$(TEST_TMP) $(GO) test -count=1 -timeout 8h -v -run '^TestCrashAnywhere$$' ./internal/sweep ./internal/repair

faults: ## every error on every operation
	TMPDIR=$(TEST_TMP) $(GO) test -count=1 -timeout 8h -v -run '^TestFaults$$' ./internal/sweep ./internal/repair

symlinks: ## directories exchanged with symbolic links during sweeps
	TMPDIR=$(TEST_TMP) $(GO) test -count=1 -timeout 8h -v -run '^TestSymlinkRace$$' ./internal/sweep

race: ## run the tests under the race detector
	TMPDIR=$(TEST_TMP) $(GO) test -race -timeout 1h ./...

e2e: ## install real registries and clients, and run the real thing
	scripts/e2e/install
	$(GO) test ./cmd/regjanitor -run '^TestScripts/completion' -count=1 # in the shells that are there now
	cd scripts && $(GO) vet ./... && $(GO) test ./e2e ./bench ./systemd ./mutate -count=1 -timeout 40m
	cd scripts && $(GO) test ./recipes -count=1 -timeout 10m # alone: some of e2e's registries are suspects to everybody

torture: ## kill, starve and cut off the real binary
	cd scripts && TMPDIR=$(TEST_TMP) $(GO) test ./torture -count=1 -v -timeout 8h

systemd: ## boot a systemd in a container, and run the end-to-end tests in the service's sandbox
	scripts/e2e/install
	cd scripts && REGJANITOR_BOOT=1 $(GO) test ./systemd -count=1 -v -timeout 40m

bench: ## compare with the registry's own collector, du, find and bare walks, on small and large trees
	cd scripts && $(GO) run ./bench all

FUZZTIME ?= 30s
fuzz: ## fuzz whatever reads what others have written, FUZZTIME each
	@for p in $$(grep -rl '^func Fuzz' internal --include '*_test.go' | xargs -n1 dirname | sort -u); do \
		for f in $$(grep -rhoE '^func Fuzz[A-Za-z0-9]*' $$p | cut -d' ' -f2); do \
			TMPDIR=$(TEST_TMP) $(GO) test ./$$p -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) || exit 1; \
		done; \
	done

MUTANTS ?= 300
mutate: ## change the code in MUTANTS small ways, and see whether a test notices
	cd scripts && TMPDIR=$(TEST_TMP) $(GO) run ./mutate -sample $(MUTANTS)

NIGHT ?= 20
night: ## the random tests NIGHT times as long, and all that is too long for every day
	REGJANITOR_TEST_SCALE=$(NIGHT) $(MAKE) model crash faults symlinks torture
	$(MAKE) race systemd mutate fuzz FUZZTIME=10m MUTANTS=3000

lint: ## gofmt, vet, staticcheck, tidy
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo 'run gofmt -w on these'; exit 1; }
	$(GO) vet ./...
	GOOS=darwin $(GO) vet ./...
	cd scripts && $(GO) build -o ../bin/staticcheck honnef.co/go/tools/cmd/staticcheck
	bin/staticcheck ./...
	cd scripts && ../bin/staticcheck ./...
	$(GO) mod tidy -diff
	cd scripts && $(GO) mod tidy -diff

clean: ## remove what was built
	rm -rf bin demo
