// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packages of dpkg: those that an indicator means, whether their files bear
 * them out, and what of the listed ones can run.
 */
#include "collect/collectors.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "collect/diversions.h"
#include "collect/dpkgdb.h"
#include "collect/foreign.h"
#include "collect/manifest.h"
#include "collect/package.h"
#include "collect/survey.h"

#define DETAIL_BYTES 256

struct offering {
	struct survey *survey;
	struct packages *packages;
	bool is_full;
};

static int offer(void *ctx, const struct dpkg_package *p)
{
	struct offering *o = ctx;
	struct package package = {
		.kind = IND_DEB,
		.name = p->name,
		.arch = p->arch,
		.version = p->version,
		.vendor = p->vendor,
		.packager = p->maintainer,
		.list = p->list,
		.state = p->state,
	};
	int err;

	if (p->state == DPKG_NOT_INSTALLED)
		return 0;
	err = packages_offer(o->packages, o->survey, &package);
	o->is_full |= err == -E2BIG;
	return err == -E2BIG ? 0 : err;
}

static const char *diverted(void *ctx, const char *path, const char *package)
{
	return diversions_of(ctx, path, package);
}

static int add_path(void *ctx, const char *path)
{
	return manifest_add(ctx, path);
}

/* Says when it was installed, too. */
static int read_manifest(struct survey *s, struct manifest *m, struct package *p)
{
	struct dpkg_package key = { .name = p->name, .arch = p->arch, .list = p->list };
	int err;

	err = dpkgdb_files(s, &key, NULL, 0, add_path, m, &p->changed);
	manifest_close(m);
	if (err && err != -ENOENT && err != -ENOMEM)
		survey_unread(s, err, "the files of package %s", p->name);
	return err;
}

/* Flags and a detail from what is installed and what its list is worth. */
static uint32_t judge(const struct package *p, const struct manifest *m, int list_err,
		      char *detail, size_t size)
{
	size_t len;

	*detail = '\0';
	if (p->state == DPKG_CONFIG_FILES) {
		snprintf(detail, size, "removed, its configuration is left");
		return TRACE_REMOVED;
	}
	if (list_err == -ENOENT)
		snprintf(detail, size, "it has no list of files");
	else if (list_err)
		snprintf(detail, size, "its list of files could not be read");
	else
		manifest_detail(m, detail, size);
	if (p->state != DPKG_INSTALLED) {
		len = strlen(detail);
		snprintf(detail + len, size - len, "%s%s", len ? "; " : "",
			 dpkg_state_name(p->state));
	}
	return m->here_cnt ? 0 : TRACE_UNVERIFIED;
}

static int tell(struct survey *s, struct packages *packages, uint32_t i, struct diversions *d)
{
	struct package *p = (struct package *)packages->list.item + i;
	CLEANUP(manifest_exit) struct manifest m = {
		.survey = s,
		.kind = IND_DEB,
		.package = p->name,
		.diverted = diverted,
		.diverted_ctx = d,
	};
	char detail[DETAIL_BYTES];
	uint32_t flags;
	int err;

	err = read_manifest(s, &m, p);
	if (err == -ENOMEM)
		return err;
	flags = judge(p, &m, err, detail, sizeof(detail));
	err = packages_take(packages, i, s, flags, detail);
	if (!err && p->is_listed && !(flags & TRACE_REMOVED))
		err = manifest_take(&m);
	return err;
}

int collect_dpkg(struct survey *s)
{
	CLEANUP(packages_exit) struct packages packages = { 0 };
	CLEANUP(diversions_exit) struct diversions diversions = { 0 };
	struct offering o = { .survey = s, .packages = &packages };
	bool is_whole;
	int err;

	foreign_tell(s);
	err = dpkgdb_packages(s, offer, &o, &is_whole);
	if (err)
		return err;
	if (o.is_full)
		survey_unread(s, -E2BIG, DPKGDB_STATUS ": more than %d listed packages",
			      PACKAGES_MAX);
	if (!packages.list.cnt)
		return 0;
	err = diversions_read(&diversions, s);
	if (err == -ENOMEM)
		return err;
	if (err)
		survey_unread(s, err, "the diversions of dpkg");
	err = 0;
	for (uint32_t i = 0; i < packages.list.cnt && !err; i++)
		err = tell(s, &packages, i, &diversions);
	return err;
}
