# SPDX-License-Identifier: GPL-2.0-only
# weir: one binary, one set of BPF programs, tests, documentation.
# `make help` lists the targets; scripts/run and scripts/check call them.

OUTPUT  ?= build
PREFIX  ?= /usr
DESTDIR ?=
CC      ?= gcc
CLANG   ?= clang
BPFTOOL ?= $(or $(shell command -v bpftool),/usr/sbin/bpftool)
WERROR  ?= 1
V       ?= 0

Q = $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' $(1) $(2);)

.DELETE_ON_ERROR:
.SECONDARY:
.DEFAULT_GOAL := all

PKGS := libbpf libelf zlib libnl-3.0 libnl-genl-3.0 yaml-0.1 libcrypto jansson libcap-ng libseccomp
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS   := $(shell pkg-config --libs $(PKGS) 2>/dev/null)
PURE_LIBS  := $(shell pkg-config --libs yaml-0.1 jansson 2>/dev/null)

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	-Wwrite-strings -Wpointer-arith -Wformat=2 -Wvla -Wundef -Wimplicit-fallthrough \
	-Wdeclaration-after-statement $(if $(filter 1,$(WERROR)),-Werror)
HARDEN := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection -fPIE
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE $(CFLAGS) $(WARN) $(HARDEN) -ffile-prefix-map=$(CURDIR)=. \
	-Iinclude -Iagent -isystem $(OUTPUT) $(PKG_CFLAGS) -MMD -MP
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(LDFLAGS)

