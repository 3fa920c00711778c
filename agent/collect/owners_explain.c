// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the databases say of one package, by its name; see owners.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "collect/dpkgdb.h"
#include "collect/owners_private.h"
#include "collect/rpmdb.h"
#include "collect/survey.h"
#include "parse/rpm.h"

struct asked {
	struct owners *owners;
	const char *name;
	const struct owners_fn *fn;
	struct arena arena;
	struct arena_list debs; /* struct dpkg_package */
	uint32_t rpm_cnt;
};

static void asked_exit(struct asked *a)
{
	arena_exit(&a->arena);
}

/* "NAME" means all architectures, "NAME:ARCH" one. */
static bool is_meant(const char *asked, const char *name, const char *arch)
{
	size_t len = strlen(name);

	if (strncmp(asked, name, len) != 0)
		return false;
	return !asked[len] || (asked[len] == ':' && arch && !strcmp(asked + len + 1, arch));
}

static int keep_deb(void *ctx, const struct dpkg_package *p)
{
	struct asked *a = ctx;
	struct dpkg_package *to;
	const char **texts[5];

	if (p->state == DPKG_NOT_INSTALLED || !is_meant(a->name, p->name, p->arch))
		return 0;
	to = arena_list_add(&a->arena, &a->debs, sizeof(*to));
	if (!to)
		return -ENOMEM;
	*to = *p;
	texts[0] = &to->name;
	texts[1] = &to->arch;
	texts[2] = &to->version;
	texts[3] = &to->vendor;
	texts[4] = &to->list;
	to->vendor = p->vendor ? p->vendor : p->maintainer;
	to->maintainer = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (!*texts[i])
			continue;
		*texts[i] = arena_strndup(&a->arena, *texts[i], strlen(*texts[i]));
		if (!*texts[i])
			return -ENOMEM;
	}
	return 0;
}

struct listing {
	struct asked *asked;
	const char *package;
};

static int tell_deb_path(void *ctx, const char *path)
{
	struct listing *l = ctx;
	const struct owners_fn *fn = l->asked->fn;
	const char *to = diversions_of(&l->asked->owners->diversions, path, l->package);

	return fn->file(fn->ctx, to ? to : path);
}

static int tell_deb(struct asked *a, const struct dpkg_package *p)
{
	struct owner_package package = {
		.kind = OWNER_DEB,
		.name = p->name,
		.arch = p->arch,
		.version = p->version,
		.vendor = p->vendor,
		.is_removed = p->state == DPKG_CONFIG_FILES,
	};
	struct listing l = { .asked = a, .package = p->name };
	int err;

	err = a->fn->package(a->fn->ctx, &package);
	if (!err)
		err = dpkgdb_files(a->owners->survey, p, NULL, 0, tell_deb_path, &l, NULL);
	if (!err || err == -ENOENT || err == -ENOMEM)
		return err == -ENOMEM ? err : 0;
	survey_unread(a->owners->survey, err, "the files of package %s", p->name);
	return 0;
}

static int explain_debs(struct asked *a)
{
	bool is_whole;
	int err;

	err = dpkgdb_packages(a->owners->survey, keep_deb, a, &is_whole);
	for (uint32_t i = 0; i < a->debs.cnt && !err; i++)
		err = tell_deb(a, (const struct dpkg_package *)a->debs.item + i);
	return err;
}

static int count_rpm(void *ctx, const struct rpm_package *p)
{
	struct asked *a = ctx;

	a->rpm_cnt += !strcmp(a->name, p->name);
	return 0;
}

static int tell_rpm(void *ctx, const struct rpm_package *p)
{
	const struct asked *a = ctx;
	struct owner_package package = {
		.kind = OWNER_RPM,
		.name = p->name,
		.arch = p->arch,
		.version = p->version,
		.vendor = p->vendor,
	};

	return a->fn->package(a->fn->ctx, &package);
}

static int tell_rpm_file(void *ctx, const struct rpm_file *f)
{
	const struct asked *a = ctx;

	return a->fn->file(a->fn->ctx, f->path);
}

/* To be asked for by name it has to be there: rpm calls all else an error. */
static int explain_rpm(struct asked *a)
{
	CLEANUP(rpmdb_closep) struct rpmdb *db = NULL;
	struct survey *s = a->owners->survey;
	struct rpm_reader counter = { .package = count_rpm, .ctx = a };
	struct rpm_reader teller = { .package = tell_rpm, .file = tell_rpm_file, .ctx = a };
	const char *const names[] = { a->name, NULL };
	bool is_whole;
	int err;

	if (!rpm_name_is_valid(a->name))
		return 0;
	err = rpmdb_open(s, &db, &is_whole);
	if (!err && db)
		err = rpmdb_read(db, s, NULL, &counter, &is_whole);
	if (!err && a->rpm_cnt)
		err = rpmdb_read(db, s, names, &teller, &is_whole);
	return err;
}

int owners_explain(struct owners *o, const char *package, const struct owners_fn *fn)
{
	CLEANUP(asked_exit) struct asked a = { .owners = o, .name = package, .fn = fn };
	int err;

	err = explain_debs(&a);
	if (!err)
		err = explain_rpm(&a);
	if (err)
		return err;
	return a.debs.cnt || a.rpm_cnt ? 0 : -ENOENT;
}
