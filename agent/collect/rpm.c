// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packages of rpm: those that an indicator means, whether their files bear
 * them out, and what of the listed ones can run.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "collect/collectors.h"
#include "collect/manifest.h"
#include "collect/package.h"
#include "collect/rpmdb.h"
#include "collect/survey.h"

#define DETAIL_BYTES 256

struct offering {
	struct survey *survey;
	struct packages *packages;
	bool is_full;
};

/* Of the files of all packages that were kept, by one question. */
struct checking {
	struct packages *packages;
	struct manifest *manifests; /* one each */
	struct manifest *at;	    /* of the package whose files come; NULL: not kept */
};

static int offer(void *ctx, const struct rpm_package *p)
{
	struct offering *o = ctx;
	struct package package = {
		.kind = IND_RPM,
		.name = p->name,
		.arch = p->arch,
		.version = p->version,
		.vendor = p->vendor,
		.packager = p->packager,
		.changed = p->changed,
	};
	int err = packages_offer(o->packages, o->survey, &package);

	o->is_full |= err == -E2BIG;
	return err == -E2BIG ? 0 : err;
}

static bool is_same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static int begin_package(void *ctx, const struct rpm_package *p)
{
	struct checking *c = ctx;
	const struct package *list = c->packages->list.item;

	c->at = NULL;
	for (uint32_t i = 0; i < c->packages->list.cnt && !c->at; i++)
		if (!strcmp(list[i].name, p->name) && is_same(list[i].arch, p->arch))
			c->at = &c->manifests[i];
	return 0;
}

static int add_file(void *ctx, const struct rpm_file *f)
{
	struct checking *c = ctx;
	int err;

	if (!c->at || !f->is_there || S_ISDIR(f->mode))
		return 0;
	err = manifest_add(c->at, f->path);
	return err == -E2BIG ? 0 : err;
}

/* The names to ask for, once each; the array is the caller's to free(). */
static const char **names_of(const struct packages *p)
{
	const struct package *list = p->list.item;
	const char **names = calloc((size_t)p->list.cnt + 1, sizeof(*names));
	size_t cnt = 0;

	for (uint32_t i = 0; names && i < p->list.cnt; i++) {
		bool is_known = false;

		for (size_t n = 0; n < cnt && !is_known; n++)
			is_known = !strcmp(names[n], list[i].name);
		if (!is_known)
			names[cnt++] = list[i].name;
	}
	return names;
}

static int tell(struct survey *s, const struct packages *packages, uint32_t i,
		struct manifest *m, bool is_whole)
{
	const struct package *p = (const struct package *)packages->list.item + i;
	char detail[DETAIL_BYTES];
	int err;

	manifest_close(m);
	manifest_detail(m, detail, sizeof(detail));
	if (!is_whole && !m->here_cnt)
		snprintf(detail, sizeof(detail), "its list of files could not be read");
	err = packages_take(packages, i, s, m->here_cnt ? 0 : TRACE_UNVERIFIED, detail);
	return !err && p->is_listed ? manifest_take(m) : err;
}

static int check(struct survey *s, struct rpmdb *db, struct packages *packages)
{
	CLEANUP(freep) const char **names = names_of(packages);
	CLEANUP(freep) struct manifest *manifests = NULL;
	struct checking c = { .packages = packages };
	struct rpm_reader reader = { .package = begin_package, .file = add_file, .ctx = &c };
	const struct package *list = packages->list.item;
	bool is_whole = true;
	int err;

	manifests = calloc(packages->list.cnt, sizeof(*manifests));
	if (!names || !manifests)
		return -ENOMEM;
	for (uint32_t i = 0; i < packages->list.cnt; i++)
		manifests[i] = (struct manifest){ .survey = s,
						  .kind = IND_RPM,
						  .package = list[i].name };
	c.manifests = manifests;
	err = rpmdb_read(db, s, names, &reader, &is_whole);
	for (uint32_t i = 0; i < packages->list.cnt; i++) {
		if (!err)
			err = tell(s, packages, i, &manifests[i], is_whole);
		manifest_exit(&manifests[i]);
	}
	return err;
}

int collect_rpm(struct survey *s)
{
	CLEANUP(packages_exit) struct packages packages = { 0 };
	CLEANUP(rpmdb_closep) struct rpmdb *db = NULL;
	struct offering o = { .survey = s, .packages = &packages };
	struct rpm_reader reader = { .package = offer, .ctx = &o };
	bool is_whole;
	int err;

	err = rpmdb_open(s, &db, &is_whole);
	if (err || !db)
		return err;
	err = rpmdb_read(db, s, NULL, &reader, &is_whole);
	if (err)
		return err;
	if (o.is_full)
		survey_unread(s, -E2BIG, "the database of rpm: more than %d listed packages",
			      PACKAGES_MAX);
	return packages.list.cnt ? check(s, db, &packages) : 0;
}
