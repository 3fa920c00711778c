// SPDX-License-Identifier: GPL-2.0-only
/*
 * Images of containers in the stores of this disk, and the containers that
 * were made of them, whether they run or not.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "collect/collectors.h"
#include "collect/reading.h"
#include "inventory/homes.h"
#include "inventory/stores.h"
#include "parse/images.h"

/* Names of one image. */
#define NAMES_MAX 64

/* Below a store of that kind. */
static const struct {
	enum store_kind store;
	enum images_kind kind;
	const char *pattern;
} indexes[] = {
	{ STORE_DOCKER, IMAGES_DOCKER, "image/*/repositories.json" },
	{ STORE_DOCKER, IMAGES_DOCKER_CONTAINER, "containers/*/config.v2.json" },
	{ STORE_CONTAINERD, IMAGES_CONTAINERD, "io.containerd.metadata.v1.bolt/meta.db" },
	{ STORE_CONTAINERS, IMAGES_STORAGE, "*-images/images.json" },
	{ STORE_CONTAINERS, IMAGES_STORAGE_CONTAINERS, "*-containers/containers.json" },
};

/* Layouts lie where somebody has put them; these are where tools do. */
static const char *const layouts[] = {
	"/var/lib/*/oci/index.json",
	"/var/lib/images/*/index.json",
	"/var/lib/rancher/*/agent/images/*/index.json",
	"/var/lib/oci/*/index.json",
	"/srv/images/*/index.json",
	"/srv/oci/*/index.json",
	"/opt/images/*/index.json",
	"/opt/oci/*/index.json",
};

struct images {
	struct survey *s;
	enum images_kind kind;
	const char *path; /* being read */
};

static const char *first(const struct row *row, enum images_tag a, enum images_tag b)
{
	const char *text = row_text(row, (uint16_t)a);

	return text ? text : row_text(row, (uint16_t)b);
}

static int take_row(void *ctx, const struct row *row)
{
	struct images *m = ctx;
	bool is_container = row->kind == IMAGES_ROW_CONTAINER;
	const char *id = row_text(row, IMAGES_TAG_ID), *space = row_text(row, IMAGES_TAG_SPACE);
	const char *name, *title;
	char detail[WEIR_PATH_MAX + 512];
	struct fact names[NAMES_MAX];
	struct facts facts = { .others = names };
	struct trace trace = {
		.kind = TRACE_IMAGE,
		.facts = &facts,
		.detail = detail,
	};
	uint32_t at = 0;

	while (facts.other_cnt < NAMES_MAX && (name = row_next_text(row, IMAGES_TAG_NAME, &at)))
		names[facts.other_cnt++] = (struct fact){ IND_CONTAINER_IMAGE, name };
	if (!facts.other_cnt || !survey_is_asked(m->s, &facts))
		return 0;
	trace.where = names[0].value;
	title = is_container ? first(row, IMAGES_TAG_TITLE, IMAGES_TAG_ID) : NULL;
	trace.version = is_container ? NULL : id;
	snprintf(detail, sizeof(detail), "%s%.64s%s%.64s%sin %s",
		 title ? "container " : "", title ? title : "", space ? " of namespace " : "",
		 space ? space : "", title || space ? " " : "", m->path);
	return survey_take(m->s, &trace);
}

static int take(void *ctx, const char *path)
{
	struct images *m = ctx;

	m->path = path;
	return reading_file(m->s, PARSER_IMAGES, (int)m->kind, path, take_row, m);
}

static int take_store(void *ctx, enum store_kind store, const char *path)
{
	struct images *m = ctx;
	char pattern[WEIR_PATH_MAX];
	int err = 0;

	/* A star in it would be taken for one of the pattern. */
	if (strchr(path, '*'))
		return 0;
	for (size_t i = 0; !err && i < ARRAY_SIZE(indexes); i++) {
		if (indexes[i].store != store)
			continue;
		m->kind = indexes[i].kind;
		snprintf(pattern, sizeof(pattern), "%s/%s", path, indexes[i].pattern);
		err = reading_each(m->s, pattern, take, m);
	}
	return err;
}

int collect_images(struct survey *s)
{
	struct images m = { .s = s };
	int err;

	err = stores_each(s->root_fd, take_store, &m);
	m.kind = IMAGES_OCI;
	for (size_t i = 0; !err && i < ARRAY_SIZE(layouts); i++)
		err = reading_each(s, layouts[i], take, &m);
	return err;
}
