# SPDX-License-Identifier: GPL-2.0-only
# make bench: what weir costs, against the bars of the design. Root, loopback
# only, nothing is ever denied on this host; BENCH_PARTS picks parts.

BENCH_PARTS ?= events load kernel pairs cpu guest
BENCH_OUT   := $(OUTPUT)/bench
BENCH_BIN   := $(addprefix $(BENCH_OUT)/,loops nothing launch bpfstat events)
BENCH_STATIC := $(BENCH_OUT)/loops $(BENCH_OUT)/nothing $(BENCH_OUT)/launch

# Static: they run in guests as they are, and an exec measures no loader.
$(BENCH_STATIC): $(BENCH_OUT)/%: tests/bench/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) -std=gnu11 -D_GNU_SOURCE -O2 $(WARN) -static -o $@ $<

$(BENCH_OUT)/bpfstat: tests/bench/bpfstat.c
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) -std=gnu11 -D_GNU_SOURCE -O2 $(WARN) -o $@ $< \
		$$(pkg-config --libs libbpf)

$(BENCH_OUT)/events: tests/bench/events.c $(OUTPUT)/libhost.a $(OUTPUT)/libpure.a
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(ALL_CFLAGS) -Itests/lib $(ALL_LDFLAGS) -o $@ $< \
		$(OUTPUT)/libhost.a $(OUTPUT)/libpure.a $(PKG_LIBS)

bench: all all-fixtures $(BENCH_BIN) ## what weir costs: one table, and $(OUTPUT)/bench/*.csv
	@OUTPUT=$(abspath $(OUTPUT)) tests/bench/run $(BENCH_PARTS)

.PHONY: bench
