/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fixtures of the pure tests: files below tests/fixtures, read from the root
 * of the project, and a zone database of three zones without summer time.
 */
#ifndef WEIR_TESTS_FIXTURE_H
#define WEIR_TESTS_FIXTURE_H

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/date.h"
#include "catalog/catalog.h"
#include "policy/policy.h"

#define FIXTURES "tests/fixtures"

/* The file's bytes with a NUL behind; NULL: not there. The caller frees. */
static inline char *fixture_read(const char *path, size_t *ret_len)
{
	CLEANUP(fclosep) FILE *f = fopen(path, "rb");
	CLEANUP(freep) char *text = NULL;
	long size;

	if (!f || fseek(f, 0, SEEK_END) || (size = ftell(f)) < 0)
		return NULL;
	rewind(f);
	text = calloc(1, (size_t)size + 1);
	if (!text || fread(text, 1, (size_t)size, f) != (size_t)size)
		return NULL;
	*ret_len = (size_t)size;
	return take_ptr(text);
}

static inline int fixture_add(struct catalog *c, const char *path, struct diag *d)
{
	CLEANUP(freep) char *text = NULL;
	size_t len = 0;

	text = fixture_read(path, &len);
	return text ? catalog_add(c, path, text, len, d) : -ENOENT;
}

/* The catalogue of tests/fixtures/catalog, sealed; NULL: it is broken. */
static inline struct catalog *fixture_catalog(void)
{
	static const char *const files[] = {
		FIXTURES "/catalog/vendors/examplewall.yaml",
		FIXTURES "/catalog/directives/test-2031.yaml",
		FIXTURES "/catalog/confusables/lookalikes.yaml",
	};
	CLEANUP(catalog_freep) struct catalog *c = NULL;
	struct diag d = { .text = "" };
	int err = catalog_new(&c);
	size_t i;

	for (i = 0; !err && i < ARRAY_SIZE(files); i++)
		err = fixture_add(c, files[i], &d);
	if (!err)
		err = catalog_seal(c, &d);
	if (!err)
		return take_ptr(c);
	printf("# the fixtures' catalogue: %s:%u: %s (%d)\n", d.file, d.line, d.text, err);
	return NULL;
}

static inline bool fixture_zone_exists(const char *zone)
{
	return !strcmp(zone, "UTC") || !strcmp(zone, "Asia/Shanghai") ||
	       !strcmp(zone, "Europe/Berlin");
}

static inline int64_t fixture_zone_time(const char *zone, int year, int mon, int day,
					int hour, int min, int sec)
{
	struct date d = { .year = year, .mon = mon, .day = day, .hour = hour,
			  .min = min, .sec = sec };

	if (!strcmp(zone, "Asia/Shanghai"))
		d.offset_s = 8 * 3600;
	else if (!strcmp(zone, "Europe/Berlin"))
		d.offset_s = 3600;
	return date_to_epoch(&d);
}

static inline struct policy_context fixture_context(const struct catalog *c)
{
	return (struct policy_context){ .catalog = c,
					.host = "db-1",
					.zone_exists = fixture_zone_exists,
					.zone_time = fixture_zone_time };
}

#endif /* WEIR_TESTS_FIXTURE_H */
