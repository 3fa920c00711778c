# SPDX-License-Identifier: GPL-2.0-only
# Tests: one binary per tests/unit/*_test.c, linked with the pure folders (and,
# where the name begins with host_, with the rest of the agent), each built
# twice: as shipped, and under the address and undefined-behaviour sanitizers.

UNIT_SRC := $(wildcard tests/unit/*_test.c)
UNIT_BIN := $(patsubst tests/unit/%.c,$(OUTPUT)/unit/%,$(UNIT_SRC))
SAN_BIN  := $(patsubst tests/unit/%.c,$(OUTPUT)/unit-san/%,$(UNIT_SRC))
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_BIN := $(patsubst tests/fuzz/%.c,$(OUTPUT)/fuzz/%,$(FUZZ_SRC))

SAN := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
SAN_CFLAGS = -std=gnu11 -D_GNU_SOURCE -O1 -g $(WARN) $(SAN) -Iinclude -Iagent -Itests/lib $(PKG_CFLAGS) -MMD -MP

# The module's pure parts, with as much of a kernel as they ask for.
kernel_cflags = $(if $(filter kmod_%,$*),-Itests/lib/kernel -Ikmod)

$(OUTPUT)/unit/%: tests/unit/%.c $(OUTPUT)/libhost.a $(OUTPUT)/libpure.a
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(ALL_CFLAGS) -Itests/lib $(kernel_cflags) $(ALL_LDFLAGS) -o $@ $< \
		$(if $(filter host_%,$*),$(OUTPUT)/libhost.a) $(OUTPUT)/libpure.a $(PKG_LIBS)

$(OUTPUT)/san/%.o: %.c | $(OUTPUT)/bpf.stamp
	@mkdir -p $(@D)
	$(call say,CC-SAN,$<)$(CC) $(SAN_CFLAGS) -c -o $@ $<

$(OUTPUT)/libpure-san.a: $(call obj,$(PURE_SRC),san)
	$(Q)rm -f $@ && ar rcs $@ $^

$(OUTPUT)/libhost-san.a: $(call obj,$(HOST_SRC),san) $(OUTPUT)/obj/agent/sense/embedded.o
	$(Q)rm -f $@ && ar rcs $@ $^

$(OUTPUT)/unit-san/%: tests/unit/%.c $(OUTPUT)/libhost-san.a $(OUTPUT)/libpure-san.a
	@mkdir -p $(@D)
	$(call say,CC-SAN,$<)$(CC) $(SAN_CFLAGS) $(kernel_cflags) -o $@ $< \
		$(if $(filter host_%,$*),$(OUTPUT)/libhost-san.a) $(OUTPUT)/libpure-san.a $(PKG_LIBS)

# libFuzzer comes with clang; the pure folders are compiled with it once more.
FUZZ_CFLAGS := -std=gnu11 -D_GNU_SOURCE -O1 -g -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=undefined -Iinclude -Iagent -Itests/lib $(PKG_CFLAGS)

$(OUTPUT)/fuzzobj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC-FUZZ,$<)$(CLANG) $(FUZZ_CFLAGS) -MMD -MP -c -o $@ $<

# agent/out reads no file either; the record fuzzer goes all the way to JSON. The
# parsers are what fuzzing is for.
FUZZ_LINKED := $(PURE_SRC) $(wildcard agent/bundle/*.c agent/out/*.c agent/parse/*.c)

$(OUTPUT)/fuzz/%: tests/fuzz/%.c $(call obj,$(FUZZ_LINKED),fuzzobj)
	@mkdir -p $(@D)
	$(call say,LD-FUZZ,$@)$(CLANG) $(FUZZ_CFLAGS) -fsanitize=fuzzer -o $@ $^ $(PKG_LIBS)

# What the model of a policy in tests/model is compared with; zones are the host's.
MODEL_BIN := $(OUTPUT)/model/answer $(OUTPUT)/model-san/answer

$(OUTPUT)/model/%: tests/model/%.c $(OUTPUT)/libhost.a $(OUTPUT)/libpure.a
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(OUTPUT)/libhost.a \
		$(OUTPUT)/libpure.a $(PKG_LIBS)

$(OUTPUT)/model-san/%: tests/model/%.c $(OUTPUT)/libhost-san.a $(OUTPUT)/libpure-san.a
	@mkdir -p $(@D)
	$(call say,CC-SAN,$<)$(CC) $(SAN_CFLAGS) -o $@ $< $(OUTPUT)/libhost-san.a \
		$(OUTPUT)/libpure-san.a $(PKG_LIBS)

# What takes or refuses the policies of tests/hostile.
HOSTILE_BIN := $(OUTPUT)/hostile/judge $(OUTPUT)/hostile-san/judge

$(OUTPUT)/hostile/%: tests/hostile/%.c $(OUTPUT)/libhost.a $(OUTPUT)/libpure.a
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -Itests/lib -o $@ $< $(OUTPUT)/libhost.a \
		$(OUTPUT)/libpure.a $(PKG_LIBS)

$(OUTPUT)/hostile-san/%: tests/hostile/%.c $(OUTPUT)/libhost-san.a $(OUTPUT)/libpure-san.a
	@mkdir -p $(@D)
	$(call say,CC-SAN,$<)$(CC) $(SAN_CFLAGS) -Itests/lib -o $@ $< $(OUTPUT)/libhost-san.a \
		$(OUTPUT)/libpure-san.a $(PKG_LIBS)

# Two more builds of the same source, for upgrades: another set of programs, and
# one whose tables have another layout, as far as its pins can tell.
UPGRADES := $(addprefix $(OUTPUT)/upgrade/weir-,other abi)
$(OUTPUT)/upgrade/other.o: ALL_CFLAGS += -DWEIR_BUILD_TAG='"another build"'
$(OUTPUT)/upgrade/abi.o: ALL_CFLAGS += -DWEIR_ABI=99

$(OUTPUT)/upgrade/other.o $(OUTPUT)/upgrade/abi.o: agent/sense/objects.c | $(OUTPUT)/bpf.stamp
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(ALL_CFLAGS) -c -o $@ $<

# What comes first is not taken from the archive any more.
$(OUTPUT)/upgrade/weir-%: $(OUTPUT)/obj/agent/main.o $(OUTPUT)/upgrade/%.o $(OUTPUT)/libhost.a \
		$(OUTPUT)/libpure.a
	$(call say,LD,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)
