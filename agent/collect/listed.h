/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Listed: the spelling by which the catalogue means a thing.
 *
 * The matcher compares words whole. Where the catalogue writes a pattern
 * ("event_collector_*") or a range ("tcp/1000-2000"), a collector that met
 * what it means tells the fact in the catalogue's own words.
 */
#ifndef WEIR_COLLECT_LISTED_H
#define WEIR_COLLECT_LISTED_H

#include <stdbool.h>

#include "catalog/catalog.h"
#include "match/facts.h"

/* All indicators of one kind, or those of a pattern. Borrows the catalogue. */
struct listed {
	const char **values;
	struct port_range *ranges; /* of ports: beside each value */
	uint32_t cnt;
	enum indicator_kind kind;
};

/* 0 and *ret for listed_free(), or -ENOMEM. */
int listed_all(const struct catalog *c, enum indicator_kind kind, struct listed *ret);
int listed_patterns(const struct catalog *c, enum indicator_kind kind, struct listed *ret);
void listed_free(struct listed *l);

/* Appends to @facts, of which *cnt are in use, those whose pattern means @word. */
void listed_add_word(const struct listed *l, const char *word, struct fact *facts, size_t *cnt,
		     size_t max);

/*
 * The same for a command line: values of several words ("xagt -M DAEMON") that
 * are its first ones, the very first with or without its directory.
 */
void listed_add_line(const struct listed *l, const char *const *args, size_t arg_cnt,
		     struct fact *facts, size_t *cnt, size_t max);

/*
 * The same for a port. The ports that half of all programs use (tcp/443) say
 * nothing of anybody and are left out: with a name that collides they would
 * make a finding of a browser.
 */
void listed_add_port(const struct listed *l, uint8_t protocol, uint16_t port,
		     struct fact *facts, size_t *cnt, size_t max);

#endif /* WEIR_COLLECT_LISTED_H */
