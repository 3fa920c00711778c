// SPDX-License-Identifier: GPL-2.0-only
/*
 * What one directory of units holds; see unit_set.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "collect/unit_set.h"
#include "inventory/root.h"
#include "match/trace.h"

/* Entries of all directories of one set. */
#define ENTRIES_MAX 200000

struct directory {
	struct unit_set *set;
	int root_fd, fd;
	const char *path;
	bool is_local;
};

typedef int (*entry_fn)(struct directory *d, const char *owner, const char *name);

static int join(char out[WEIR_PATH_MAX], const char *dir, const char *name)
{
	int len = snprintf(out, WEIR_PATH_MAX, "%s/%s", dir, name);

	return len < 0 || len >= WEIR_PATH_MAX ? -ENAMETOOLONG : 0;
}

static int lack(const struct unit_set *set)
{
	return set->is_cut ? 0 : -ENOMEM;
}

/* Is the file behind @name what masks: a link to /dev/null, or nothing at all? */
static bool is_mask(const struct directory *d, const char *name, const struct stat *st,
		    const char *target)
{
	struct stat behind;
	CLEANUP(close_fdp) int fd = -1;
	char path[WEIR_PATH_MAX];

	if (S_ISREG(st->st_mode))
		return !st->st_size;
	if (!strcmp(target, "/dev/null"))
		return true;
	if (join(path, d->path, name))
		return false;
	fd = root_open(d->root_fd, path, O_PATH);
	return fd >= 0 && !fstat(fd, &behind) &&
	       (S_ISCHR(behind.st_mode) || (S_ISREG(behind.st_mode) && !behind.st_size));
}

static int set_fragment(struct directory *d, struct unit *u, const char *name)
{
	char path[WEIR_PATH_MAX];

	if (u->fragment || join(path, d->path, name))
		return 0;
	u->fragment = unit_set_text(d->set, path);
	return u->fragment ? 0 : lack(d->set);
}

static int set_alias(struct directory *d, struct unit *u, const char *target)
{
	if (u->fragment || u->alias_of || u->mask)
		return 0;
	u->alias_of = unit_set_text(d->set, target);
	return u->alias_of ? 0 : lack(d->set);
}

static int take_unit(struct directory *d, const char *name)
{
	char target[WEIR_PATH_MAX] = "", path[WEIR_PATH_MAX];
	const char *base;
	struct stat st;
	struct unit *u;
	ssize_t len;

	if (fstatat(d->fd, name, &st, AT_SYMLINK_NOFOLLOW))
		return 0;
	u = unit_set_add(d->set, name);
	if (!u)
		return lack(d->set);
	u->is_local |= d->is_local;
	len = S_ISLNK(st.st_mode) ? readlinkat(d->fd, name, target, sizeof(target) - 1) : 0;
	if (len < 0)
		return 0;
	target[len] = '\0';
	if (!S_ISLNK(st.st_mode) && !S_ISREG(st.st_mode))
		return 0;
	if (is_mask(d, name, &st, target)) {
		if (u->fragment || u->alias_of || u->mask || join(path, d->path, name))
			return 0;
		u->mask = unit_set_text(d->set, path);
		u->flags |= TRACE_MASKED;
		return u->mask ? 0 : lack(d->set);
	}
	base = strrchr(target, '/') ? strrchr(target, '/') + 1 : target;
	if (*target && strcmp(base, name) != 0 && unit_name_is_valid(base))
		return set_alias(d, u, base);
	return u->alias_of ? 0 : set_fragment(d, u, name);
}

/* An entry of x.target.wants: its name counts, wherever the link leads. */
static int take_wanted(struct directory *d, const char *owner, const char *name)
{
	struct unit *u;

	if (!unit_name_is_valid(name))
		return 0;
	u = unit_set_add(d->set, name);
	if (!u)
		return lack(d->set);
	u->is_local |= d->is_local;
	u->is_pulled = true;
	u->flags |= TRACE_ENABLED;
	return unit_add_starter(d->set, u, owner, false);
}

/* The same of x.target.upholds, which never lets it end. */
static int take_upheld(struct directory *d, const char *owner, const char *name)
{
	struct unit *u;
	int err = take_wanted(d, owner, name);

	u = err ? NULL : unit_set_find(d->set, name);
	return u ? unit_add_starter(d->set, u, owner, true) : err;
}

static struct arena_list *drop_ins_of(struct unit_set *set, const char *owner)
{
	uint32_t at = index_get(&set->drop_in_index, owner, 0);
	const char *key;

