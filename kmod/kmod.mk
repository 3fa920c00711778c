# SPDX-License-Identifier: GPL-2.0-only
# The kernel module. Nothing else of the build needs any of this.
# `make kmod KDIR=...` for one kernel; `make kmod-all` for those the guests boot.

KDIR  ?= /lib/modules/$(shell uname -r)/build
KMOD_KERNELS ?= 5.10 6.1 6.12 7
KMOD_SRC := Kbuild $(wildcard kmod/*.c kmod/*.h) kmod/probe $(wildcard include/weir/*.h)
KMOD_REL  = $(shell cat $(KDIR)/include/config/kernel.release)
KMOD_OUT  = $(OUTPUT)/kmod/$(or $(KMOD_NAME),$(KMOD_REL))

# kbuild writes beside what it reads, and several kernels are built for: a copy each.
kmod: ## the kernel module for the kernel whose headers are in $(KDIR)
	$(Q)mkdir -p $(KMOD_OUT) && cp -pu --parents $(KMOD_SRC) $(KMOD_OUT)/
	$(call say,KMOD,$(KMOD_OUT)/weir.ko)$(MAKE) -s -C $(KDIR) M=$(abspath $(KMOD_OUT)) \
		W=1 $(if $(filter 1,$(WERROR)),KCFLAGS=-Werror) $(if $(KMOD_CC),CC=$(KMOD_CC)) modules

kmod-all: ## the kernel module for every kernel that the guests boot
	$(Q)scripts/fetch-headers $(KMOD_KERNELS)
	$(Q)for k in $(KMOD_KERNELS); do \
		OUTPUT=$(abspath $(OUTPUT)) scripts/fetch-headers --build $$k || exit; done

WEIR_VERSION = $(shell sed -n 's/^.define WEIR_VERSION "\(.*\)"/\1/p' agent/cmd/version.h)
DKMS_SRC     = $(DESTDIR)/usr/src/weir-$(WEIR_VERSION)

install-dkms: ## the module's sources for dkms(8), below $(DESTDIR)/usr/src
	install -d $(DKMS_SRC)
	cp --parents $(KMOD_SRC) $(DKMS_SRC)/
	sed 's/@VERSION@/$(WEIR_VERSION)/' packaging/dkms.conf >$(DKMS_SRC)/dkms.conf

# For the guests: the module by hand.
$(OUTPUT)/module-tool: tests/fixtures/module-tool.c tests/fixtures/module-mutate.c \
		agent/sense/module.c tests/fixtures/module-mutate.h agent/sense/module.h \
		$(wildcard include/weir/*.h)
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -Iinclude -Iagent \
		$$(pkg-config --cflags libnl-genl-3.0) -o $@ $(filter %.c,$^) \
		$$(pkg-config --libs libnl-genl-3.0 libcrypto libelf)

.PHONY: kmod kmod-all install-dkms
