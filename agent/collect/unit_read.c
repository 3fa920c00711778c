// SPDX-License-Identifier: GPL-2.0-only
#include "collect/unit_read.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "collect/asked.h"
#include "collect/reading.h"

/* Words of one list of units. */
#define WORDS_MAX 256

struct loading {
	struct survey *s;
	struct unit_set *set;
	struct unit_file *file;
};

static int lack(const struct unit_set *set)
{
	return set->is_cut ? 0 : -ENOMEM;
}

static int add_text(struct unit_set *set, struct arena_list *list, const char *text, uint32_t max)
{
	const char **slot;

	if (list->cnt == max)
		return 0;
	text = unit_set_text(set, text);
	if (!text)
		return lack(set);
	slot = arena_list_add(&set->arena, list, sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	*slot = text;
	return 0;
}

static int add_asked(struct loading *l, struct unit_assignment *a, char *asked)
{
	int err = asked ? add_text(l->set, &a->paths, asked, UNIT_PATHS_KEPT_MAX) : 0;

	free(asked);
	return err;
}

static int take_paths(struct loading *l, const struct row *row, struct unit_assignment *a)
{
	const char *name = row_text(row, UNIT_TAG_NAME), *path;
	char *asked;
	uint32_t at = 0;
	int err = 0;

	if (name) {
		err = asked_program(l->s, name, &asked);
		if (!err)
			err = add_asked(l, a, asked);
	}
	while (!err && (path = row_next_text(row, UNIT_TAG_PATH, &at))) {
		err = asked_path(l->s, path, &asked);
		if (!err)
			err = add_asked(l, a, asked);
		if (err || a->program || name || a->key >= UNIT_RUNS_MAX)
			continue;
		a->program = unit_set_text(l->set, path);
		err = a->program ? 0 : lack(l->set);
	}
	return err;
}

static int take_words(struct loading *l, const struct row *row, struct unit_assignment *a)
{
	const char *word;
	uint32_t at = 0;
	int err = 0;

	while (!err && (word = row_next_text(row, UNIT_TAG_TEXT, &at)))
		err = add_text(l->set, &a->words, word, WORDS_MAX);
	return err;
}

static int take_row(void *ctx, const struct row *row)
{
	struct loading *l = ctx;
	uint64_t key = row_u64(row, UNIT_TAG_KEY, UNIT_KEY_MAX);
	struct unit_assignment *a;
	uint32_t at = 0;

	if (row->kind != UNIT_ROW_ASSIGN || key >= UNIT_KEY_MAX)
		return 0;
	if (l->file->assignments.cnt == UNIT_ASSIGNMENTS_MAX) {
		l->set->is_cut = true;
		return 0;
	}
	a = arena_list_add(&l->set->arena, &l->file->assignments, sizeof(*a));
	if (!a)
		return -ENOMEM;
	l->set->bytes += sizeof(*a);
	a->key = (enum unit_key)key;
	a->is_taken_back = !row_next_text(row, UNIT_TAG_TEXT, &at);
	return key < UNIT_PATHS_MAX ? take_paths(l, row, a) : take_words(l, row, a);
}

/* NULL in *ret: the set is full. */
static int load(struct survey *s, struct unit_set *set, const char *path, struct unit_file **ret)
{
	uint32_t at = index_get(&set->file_index, path, 0);
	struct loading l = { .s = s, .set = set };

	*ret = NULL;
	if (at != INDEX_NONE) {
		*ret = set->files[at];
		return 0;
	}
	path = unit_set_text(set, path);
	if (!path)
		return lack(set);
	if (set->file_cnt == set->file_cap) {
		uint32_t cap = set->file_cap ? set->file_cap * 2 : 64;
		void *p = reallocarray(set->files, cap, sizeof(struct unit_file *));

		if (!p)
			return -ENOMEM;
		set->files = p;
		set->file_cap = cap;
	}
	l.file = arena_alloc(&set->arena, sizeof(*l.file));
	if (!l.file || index_put(&set->file_index, path, 0, set->file_cnt, NULL))
		return -ENOMEM;
	set->files[set->file_cnt++] = l.file;
	*ret = l.file;
	return reading_file(s, PARSER_UNIT, READING_PLAIN, path, take_row, &l);
}

/* Drops what @key has so far. */
static void take_back(struct unit_settings *settings, enum unit_key key)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < settings->cnt; i++)
		if (settings->list[i]->key != key)
			settings->list[kept++] = settings->list[i];
	settings->cnt = kept;
}

