/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a catalogue is built: private to agent/catalog.
 *
 * A file is read by one struct build. What it adds goes to the end of the
 * arrays and its ids into an index of its own; only when the whole file was
 * right do they join the catalogue's, so a bad file leaves no trace.
 */
#ifndef WEIR_CATALOG_STORE_H
#define WEIR_CATALOG_STORE_H

#include "base/arena.h"
#include "base/index.h"
#include "base/schema.h"
#include "base/scalar.h"
#include "catalog/catalog.h"

/* Tags of ids in an index. */
enum id_kind { ID_VENDOR, ID_PRODUCT, ID_DIRECTIVE };

struct catalog_store {
	struct arena arena;
	struct index ids;
	uint32_t vendor_cap, product_cap, indicator_cap, directive_cap;
};

struct build {
	struct catalog *c;
	const char *file; /* in the arena */
	const void *draft; /* what the file as a whole fills */
	struct index fresh;
	uint32_t run; /* indicators since the last product */
	/* Most indicators of a file share one of these: kept once. */
	const char *last_source, *last_note;
};

/* The build that a reader works for. */
static inline struct build *build_of(const struct reader *r)
{
	return r->ctx;
}

/* Each at the end of its array. 0 or -ENOMEM. */
int store_vendor(struct build *b, const struct vendor *v);
int store_product(struct build *b, const struct product *p);
int store_indicator(struct build *b, const struct indicator *ind);
int store_directive(struct build *b, const struct directive *d);

/*
 * Takes @id for the next vendor, product or directive. -EINVAL with the
 * diag filled at @at when it is taken.
 */
int build_take_id(struct reader *r, enum id_kind kind, const char *id,
		  struct mark at);

/* "@head/@tail" in the arena, NULL: no memory. */
const char *build_join(struct reader *r, const char *head, const char *tail);

extern const struct schema indicator_schema; /* into struct indicator_draft */
extern const struct schema owner_schema;     /* into struct ownership */
void ownership_init(void *obj);

/* One file each, told apart by doc_kind_of(). */
int vendor_read(struct reader *r, const char *text, size_t len);
int directive_read(struct reader *r, const char *text, size_t len);
int confusables_read(struct reader *r, const char *text, size_t len);

#endif /* WEIR_CATALOG_STORE_H */
