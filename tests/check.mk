# SPDX-License-Identifier: GPL-2.0-only
# Running the tests: each group alone, or all of them under one line of totals.
# Included after tests/tests.mk, whose lists of programs it uses.

include tests/fixtures/fixtures.mk

FUZZ_SMOKE ?= 10
FUZZ_TIME  ?= 600

# Tests find what was built, from wherever they look.
TAP = OUTPUT=$(abspath $(OUTPUT)) scripts/tap-total
CLI_TESTS   = $(sort $(wildcard tests/cli/*.t))
GUEST_TESTS = $(sort $(wildcard tests/guest/*.t))
# A fuzzer by the hand of its runner, which gives it $(1) seconds.
fuzzers = $(foreach f,$(FUZZ_BIN),"scripts/fuzz-run $(f) $(1)")

# Guests are emulated: two at a time is what their lock lets in, and one boot
# may take minutes. Everything else is quick and has the machine for itself.
STYLE_RUN = -j 1 -t 120 scripts/check-style
UNIT_RUN  = -j 1 -t 300 $(UNIT_BIN) $(SAN_BIN)
CLI_RUN   = -j 1 -t 300 $(CLI_TESTS)
FUZZ_RUN  = -j 2 -t $$(( $(FUZZ_SMOKE) + 120 )) $(call fuzzers,$(FUZZ_SMOKE))
GUEST_RUN = -j 2 -t 3600 $(GUEST_TESTS)

check: check-build ## every test, guests under emulation included
	@$(TAP) $(STYLE_RUN) $(UNIT_RUN) $(CLI_RUN) $(FUZZ_RUN) $(GUEST_RUN)

check-style: ## the rules of this tree that a script can tell
	@$(TAP) $(STYLE_RUN)

check-unit: $(UNIT_BIN) $(SAN_BIN) ## unit tests, as shipped and under sanitizers
	@$(TAP) $(UNIT_RUN)

check-cli: all $(UNIT_BIN) $(MODEL_BIN) $(HOSTILE_BIN) ## the commands over fixtures
	@$(TAP) $(CLI_RUN)

check-guest: check-guest-build ## the kernels of Debian under emulation
	@$(TAP) $(GUEST_RUN)

fuzz-smoke: $(FUZZ_BIN) ## each fuzzer for $(FUZZ_SMOKE) seconds
	@$(TAP) $(FUZZ_RUN)

fuzz: $(FUZZ_BIN) ## each fuzzer for $(FUZZ_TIME) seconds
	@$(TAP) -j $$(nproc) -t $$(( $(FUZZ_TIME) + 120 )) $(call fuzzers,$(FUZZ_TIME))

check-guest-build: all all-fixtures $(UPGRADES)
	@scripts/fetch-kernels

check-build: check-guest-build $(UNIT_BIN) $(SAN_BIN) $(FUZZ_BIN) $(MODEL_BIN) $(HOSTILE_BIN)

# Beside the gate: slower, or right only most of the time. Needs `scripts/deps lint`.
LINT_SRC = $(wildcard agent/*.c agent/*/*.c)

lint: $(OUTPUT)/bpf.stamp ## cppcheck, clang-tidy, codespell; what clang-format would move
	cppcheck --quiet --std=c11 --enable=warning,portability,performance --inline-suppr \
		--suppress=missingIncludeSystem --error-exitcode=1 -Iinclude -Iagent $(LINT_SRC)
	clang-tidy-14 --quiet --warnings-as-errors='*' --checks='-*,bugprone-*,cert-err33-c,cert-err34-c,clang-analyzer-*,-bugprone-easily-swappable-parameters,-bugprone-reserved-identifier,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling' \
		$(LINT_SRC) -- -std=gnu11 -D_GNU_SOURCE -Iinclude -Iagent -isystem $(OUTPUT) $(PKG_CFLAGS)
	git ls-files -co --exclude-standard -- '*.[ch]' '*.md' '*.scd' scripts tests Makefile | \
		xargs codespell --ignore-words-list=ro,te,ot,nd,fo
	@for f in $$(git ls-files -co --exclude-standard -- '*.[ch]'); do \
		n=$$(clang-format-14 $$f | diff $$f - | grep -c '^<'); \
		[ $$n = 0 ] || echo "clang-format: $$f: $$n lines"; done

.PHONY: check check-style check-unit check-cli check-guest fuzz-smoke fuzz \
	check-guest-build check-build lint
