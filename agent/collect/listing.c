// SPDX-License-Identifier: GPL-2.0-only
#include "collect/listing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int by_inode(const void *a, const void *b)
{
	const struct listing_entry *const *x = a, *const *y = b;

	return ((*x)->ino > (*y)->ino) - ((*x)->ino < (*y)->ino);
}

static bool is_dots(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

static int add(struct listing *l, const struct listing_entry *e)
{
	if (l->cnt == l->cap) {
		uint32_t cap = l->cap ? 2 * l->cap : 1024;
		const struct listing_entry **more =
			reallocarray(l->list, cap, sizeof(struct listing_entry *));

		if (!more)
			return -ENOMEM;
		l->list = more;
		l->cap = cap;
	}
	l->list[l->cnt++] = e;
	return 0;
}

int listing_read(struct listing *l, int fd, size_t room)
{
	long len = syscall(SYS_getdents64, fd, l->bytes, room);
	bool is_sorted = true;

	l->cnt = 0;
	if (len <= 0)
		return len ? -errno : 0;
	for (long at = 0; at < len;) {
		const struct listing_entry *e = (const void *)(l->bytes + at);

		at += e->len;
		l->off = e->off;
		if (is_dots(e->name))
			continue;
		is_sorted &= !l->cnt || l->list[l->cnt - 1]->ino <= e->ino;
		if (add(l, e))
			return -ENOMEM;
	}
	if (!is_sorted)
		qsort(l->list, l->cnt, sizeof(struct listing_entry *), by_inode);
	return 1;
}

void listing_exit(struct listing *l)
{
	free(l->list);
	l->list = NULL;
	l->cnt = l->cap = 0;
}

uint8_t listing_type(int dir_fd, const struct listing_entry *e)
{
	struct stat st;

	if (e->type == DT_UNKNOWN &&
	    !fstatat(dir_fd, e->name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT))
		return (uint8_t)IFTODT(st.st_mode);
	return e->type;
}
