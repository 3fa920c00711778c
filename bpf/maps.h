/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The maps that all programs share, found by name under the pin directory.
 *
 * The tables are maps of maps keyed by generation: a swap is one store into
 * struct weir_control, and a reader sees the old table or the new one and
 * never a mixture. Sizes here are those of templates; the agent makes each
 * inner map as large as what it has to hold.
 */
#ifndef WEIR_BPF_MAPS_H
#define WEIR_BPF_MAPS_H

#include <weir/event.h>
#include <weir/table.h>

#include "kernel.h"

#define TABLE_OF(name, inner_type, key_type, value_type, flags)               \
	struct name##_table {                                                 \
		__uint(type, inner_type);                                     \
		__uint(max_entries, 1);                                       \
		__uint(key_size, sizeof(key_type));                           \
		__uint(value_size, sizeof(value_type));                       \
		__uint(map_flags, flags);                                     \
	};                                                                    \
	struct {                                                              \
		__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);                      \
		__uint(max_entries, WEIR_GENERATIONS);                             \
		__type(key, __u64);                                           \
		__array(values, struct name##_table);                         \
	} name SEC(".maps")

TABLE_OF(weir_rules, BPF_MAP_TYPE_HASH, __u32, struct weir_rule, 0);
TABLE_OF(weir_guard, BPF_MAP_TYPE_HASH, struct weir_file, __u32, 0);
TABLE_OF(weir_files, BPF_MAP_TYPE_HASH, struct weir_file, struct weir_key, 0);
TABLE_OF(weir_dirs, BPF_MAP_TYPE_HASH, struct weir_file, struct weir_key, 0);
TABLE_OF(weir_modules, BPF_MAP_TYPE_HASH, struct weir_module_name, struct weir_key, 0);
TABLE_OF(weir_sizes, BPF_MAP_TYPE_HASH, __u64, struct weir_key, 0);
TABLE_OF(weir_hashes, BPF_MAP_TYPE_HASH, struct weir_sha256, struct weir_key, 0);
TABLE_OF(weir_build_ids, BPF_MAP_TYPE_HASH, struct weir_build_id, struct weir_key, 0);
TABLE_OF(weir_prefix4, BPF_MAP_TYPE_LPM_TRIE, struct weir_prefix4, struct weir_ports,
	 BPF_F_NO_PREALLOC);
TABLE_OF(weir_prefix6, BPF_MAP_TYPE_LPM_TRIE, struct weir_prefix6, struct weir_ports,
	 BPF_F_NO_PREALLOC);

TABLE_OF(weir_exemptions, BPF_MAP_TYPE_HASH, struct weir_scope, struct weir_exemptions, 0);
TABLE_OF(weir_installed, BPF_MAP_TYPE_HASH, struct weir_installed, __u32, 0);
TABLE_OF(weir_contents, BPF_MAP_TYPE_HASH, struct weir_sha256, __u32, 0);

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct weir_active);
} weir_active SEC(".maps");

/* This build's own. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct weir_control);
} weir_control SEC(".maps");

/* Apart from weir_control: disarm writes it while the agent may be stopped. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct weir_arm);
} weir_arm SEC(".maps");

/* Products that were disarmed or armed alone, or have a removal window. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct weir_hold);
} weir_holds SEC(".maps");

/* The file that proves the gates; nobody but the agent's child runs it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct weir_canary);
} weir_canary SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, WEIR_RING_MAX);
	__type(key, __u32);
	__type(value, __u64);
} weir_seq SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2); /* the second: what the agent counted of sets that are gone */
	__type(key, __u32);
	__type(value, struct weir_losses);
} weir_losses SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20);
} weir_denials SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 32 << 20);
} weir_records SEC(".maps");

/* What records of listed software were made in; the agent looks them up. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 512);
	__type(key, __u64);
	__type(value, struct weir_group);
} weir_groups SEC(".maps");

/* Executables the agent has been told of; bound to size and ctime. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct weir_seen);
	__type(value, __u32);
} weir_seen SEC(".maps");

/*
 * What hooks found out, by task: of an exec that the gate let pass, for the
 * tracepoint; and of anything that is about to be recorded. Going through a
 * map makes the verifier forget how it was found out, so that it looks at the
 * writing of a record once per program and not once per road to it.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct weir_look);
} weir_looks SEC(".maps");

/* What has been done for a task so far: bpf/marks.h. */
struct weir_mark {
	__u64 judged; /* its exec, by the gate */
	__u64 seen;   /* its exec, by the tracepoint */
	__u64 loaded; /* its mapping or module */
};

#define MARKS 4096

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MARKS);
	__type(key, __u32);
	__type(value, struct weir_mark);
} weir_marks SEC(".maps");

/* No tgid is that large: the slot of a record in the making. */
#define RECORD_SLOT (1ULL << 63)

static __always_inline const struct weir_control *control(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&weir_control, &zero);
}

/*
 * This generation's @table, and the value of @key in it, or NULL. One that
 * was dropped under a sleeping reader is asked again as the current one.
 */
#define table_of(table, gen)                                                  \
	({                                                                    \
		void *inner_ = bpf_map_lookup_elem(&table, gen);              \
		if (!inner_) {                                                \
			const struct weir_control *now_ = control();          \
			__u64 current_ = now_ ? now_->generation : 0;         \
			inner_ = bpf_map_lookup_elem(&table, &current_);      \
		}                                                             \
		inner_;                                                       \
	})

#define table_get(table, gen, key)                                            \
	({                                                                    \
		void *table_ = table_of(table, gen);                          \
		table_ ? bpf_map_lookup_elem(table_, key) : NULL;             \
	})

#endif /* WEIR_BPF_MAPS_H */
