/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Facts: what is known of one thing on a host, before anyone judges it.
 *
 * Gathered by the inventory and the identifier, all optional, all borrowed
 * from whoever gathered them. A thing is mostly a file; an address, a package
 * or a unit has only the facts that apply.
 */
#ifndef WEIR_MATCH_FACTS_H
#define WEIR_MATCH_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weir/limits.h>

#include "catalog/catalog.h"

/*
 * A fact of one word: a package, a unit, a process name, a found ELF string.
 * Places go into facts.path, addresses into facts.addr.
 */
struct fact {
	enum indicator_kind kind;
	const char *value;
};

/* The .note.package of an ELF file: who built it into what. */
struct package_note {
	const char *type; /* "deb", "rpm" */
	const char *name;
};

struct facts {
	const char *path; /* absolute; a directory ends in "/" */
	uint64_t size;
	uint8_t sha256[WEIR_SHA256_LEN];
	bool is_hashed;
	uint8_t build_id[WEIR_BUILD_ID_MAX];
	uint32_t build_id_len;
	const char *soname;
	const char *const *needed;
	size_t needed_cnt;
	struct package_note note;
	const struct fact *others;
	size_t other_cnt;
	/* An address: 0 or AF_INET, AF_INET6. */
	uint16_t family;
	uint16_t port; /* 0: unknown */
	uint8_t protocol;
	uint8_t addr[16]; /* network byte order, IPv4 in the first four */
};

#endif /* WEIR_MATCH_FACTS_H */
