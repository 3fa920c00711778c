/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The catalogue that is shipped, as a test reads it: file by file, so that one
 * of them may be another text than what lies on the disk.
 */
#ifndef WEIR_TESTS_SHIPPED_H
#define WEIR_TESTS_SHIPPED_H

#include "fixture.h"

#define SHIPPED_MAX 64

struct shipped {
	char *path[SHIPPED_MAX];
	char *text[SHIPPED_MAX];
	size_t len[SHIPPED_MAX];
	size_t cnt;
};

static inline int shipped_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static inline bool shipped_folder(struct shipped *s, const char *folder)
{
	DIR *dir = opendir(folder);
	size_t first = s->cnt;

	for (struct dirent *e; dir && (e = readdir(dir)) && s->cnt < SHIPPED_MAX;) {
		size_t len = strlen(e->d_name);

		if (len > 5 && !strcmp(e->d_name + len - 5, ".yaml") &&
		    asprintf(&s->path[s->cnt], "%s/%s", folder, e->d_name) > 0)
			s->cnt++;
	}
	if (dir)
		closedir(dir);
	qsort(&s->path[first], s->cnt - first, sizeof(s->path[0]), shipped_compare);
	for (size_t i = first; i < s->cnt; i++) {
		s->text[i] = fixture_read(s->path[i], &s->len[i]);
		if (!s->text[i])
			return false;
	}
	return s->cnt > first;
}

static inline bool shipped_read(struct shipped *s)
{
	memset(s, 0, sizeof(*s));
	return shipped_folder(s, "catalog/vendors") && shipped_folder(s, "catalog/directives") &&
	       shipped_folder(s, "catalog/confusables");
}

static inline void shipped_exit(struct shipped *s)
{
	for (size_t i = 0; i < s->cnt; i++) {
		free(s->path[i]);
		free(s->text[i]);
	}
}

/* All of it sealed; with @text, that is file @other. NULL: it is broken. */
static inline struct catalog *shipped_catalog(const struct shipped *s, size_t other,
					      const char *text)
{
	CLEANUP(catalog_freep) struct catalog *c = NULL;
	struct diag d = { .text = "" };
	int err = catalog_new(&c);

	for (size_t i = 0; !err && i < s->cnt; i++) {
		if (text && i == other)
			err = catalog_add(c, s->path[i], text, strlen(text), &d);
		else
			err = catalog_add(c, s->path[i], s->text[i], s->len[i], &d);
	}
	if (!err)
		err = catalog_seal(c, &d);
	if (!err)
		return take_ptr(c);
	printf("# %s:%u: %s (%d)\n", d.file, d.line, d.text, err);
	return NULL;
}

#endif /* WEIR_TESTS_SHIPPED_H */