static int apply(struct unit_settings *settings, const struct unit_file *file)
{
	const struct unit_assignment *a = file->assignments.item;

	for (uint32_t i = 0; i < file->assignments.cnt; i++) {
		if (a[i].is_taken_back) {
			take_back(settings, a[i].key);
			continue;
		}
		if (settings->cnt == settings->cap) {
			uint32_t cap = settings->cap ? settings->cap * 2 : 64;
			void *p = reallocarray(settings->list, cap, sizeof(a));

			if (!p)
				return -ENOMEM;
			settings->list = p;
			settings->cap = cap;
		}
		settings->list[settings->cnt++] = &a[i];
	}
	return 0;
}

/* Drop-ins of one unit, of all the names that it may have them under. */
struct choice {
	const struct drop_in *list[UNIT_FILES_MAX];
	uint32_t cnt;
};

/* The more special name comes first, and its file hides one of the same name. */
static void choose(const struct unit_set *set, const char *owner, struct choice *c)
{
	uint32_t at = index_get(&set->drop_in_index, owner, 0);
	const struct drop_in *list = at == INDEX_NONE ? NULL : set->drop_ins[at].item;

	for (uint32_t i = 0; list && i < set->drop_ins[at].cnt; i++) {
		bool is_hidden = false;

		for (uint32_t k = 0; k < c->cnt; k++)
			is_hidden |= !strcmp(c->list[k]->file, list[i].file);
		if (!is_hidden && c->cnt < UNIT_FILES_MAX)
			c->list[c->cnt++] = &list[i];
	}
}

/* x-y.service has drop-ins of its own name, of its template, of x-.service and of service. */
static void choose_all(const struct unit_set *set, const char *name, struct choice *c)
{
	const char *dot = strrchr(name, '.');
	char owner[256 + 16];

	choose(set, name, c);
	if (unit_template_of(name, owner))
		choose(set, owner, c);
	for (const char *p = dot; dot && p > name; p--) {
		if (p[-1] != '-' || p == dot)
			continue;
		snprintf(owner, sizeof(owner), "%.*s%s", (int)(p - name), name, dot);
		choose(set, owner, c);
	}
	if (dot)
		choose(set, dot + 1, c);
}

static int by_file(const void *a, const void *b)
{
	const struct drop_in *x = *(const struct drop_in *const *)a;
	const struct drop_in *y = *(const struct drop_in *const *)b;

	return strcmp(x->file, y->file);
}

static int read_and_apply(struct survey *s, struct unit_set *set, const char *path,
			  struct unit_settings *settings)
{
	struct unit_file *file;
	int err = load(s, set, path, &file);

	return err || !file ? err : apply(settings, file);
}

int unit_read(struct survey *s, struct unit_set *set, const struct unit *u,
	      struct unit_settings *ret)
{
	const char *const *names = u->names.item;
	struct choice c = { .cnt = 0 };
	int err = 0;

	ret->cnt = 0;
	if (u->fragment)
		err = read_and_apply(s, set, u->fragment, ret);
	choose_all(set, u->name, &c);
	for (uint32_t i = 0; i < u->names.cnt; i++)
		choose_all(set, names[i], &c);
	qsort(c.list, c.cnt, sizeof(c.list[0]), by_file);
	for (uint32_t i = 0; !err && i < c.cnt; i++)
		err = read_and_apply(s, set, c.list[i]->path, ret);
	return err;
}

void unit_settings_exit(struct unit_settings *settings)
{
	free(settings->list);
	memset(settings, 0, sizeof(*settings));
}

const char *unit_setting(const struct unit_settings *settings, enum unit_key key)
{
	for (uint32_t i = settings->cnt; i-- > 0;) {
		const struct unit_assignment *a = settings->list[i];

		if (a->key == key && a->words.cnt)
			return *(const char *const *)a->words.item;
	}
	return NULL;
}
