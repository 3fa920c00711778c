// SPDX-License-Identifier: GPL-2.0-only
#include "bundle/bundle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/scalar.h"

static const char *const catalog_dirs[] = { "catalog/confusables/", "catalog/directives/",
					    "catalog/vendors/" };

/* "x.yaml", of what a file may be named anywhere. */
static bool is_yaml_name(const char *name)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t len = strlen(name);

	return len > 5 && *name != '.' && *name != '-' && strspn(name, set) == len &&
	       !strcmp(name + len - 5, ".yaml");
}

bool bundle_name_is_valid(const char *name)
{
	if (!strcmp(name, BUNDLE_MANIFEST) || !strcmp(name, BUNDLE_POLICY_FILE) ||
	    !strcmp(name, BUNDLE_SERIAL_FILE))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(catalog_dirs); i++) {
		size_t len = strlen(catalog_dirs[i]);

		if (!strncmp(name, catalog_dirs[i], len))
			return is_yaml_name(name + len);
	}
	return false;
}

/* What its files say that it holds. */
static int check_names(const struct bundle *b, const char *file, uint8_t *ret, struct diag *d)
{
	*ret = 0;
	for (uint32_t i = 0; i < b->archive.cnt; i++) {
		const char *name = b->archive.files[i].name;

		if (!bundle_name_is_valid(name))
			return diag_set(d, file, 0, 0, "a file in it does not belong into a "
				"bundle");
		if (!strcmp(name, BUNDLE_POLICY_FILE))
			*ret |= BUNDLE_POLICY;
		else if (strcmp(name, BUNDLE_MANIFEST) != 0)
			*ret |= BUNDLE_CATALOG;
	}
	return 0;
}

static int read_manifest(struct bundle *b, const char *file, struct diag *d)
{
	const struct archive_file *f = archive_find(&b->archive, BUNDLE_MANIFEST);
	char name[240];

	if (!f)
		return diag_set(d, file, 0, 0, "there is no " BUNDLE_MANIFEST " in it");
	snprintf(name, sizeof(name), "%.200s/" BUNDLE_MANIFEST, file);
	return bundle_manifest_read(name, f->data, f->len, &b->manifest, d);
}

static int read_bundle(struct bundle *b, const char *file, struct diag *d)
{
	const char *why = "";
	uint8_t holds;
	int err = archive_read(b->bytes, b->len, &b->archive, &why);

	if (err == -EINVAL)
		return diag_set(d, file, 0, 0, "no bundle: %s", why);
	if (!err)
		err = check_names(b, file, &holds, d);
	if (!err)
		err = read_manifest(b, file, d);
	if (err)
		return err;
	if (holds != b->manifest.kind)
		return diag_set(d, file, 0, 0, "its manifest says \"%s\", and it holds %s",
				bundle_manifest_kind_name(b->manifest.kind),
				holds ? bundle_manifest_kind_name(holds) : "neither");
	return 0;
}

int bundle_new(const char *file, char *bytes, size_t len, struct bundle **ret, struct diag *d)
{
	CLEANUP(bundle_freep) struct bundle *b = calloc(1, sizeof(*b));
	int err;

	if (!b) {
		free(bytes);
		return -ENOMEM;
	}
	b->bytes = bytes;
	b->len = len;
	err = read_bundle(b, file, d);
	if (err)
		return err;
	*ret = take_ptr(b);
	return 0;
}

struct bundle *bundle_free(struct bundle *b)
{
	if (!b)
		return NULL;
	archive_exit(&b->archive);
	bundle_manifest_exit(&b->manifest);
	free(b->bytes);
	free(b);
	return NULL;
}

void bundle_freep(struct bundle **b)
{
	bundle_free(*b);
}

struct serial_file {
	const char *name;
	int64_t serial;
};

static int read_number(struct reader *r, const struct scalar *s, void *into)
{
	return scalar_int(r, s, 1, SCALAR_INT_MAX, into);
}

int bundle_read_serial(const char *file, const char *text, size_t len, int64_t *ret,
		       struct diag *d)
{
	static const struct field fields[] = {
		{ .key = "catalog", .required = true,
		  .offset = offsetof(struct serial_file, name), .scalar = scalar_name },
		{ .key = "serial", .required = true,
		  .offset = offsetof(struct serial_file, serial), .scalar = read_number },
	};
	static const struct schema schema = {
		.fields = fields,
		.field_cnt = ARRAY_SIZE(fields),
		.size = sizeof(struct serial_file),
	};
	struct serial_file f = { 0 };
	struct arena arena = { 0 };
	struct reader r = { .file = file, .diag = d, .arena = &arena };
	int err = schema_read(&r, text, len, &schema, &f);

	arena_exit(&arena);
	if (!err)
		*ret = f.serial;
	return err;
}
