// SPDX-License-Identifier: GPL-2.0-only
#include "collect/owners.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "base/index.h"
#include "collect/dpkgdb.h"
#include "collect/foreign.h"
#include "collect/owners_private.h"
#include "collect/rpmdb.h"
#include "collect/survey.h"
#include "parse/sieve.h"

/* Lists that could not be read: these many are named. */
#define UNREAD_MAX 3

/* A package of dpkg's whose list is to be read. */
struct listed {
	const char *name, *arch, *list;
};

/* One question while it is answered. */
struct finding {
	struct owners *owners;
	struct arena arena;
	struct arena_list packages; /* struct listed */
	struct index by_path;	    /* to the first of those asked with that path */
	struct owner *asked;
	uint8_t *sieve;
	size_t sieve_bytes;
	/* The package whose files come. */
	const char *package;
	char *kept; /* its name in the owners' arena, once one of its files is asked */
	enum owner_kind kind;
	uint32_t unread_cnt;
	bool is_whole;
	char buf[WEIR_PATH_MAX];
};

int owners_new(struct survey *s, struct owners **ret)
{
	CLEANUP(owners_freep) struct owners *o = calloc(1, sizeof(*o));
	int err;

	if (!o)
		return -ENOMEM;
	o->survey = s;
	o->is_whole = !foreign_count(s);
	err = aliases_read(&o->aliases, s->root_fd);
	if (!err)
		err = diversions_read(&o->diversions, s);
	if (err == -ENOMEM)
		return err;
	if (err) {
		o->is_whole = false;
		survey_unread(s, err, "the diversions of dpkg");
	}
	*ret = take_ptr(o);
	return 0;
}

struct owners *owners_free(struct owners *o)
{
	if (!o)
		return NULL;
	diversions_exit(&o->diversions);
	aliases_exit(&o->aliases);
	arena_exit(&o->arena);
	free(o);
	return NULL;
}

void owners_freep(struct owners **o)
{
	*o = owners_free(*o);
}

static void finding_exit(struct finding *f)
{
	free(f->sieve);
	index_exit(&f->by_path);
	arena_exit(&f->arena);
}

static void sieve_path(struct finding *f, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;

	sieve_add(f->sieve, f->sieve_bytes, base, strlen(base));
}

static int add_asked(struct finding *f, uint32_t i)
{
	struct owner *asked = &f->asked[i];
	const char *path = aliases_of(&f->owners->aliases, asked->path, f->buf, sizeof(f->buf));
	char *kept;
	uint32_t old;

	asked->kind = OWNER_NONE;
	asked->package = NULL;
	if (!path)
		return 0;
	sieve_path(f, path);
	kept = arena_strndup(&f->arena, path, strlen(path));
	return kept ? index_put(&f->by_path, kept, 0, i, &old) : -ENOMEM;
}

/* What was diverted to a name that is asked goes by another in its list. */
static void sieve_diversions(struct finding *f)
{
	const struct diversions *d = &f->owners->diversions;
	const struct diversion *list = d->list.item;

	for (uint32_t i = 0; i < d->list.cnt; i++)
		sieve_path(f, list[i].from);
}

/* @path of the package whose files come: is it asked about? */
static int offer_path(struct finding *f, const char *path)
{
	uint32_t at;

	path = aliases_of(&f->owners->aliases, path, f->buf, sizeof(f->buf));
	at = path ? index_get(&f->by_path, path, 0) : INDEX_NONE;
	if (at == INDEX_NONE || f->asked[at].package)
		return 0;
	if (!f->kept)
		f->kept = arena_strndup(&f->owners->arena, f->package, strlen(f->package));
	if (!f->kept)
		return -ENOMEM;
	f->asked[at].package = f->kept;
	f->asked[at].kind = f->kind;
	return 0;
}

static void begin_package(struct finding *f, enum owner_kind kind, const char *name)
{
	f->kind = kind;
	f->package = name;
	f->kept = NULL;
}

static int take_deb_path(void *ctx, const char *path)
{
	struct finding *f = ctx;
	const char *to = diversions_of(&f->owners->diversions, path, f->package);

	return offer_path(f, to ? to : path);
}

static int keep_text(struct arena *a, const char *text, const char **ret)
{
	*ret = text ? arena_strndup(a, text, strlen(text)) : NULL;
	return text && !*ret ? -ENOMEM : 0;
}

/* The cell answers one question at a time: first the names, then their lists. */
static int take_deb(void *ctx, const struct dpkg_package *p)
{
	struct finding *f = ctx;
	struct listed *l;

	if (p->state == DPKG_NOT_INSTALLED)
		return 0;
	l = arena_list_add(&f->arena, &f->packages, sizeof(*l));
	if (!l || keep_text(&f->arena, p->name, &l->name) ||
	    keep_text(&f->arena, p->arch, &l->arch) || keep_text(&f->arena, p->list, &l->list))
		return -ENOMEM;
	return 0;
}

