// SPDX-License-Identifier: GPL-2.0-only
/*
 * Indicators: the one list that may be a million long, so this is the path
 * where an allocation or a copy counts. Text goes into the arena as it is met
 * and the struct to the end of the array; there is no third copy.
 */
#include "catalog/indicator.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/prefix.h"
#include "catalog/kind.h"
#include "catalog/store.h"
#include "catalog/value.h"

static const char *const confidence_names[] = {
	[CONFIDENCE_LOW] = "low",
	[CONFIDENCE_MEDIUM] = "medium",
	[CONFIDENCE_HIGH] = "high",
};
_Static_assert(ARRAY_SIZE(confidence_names) == CONFIDENCE_MAX,
	       "every confidence has a name");

static const char *const match_names[] = { "exact" };

static int read_kind(struct reader *r, const struct scalar *s, void *into)
{
	return scalar_word(r, s, kind_names, IND_KIND_MAX, into);
}

static int read_confidence(struct reader *r, const struct scalar *s, void *into)
{
	return scalar_word(r, s, confidence_names, CONFIDENCE_MAX, into);
}

static int read_match(struct reader *r, const struct scalar *s, void *into)
{
	uint8_t word = 0;
	int err = scalar_word(r, s, match_names, ARRAY_SIZE(match_names), &word);

	if (!err)
		*(bool *)into = true;
	return err;
}

static int read_sufficient(struct reader *r, const struct scalar *s, void *into)
{
	bool value = false;
	int err = scalar_bool(r, s, &value);

	if (!err)
		*(int8_t *)into = value;
	return err;
}

static int read_size(struct reader *r, const struct scalar *s, void *into)
{
	int64_t value = 0;
	int err = scalar_int(r, s, 1, SCALAR_INT_MAX, &value);

	if (!err)
		*(uint64_t *)into = (uint64_t)value;
	return err;
}

/* As scalar_text(), but the same text as last time is not kept again. */
static int read_shared(struct reader *r, const struct scalar *s,
		       const char **last, void *into)
{
	int err = 0;

	if (!*last || strcmp(*last, s->text) != 0)
		err = scalar_text(r, s, last);
	if (!err)
		*(const char **)into = *last;
	return err;
}

static int read_source(struct reader *r, const struct scalar *s, void *into)
{
	return read_shared(r, s, &build_of(r)->last_source, into);
}

static int read_note(struct reader *r, const struct scalar *s, void *into)
{
	return read_shared(r, s, &build_of(r)->last_note, into);
}

static void draft_init(void *obj)
{
	struct indicator_draft *d = obj;

	d->ind.confidence = CONFIDENCE_HIGH;
	d->sufficient = -1;
}

/* Keys that go with one kind only. */
static int check_fit(struct reader *r, const struct indicator_draft *d)
{
	static const struct {
		const char *key;
		enum indicator_kind kind;
	} only[] = {
		{ "size", IND_SHA256 },
		{ "ports", IND_CIDR },
		{ "match", IND_DOMAIN },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(only); i++)
		if (d->ind.kind != only[i].kind && schema_has(r, only[i].key))
			return schema_fail(r, schema_mark(r, only[i].key),
					   "\"%s\" goes with kind %s only",
					   only[i].key,
					   kind_names[only[i].kind]);
	return 0;
}

/* The one spelling may be longer than what was written: 64:ff9b::1.2.3.4. */
static int keep_prefix(struct reader *r, struct indicator_draft *d)
{
	char text[PREFIX_TEXT_MAX];
	const char *why;
	struct prefix p;

	if (prefix_parse(d->value, &p, &why))
		return -EINVAL;
	prefix_format(&p, text);
	if (!strcmp(text, d->value))
		return 0;
	d->value = arena_strndup(r->arena, text, strlen(text));
	return d->value ? 0 : -ENOMEM;
}

static int check_value(struct reader *r, struct indicator_draft *d)
{
	const char *why = value_complaint(d->ind.kind, d->value);

	if (why)
		return schema_fail(r, schema_mark(r, "value"), "%s \"%.128s\" %s",
				   kind_names[d->ind.kind], d->value, why);
	return d->ind.kind == IND_CIDR ? keep_prefix(r, d) : 0;
}

static int draft_done(struct reader *r, void *obj, void *into)
{
	struct indicator_draft *d = obj;
	struct build *b = build_of(r);
	struct mark at;
	int err = check_fit(r, d);

	(void)into; /* the list is the catalogue's array */
	if (!err)
		err = check_value(r, d);
	if (!err)
		err = ports_keep(r->arena, &d->ports, &d->ind.ports);
	if (err)
		return err;
	d->ind.value = d->value;
	d->ind.port_cnt = d->ports.cnt;
	at = schema_mark(r, "value");
	d->ind.line = at.line;
	d->ind.col = at.col > UINT16_MAX ? UINT16_MAX : (uint16_t)at.col;
	/* The product at hand is stored when its map ends, as the next one. */
	d->ind.product = b->c->product_cnt;
	d->ind.sufficient = d->sufficient < 0 ? d->ind.kind < IND_COMM :
						d->sufficient;
	return store_indicator(b, &d->ind);
}

#define AT(member) offsetof(struct indicator_draft, member)

static const struct field fields[] = {
	{ .key = "kind", .required = true, .offset = AT(ind.kind),
	  .scalar = read_kind },
	{ .key = "value", .required = true, .offset = AT(value),
	  .scalar = scalar_path },
	{ .key = "confidence", .offset = AT(ind.confidence),
	  .scalar = read_confidence },
	{ .key = "source", .offset = AT(ind.source), .scalar = read_source },
	{ .key = "note", .offset = AT(ind.note), .scalar = read_note },
	{ .key = "sufficient", .offset = AT(sufficient),
	  .scalar = read_sufficient },
	{ .key = "size", .offset = AT(ind.size), .scalar = read_size },
	{ .key = "ports", .shape = FIELD_SCALARS, .offset = AT(ports),
	  .scalar = scalar_port },
	{ .key = "match", .offset = AT(ind.exact), .scalar = read_match },
};

const struct schema indicator_schema = {
	.fields = fields,
	.field_cnt = ARRAY_SIZE(fields),
	.size = sizeof(struct indicator_draft),
	.init = draft_init,
	.done = draft_done,
};
