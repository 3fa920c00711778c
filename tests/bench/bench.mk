# SPDX-License-Identifier: GPL-2.0-only
# make bench: what weir costs, against the bars of the design. Root, loopback
# only, nothing is ever denied on this host; BENCH_PARTS picks parts.

BENCH_PARTS ?= events load kernel pairs cpu scan guest
BENCH_OUT   := $(OUTPUT)/bench
BENCH_BIN   := $(addprefix $(BENCH_OUT)/,loops nothing launch bpfstat events scan_plant scan_files)
BENCH_STATIC := $(BENCH_OUT)/loops $(BENCH_OUT)/nothing $(BENCH_OUT)/launch

# Static: they run in guests as they are, and an exec measures no loader.
$(BENCH_STATIC): $(BENCH_OUT)/%: tests/bench/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) -std=gnu11 -D_GNU_SOURCE -O2 $(WARN) -static -o $@ $<

$(BENCH_OUT)/bpfstat: tests/bench/bpfstat.c
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) -std=gnu11 -D_GNU_SOURCE -O2 $(WARN) -o $@ $< \
		$$(pkg-config --libs libbpf)

$(BENCH_OUT)/scan_plant: tests/bench/scan_plant.c
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) -std=gnu11 -D_GNU_SOURCE -O2 $(WARN) -Itests/lib -o $@ $<

$(BENCH_OUT)/events $(BENCH_OUT)/scan_files: $(BENCH_OUT)/%: tests/bench/%.c $(OUTPUT)/libhost.a \
		$(OUTPUT)/libpure.a
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(ALL_CFLAGS) -Itests/lib $(ALL_LDFLAGS) -o $@ $< \
		$(OUTPUT)/libhost.a $(OUTPUT)/libpure.a $(PKG_LIBS)

bench: all all-fixtures $(BENCH_BIN) ## what weir costs: one table, and $(OUTPUT)/bench/*.csv
	@OUTPUT=$(abspath $(OUTPUT)) tests/bench/run $(BENCH_PARTS)

.PHONY: bench
