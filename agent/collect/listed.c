// SPDX-License-Identifier: GPL-2.0-only
#include "collect/listed.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/name.h"
#include "catalog/ports.h"

static const struct {
	uint8_t protocol;
	uint16_t port;
} everybodys[] = {
	{ IPPROTO_TCP, 22 },  { IPPROTO_TCP, 25 },  { IPPROTO_TCP, 53 }, { IPPROTO_UDP, 53 },
	{ IPPROTO_TCP, 80 },  { IPPROTO_UDP, 123 }, { IPPROTO_TCP, 443 },
	{ IPPROTO_UDP, 443 },
};

static bool is_port(enum indicator_kind kind)
{
	return kind == IND_PORT || kind == IND_LISTEN;
}

static bool is_everybodys(const struct port_range *r)
{
	if (r->first != r->last)
		return false;
	for (size_t i = 0; i < sizeof(everybodys) / sizeof(everybodys[0]); i++)
		if (everybodys[i].protocol == r->protocol && everybodys[i].port == r->first)
			return true;
	return false;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Ports repeat across vendors: each is told once, and found under each of them. */
static void drop_repeated(struct listed *l)
{
	uint32_t kept = 0;

	qsort(l->values, l->cnt, sizeof(*l->values), compare);
	for (uint32_t i = 0; i < l->cnt; i++)
		if (!kept || strcmp(l->values[kept - 1], l->values[i]) != 0)
			l->values[kept++] = l->values[i];
	l->cnt = kept;
}

static int add(struct listed *l, const char *value)
{
	const char **values;

	/* In doubling steps. */
	if (!(l->cnt & (l->cnt - 1))) {
		values = reallocarray(l->values, l->cnt ? l->cnt * 2UL : 1, sizeof(*values));
		if (!values)
			return -ENOMEM;
		l->values = values;
	}
	l->values[l->cnt++] = value;
	return 0;
}

static bool is_wanted(const struct listed *l, const char *value, bool only_patterns)
{
	struct port_range range;

	if (is_port(l->kind))
		return !port_range_parse(value, &range) && !is_everybodys(&range);
	return !only_patterns || strchr(value, '*') ||
	       (l->kind == IND_ARGV && strchr(value, ' '));
}

static int keep_ranges(struct listed *l)
{
	l->ranges = calloc(l->cnt + 1UL, sizeof(*l->ranges));
	if (!l->ranges)
		return -ENOMEM;
	for (uint32_t i = 0; i < l->cnt; i++)
		port_range_parse(l->values[i], &l->ranges[i]);
	return 0;
}

static int fill(const struct catalog *c, struct listed *l, bool only_patterns)
{
	int err = 0;

	for (uint32_t i = 0; i < c->indicator_cnt && !err; i++) {
		const struct indicator *ind = &c->indicators[i];

		if (ind->kind == l->kind && is_wanted(l, ind->value, only_patterns))
			err = add(l, ind->value);
	}
	if (!err && l->cnt)
		drop_repeated(l);
	if (!err && is_port(l->kind))
		err = keep_ranges(l);
	if (err)
		listed_free(l);
	return err;
}

int listed_all(const struct catalog *c, enum indicator_kind kind, struct listed *ret)
{
	*ret = (struct listed){ .kind = kind };
	return fill(c, ret, false);
}

int listed_patterns(const struct catalog *c, enum indicator_kind kind, struct listed *ret)
{
	*ret = (struct listed){ .kind = kind };
	return fill(c, ret, true);
}

void listed_free(struct listed *l)
{
	free(l->values);
	free(l->ranges);
	*l = (struct listed){ .kind = l->kind };
}

static void append(const struct listed *l, uint32_t i, struct fact *facts, size_t *cnt, size_t max)
{
	for (size_t k = 0; k < *cnt; k++)
		if (facts[k].kind == l->kind && facts[k].value == l->values[i])
			return;
	if (*cnt < max)
		facts[(*cnt)++] = (struct fact){ l->kind, l->values[i] };
}

void listed_add_word(const struct listed *l, const char *word, struct fact *facts, size_t *cnt,
		     size_t max)
{
	for (uint32_t i = 0; i < l->cnt; i++)
		if (name_matches(l->values[i], word))
			append(l, i, facts, cnt, max);
}

static bool begins(const char *value, const char *const *args, size_t arg_cnt)
{
	const char *first = arg_cnt ? strrchr(args[0], '/') : NULL;

	first = first && value[0] != '/' ? first + 1 : NULL;
	for (size_t i = 0; i < arg_cnt; i++) {
		const char *arg = !i && first ? first : args[i];
		size_t len = strcspn(value, " ");

		if (strncmp(arg, value, len) != 0 || arg[len])
			return false;
		if (!value[len])
			return true;
		value += len + 1;
	}
	return false;
}

void listed_add_line(const struct listed *l, const char *const *args, size_t arg_cnt,
		     struct fact *facts, size_t *cnt, size_t max)
{
	for (uint32_t i = 0; i < l->cnt; i++)
		if (strchr(l->values[i], ' ') && begins(l->values[i], args, arg_cnt))
			append(l, i, facts, cnt, max);
}

void listed_add_port(const struct listed *l, uint8_t protocol, uint16_t port,
		     struct fact *facts, size_t *cnt, size_t max)
{
	for (uint32_t i = 0; i < l->cnt; i++)
		if (l->ranges[i].protocol == protocol && port >= l->ranges[i].first &&
		    port <= l->ranges[i].last)
			append(l, i, facts, cnt, max);
}
