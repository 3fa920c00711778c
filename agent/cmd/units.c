// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/units.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sense/cgroup.h"
#include "sense/gates.h"

static bool path_of_living(uint64_t cgroup, char *out, size_t size)
{
	CLEANUP(close_fdp) int root = cgroup_root_open("/run/weir/cgroup"), dir = -1;
	struct {
		struct file_handle handle;
		uint64_t id;
	} h = { .handle = { .handle_bytes = sizeof(cgroup), .handle_type = 0xfe }, .id = cgroup };
	char link[64], whole[4096], top[4096];
	ssize_t len, top_len;

	if (root < 0)
		return false;
	dir = open_by_handle_at(root, &h.handle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
	len = readlink(link, whole, sizeof(whole) - 1);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", root);
	top_len = readlink(link, top, sizeof(top) - 1);
	if (len < 0 || top_len < 0 || len < top_len || memcmp(whole, top, (size_t)top_len) != 0)
		return false;
	whole[len] = '\0';
	snprintf(out, size, "%s", whole + top_len);
	return true;
}

bool units_join(const struct weir_group *g, char *out, size_t size)
{
	int depth = 0;
	size_t len = 0;

	while (depth < WEIR_GROUP_DEPTH && g->name[depth][0])
		depth++;
	/* The last one that was read has to be the root, or some are missing. */
	if (depth == WEIR_GROUP_DEPTH || !size)
		return false;
	*out = '\0';
	while (depth--) {
		size_t part = strnlen(g->name[depth], WEIR_GROUP_NAME);

		/* As long as can be: there was more of it. */
		if (part >= WEIR_GROUP_NAME - 1 || part + 2 > size - len)
			return false;
		out[len++] = '/';
		memcpy(out + len, g->name[depth], part + 1);
		len += part;
	}
	return true;
}

bool units_path(const struct units *u, uint64_t cgroup, char *out, size_t size)
{
	struct weir_group g;

	if (path_of_living(cgroup, out, size))
		return true;
	return u->groups_fd > 0 && !gates_map_get(u->groups_fd, &cgroup, &g) &&
	       units_join(&g, out, size);
}

static bool ends_in(const char *part, size_t len, const char *tail)
{
	size_t tail_len = strlen(tail);

	return len > tail_len && !memcmp(part + len - tail_len, tail, tail_len);
}

static bool is_unit(const char *part, size_t len)
{
	return len < UNIT_NAME_MAX &&
	       (ends_in(part, len, ".service") || ends_in(part, len, ".scope"));
}

/* The first unit of the way down; slices only group others. NULL: none. */
static const char *first_unit(const char *path, size_t *ret_len)
{
	for (const char *at = path; *at; at += *ret_len) {
		at += strspn(at, "/");
		*ret_len = strcspn(at, "/");
		if (is_unit(at, *ret_len))
			return at;
	}
	return NULL;
}

int units_read(const char *path, struct unit_names *ret)
{
	struct unit_names names = { NULL, NULL };
	size_t len = 0;
	const char *at = first_unit(path, &len);

	if (at) {
		names.unit = strndup(at, len);
		if (!names.unit)
			return -ENOMEM;
	}
	/* A user's manager has a tree of its own below. */
	if (at && !strncmp(at, "user@", 5)) {
		at = first_unit(at + len, &len);
		names.user_unit = at ? strndup(at, len) : NULL;
	}
	*ret = names;
	return 0;
}

static void forget(struct units *u, uint32_t slot)
{
	free(u->names[slot].unit);
	free(u->names[slot].user_unit);
	u->names[slot] = (struct unit_names){ NULL, NULL };
	u->id[slot] = 0;
}

const struct unit_names *units_of(struct units *u, uint64_t cgroup)
{
	uint32_t slot = (uint32_t)(cgroup * 0x9e3779b97f4a7c15ULL >> 32) & (UNITS_KEPT - 1);
	char path[4096];

	if (u->id[slot] == cgroup && cgroup)
		return &u->names[slot];
	forget(u, slot);
	if (units_path(u, cgroup, path, sizeof(path)))
		(void)units_read(path, &u->names[slot]);
	u->id[slot] = cgroup;
	return &u->names[slot];
}

void units_exit(struct units *u)
{
	for (uint32_t i = 0; i < UNITS_KEPT; i++)
		forget(u, i);
}