static void tell_unread(struct finding *f, const struct listed *l, int err)
{
	f->is_whole = false;
	if (f->unread_cnt++ < UNREAD_MAX)
		survey_unread(f->owners->survey, err, "the files of package %s", l->name);
}

static int find_deb(struct finding *f)
{
	struct survey *s = f->owners->survey;
	const struct listed *list;
	bool is_whole;
	int err;

	err = dpkgdb_packages(s, take_deb, f, &is_whole);
	f->is_whole &= is_whole;
	list = f->packages.item;
	for (uint32_t i = 0; i < f->packages.cnt && !err; i++) {
		struct dpkg_package p = { .name = list[i].name,
					  .arch = list[i].arch,
					  .list = list[i].list };

		begin_package(f, OWNER_DEB, p.name);
		err = dpkgdb_files(s, &p, f->sieve, f->sieve_bytes, take_deb_path, f, NULL);
		if (err && err != -ENOENT && err != -ENOMEM)
			tell_unread(f, &list[i], err);
		err = err == -ENOMEM ? err : 0;
	}
	if (f->unread_cnt > UNREAD_MAX)
		survey_unread(s, -EIO, "the files of %u more packages",
			      f->unread_cnt - UNREAD_MAX);
	return err;
}

static int take_rpm(void *ctx, const struct rpm_package *p)
{
	struct finding *f = ctx;

	/* Its name is borrowed for this call, its files come later. */
	begin_package(f, OWNER_RPM, NULL);
	f->package = arena_strndup(&f->arena, p->name, strlen(p->name));
	return f->package ? 0 : -ENOMEM;
}

static int take_rpm_file(void *ctx, const struct rpm_file *file)
{
	struct finding *f = ctx;

	return f->package ? offer_path(f, file->path) : 0;
}

static int find_rpm(struct finding *f)
{
	CLEANUP(rpmdb_closep) struct rpmdb *db = NULL;
	struct survey *s = f->owners->survey;
	struct rpm_reader reader = { .package = take_rpm,
				     .file = take_rpm_file,
				     .ctx = f,
				     .sieve = f->sieve,
				     .sieve_bytes = f->sieve_bytes };
	bool is_whole;
	int err;

	err = rpmdb_open(s, &db, &is_whole);
	if (!err && db)
		err = rpmdb_read(db, s, NULL, &reader, &is_whole);
	f->is_whole &= is_whole;
	return err;
}

static int settle_foreign(struct owners *o, struct owner *asked)
{
	static const enum owner_kind kinds[] = {
		[FOREIGN_SNAP] = OWNER_SNAP,
		[FOREIGN_FLATPAK] = OWNER_FLATPAK,
	};
	char name[256];
	enum foreign_kind kind = foreign_of(asked->path, name, sizeof(name));

	if (kind == FOREIGN_NONE)
		return 0;
	asked->package = arena_strndup(&o->arena, name, strlen(name));
	asked->kind = kinds[kind];
	return asked->package ? 0 : -ENOMEM;
}

/* The second of two that ask the same, and those that nobody is known for. */
static int settle(struct finding *f, uint32_t cnt)
{
	int err = 0;

	for (uint32_t i = 0; i < cnt && !err; i++) {
		struct owner *asked = &f->asked[i];
		const char *path = aliases_of(&f->owners->aliases, asked->path, f->buf,
					      sizeof(f->buf));
		uint32_t first = path ? index_get(&f->by_path, path, 0) : INDEX_NONE;

		if (first != INDEX_NONE) {
			asked->package = f->asked[first].package;
			asked->kind = f->asked[first].kind;
		}
		if (asked->package)
			continue;
		asked->kind = f->is_whole ? OWNER_NONE : OWNER_UNKNOWN;
		err = settle_foreign(f->owners, asked);
	}
	return err;
}

int owners_find(struct owners *o, struct owner *asked, uint32_t cnt)
{
	CLEANUP(finding_exit) struct finding f = {
		.owners = o,
		.asked = asked,
		.is_whole = o->is_whole,
	};
	int err;

	if (!cnt)
		return 0;
	f.sieve_bytes = sieve_bytes((size_t)cnt + o->diversions.list.cnt);
	f.sieve = calloc(1, f.sieve_bytes);
	err = f.sieve ? index_reserve(&f.by_path, cnt) : -ENOMEM;
	for (uint32_t i = 0; i < cnt && !err; i++)
		err = add_asked(&f, i);
	if (err)
		return err;
	sieve_diversions(&f);
	err = find_deb(&f);
	if (!err)
		err = find_rpm(&f);
	return err ? err : settle(&f, cnt);
}
