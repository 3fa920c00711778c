// SPDX-License-Identifier: GPL-2.0-only
#include "inventory/mount_table.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <weir/limits.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "inventory/mounts.h"

/* What a mount namespace may hold is 100,000; a line has a few hundred bytes. */
#define MOUNTINFO_BYTES_MAX (64u << 20)

static bool is_one_of(const char *const *list, size_t cnt, const char *type)
{
	for (size_t i = 0; i < cnt; i++)
		if (!strcmp(list[i], type))
			return true;
	return false;
}

static enum mount_kind kind_of(const char *type)
{
	static const char *const none[] = {
		"proc", "sysfs", "cgroup", "cgroup2", "devpts", "securityfs", "debugfs",
		"tracefs", "bpf", "pstore", "efivarfs", "configfs", "mqueue", "hugetlbfs",
		"fusectl", "binfmt_misc", "selinuxfs", "smackfs", "apparmorfs", "rpc_pipefs",
		"nsfs", "nfsd", "resctrl", "pipefs", "sockfs", "usbfs", "functionfs", "xenfs",
		"spufs", "cpuset", "binder", "openpromfs",
	};

	if (is_one_of(none, ARRAY_SIZE(none), type))
		return MOUNT_KERNEL;
	return mounts_type_is_prompt(type) ? MOUNT_LOCAL : MOUNT_REMOTE;
}

/* By name, since what is not known to do so is not trusted to. */
static bool type_keeps_ctime(const char *type)
{
	static const char *const known[] = {
		"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "jfs", "bcachefs",
	};

	return is_one_of(known, ARRAY_SIZE(known), type);
}

/* In place: "\040" is a blank. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++, to++) {
		unsigned int digits = 0, value = 0;

		while (*text == '\\' && digits < 3 && text[1 + digits] >= '0' &&
		       text[1 + digits] <= '7')
			value = value * 8 + (unsigned int)(text[1 + digits++] - '0');
		*to = digits == 3 ? (char)value : *text;
		text += digits == 3 ? 3 : 0;
	}
	*to = '\0';
}

static char *next_field(char **rest)
{
	char *field = *rest;

	if (!field)
		return NULL;
	*rest = strchr(field, ' ');
	if (*rest)
		*(*rest)++ = '\0';
	return field;
}

/* @path as seen from @base; NULL: it is not below it. */
static const char *below(const char *path, const char *base)
{
	size_t len = strlen(base);

	if (!strcmp(base, "/"))
		return path;
	if (strncmp(path, base, len) != 0 || (path[len] && path[len] != '/'))
		return NULL;
	return path[len] ? path + len : "/";
}

static char *keep(struct arena *a, const char *text)
{
	return arena_strndup(a, text, strlen(text));
}

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw" */
static int add_line(struct mount_table *t, struct arena_list *list, char *line,
		    const char *base)
{
	char *rest = line, *fs = strstr(line, " - "), *at, *type, *source;
	struct mount *m;
	const char *id;

	if (!fs)
		return 0;
	*fs = '\0';
	fs += strlen(" - ");
	id = next_field(&rest);
	next_field(&rest); /* parent */
	next_field(&rest); /* device */
	next_field(&rest); /* root */
	at = next_field(&rest);
	type = next_field(&fs);
	source = next_field(&fs);
	if (!at || !source)
		return 0;
	unescape(at);
	unescape(source);
	m = arena_list_add(&t->arena, list, sizeof(*m));
	if (!m)
		return -ENOMEM;
	m->id = strtoull(id, NULL, 10);
	m->row = list->cnt;
	m->kind = kind_of(type);
	m->keeps_ctime = type_keeps_ctime(type);
	m->at = below(at, base);
	m->at = m->at ? keep(&t->arena, m->at) : NULL;
	m->type = keep(&t->arena, type);
	m->source = keep(&t->arena, source);
	m->options = keep(&t->arena, fs ? fs : "");
	return m->type && m->source && m->options ? 0 : -ENOMEM;
}

static int compare_mounts(const void *a, const void *b)
{
	const struct mount *x = a, *y = b;
	int by_place;

	if (!x->at || !y->at)
		return (x->at != NULL) - (y->at != NULL);
	by_place = strcmp(x->at, y->at);
	return by_place ? by_place : (x->row > y->row) - (x->row < y->row);
}

int mount_table_parse(const char *mountinfo, const char *base, struct mount_table **ret)
{
	CLEANUP(mount_table_freep) struct mount_table *t = calloc(1, sizeof(*t));
	CLEANUP(freep) char *text = strdup(mountinfo);
	struct arena_list list = { 0 };
	char *line, *next;
	int err = 0;

	if (!t || !text)
		return -ENOMEM;
	for (line = text; line && *line && !err; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		err = add_line(t, &list, line, base);
	}
	if (err)
		return err;
	t->list = list.item;
	t->cnt = list.cnt;
	if (t->cnt)
		qsort(t->list, t->cnt, sizeof(*t->list), compare_mounts);
	*ret = take_ptr(t);
	return 0;
}

