// SPDX-License-Identifier: GPL-2.0-only
#include "out/scan_diff.h"

#include <string.h>

#include "base/json.h"
#include "out/scan.h"
#include "out/text.h"
#include "out/wrap.h"

enum change { APPEARED, GONE, CHANGED, CHANGE_MAX };

static const char *const words[CHANGE_MAX] = { "appeared", "gone", "changed" };
static const char *const colors[CHANGE_MAX] = { "1;31", "32", "33" };

static enum change change_of(const struct record *was, const struct record *is)
{
	return !was ? APPEARED : !is ? GONE : CHANGED;
}

/* While a diff is told: records come in order, a product before its things. */
struct telling {
	const struct scan_diff *diff;
	struct buf *out;
	struct jout *j;		  /* NULL: for people */
	const char *product;	  /* whose entry is open; NULL: none */
	bool is_whole;		  /* it appeared or is gone: its things say nothing more */
	bool is_news;
	uint32_t cnt[CHANGE_MAX]; /* products */
};

/* The product itself, NULL: it was, or is, not found. */
static const struct record *whole(const struct records *all, const char *product)
{
	struct record like = { .product = product };

	return records_find(all, &like);
}

/* They follow their product. */
static uint32_t things_of(const struct records *all, const struct record *product)
{
	const struct record *end = all->items + all->cnt, *r = product + 1;

	while (r < end && r->kind && !strcmp(r->product, product->product))
		r++;
	return (uint32_t)(r - product - 1);
}

static void add_text(struct buf *out, const char *text)
{
	text_escaped(out, text, strlen(text));
}

/* ", installed -> running, version 1 -> 2": what is different, or what it is. */
static void add_state(struct buf *out, const struct record *was, const struct record *is)
{
	const struct record *one = is ? is : was;

	if (!was || !is) {
		buf_addf(out, "  %s", finding_state_name(one->state));
		if (one->version) {
			buf_add_str(out, "  version ");
			add_text(out, one->version);
		}
		return;
	}
	if (was->state != is->state)
		buf_addf(out, "  %s -> %s", finding_state_name(was->state),
			 finding_state_name(is->state));
	if (strcmp(was->version ? was->version : "", is->version ? is->version : "") == 0)
		return;
	buf_add_str(out, "  version ");
	add_text(out, was->version ? was->version : "unknown");
	buf_add_str(out, " -> ");
	add_text(out, is->version ? is->version : "unknown");
}

static void add_word(struct telling *t, enum change change)
{
	if (t->diff->has_color)
		buf_addf(t->out, "\033[%sm%-8s\033[0m  ", colors[change], words[change]);
	else
		buf_addf(t->out, "%-8s  ", words[change]);
}

static void json_pair(struct jout *j, const char *key, const char *from, const char *to)
{
	jout_add_object(j, key);
	jout_add_str(j, "from", from);
	jout_add_str(j, "to", to);
	jout_end(j);
}

static void json_states(struct jout *j, const struct record *was, const struct record *is)
{
	json_pair(j, "state", was ? finding_state_name(was->state) : NULL,
		  is ? finding_state_name(is->state) : NULL);
	json_pair(j, "version", was ? was->version : NULL, is ? is->version : NULL);
}

static void json_bytes(struct jout *j, const char *key, const char *key_hex, const char *text)
{
	jout_key(j, key);
	if (jout_str(j, text) || !text)
		return;
	jout_key(j, key_hex);
	jout_hex(j, text, strlen(text));
}

static void close_product(struct telling *t)
{
	if (t->product && t->j) {
		jout_end(t->j);
		jout_end(t->j);
	}
	t->product = NULL;
}

