// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel modules that DKMS has the source of, and builds for each new kernel.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "collect/asked.h"
#include "collect/collectors.h"
#include "collect/reading.h"
#include "inventory/root.h"
#include "parse/dkms.h"

/* Modules told of one package. */
#define MODULES_TOLD_MAX 64

struct tree {
	struct survey *s;
	char place[WEIR_PATH_MAX]; /* the directory of the source, with its slash */
	bool is_built;
};

static void spell(char out[WEIR_NAME_MAX], const char *name)
{
	snprintf(out, WEIR_NAME_MAX, "%s", name);
	for (; *out; out++)
		if (*out == '-')
			*out = '_';
}

static int found(void *ctx, const char *path)
{
	(void)path;
	*(bool *)ctx = true;
	return 1;
}

/* /var/lib/dkms/NAME/VERSION/KERNEL/ARCH/module/x.ko is there once it was built. */
static int look_for_built(struct tree *t, const char *name, const char *version)
{
	char pattern[WEIR_PATH_MAX];
	int err;

	if (strpbrk(name, "*/") || (version && strpbrk(version, "*/")))
		return 0;
	snprintf(pattern, sizeof(pattern), "/var/lib/dkms/%s/%s/*/*/module/*", name,
		 version ? version : "*");
	err = pattern_each(t->s->root_fd, pattern, found, &t->is_built);
	return err == -ENOMEM ? err : 0;
}

static int take_row(void *ctx, const struct row *row)
{
	struct tree *t = ctx;
	const char *name = row_text(row, DKMS_TAG_NAME), *module;
	const char *version = row_text(row, DKMS_TAG_VERSION);
	CLEANUP(freep) char *asked = NULL;
	char modules[MODULES_TOLD_MAX][WEIR_NAME_MAX];
	struct fact facts_of[MODULES_TOLD_MAX];
	struct facts facts = { .others = facts_of };
	struct trace trace = {
		.kind = TRACE_MODULE,
		.where = t->place,
		.facts = &facts,
		.version = version,
	};
	uint32_t at = 0;
	int err;

	if (!name)
		return 0;
	while (facts.other_cnt < MODULES_TOLD_MAX &&
	       (module = row_next_text(row, DKMS_TAG_MODULE, &at))) {
		spell(modules[facts.other_cnt], module);
		facts_of[facts.other_cnt] =
			(struct fact){ IND_MODULE, modules[facts.other_cnt] };
		facts.other_cnt++;
	}
	err = asked_path(t->s, t->place, &asked);
	if (err)
		return err;
	facts.path = asked ? asked : t->place;
	if (!survey_is_asked(t->s, &facts))
		return 0;
	err = look_for_built(t, name, version);
	if (err)
		return err;
	trace.flags = t->is_built ? 0 : TRACE_SOURCE;
	if (row_u64(row, DKMS_TAG_IS_AUTO, 0)) {
		trace.flags |= TRACE_ENABLED;
		trace.detail = "DKMS builds it for each new kernel";
	} else {
		trace.detail = "source for DKMS";
	}
	return survey_take(t->s, &trace);
}

static int take(void *ctx, const char *path)
{
	struct tree t = { .s = ctx };

	snprintf(t.place, sizeof(t.place), "%.*s/", (int)(strrchr(path, '/') - path), path);
	return reading_file(t.s, PARSER_DKMS, READING_PLAIN, path, take_row, &t);
}

int collect_dkms(struct survey *s)
{
	/* The second is mostly a link to the first, and all there is when that is gone. */
	static const char *const patterns[] = {
		"/usr/src/*/dkms.conf",
		"/var/lib/dkms/*/*/source/dkms.conf",
	};
	int err = 0;

	for (size_t i = 0; !err && i < ARRAY_SIZE(patterns); i++)
		err = reading_each(s, patterns[i], take, s);
	return err;
}
