// SPDX-License-Identifier: GPL-2.0-only
#include "collect/package.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "collect/survey.h"

/* The name, the vendor, the packager, and the packager without the mail address. */
#define FACTS_MAX 4

struct package_facts {
	struct fact others[FACTS_MAX];
	struct facts facts;
	char packager[256];
};

static void add_other(struct package_facts *f, enum indicator_kind kind, const char *value)
{
	if (value && *value)
		f->others[f->facts.other_cnt++] = (struct fact){ kind, value };
}

/* *f is not to be moved. */
static void make_facts(struct package_facts *f, const struct package *p)
{
	size_t len;

	f->facts = (struct facts){ .others = f->others };
	add_other(f, p->kind, p->name);
	add_other(f, IND_PACKAGE_VENDOR, p->vendor);
	if (!p->packager)
		return;
	add_other(f, IND_PACKAGE_VENDOR, p->packager);
	len = strcspn(p->packager, "<");
	while (len && p->packager[len - 1] == ' ')
		len--;
	if (!p->packager[len] || len >= sizeof(f->packager))
		return;
	memcpy(f->packager, p->packager, len);
	f->packager[len] = '\0';
	add_other(f, IND_PACKAGE_VENDOR, f->packager);
}

/* Of the indicators that were just hit: is one the name of a product's package? */
static bool is_listed(const struct survey *s, enum indicator_kind kind)
{
	const struct catalog *c = s->catalog;

	for (uint32_t i = 0; i < s->scratch.hit_cnt; i++) {
		const struct indicator *ind = &c->indicators[s->scratch.hits[i]];

		if (ind->kind == kind && !c->products[ind->product].confusable)
			return true;
	}
	return false;
}

static bool is_same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static int keep_text(struct arena *a, const char **text)
{
	if (!*text)
		return 0;
	*text = arena_strndup(a, *text, strlen(*text));
	return *text ? 0 : -ENOMEM;
}

static int keep(struct arena *a, struct package *to, const struct package *from)
{
	const char **texts[] = { &to->name,	&to->arch,     &to->version,
				 &to->vendor,	&to->packager, &to->list };
	int err = 0;

	*to = *from;
	for (size_t i = 0; i < ARRAY_SIZE(texts) && !err; i++)
		err = keep_text(a, texts[i]);
	return err;
}

int packages_offer(struct packages *p, struct survey *s, const struct package *package)
{
	struct package *list = p->list.item, *to = NULL;
	struct package_facts f;
	int err;

	make_facts(&f, package);
	if (!survey_is_asked(s, &f.facts))
		return 0;
	for (uint32_t i = 0; i < p->list.cnt && !to; i++)
		if (is_same(list[i].name, package->name) && is_same(list[i].arch, package->arch))
			to = &list[i];
	if (to && to->state >= package->state)
		return 0;
	if (!to && p->list.cnt == PACKAGES_MAX)
		return -E2BIG;
	if (!to)
		to = arena_list_add(&p->arena, &p->list, sizeof(*to));
	if (!to)
		return -ENOMEM;
	err = keep(&p->arena, to, package);
	to->is_listed = is_listed(s, package->kind);
	return err;
}

void packages_exit(struct packages *p)
{
	arena_exit(&p->arena);
}

/* A second architecture has its own row; the first goes by the plain name. */
static bool is_second(const struct packages *p, uint32_t n)
{
	const struct package *list = p->list.item;

	for (uint32_t i = 0; i < n; i++)
		if (is_same(list[i].name, list[n].name))
			return true;
	return false;
}

int packages_take(const struct packages *p, uint32_t i, struct survey *s, uint32_t flags,
		  const char *detail)
{
	const struct package *one = (const struct package *)p->list.item + i;
	struct trace trace = { .kind = TRACE_PACKAGE, .flags = flags };
	struct package_facts f;
	char where[512];

	make_facts(&f, one);
	snprintf(where, sizeof(where), "%s%s%s", one->name,
		 one->arch && is_second(p, i) ? ":" : "",
		 one->arch && is_second(p, i) ? one->arch : "");
	trace.where = where;
	trace.facts = &f.facts;
	trace.version = one->version;
	trace.changed = one->changed;
	trace.detail = *detail ? detail : NULL;
	return survey_take(s, &trace);
}
