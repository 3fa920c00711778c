// SPDX-License-Identifier: GPL-2.0-only
#include "collect/running.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "inventory/mounts.h"
#include "inventory/root.h"
#include "match/lookup.h"

#define DEVICES_MAX 1024

struct running_device {
	dev_t dev;
	bool is_prompt;
};

/*
 * A network file system may be asked already when a link to its file is
 * followed. What the process itself does not see mounted is the kernel's own
 * (memfd, shared memory) or was detached; identity_of() asks again.
 */
static bool ask_device(const struct task *t, dev_t dev)
{
	CLEANUP(close_fdp) int fd = openat(t->dir_fd, "mountinfo", O_RDONLY | O_CLOEXEC);
	CLEANUP(fclosep) FILE *f = fd < 0 ? NULL : fdopen(fd, "re");
	CLEANUP(freep) char *line = NULL;
	unsigned int major, minor;
	size_t size = 0;

	if (f)
		(void)take_fd(fd);
	while (f && getline(&line, &size, f) > 0) {
		char *type = strstr(line, " - ");

		if (!type || sscanf(line, "%*d %*d %u:%u", &major, &minor) != 2 ||
		    makedev(major, minor) != dev)
			continue;
		type += strlen(" - ");
		type[strcspn(type, " \n")] = '\0';
		return mounts_type_is_prompt(type);
	}
	return true;
}

static bool is_prompt(struct running *r, const struct task *t, dev_t dev)
{
	bool prompt;

	for (uint32_t i = 0; i < r->device_cnt; i++)
		if (r->devices[i].dev == dev)
			return r->devices[i].is_prompt;
	prompt = ask_device(t, dev);
	if (!r->devices)
		r->devices = calloc(DEVICES_MAX, sizeof(*r->devices));
	if (r->devices && r->device_cnt < DEVICES_MAX)
		r->devices[r->device_cnt++] = (struct running_device){ dev, prompt };
	return prompt;
}

static bool is_same(const struct running_file *a, const struct running_file *b)
{
	return a->ino == b->ino && a->dev == b->dev && a->path_hash == b->path_hash;
}

static bool is_empty(const struct running_file *f)
{
	return !f->ino && !f->dev;
}

static struct running_file *slot_of(struct running_file *files, uint32_t cap,
				    const struct running_file *key)
{
	uint64_t h = (key->ino ^ key->path_hash ^ (uint64_t)key->dev << 32) * 0x9e3779b97f4a7c15ULL;
	uint32_t at = (uint32_t)(h >> 32) & (cap - 1);

	while (!is_empty(&files[at]) && !is_same(&files[at], key))
		at = (at + 1) & (cap - 1);
	return &files[at];
}

static int make_room(struct running *r)
{
	uint32_t cap = r->cap ? r->cap * 2 : 1024;
	struct running_file *files;

	if (r->cnt < r->cap / 4 * 3)
		return 0;
	files = calloc(cap, sizeof(*files));
	if (!files)
		return -ENOMEM;
	for (uint32_t i = 0; i < r->cap; i++)
		if (!is_empty(&r->files[i]))
			*slot_of(files, cap, &r->files[i]) = r->files[i];
	free(r->files);
	r->files = files;
	r->cap = cap;
	return 0;
}

static void count_unread(struct running *r, int err, const char *path)
{
	/* What ended or was unmapped meanwhile runs no more; a device is no file. */
	if (!err || err == -ENOENT || err == -ESRCH || err == -EINVAL)
		return;
	if (!r->unread_cnt++)
		r->unread_path = strdup(path);
	r->unread_err = err;
}

/*
 * The kernel's own mount, which no list of mounts has: programs that were
 * written into memory and run from there are on it.
 */
static bool is_memory(struct running *r, dev_t dev)
{
	CLEANUP(close_fdp) int fd = r->memory ? -1 : memfd_create("weir", MFD_CLOEXEC);
	struct stat st;

	if (fd >= 0 && !fstat(fd, &st))
		r->memory = st.st_dev;
	return r->memory && r->memory == dev;
}

/* The path counts even when the file cannot be read. */
static int identify_by_path(struct survey *s, const char *path, struct identity **ret)
{
	struct facts f = { .path = path };
	struct identity *id;

	if (!survey_is_asked(s, &f))
		return 0;
	id = calloc(1, sizeof(*id));
	if (!id)
		return -ENOMEM;
	id->path = strdup(path);
	if (!id->path) {
		identity_free(id);
		return -ENOMEM;
	}
	id->facts.path = id->path;
	*ret = id;
	return 0;
}

/* A descriptor of the mapped file, and whether it needs no further look at its mount. */
static int open_mapped(struct running *r, const struct task *t, const struct mapping *m,
		       bool *ret_known)
{
	CLEANUP(close_fdp) int fd = is_prompt(r, t, m->dev) ? mapping_open(t, m) : -EREMOTE;

	*ret_known = is_memory(r, m->dev);
	return fd < 0 || !*ret_known ? take_fd(fd) : root_reopen(fd);
}

static int identify(struct running *r, struct survey *s, const struct task *t,
		    const struct mapping *m, struct identity **ret)
{
	CLEANUP(identity_freep) struct identity *id = NULL;
	CLEANUP(close_fdp) int fd = -1;
	bool is_known;
	int err;

	fd = open_mapped(r, t, m, &is_known);
	if (fd < 0) {
		count_unread(r, fd, m->path);
		return identify_by_path(s, m->path, ret);
	}
	err = is_known ? identity_of_open(s->expectation, s->cell, fd, m->path, &id) :
			 identity_of(s->expectation, s->cell, fd, m->path, t->pid, &id);
	if (err)
		return err;
	count_unread(r, id->err, m->path);
	if (survey_is_asked(s, &id->facts))
		*ret = take_ptr(id);
	return 0;
}

int running_find(struct running *r, struct survey *s, const struct task *t,
		 const struct mapping *m, struct running_file **ret)
{
	struct running_file key = { .dev = m->dev, .ino = m->ino,
				    .path_hash = lookup_hash(m->path, strlen(m->path)),
				    .is_deleted = m->is_deleted };
	struct running_file *f;
	int err = make_room(r);

	if (err)
		return err;
	f = slot_of(r->files, r->cap, &key);
	if (is_empty(f)) {
		if (r->cnt == RUNNING_FILES_MAX) {
			r->is_full = true;
			return -ENOSPC;
		}
		err = identify(r, s, t, m, &key.identity);
		if (err)
			return err;
		*f = key;
		r->cnt++;
	}
	*ret = f;
	return 0;
}

void running_free(struct running *r)
{
	for (uint32_t i = 0; i < r->cap; i++) {
		identity_free(r->files[i].identity);
		free(r->files[i].container);
	}
	free(r->files);
	free(r->devices);
	free(r->unread_path);
	*r = (struct running){ 0 };
}
