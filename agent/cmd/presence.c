// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/presence.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "collect/owners.h"
#include "collect/survey.h"
#include "inventory/root.h"

/* Collectors that look for names; those that look through files take too long. */
static const char *const by_name[] = {
	"dpkg", "rpm", "units", "init", "users", "images", "dkms", "modules", "interfaces",
};

/* While the files of a package are told. */
struct telling {
	struct presence *presence;
	const struct catalog *catalog;
	const struct match_index *index;
	struct match match;
};

void presence_exit(struct presence *p)
{
	look_exit(&p->look);
	arena_exit(&p->texts);
	memset(p, 0, sizeof(*p));
}

static const char *keep(struct presence *p, const char *text)
{
	return text ? arena_strndup(&p->texts, text, strlen(text)) : NULL;
}

static int take_package(void *ctx, const struct owner_package *package)
{
	struct telling *t = ctx;
	struct presence *p = t->presence;

	/* Two architectures of one package: the first is told, the files of both. */
	if (p->version)
		return 0;
	p->manager = package->kind == OWNER_RPM ? "rpm" : "dpkg";
	p->version = keep(p, package->version ? package->version : "unknown");
	p->vendor = keep(p, package->vendor);
	p->is_removed = package->is_removed;
	return p->version ? 0 : -ENOMEM;
}

static int take_file(void *ctx, const char *path)
{
	struct telling *t = ctx;
	struct presence *p = t->presence;
	struct facts facts = { .path = path };
	const struct evidence *best;
	int err = match_facts(t->index, &facts, &t->match);

	p->file_cnt++;
	best = err ? NULL : match_best(&t->match);
	if (!best)
		return err;
	p->listed_cnt++;
	if (p->told_cnt == PRESENCE_FILES_MAX)
		return 0;
	p->files[p->told_cnt].path = keep(p, path);
	p->files[p->told_cnt].product = best->product;
	return p->files[p->told_cnt++].path ? 0 : -ENOMEM;
}

/* Said by the look already, where a collector met the same. */
static void ignore_unread(void *ctx, const char *what, int err)
{
	(void)ctx;
	(void)what;
	(void)err;
}

static int find_package(struct presence *p, const struct catalog *c, int root_fd,
			const char *name)
{
	CLEANUP(owners_freep) struct owners *o = NULL;
	CLEANUP(cell_freep) struct cell *cell = NULL;
	struct telling t = { .presence = p, .catalog = c, .index = p->look.index };
	struct survey s = { .root_fd = root_fd,
			    .is_live = root_is_live(root_fd) > 0,
			    .catalog = c,
			    .index = p->look.index,
			    .unread = ignore_unread };
	const struct owners_fn fn = { take_package, take_file, &t };
	int err = cell_new(NULL, 0, &cell);

	s.cell = cell;
	if (!err)
		err = owners_new(&s, &o);
	if (!err)
		err = owners_explain(o, name, &fn);
	match_free(&t.match);
	return err == -ENOENT ? 0 : err;
}

static bool has_collector(const char *name)
{
	for (const struct collector *c = collectors; c->name; c++)
		if (!strcmp(c->name, name))
			return true;
	return false;
}

int presence_of(const struct catalog *c, int root_fd, const char *name, struct presence *ret)
{
	CLEANUP(presence_exit) struct presence p = { 0 };
	const char *only[ARRAY_SIZE(by_name) + 1] = { 0 };
	struct look_wish wish = { .root_fd = root_fd, .only = only, .where = name };
	size_t cnt = 0;
	int err;

	for (size_t i = 0; i < ARRAY_SIZE(by_name); i++)
		if (has_collector(by_name[i]))
			only[cnt++] = by_name[i];
	err = look(c, &wish, &p.look);
	if (!err)
		err = find_package(&p, c, root_fd, name);
	if (err)
		return err;
	*ret = p;
	p = (struct presence){ 0 };
	return 0;
}

bool presence_is_here(const struct presence *p)
{
	uint32_t cnt = 0;

	if (p->look.findings)
		findings_things(p->look.findings, &cnt);
	return cnt || p->version;
}