	if (at != INDEX_NONE)
		return &set->drop_ins[at];
	if (set->drop_in_cnt == set->drop_in_cap) {
		uint32_t cap = set->drop_in_cap ? set->drop_in_cap * 2 : 16;
		void *p = reallocarray(set->drop_ins, cap, sizeof(*set->drop_ins));

		if (!p)
			return NULL;
		set->drop_ins = p;
		set->drop_in_cap = cap;
	}
	key = unit_set_text(set, owner);
	if (!key || index_put(&set->drop_in_index, key, 0, set->drop_in_cnt, NULL))
		return NULL;
	set->drop_ins[set->drop_in_cnt] = (struct arena_list){};
	return &set->drop_ins[set->drop_in_cnt++];
}

static int take_drop_in(struct directory *d, const char *owner, const char *name)
{
	struct arena_list *list = drop_ins_of(d->set, owner);
	char path[WEIR_PATH_MAX], dir[WEIR_PATH_MAX];
	size_t len = strlen(name);
	struct drop_in *item;
	struct unit *u;

	if (len < 6 || strcmp(name + len - 5, ".conf") != 0)
		return 0;
	if (!list)
		return lack(d->set);
	item = list->item;
	for (uint32_t i = 0; i < list->cnt; i++)
		if (!strcmp(item[i].file, name))
			return 0;
	if (list->cnt == UNIT_DROP_INS_MAX) {
		d->set->is_cut = true;
		return 0;
	}
	if ((size_t)snprintf(dir, sizeof(dir), "%s/%s.d", d->path, owner) >= sizeof(dir) ||
	    join(path, dir, name))
		return 0;
	item = arena_list_add(&d->set->arena, list, sizeof(*item));
	if (!item)
		return -ENOMEM;
	item->file = unit_set_text(d->set, name);
	item->path = unit_set_text(d->set, path);
	if (!item->file || !item->path) {
		list->cnt--;
		return lack(d->set);
	}
	/* "service.d" is for all services; any other is there for one unit. */
	if (!unit_name_is_valid(owner))
		return 0;
	u = unit_set_add(d->set, owner);
	if (!u)
		return lack(d->set);
	u->is_local |= d->is_local;
	return 0;
}

/* The entries of @path, which may be missing. */
static int each_entry(struct directory *d, const char *path, const char *owner, entry_fn fn)
{
	CLEANUP(closedirp) DIR *dir = NULL;
	const struct dirent *entry;
	int fd, err = 0;

	fd = root_open(d->root_fd, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
	if (fd < 0)
		return fd == -ENOENT || fd == -ENOTDIR ? 0 : fd;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -errno;
	}
	d->fd = fd;
	while (!err && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if (++d->set->entries > ENTRIES_MAX) {
			d->set->is_cut = true;
			break;
		}
		err = fn(d, owner, entry->d_name);
	}
	return err;
}

/* "x.service" of "x.service.d" into @out, and what to do with what is in there. */
static entry_fn folder_of(const char *name, char out[256])
{
	static const struct {
		const char *suffix;
		entry_fn fn;
	} folders[] = {
		{ ".wants", take_wanted },
		{ ".requires", take_wanted },
		{ ".upholds", take_upheld },
		{ ".d", take_drop_in },
	};
	size_t len = strlen(name);

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		size_t tail = strlen(folders[i].suffix);

		if (len <= tail || len - tail > 255 ||
		    strcmp(name + len - tail, folders[i].suffix) != 0)
			continue;
		memcpy(out, name, len - tail);
		out[len - tail] = '\0';
		return folders[i].fn;
	}
	return NULL;
}

static int take_entry(struct directory *d, const char *owner, const char *name)
{
	char path[WEIR_PATH_MAX], whose[256];
	int err, fd = d->fd;
	entry_fn fn;

	(void)owner;
	if (unit_name_is_valid(name))
		return take_unit(d, name);
	fn = folder_of(name, whose);
	if (!fn || join(path, d->path, name))
		return 0;
	err = each_entry(d, path, whose, fn);
	d->fd = fd;
	/* One that cannot be opened is no reason to stop at the others. */
	if (err == -ENOMEM)
		return err;
	if (err && !d->set->unread)
		d->set->unread = err;
	return 0;
}

int unit_set_add_directory(struct unit_set *set, int root_fd, const char *path, bool is_local)
{
	struct directory d = {
		.set = set,
		.root_fd = root_fd,
		.path = path,
		.is_local = is_local,
	};

	return each_entry(&d, path, NULL, take_entry);
}
