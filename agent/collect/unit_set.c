// SPDX-License-Identifier: GPL-2.0-only
#include "collect/unit_set.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "match/trace.h"

/* Aliases of aliases; systemd knows none, links can have any number. */
#define ALIAS_DEPTH_MAX 8

void unit_set_exit(struct unit_set *set)
{
	index_exit(&set->index);
	index_exit(&set->drop_in_index);
	index_exit(&set->file_index);
	free(set->list);
	free(set->drop_ins);
	free(set->files);
	arena_exit(&set->arena);
	memset(set, 0, sizeof(*set));
}

const char *unit_set_text(struct unit_set *set, const char *text)
{
	size_t len = strlen(text);

	if (set->bytes + len > UNIT_SET_BYTES_MAX) {
		set->is_cut = true;
		return NULL;
	}
	set->bytes += len + 1;
	return arena_strndup(&set->arena, text, len);
}

bool unit_name_is_valid(const char *name)
{
	static const char *const suffixes[] = {
		".service", ".socket", ".target", ".timer", ".path",  ".mount",
		".automount", ".slice", ".scope", ".device", ".swap",
	};
	const char *dot = strrchr(name, '.');

	if (!dot || dot == name || strlen(name) > 255)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (!strcmp(dot, suffixes[i]))
			return true;
	return false;
}

bool unit_template_of(const char *name, char out[256])
{
	const char *at = strchr(name, '@'), *dot = strrchr(name, '.');
	int len;

	if (!at || !dot || dot <= at + 1)
		return false;
	len = snprintf(out, 256, "%.*s%s", (int)(at + 1 - name), name, dot);
	return len > 0 && len < 256;
}

struct unit *unit_set_find(const struct unit_set *set, const char *name)
{
	uint32_t at = index_get(&set->index, name, 0);

	return at == INDEX_NONE ? NULL : set->list[at];
}

/* Room for one more in an array of pointers or lists. */
static int grow(void **list, uint32_t cnt, uint32_t *cap, size_t size)
{
	uint32_t more = *cap ? *cap * 2 : 64;
	void *p;

	if (cnt < *cap)
		return 0;
	p = reallocarray(*list, more, size);
	if (!p)
		return -ENOMEM;
	*list = p;
	*cap = more;
	return 0;
}

struct unit *unit_set_add(struct unit_set *set, const char *name)
{
	struct unit *u = unit_set_find(set, name);

	if (u)
		return u;
	if (set->cnt == UNITS_MAX) {
		set->is_cut = true;
		return NULL;
	}
	if (grow((void **)&set->list, set->cnt, &set->cap, sizeof(*set->list)))
		return NULL;
	u = arena_alloc(&set->arena, sizeof(*u));
	if (!u)
		return NULL;
	u->name = unit_set_text(set, name);
	if (!u->name || index_put(&set->index, u->name, 0, set->cnt, NULL))
		return NULL;
	set->list[set->cnt++] = u;
	return u;
}

struct unit *unit_set_real(const struct unit_set *set, struct unit *u)
{
	for (unsigned int depth = 0; u->alias_of && depth < ALIAS_DEPTH_MAX; depth++) {
		struct unit *next = unit_set_find(set, u->alias_of);

		if (!next)
			return u;
		u = next;
	}
	return u;
}

/* What could not be copied is either no memory or a full set, which is no error. */
static int lack(const struct unit_set *set)
{
	return set->is_cut ? 0 : -ENOMEM;
}

int unit_add_starter(struct unit_set *set, struct unit *u, const char *by, bool is_again)
{
	struct unit_starter *list = u->starters.item, *starter;

	for (uint32_t i = 0; i < u->starters.cnt; i++) {
		if (strcmp(list[i].by, by) != 0)
			continue;
		list[i].is_again |= is_again;
		return 0;
	}
	if (u->starters.cnt == UNIT_STARTERS_MAX)
		return 0;
	by = unit_set_text(set, by);
	if (!by)
		return lack(set);
	starter = arena_list_add(&set->arena, &u->starters, sizeof(*starter));
	if (!starter)
		return -ENOMEM;
	*starter = (struct unit_starter){ .by = by, .is_again = is_again };
	return 0;
}

int unit_add_name(struct unit_set *set, struct unit *u, const char *name)
{
	const char **list = u->names.item, **slot;

	if (!strcmp(u->name, name) || u->names.cnt == UNIT_NAMES_MAX)
		return 0;
	for (uint32_t i = 0; i < u->names.cnt; i++)
		if (!strcmp(list[i], name))
			return 0;
	name = unit_set_text(set, name);
	if (!name)
		return lack(set);
	slot = arena_list_add(&set->arena, &u->names, sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	*slot = name;
	return 0;
}
