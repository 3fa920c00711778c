// SPDX-License-Identifier: GPL-2.0-only
/*
 * The catalogue that is shipped: whole, as much as the survey had, and every
 * identifier that it calls sufficient is met by the matcher. What is missing
 * makes this fail, which it proves by taking lines away.
 */
#include <netinet/in.h>

#include "base/hex.h"
#include "base/prefix.h"
#include "match/match.h"
#include "shipped.h"
#include "tap.h"

#define VENDORS 24
#define PRODUCTS 56
#define CONFUSABLES 40
#define IDENTIFIERS 1149 /* of the survey, in all */
#define REMOVED 20	 /* lines taken away, one at a time */

#define FIELDS 5

/* The next line that is no remark; fields that it lacks are NULL. */
static bool next_row(char **text, char *field[FIELDS])
{
	char *line;

	while ((line = strsep(text, "\n")))
		if (*line && *line != '#')
			break;
	for (size_t i = 0; i < FIELDS; i++)
		field[i] = line ? strsep(&line, "\t") : NULL;
	return field[0];
}

/* Vendor-wide indicators are a product with the vendor's id. */
static bool is_product(const struct product *p)
{
	return !p->confusable && strchr(p->id, '/');
}

static void test_survey(const struct catalog *c)
{
	CLEANUP(freep) char *text = NULL;
	char *rest, *field[FIELDS];
	size_t len, identifiers = 0, rows = 0, wrong = 0;

	text = fixture_read(FIXTURES "/survey.tsv", &len);
	for (rest = text; rest && next_row(&rest, field); rows++) {
		const struct product *p = catalog_product(c, field[0]);
		unsigned long had = strtoul(field[2], NULL, 10);
		unsigned long remarks = strtoul(field[3], NULL, 10);
		unsigned long cnt = strtoul(field[4], NULL, 10);

		identifiers += had;
		if (p && p->indicator_cnt == cnt && remarks <= had &&
		    !strcmp(product_class_name(p->class), field[1]))
			continue;
		wrong++;
		printf("# %s: %u indicators, survey.tsv says %lu\n", field[0],
		       p ? p->indicator_cnt : 0, cnt);
	}
	ok(!wrong && rows == PRODUCTS + VENDORS,
	   "each product has its class and as many indicators as the survey gave it");
	ok(identifiers == IDENTIFIERS, "all %d identifiers of the survey are accounted for",
	   IDENTIFIERS);
}

static void test_numbers(const struct catalog *c)
{
	uint32_t vendors = 0, products = 0, confusables = 0, silent = 0, risky = 0;

	for (uint32_t i = 0; i < c->vendor_cnt; i++)
		vendors += !c->vendors[i].confusables && c->vendors[i].owner.name;
	for (uint32_t i = 0; i < c->product_cnt; i++) {
		const struct product *p = &c->products[i];

		products += is_product(p);
		confusables += p->confusable;
		silent += p->confusable ? !p->note || !p->source : !p->name;
		risky += is_product(p) && (p->risk_note || p->fails_closed < 0);
	}
	for (uint32_t i = 0; i < c->indicator_cnt; i++)
		silent += !c->indicators[i].source;
	ok(vendors == VENDORS && products == PRODUCTS && confusables == CONFUSABLES,
	   "%u vendors with their owners, %u products, %u confusables", vendors, products,
	   confusables);
	ok(!silent, "each indicator says where it is from, each confusable why it is one");
	ok(risky == PRODUCTS, "each product says what breaks without it, or that nobody knows");
}

