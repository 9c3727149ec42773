# The everyday commands of RaptorFlow. `make` lists them; each is a few lines you could type yourself.
# They expect Debian 12 (or a relative) and Swift 6.3; missing Debian packages are installed.

BUILD_PACKAGES = libsqlite3-dev libargon2-dev zlib1g-dev
TEST_PACKAGES  = $(BUILD_PACKAGES) sqlite3 chromium fonts-dejavu-core curl openssl python3-venv nginx-light haproxy \
	hledger poppler-utils qpdf
ATTACK_PACKAGES = $(TEST_PACKAGES) slowhttptest
BENCH_PACKAGES = $(BUILD_PACKAGES) wrk curl python3

COVERAGE_FLOOR = 80
BINARY   = .build/debug/raptorflow
VENV     = .build/venv
PROFILES = .build/profiles
STATIC   = .build/static
DIST     = .build/dist

sudo  = $(shell [ "$$(id -u)" = 0 ] || echo sudo)
llvm  = $(shell swift -print-target-info | sed -n 's|.*"runtimeResourcePath": "\(.*\)/lib/swift".*|\1/bin|p')
# Installs the named Debian packages, unless they are all there already.
needs = @dpkg -s $(1) >/dev/null 2>&1 || { $(sudo) apt-get update -q \
	&& $(sudo) env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $(1); }

SHELL = /bin/bash
.SHELLFLAGS = -o pipefail -ec
.PHONY: help demo test test-swift test-blackbox coverage fmt lint release bench attack openapi clean
.DEFAULT_GOAL := help

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# A release build takes a few minutes more than a debug build the first time, and it is what people should see: it
# starts at once, and pages answer at their real speed.
demo: release ## Build and start a living demo company; prints its address and sign-in
	$(DIST)/raptorflow demo

test: test-swift test-blackbox coverage ## Everything that must be green: Swift tests, the real binary over HTTP and in a browser, coverage
	@grep -hE 'Test run with|^=+ .* in |^coverage' .build/test-swift.log .build/test-blackbox.log .build/coverage.log

# Our own modules are built instrumented (Package.swift reads COVERAGE); dependencies stay as they are.
test-swift test-blackbox: export COVERAGE = 1

test-swift: ## Only the Swift tests
	$(call needs,$(TEST_PACKAGES))
	rm -rf $(PROFILES)
	swift build --build-tests
	LLVM_PROFILE_FILE=$(CURDIR)/$(PROFILES)/swift-%4m.profraw swift test --skip-build 2>&1 | tee .build/test-swift.log

test-blackbox: $(VENV) ## Only the tests that drive the real binary from outside (HTTP, browser, official clients, crashes)
	swift build --product raptorflow
	LLVM_PROFILE_FILE=$(CURDIR)/$(PROFILES)/blackbox-%4m.profraw $(VENV)/bin/pytest Tests 2>&1 | tee .build/test-blackbox.log

coverage: ## Line coverage of Sources by the last test run; fails under 80 %
	$(llvm)/llvm-profdata merge -sparse $(PROFILES)/*.profraw -o $(PROFILES)/all.profdata
	$(llvm)/llvm-cov report .build/debug/*.xctest -object $(BINARY) -instr-profile $(PROFILES)/all.profdata Sources \
		| tee .build/coverage.log
	@awk '/^TOTAL/ { share = $$10 + 0 } END { print "coverage: " share " % of the lines of Sources"; exit share < $(COVERAGE_FLOOR) }' \
		.build/coverage.log | tee -a .build/coverage.log

$(VENV): Tests/requirements.txt
	$(call needs,$(TEST_PACKAGES))
	python3 -m venv $@
	$@/bin/pip install -q -r $<
	touch $@

fmt: ## Format the Swift sources in place
	swift format --in-place --recursive Sources Tests Package.swift

lint: ## Check the formatting and the linter's rules
	swift format lint --strict --recursive Sources Tests Package.swift

# The linker takes what it finds first, so a folder with nothing but the archives comes before the one with the shared
# libraries, which argon2's own .pc file would put in front of everything.
release: ## Build .build/dist/raptorflow: one stripped file, symbols beside it
	$(call needs,$(BUILD_PACKAGES))
	mkdir -p $(STATIC) $(DIST)
	for lib in sqlite3 argon2 z stdc++; do ln -sf "$$(clang -print-file-name=lib$$lib.a)" $(STATIC)/; done
	sed 's/-L[^ ]* //' /usr/lib/*/pkgconfig/libargon2.pc > $(STATIC)/libargon2.pc
	swift build -c release --product raptorflow --static-swift-stdlib -Xlinker -L$(CURDIR)/$(STATIC) \
		--pkg-config-path $(CURDIR)/$(STATIC)
	objcopy --only-keep-debug .build/release/raptorflow $(DIST)/raptorflow.debug
	objcopy --strip-all --add-gnu-debuglink=$(DIST)/raptorflow.debug .build/release/raptorflow $(DIST)/raptorflow
	! ldd $(DIST)/raptorflow | grep -E 'sqlite|argon2|swift|libz|stdc'
	ls -lh $(DIST)

bench: release ## Measure, beside the peers that PEERS names; see docs/benchmarks/README.md
	$(call needs,$(BENCH_PACKAGES))
	python3 Tests/Bench/bench.py $(DIST)/raptorflow

# The tools get a folder each, because they want different versions of the same packages.
attack: $(VENV) ## The slow attack tools against the debug binary, half an hour; see docs/security-runs.md
	$(call needs,$(ATTACK_PACKAGES))
	swift build --product raptorflow
	for tool in sslyze==6.3.1 sqlmap==1.10.10 wapiti3==3.2.3; do folder=.build/tools/$${tool%%=*}; \
		[ -x $$folder/bin/pip ] || python3 -m venv $$folder; $$folder/bin/pip install -q $$tool; done
	$(VENV)/bin/python Tests/Attack/tools.py
	ATTACK_DEPTH=40 $(VENV)/bin/pytest Tests/Attack/test_schemathesis.py

openapi: ## Write docs/openapi.json from the routes
	swift build --product raptorflow
	$(BINARY) openapi > docs/openapi.json

clean: ## Remove what was built
	rm -rf .build
