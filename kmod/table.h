/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A table: one generation of everything that can be looked up.
 *
 * Filled by one writer, under weir_state_lock(), before anybody reads it. In
 * force, only files and the guard are added to, one entry at a time, since the
 * agent goes on identifying what it sees. Beside the generations stand the
 * holds: what somebody did about one product outlives every policy.
 */
#ifndef WEIR_TABLE_PRIVATE_H
#define WEIR_TABLE_PRIVATE_H

#include <weir/genl.h>

struct weir_prefixes;
struct weir_table;

int weir_table_init(void);
void weir_table_exit(void);

/* A million is what a catalogue may have; a slip of the pen is not to eat the host. */
#define WEIR_PREFIXES_MAX (1u << 22)

/* Room for as many prefixes; NULL: no memory. The caller has a reference. */
struct weir_table *weir_table_new(u64 generation, u32 prefix4_cnt, u32 prefix6_cnt);
void weir_table_hold(struct weir_table *table);
void weir_table_put(struct weir_table *table); /* may sleep */

u64 weir_table_generation(const struct weir_table *table);

/**
 * weir_table_add - adds entries to a table
 * @table:	being filled, or in force
 * @kind:	enum weir_kind
 * @bytes:	keys and values, back to back
 * @len:	of @bytes
 *
 * An entry that is there already gets the new value; but a key that may not
 * enforce never takes the place of another.
 *
 * Return: 0; -EINVAL, -E2BIG or -ENOMEM, and entries before the bad one stay.
 */
int weir_table_add(struct weir_table *table, u32 kind, const void *bytes, size_t len);

/* The same, to take away; @bytes are keys. What is not there is no error. */
int weir_table_drop(struct weir_table *table, u32 kind, const void *bytes, size_t len);

/* Nothing will be added but files and guard: 0, or -EINVAL for what contradicts itself. */
int weir_table_seal(struct weir_table *table);

/* The value of @key, or NULL. Under RCU, and only as long as that is held. */
const void *weir_table_find(const struct weir_table *table, u32 kind, const void *key);

/* Is any product armed by itself, which it can be when the host is not? Not under RCU. */
bool weir_table_any_hold_armed(u64 now_ns);

/* What hangs on the narrowest prefix around @addr, or NULL. As above. */
const struct weir_ports *weir_table_ports(const struct weir_table *table, u16 family,
					  const u8 *addr);

#endif /* WEIR_TABLE_PRIVATE_H */