static void open_product(struct telling *t, const char *product)
{
	const struct record *was = whole(t->diff->was, product);
	const struct record *is = whole(t->diff->is, product);
	enum change change = change_of(was, is);
	uint32_t things;

	close_product(t);
	t->product = product;
	t->is_whole = change != CHANGED;
	t->cnt[change]++;
	if (t->j) {
		jout_object(t->j);
		jout_add_str(t->j, "id", product);
		jout_add_str(t->j, "change", words[change]);
		json_states(t->j, was, is);
		jout_add_array(t->j, "things");
		return;
	}
	add_word(t, change);
	buf_add_str(t->out, product);
	add_state(t->out, was, is);
	if (t->is_whole) {
		things = is ? things_of(t->diff->is, is) : things_of(t->diff->was, was);
		buf_addf(t->out, "  (%u thing%s)", things, things == 1 ? "" : "s");
	}
	buf_add_char(t->out, '\n');
}

static void tell_thing(struct telling *t, const struct record *was, const struct record *is)
{
	const struct record *one = is ? is : was;

	if (t->j) {
		jout_object(t->j);
		jout_add_str(t->j, "change", words[change_of(was, is)]);
		jout_add_str(t->j, "kind", one->kind);
		json_bytes(t->j, "where", "where_hex", one->place);
		json_bytes(t->j, "container", "container_hex", one->container);
		json_states(t->j, was, is);
		jout_end(t->j);
		return;
	}
	buf_add_str(t->out, "  ");
	add_word(t, change_of(was, is));
	buf_addf(t->out, "%s ", one->kind);
	add_text(t->out, one->place);
	if (one->container) {
		buf_add_str(t->out, " in container ");
		add_text(t->out, one->container);
	}
	add_state(t->out, was, is);
	buf_add_char(t->out, '\n');
}

static int tell(void *ctx, const struct record *was, const struct record *is)
{
	struct telling *t = ctx;
	const struct record *one = is ? is : was;

	t->is_news |= is != NULL;
	if (!t->out)
		return 0;
	if (!t->product || strcmp(t->product, one->product) != 0)
		open_product(t, one->product);
	if (one->kind && !t->is_whole)
		tell_thing(t, was, is);
	return t->out->err;
}

static void tell_all(struct telling *t)
{
	records_compare(t->diff->was, t->diff->is, tell, t);
	close_product(t);
}

bool scan_diff_is_news(const struct scan_diff *d)
{
	struct telling t = { .diff = d };

	tell_all(&t);
	return t.is_news;
}

void scan_diff_table(const struct scan_diff *d, struct buf *out)
{
	struct telling t = { .diff = d, .out = out };
	struct buf text = { 0 };
	const char *between = "";
	uint32_t all = 0;

	tell_all(&t);
	for (unsigned int i = 0; i < CHANGE_MAX; i++) {
		if (!t.cnt[i])
			continue;
		buf_addf(&text, "%s%u %s", between, t.cnt[i], words[i]);
		between = ", ";
		all += t.cnt[i];
	}
	if (!all)
		buf_add_str(&text, "Nothing is different");
	buf_addf(&text, "%s since ", all ? " of the products" : "");
	scan_time(&text, d->was_s);
	if (!d->is_complete)
		buf_add_str(&text, "; not all was read, so what is gone may only be unseen");
	wrap_text(out, 0, 2, buf_str(&text));
	buf_free(&text);
}

static void json_time(struct jout *j, const char *key, int64_t at_s)
{
	struct buf text = { 0 };

	scan_time(&text, at_s);
	jout_add_str(j, key, buf_str(&text));
	buf_free(&text);
}

void scan_diff_json(const struct scan_diff *d, struct buf *out)
{
	struct jout j = jout_to(out);
	struct telling t = { .diff = d, .out = out, .j = &j };

	jout_object(&j);
	jout_key(&j, "weir_scan_diff");
	jout_u64(&j, 1);
	json_time(&j, "from", d->was_s);
	json_time(&j, "to", d->is_s);
	jout_add_bool(&j, "complete", d->is_complete);
	jout_add_array(&j, "products");
	tell_all(&t);
	jout_end(&j);
	jout_add_object(&j, "summary");
	for (unsigned int i = 0; i < CHANGE_MAX; i++) {
		jout_key(&j, words[i]);
		jout_u64(&j, t.cnt[i]);
	}
	jout_end(&j);
	jout_end(&j);
	jout_close(&j);
	buf_add_char(out, '\n');
}
