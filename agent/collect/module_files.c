// SPDX-License-Identifier: GPL-2.0-only
#include "collect/module_files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "collect/module_conf.h"
#include "inventory/root.h"

/* Twenty kernels have some 120,000 files. */
#define ENTRIES_MAX 1000000
#define DEPTH_MAX 16

struct walk {
	struct survey *s;
	uint32_t seen_cnt, unread_cnt;
	int unread_err;
	bool is_cut;
	char path[WEIR_PATH_MAX];
	size_t tree; /* where in the path what is below the kernel's release begins */
};

bool module_name_of(const char *path, size_t len, char *buf, size_t size)
{
	static const char *const tails[] = { ".ko", ".ko.xz", ".ko.gz", ".ko.zst" };
	size_t base = len;

	while (base && path[base - 1] != '/')
		base--;
	path += base;
	len -= base;
	for (size_t i = 0; i < ARRAY_SIZE(tails); i++) {
		size_t tail = strlen(tails[i]);

		if (len <= tail || len - tail >= size ||
		    strncmp(path + len - tail, tails[i], tail) != 0)
			continue;
		for (size_t k = 0; k < len - tail; k++)
			buf[k] = path[k] == '-' ? '_' : path[k];
		buf[len - tail] = '\0';
		return true;
	}
	return false;
}

bool module_file_is(const char *path, size_t len, const char *name)
{
	char own[WEIR_NAME_MAX];

	return module_name_of(path, len, own, sizeof(own)) && !strcmp(own, name);
}

static void count_unread(struct walk *w, int err)
{
	if (err == -ENOENT)
		return;
	w->unread_cnt++;
	w->unread_err = err;
}

/* "kernel/": built with the kernel; the others came from elsewhere. */
static bool is_foreign(const struct walk *w)
{
	return strncmp(w->path + w->tree, "kernel/", 7) != 0;
}

static int tell(struct walk *w, const struct facts *facts)
{
	char detail[160];
	const struct trace tr = { .kind = TRACE_MODULE, .where = w->path, .facts = facts,
				  .detail = detail };
	const char *end = strrchr(w->path + w->tree, '/');
	size_t len = end ? (size_t)(end - w->path) - w->tree : 0;

	if (is_foreign(w))
		snprintf(detail, sizeof(detail), "installed, not of the kernel's tree%s%.*s",
			 len ? " but in " : "", len > 100 ? 100 : (int)len, w->path + w->tree);
	else
		snprintf(detail, sizeof(detail), "installed, of the kernel's own tree");
	return survey_take(w->s, &tr);
}

/* Content is read of what a name or a path means, and of all that is foreign. */
static int look_inside(struct walk *w, const struct fact *word, int dir_fd, const char *name)
{
	CLEANUP(close_fdp) int fd = openat(dir_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	CLEANUP(identity_freep) struct identity *id = NULL;
	CLEANUP(freep) struct fact *words = NULL;
	struct facts facts;
	int err;

	if (fd < 0) {
		count_unread(w, -errno);
		return 0;
	}
	err = identity_of(w->s->expectation, w->s->cell, fd, w->path, 0, &id);
	if (err)
		return err;
	/* A link is told by its name alone. */
	if (id->err && id->err != -EINVAL)
		count_unread(w, id->err);
	facts = id->facts;
	words = calloc(facts.other_cnt + 1, sizeof(*words));
	if (!words)
		return -ENOMEM;
	words[0] = *word;
	if (facts.other_cnt)
		memcpy(words + 1, facts.others, facts.other_cnt * sizeof(*words));
	facts.others = words;
	facts.other_cnt++;
	return survey_is_asked(w->s, &facts) ? tell(w, &facts) : 0;
}

static int look_at_file(struct walk *w, int dir_fd, const char *name)
{
	char module[WEIR_NAME_MAX];
	const struct fact word = { IND_MODULE, module };
	const struct facts facts = { .path = w->path, .others = &word, .other_cnt = 1 };

	if (!module_name_of(name, strlen(name), module, sizeof(module)))
		return 0;
	if (!is_foreign(w) && !survey_is_asked(w->s, &facts))
		return 0;
	return look_inside(w, &word, dir_fd, name);
}

static int walk(struct walk *w, int dir_fd, int depth);

/* Some file systems leave the type out of their directories. */
static bool is_directory(int dir_fd, const struct dirent *e)
{
	struct stat st;

	if (e->d_type != DT_UNKNOWN)
		return e->d_type == DT_DIR;
	return !fstatat(dir_fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) && S_ISDIR(st.st_mode);
}

static int enter(struct walk *w, int dir_fd, const char *name, int depth)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0) {
		count_unread(w, -errno);
		return 0;
	}
	return walk(w, fd, depth + 1);
}

static int look_at_entry(struct walk *w, int dir_fd, const struct dirent *e, int depth)
{
	size_t len = strlen(w->path), room = sizeof(w->path) - len;

	if ((size_t)snprintf(w->path + len, room, "/%s", e->d_name) >= room) {
		count_unread(w, -ENAMETOOLONG);
		return 0;
	}
	if (!is_directory(dir_fd, e))
		return depth ? look_at_file(w, dir_fd, e->d_name) : 0;
	if (depth == DEPTH_MAX) {
		count_unread(w, -ELOOP);
		return 0;
	}
	if (!depth)
		w->tree = strlen(w->path) + 1;
	return enter(w, dir_fd, e->d_name, depth);
}

/* Takes @dir_fd. Below a release the links "build" and "source" lead away: not followed. */
static int walk(struct walk *w, int dir_fd, int depth)
{
	CLEANUP(closedirp) DIR *d = fdopendir(dir_fd);
	size_t len = strlen(w->path);
	struct dirent *e;
	int err = 0;

	if (!d) {
		close(dir_fd);
		return -ENOMEM;
	}
	while (!err && !w->is_cut && (e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		w->is_cut = ++w->seen_cnt == ENTRIES_MAX;
		if (!(w->seen_cnt % 1024))
			survey_progress(w->s, "modules", w->seen_cnt, w->path);
		err = look_at_entry(w, dirfd(d), e, depth);
		w->path[len] = '\0';
	}
	return err;
}

static int walk_place(struct walk *w, const char *place, struct stat *seen)
{
	struct stat st;
	int fd = root_open(w->s->root_fd, place, O_RDONLY | O_DIRECTORY);

	if (fd < 0) {
		count_unread(w, fd);
		return 0;
	}
	/* /lib is a link to /usr/lib, or the two are different places. */
	if (fstat(fd, &st) || (st.st_dev == seen->st_dev && st.st_ino == seen->st_ino)) {
		close(fd);
		return 0;
	}
	*seen = st;
	snprintf(w->path, sizeof(w->path), "%s", place);
	return walk(w, fd, 0);
}

int module_files(struct survey *s)
{
	CLEANUP(freep) struct walk *w = calloc(1, sizeof(*w));
	struct stat seen = { 0 };
	int err;

	if (!w)
		return -ENOMEM;
	w->s = s;
	err = walk_place(w, "/lib/modules", &seen);
	if (!err)
		err = walk_place(w, "/usr/lib/modules", &seen);
	if (w->unread_cnt)
		survey_unread(s, w->unread_err, "%u files below /lib/modules", w->unread_cnt);
	if (w->is_cut)
		survey_unread(s, -E2BIG, "/lib/modules, beyond %d files", ENTRIES_MAX);
	return err ? err : module_conf(s);
}