# Pure folders: no file, clock, socket or kernel. Tests and fuzzers link these alone.
PURE  := base event catalog policy match
PURE_SRC := $(foreach d,$(PURE),$(wildcard agent/$(d)/*.c))
HOST_SRC := $(foreach d,bundle parse inventory collect sense journal out cmd,$(wildcard agent/$(d)/*.c))

obj = $(patsubst %.c,$(OUTPUT)/$(2)/%.o,$(1))

all: $(OUTPUT)/weir $(OUTPUT)/canary man ## build everything

## ---- agent -------------------------------------------------------------

$(OUTPUT)/obj/%.o: %.c | $(OUTPUT)/bpf.stamp
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(OUTPUT)/libpure.a: $(call obj,$(PURE_SRC),obj)
	$(Q)rm -f $@ && ar rcs $@ $^

$(OUTPUT)/obj/agent/sense/embedded.o: agent/sense/embedded.S $(OUTPUT)/bpf.stamp
	@mkdir -p $(@D)
	$(call say,AS,$<)$(CC) -Wa,-I$(OUTPUT) -c -o $@ $<

$(OUTPUT)/libhost.a: $(call obj,$(HOST_SRC),obj) $(OUTPUT)/obj/agent/sense/embedded.o
	$(Q)rm -f $@ && ar rcs $@ $^

$(OUTPUT)/weir: $(OUTPUT)/obj/agent/main.o $(OUTPUT)/libhost.a $(OUTPUT)/libpure.a
	$(call say,LD,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

# Static and tiny: it runs in every namespace and does nothing but exit.
$(OUTPUT)/canary: agent/sense/canary/canary.c
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) -O2 -static -o $@ $<

## ---- BPF ---------------------------------------------------------------

BPF_HDR := $(wildcard bpf/*.h bpf/*.bpf.c include/weir/*.h)
# One object for the agent, and two for the tests.
BPF_OBJ := $(patsubst %,$(OUTPUT)/%.bpf.o,weir vector layout)
BPF_CFLAGS := -O2 -g -target bpfel -mcpu=v3 -Wall -Wextra -Wno-unused-parameter \
	-Wno-address-of-packed-member $(if $(filter 1,$(WERROR)),-Werror) -ffile-prefix-map=$(CURDIR)=. -Iinclude \
	-I$(OUTPUT)/uapi

# The architecture's asm/ headers, which clang's BPF target does not look for.
$(OUTPUT)/uapi:
	$(Q)mkdir -p $@ && ln -sfn $$($(CC) -print-multiarch | sed 's,^,/usr/include/,')/asm $@/asm

# A second build for kernels before 5.12, whose verifier refuses atomics that fetch.
$(OUTPUT)/%.floor.bpf.o: bpf/%.bpf.c $(BPF_HDR) | $(OUTPUT)/uapi
	$(call say,BPF,$@)$(CLANG) $(BPF_CFLAGS) -DWEIR_FLOOR -c -o $@ $< && llvm-strip -g $@

$(OUTPUT)/%.bpf.o: bpf/%.bpf.c $(BPF_HDR) | $(OUTPUT)/uapi
	$(call say,BPF,$@)$(CLANG) $(BPF_CFLAGS) -c -o $@ $< && llvm-strip -g $@

FLOOR_OBJ := $(OUTPUT)/weir.floor.bpf.o

$(OUTPUT)/bpf.stamp: $(BPF_OBJ) $(FLOOR_OBJ)
	$(Q)touch $@

## ---- documentation -----------------------------------------------------

# Reproducible: the date of the last commit, not of the build.
MAN_DATE := $(or $(shell git log -1 --format=%ct 2>/dev/null),0)
MAN := $(patsubst docs/%.scd,$(OUTPUT)/man/%,$(wildcard docs/*.scd))

man: $(MAN) ## man pages from docs/*.scd

$(OUTPUT)/man/%: docs/%.scd
	@mkdir -p $(@D)
	$(call say,MAN,$@)SOURCE_DATE_EPOCH=$(MAN_DATE) scdoc < $< > $@

include kmod/kmod.mk
include tests/tests.mk
include tests/check.mk
-include tests/bench/bench.mk

## ---- the rest ----------------------------------------------------------

install: all ## install below $(DESTDIR)$(PREFIX)
	install -D -m 0755 $(OUTPUT)/weir $(DESTDIR)$(PREFIX)/sbin/weir
	install -D -m 0755 $(OUTPUT)/canary $(DESTDIR)$(PREFIX)/lib/weir/canary
	install -d $(DESTDIR)$(PREFIX)/share/weir
	cp -r catalog $(DESTDIR)$(PREFIX)/share/weir/
	install -D -m 0644 docs/examples/observe.yaml \
		$(DESTDIR)$(PREFIX)/share/doc/weir/examples/observe.yaml
	install -D -m 0644 scripts/weir.service $(DESTDIR)$(PREFIX)/lib/systemd/system/weir.service
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system/weir.service.d
	scripts/listed-units catalog \
		>$(DESTDIR)$(PREFIX)/lib/systemd/system/weir.service.d/10-listed.conf
	for m in $(MAN); do install -D -m 0644 $$m \
		$(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/$${m##*/}; done

uninstall: ## take away what install put there; the journal and /etc/weir stay
	$(if $(DESTDIR),,[ ! -x $(PREFIX)/sbin/weir ] || \
		$(PREFIX)/sbin/weir detach --stop --reason "make uninstall")
	rm -f $(DESTDIR)$(PREFIX)/sbin/weir $(DESTDIR)$(PREFIX)/lib/systemd/system/weir.service
	rm -rf $(DESTDIR)$(PREFIX)/lib/systemd/system/weir.service.d
	rm -rf $(DESTDIR)$(PREFIX)/lib/weir $(DESTDIR)$(PREFIX)/share/weir \
		$(DESTDIR)$(PREFIX)/share/doc/weir
	for m in $(MAN); do rm -f $(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/$${m##*/}; done

demo: check-guest-build ## open-vm-tools watched, blocked and let go again, in a guest
	tests/guest/40-vmware.t --demo

clean: ## remove everything that was built
	rm -rf $(OUTPUT)

help: ## this text
	@grep -hE '^[a-z][a-z-]*:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1\t\2/' | expand -t 20

.PHONY: all man install uninstall demo clean help

-include $(shell find $(OUTPUT) -name '*.d' 2>/dev/null)
