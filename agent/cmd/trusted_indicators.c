// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/trusted_indicators.h"

#include <errno.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hex.h"
#include "base/json.h"
#include "cmd/arming.h"
#include "cmd/state_file.h"

/* A million indicators at 16 digits each, and again as many. */
#define BYTES_MAX (64L << 20)
#define ID_DIGITS 16

void ages_exit(struct indicator_ages *ages)
{
	free(ages->list);
	*ages = (struct indicator_ages){ 0 };
}

static bool could_enforce(const struct indicator *ind)
{
	return ind->sufficient && ind->confidence == CONFIDENCE_HIGH;
}

/* Ports and class too: a wider rule is a new one. */
static uint64_t id_of(const struct catalog *c, const struct indicator *ind)
{
	const struct product *p = &c->products[ind->product];
	unsigned char sum[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t small[] = { ind->kind, p->class, ind->exact, ind->port_cnt };
	uint64_t id = 0;

	if (ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL)) {
		EVP_DigestUpdate(ctx, p->id, strlen(p->id) + 1);
		EVP_DigestUpdate(ctx, ind->value, strlen(ind->value) + 1);
		EVP_DigestUpdate(ctx, small, sizeof(small));
		for (uint8_t i = 0; i < ind->port_cnt; i++) {
			uint16_t port[] = { ind->ports[i].first, ind->ports[i].last,
					    ind->ports[i].protocol };

			EVP_DigestUpdate(ctx, port, sizeof(port));
		}
		EVP_DigestFinal_ex(ctx, sum, NULL);
		memcpy(&id, sum, sizeof(id));
	}
	EVP_MD_CTX_free(ctx);
	return id;
}

static int by_id(const void *a, const void *b)
{
	const struct indicator_age *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static int by_time(const void *a, const void *b)
{
	const struct indicator_age *x = a, *y = b;

	return x->at_s != y->at_s ? (x->at_s > y->at_s ? 1 : -1) : by_id(a, b);
}

static const struct indicator_age *find(const struct indicator_ages *ages, uint64_t id)
{
	const struct indicator_age key = { .id = id };

	return ages->cnt ? bsearch(&key, ages->list, ages->cnt, sizeof(key), by_id) : NULL;
}

static bool is_same(const struct indicator_ages *a, const struct indicator_ages *b)
{
	if (a->cnt != b->cnt)
		return false;
	for (uint32_t i = 0; i < a->cnt; i++)
		if (a->list[i].id != b->list[i].id || a->list[i].at_s != b->list[i].at_s)
			return false;
	return true;
}

int ages_make(const struct indicator_ages *old, const struct catalog *c, bool is_pinned,
	      int64_t now_s, struct indicator_ages *ret)
{
	struct indicator_ages ages = { .due_s = INT64_MAX };

	ages.list = calloc(c->indicator_cnt + 1UL, sizeof(*ages.list));
	if (!ages.list)
		return -ENOMEM;
	for (uint32_t i = 0; i < c->indicator_cnt; i++) {
		struct indicator_age *age = &ages.list[ages.cnt];
		const struct indicator_age *known;

		if (!could_enforce(&c->indicators[i]))
			continue;
		age->id = id_of(c, &c->indicators[i]);
		known = find(old, age->id);
		age->at_s = is_pinned ? 0 : known ? known->at_s : now_s;
		ages.cnt++;
	}
	qsort(ages.list, ages.cnt, sizeof(*ages.list), by_id);
	ages.is_changed = !is_same(&ages, old);
	*ret = ages;
	return 0;
}

void ages_take_back(struct catalog *c)
{
	for (uint32_t i = 0; i < c->indicator_cnt; i++) {
		if (!c->indicators[i].is_young)
			continue;
		c->indicators[i].confidence = CONFIDENCE_HIGH;
		c->indicators[i].is_young = false;
	}
}

void ages_apply(struct indicator_ages *ages, struct catalog *c, int64_t observe_s, int64_t now_s)
{
	const struct indicator_age *age;
	int64_t due;

	ages->young = 0;
	ages->due_s = INT64_MAX;
	for (uint32_t i = 0; i < c->indicator_cnt; i++) {
		if (!could_enforce(&c->indicators[i]))
			continue;
		age = find(ages, id_of(c, &c->indicators[i]));
		/* A clock set back must not make young what was old: only 0 is the start. */
		if (!age || !age->at_s || (observe_s && age->at_s + observe_s <= now_s))
			continue;
		c->indicators[i].confidence = CONFIDENCE_MEDIUM;
		c->indicators[i].is_young = true;
		ages->young++;
		due = observe_s ? age->at_s + observe_s : INT64_MAX;
		if (due < ages->due_s)
			ages->due_s = due;
	}
}

/* --- on disk: a line for each moment, with the ids of that moment --- */

static int add_line(struct indicator_ages *ages, const char *text, size_t len)
{
	json_auto_t *line = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *at = json_object_get(line, "first_seen");
	const char *ids = json_string_value(json_object_get(line, "indicators"));
	struct indicator_age *more;
	size_t digits = ids ? strlen(ids) : 0;

	if (!json_is_integer(at) || json_integer_value(at) < 0 || !digits || digits % ID_DIGITS)
		return -EINVAL;
	more = reallocarray(ages->list, ages->cnt + digits / ID_DIGITS, sizeof(*more));
	if (!more)
		return -ENOMEM;
	ages->list = more;
	for (; *ids; ids += ID_DIGITS) {
		more = &ages->list[ages->cnt++];
		more->at_s = json_integer_value(at);
		if (hex_decode(ids, ID_DIGITS, (uint8_t *)&more->id))
			return -EINVAL;
	}
	return 0;
}

int ages_read(const char *path, struct indicator_ages *ret)
{
	CLEANUP(ages_exit) struct indicator_ages ages = { .due_s = INT64_MAX };
	CLEANUP(fclosep) FILE *in = fopen(path, "re");
	CLEANUP(freep) char *text = NULL;
	size_t size = 0;
	long total = 0;
	ssize_t len;
	int err = in ? 0 : -errno;

	while (!err && (len = getline(&text, &size, in)) > 0) {
		total += len;
		err = total > BYTES_MAX ? -EINVAL : add_line(&ages, text, (size_t)len);
	}
	if (err)
		return err;
	if (ages.cnt)
		qsort(ages.list, ages.cnt, sizeof(*ages.list), by_id);
	*ret = ages;
	ages = (struct indicator_ages){ 0 };
	return 0;
}

static void format(const struct indicator_age *list, uint32_t cnt, struct buf *out)
{
	for (uint32_t i = 0; i < cnt; i++) {
		if (!i || list[i].at_s != list[i - 1].at_s)
			buf_addf(out, "%s{\"first_seen\":%lld,\"indicators\":\"",
				 i ? "\"}\n" : "", (long long)list[i].at_s);
		buf_add_hex(out, &list[i].id, sizeof(list[i].id));
	}
	if (cnt)
		buf_add_str(out, "\"}\n");
}

int ages_write(const char *path, const struct indicator_ages *ages)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	CLEANUP(freep) struct indicator_age *list = calloc(ages->cnt + 1UL, sizeof(*list));

	if (!list)
		return -ENOMEM;
	if (ages->cnt) {
		memcpy(list, ages->list, ages->cnt * sizeof(*list));
		qsort(list, ages->cnt, sizeof(*list), by_time);
	}
	format(list, ages->cnt, &out);
	return out.err ? out.err : state_write(path, out.len ? out.data : "", out.len);
}