static void test_directives(const struct catalog *c)
{
	static const struct {
		const char *id;
		int64_t issued;
		uint32_t named, reported;
	} rows[] = {
		{ "cn-2026-01", 1768348800, 4, 12 },
		{ "us-bis-kaspersky-2024", 1718841600, 1, 0 },
		{ "us-ndaa-889", 1534118400, 5, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct directive *d = catalog_directive(c, rows[i].id);
		uint32_t reported = 0, absent = 0;

		for (uint32_t k = 0; d && k < d->vendor_cnt; k++) {
			reported += d->vendors[k].reported;
			absent += !catalog_vendor(c, d->vendors[k].vendor);
		}
		ok(d && d->issued == rows[i].issued && d->sources && !absent &&
		   reported == rows[i].reported && d->vendor_cnt - reported == rows[i].named,
		   "%s: its day, its sources, %u named and %u reported vendors", rows[i].id,
		   rows[i].named, rows[i].reported);
	}
	ok(c->directive_cnt == ARRAY_SIZE(rows), "and there is no other directive");
}

/* What somebody would see who meets @value: stars stand for something. */
struct sight {
	struct facts f;
	struct fact fact;
	const char *needed[2];
	char text[256];
};

static void fill_stars(char *out, size_t size, const char *before, const char *value,
		       const char *after)
{
	size_t n = (size_t)snprintf(out, size, "%s", before);

	for (; *value && n + 1 < size; value++)
		out[n++] = *value == '*' ? 'x' : *value;
	snprintf(out + n, size - n, "%s", after);
}

static bool see_hex(struct sight *s, enum indicator_kind kind, const char *value)
{
	size_t len = strlen(value);

	if (kind == IND_SHA256) {
		s->f.is_hashed = true;
		return len == 2 * sizeof(s->f.sha256) && !hex_decode(value, len, s->f.sha256);
	}
	s->f.build_id_len = (uint32_t)(len / 2);
	return len / 2 <= sizeof(s->f.build_id) && !hex_decode(value, len, s->f.build_id);
}

static bool see_network(struct sight *s, const char *value)
{
	struct prefix net;
	const char *why;

	if (prefix_parse(value, &net, &why))
		return false;
	s->f.family = net.family;
	memcpy(s->f.addr, net.addr, sizeof(s->f.addr));
	return true;
}

static bool see(struct sight *s, enum indicator_kind kind, const char *value, bool exact)
{
	const char *before = kind == IND_FILE_NAME	 ? "/srv/app/lib/" :
			     kind == IND_CONTAINER_IMAGE ? "mirror.test:5000/" :
			     kind == IND_DOMAIN && !exact ? "host-7." : "";
	const char *after = kind == IND_DIR ? "bin/some" : kind == IND_CONTAINER_IMAGE ? ":7.1" : "";

	memset(s, 0, sizeof(*s));
	fill_stars(s->text, sizeof(s->text), before, value, after);
	switch (kind) {
	case IND_SHA256:
	case IND_BUILD_ID:
		return see_hex(s, kind, value);
	case IND_CIDR:
		return see_network(s, value);
	case IND_DIR:
	case IND_PATH:
	case IND_FILE_NAME:
		s->f.path = s->text;
		return true;
	case IND_SONAME:
		s->f.soname = s->text;
		return true;
	case IND_NEEDED:
		s->needed[0] = "libc.so.6";
		s->needed[1] = s->text;
		s->f.needed = s->needed;
		s->f.needed_cnt = 2;
		return true;
	default:
		s->fact = (struct fact){ kind, s->text };
		s->f.others = &s->fact;
		s->f.other_cnt = 1;
		return true;
	}
}

/* Is indicator (@kind, @value) of @id among the hits, and enough against its product? */
static bool is_met(const struct catalog *c, const struct match *m, const char *id,
		   enum indicator_kind kind, const char *value)
{
	bool hit = false;

	for (uint32_t i = 0; i < m->hit_cnt; i++) {
		const struct indicator *ind = &c->indicators[m->hits[i]];

		hit |= ind->kind == kind && !strcmp(ind->value, value) &&
		       !strcmp(c->products[ind->product].id, id);
	}
	for (uint32_t i = 0; hit && i < m->product_cnt; i++)
		if (!strcmp(c->products[m->products[i].product].id, id))
			return m->products[i].is_sufficient;
	return false;
}

/* Who else is accused by what is sufficient against @id? */
static const char *other_product(const struct catalog *c, const struct match *m, const char *id)
{
	for (uint32_t i = 0; i < m->product_cnt; i++) {
		const struct evidence *e = &m->products[i];
		const char *other = c->products[e->product].id;
		size_t vendor = strcspn(id, "/");

		/* A vendor's own domain and a product's below it go together. */
		if (e->is_finding && strcmp(other, id) != 0 &&
		    (strncmp(other, id, vendor) != 0 || (other[vendor] && id[vendor])))
			return other;
	}
	return NULL;
}

static enum indicator_kind kind_of(const char *name)
{
	for (unsigned int i = 0; i < IND_KIND_MAX; i++)
		if (!strcmp(indicator_kind_name(i), name))
			return i;
	return IND_KIND_MAX;
}

struct tally {
	size_t rows, missed, shared;
	uint32_t sufficient; /* in the catalogue */
};

static void count_sufficient(const struct catalog *c, struct tally *t)
{
	for (uint32_t i = 0; i < c->indicator_cnt; i++)
		t->sufficient += c->indicators[i].sufficient &&
				 !c->products[c->indicators[i].product].confusable;
}

/* Asks the matcher for each line of the list. False: no memory or no list. */
static bool go_through(const struct catalog *c, bool is_loud, struct tally *t)
{
	CLEANUP(match_index_freep) struct match_index *x = NULL;
	CLEANUP(freep) char *text = NULL;
	char *rest, *field[FIELDS];
	struct match m = { 0 };
	size_t len;

	*t = (struct tally){ 0 };
	count_sufficient(c, t);
	text = fixture_read(FIXTURES "/sufficient.tsv", &len);
	if (!text || match_index_new(c, &x))
		return false;
	for (rest = text; next_row(&rest, field); t->rows++) {
		enum indicator_kind kind = kind_of(field[1]);
		const char *other;
		struct sight s;

		if (kind == IND_KIND_MAX || !see(&s, kind, field[2], field[3]) ||
		    match_facts(x, &s.f, &m) || !is_met(c, &m, field[0], kind, field[2])) {
			t->missed++;
			if (is_loud)
				printf("# %s: %s \"%s\" is not met\n", field[0], field[1], field[2]);
			continue;
		}
		other = other_product(c, &m, field[0]);
		t->shared += !!other;
		if (other && is_loud)
			printf("# %s: %s \"%s\" is %s too\n", field[0], field[1], field[2], other);
	}
	match_free(&m);
	return true;
}

static bool passes(const struct tally *t)
{
	return t->rows && !t->missed && t->rows == t->sufficient;
}

static void test_sufficient(const struct catalog *c)
{
	struct tally t;
	bool is_asked = go_through(c, true, &t);

	ok(is_asked && !t.missed, "each of %zu sufficient identifiers is met", t.rows);
	ok(t.rows == t.sufficient, "and the catalogue has no other (%u; sufficient.tsv.py)",
	   t.sufficient);
	ok(!t.shared, "none accuses another product");
}

/* The text without the indicator that is @line, which may go on over the next. */
static char *without_line(const char *text, uint32_t line)
{
	const char *from = text, *to;
	char *out;

	while (--line && (from = strchr(from, '\n')))
		from++;
	if (!from || !strstr(from, "- {kind:"))
		return NULL;
	for (to = from; (to = strchr(to, '\n')); to++)
		if (to[-1] == '}')
			break;
	if (!to)
		return NULL;
	out = strdup(text);
	if (out)
		memmove(out + (from - text), out + (to - text), strlen(to) + 1);
	return out;
}

/* Does the test notice that sufficient indicator @i is gone? */
static bool notices(const struct shipped *s, const struct catalog *c, uint32_t i)
{
	CLEANUP(catalog_freep) struct catalog *less = NULL;
	CLEANUP(freep) char *text = NULL;
	const char *file = indicator_file(c, &c->indicators[i]);
	struct tally t;
	size_t n = 0;

	while (n < s->cnt && strcmp(s->path[n], file) != 0)
		n++;
	text = n < s->cnt ? without_line(s->text[n], c->indicators[i].line) : NULL;
	less = text ? shipped_catalog(s, n, text) : NULL;
	if (!less || less->indicator_cnt + 1 != c->indicator_cnt)
		return false;
	return go_through(less, false, &t) && !passes(&t) && t.missed == 1;
}

static void test_removal(const struct shipped *s, const struct catalog *c)
{
	uint32_t noticed = 0, asked = 0, step = c->indicator_cnt / REMOVED;

	/* Evenly over the whole, each time from another place in its stretch. */
	for (uint32_t k = 0; k < REMOVED; k++) {
		uint32_t i = k * step + (k * 7919u) % step;

		while (i < c->indicator_cnt &&
		       (!c->indicators[i].sufficient ||
			c->products[c->indicators[i].product].confusable))
			i++;
		if (i == c->indicator_cnt)
			continue;
		asked++;
		noticed += notices(s, c, i);
	}
	ok(asked > REMOVED / 2 && noticed == asked,
	   "each of %u lines taken away from the files is missed", asked);
}

int main(void)
{
	CLEANUP(catalog_freep) struct catalog *c = NULL;
	struct shipped s;

	ok(shipped_read(&s), "the catalogue is there");
	c = shipped_catalog(&s, 0, NULL);
	if (ok(c, "and is well formed, no sufficient identifier twice")) {
		test_numbers(c);
		test_survey(c);
		test_directives(c);
		test_sufficient(c);
		test_removal(&s, c);
	}
	shipped_exit(&s);
	return tap_done();
}