struct mount_table *mount_table_free(struct mount_table *t)
{
	if (!t)
		return NULL;
	arena_exit(&t->arena);
	free(t);
	return NULL;
}

void mount_table_freep(struct mount_table **t)
{
	*t = mount_table_free(*t);
}

static void buf_freep(struct buf *b)
{
	buf_free(b);
}

int mount_table_read(int root_fd, struct mount_table **ret)
{
	CLEANUP(fclosep) FILE *info = fopen("/proc/self/mountinfo", "re");
	CLEANUP(buf_freep) struct buf text = { 0 };
	char link[32], base[WEIR_PATH_MAX], chunk[16384];
	ssize_t base_len;
	size_t got;

	if (!info)
		return -errno;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", root_fd);
	base_len = readlink(link, base, sizeof(base) - 1);
	if (base_len < 0)
		return -errno;
	base[base_len] = '\0';
	while ((got = fread(chunk, 1, sizeof(chunk), info)) && text.len < MOUNTINFO_BYTES_MAX)
		buf_add(&text, chunk, got);
	if (ferror(info))
		return -EIO;
	if (text.err)
		return text.err;
	return mount_table_parse(buf_str(&text), base, ret);
}

/* The last at exactly the @len bytes of @path. */
static const struct mount *find(const struct mount_table *t, const char *path, size_t len)
{
	const struct mount *found = NULL;
	uint32_t low = 0, high = t->cnt;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		const char *at = t->list[mid].at;
		int order = at ? strncmp(at, path, len) : -1;

		if (!order && at[len])
			order = 1;
		if (!order)
			found = &t->list[mid];
		if (order > 0)
			high = mid;
		else
			low = mid + 1;
	}
	return found;
}

const struct mount *mount_table_at(const struct mount_table *t, const char *path)
{
	return find(t, path, strlen(path));
}

/* Calls for each mount on the way to @path, from the root on; false ends it. */
static void each_above(const struct mount_table *t, const char *path,
		       bool (*fn)(void *ctx, const struct mount *m), void *ctx)
{
	const struct mount *m = find(t, "/", 1);
	bool goes_on = !m || fn(ctx, m);

	for (size_t len = 1; goes_on && path[len]; len++) {
		if (path[len + 1] && path[len + 1] != '/')
			continue;
		m = path[len] == '/' ? NULL : find(t, path, len + 1);
		goes_on = !m || fn(ctx, m);
	}
}

static bool take_last(void *ctx, const struct mount *m)
{
	*(const struct mount **)ctx = m;
	return true;
}

const struct mount *mount_table_above(const struct mount_table *t, const char *path)
{
	const struct mount *last = NULL;

	each_above(t, path, take_last, &last);
	return last;
}

static bool is_local(void *ctx, const struct mount *m)
{
	*(bool *)ctx = m->kind == MOUNT_LOCAL;
	return *(bool *)ctx;
}

bool mount_table_is_prompt(const struct mount_table *t, const char *path)
{
	bool all = true;

	each_above(t, path, is_local, &all);
	return all;
}

const struct mount *mount_table_of(const struct mount_table *t, int fd)
{
	struct statx st;

	/* Asks the file system for nothing but what is in memory. */
	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_MNT_ID,
		  &st) ||
	    !(st.stx_mask & STATX_MNT_ID))
		return NULL;
	for (uint32_t i = 0; i < t->cnt; i++)
		if (t->list[i].id == st.stx_mnt_id)
			return &t->list[i];
	return NULL;
}

/* "a:b\:c" */
static int each_of_list(char *list, mount_layer_fn fn, void *ctx)
{
	char *from = list, *to = list, *dir = list;
	bool is_end = false;
	int err = 0;

	for (; !is_end && !err; from++) {
		is_end = !*from;
		if (*from == '\\' && (from[1] == ':' || from[1] == '\\'))
			*to++ = *++from;
		else if (*from && *from != ':')
			*to++ = *from;
		else {
			*to++ = '\0';
			err = *dir ? fn(ctx, dir) : 0;
			dir = to;
		}
	}
	return err;
}

/* One option; the kernel escapes its value as it does places. */
static int layers_of(const char *option, size_t len, mount_layer_fn fn, void *ctx)
{
	/* Since 6.8 each may come as one of its own. */
	static const char *const keys[] = { "lowerdir=", "lowerdir+=", "datadir+=", "upperdir=" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		CLEANUP(freep) char *value = NULL;
		size_t key = strlen(keys[i]);

		if (len <= key || strncmp(option, keys[i], key) != 0)
			continue;
		value = strndup(option + key, len - key);
		if (!value)
			return -ENOMEM;
		unescape(value);
		return each_of_list(value, fn, ctx);
	}
	return 0;
}

int mount_layers(const struct mount *m, mount_layer_fn fn, void *ctx)
{
	const char *option = m->options;
	int err = 0;

	while (option && *option && !err) {
		size_t len = strcspn(option, ",");

		err = layers_of(option, len, fn, ctx);
		option += len;
		option += *option == ',';
	}
	return err;
}
