// SPDX-License-Identifier: GPL-2.0-only
#include "inventory/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "inventory/guard_private.h"
#include "inventory/library.h"
#include "inventory/members.h"
#include "inventory/pattern.h"
#include "inventory/root.h"
#include "parse/elf_ask.h"

/* Directories above a file; deeper ones are not looked at. */
#define CLIMB_MAX 64

/* A node of both trees. */
struct place {
	dev_t dev;
	ino_t ino;
	uint32_t entry;
};

/* The guard while it grows. Entries are worked off in the order they came. */
struct build {
	struct guard *g;
	struct library_paths *libraries;
	struct cell *cell;
	void *asked;	   /* library questions that were answered already */
	char **searches;   /* per entry: where its libraries are looked for first */
	char **inherited;  /* per entry: DT_RPATH, which goes down to libraries */
	uint32_t room;	   /* of entries, searches and inherited */
	const char *why;   /* of what is being added */
};

static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return (x->ino > y->ino) - (x->ino < y->ino);
}

/* 1: new, 0: known, or -ENOMEM. */
static int remember(void **tree, dev_t dev, ino_t ino, uint32_t entry)
{
	struct place key = { .dev = dev, .ino = ino, .entry = entry }, *place;

	if (tfind(&key, tree, compare_places))
		return 0;
	place = malloc(sizeof(*place));
	if (!place)
		return -ENOMEM;
	*place = key;
	if (!tsearch(place, tree, compare_places)) {
		free(place);
		return -ENOMEM;
	}
	return 1;
}

static const struct guard_entry *find(const struct guard *g, void *const *tree, dev_t dev,
				      ino_t ino)
{
	struct place key = { .dev = dev, .ino = ino };
	struct place *const *hit = tfind(&key, tree, compare_places);

	return hit ? &g->entries[(*hit)->entry] : NULL;
}

const struct guard_entry *guard_find(const struct guard *g, dev_t dev, ino_t ino)
{
	return find(g, &g->by_file, dev, ino);
}

const struct guard_entry *guard_below(const struct guard *g, dev_t dev, ino_t ino)
{
	return find(g, &g->ancestors, dev, ino);
}

struct guard *guard_free(struct guard *g)
{
	if (!g)
		return NULL;
	for (uint32_t i = 0; i < g->cnt; i++) {
		free(g->entries[i].path);
		free(g->entries[i].why);
	}
	for (uint32_t i = 0; i < g->module_cnt; i++) {
		free(g->modules[i].name);
		free(g->modules[i].why);
	}
	free(g->entries);
	free(g->modules);
	tdestroy(g->by_file, free);
	tdestroy(g->ancestors, free);
	if (g->root_fd >= 0)
		close(g->root_fd);
	free(g);
	return NULL;
}

void guard_freep(struct guard **g)
{
	*g = guard_free(*g);
}

static void build_exit(struct build *b)
{
	for (uint32_t i = 0; b->g && i < b->g->cnt; i++) {
		free(b->searches[i]);
		free(b->inherited[i]);
	}
	free(b->searches);
	free(b->inherited);
	tdestroy(b->asked, free);
	b->libraries = library_free(b->libraries);
	b->cell = cell_free(b->cell);
	b->g = guard_free(b->g);
}

static int grow_one(void **array, uint32_t room, size_t size)
{
	void *grown = reallocarray(*array, room, size);

	if (!grown)
		return -ENOMEM;
	*array = grown;
	return 0;
}

static int grow(struct build *b)
{
	uint32_t room = b->room ? b->room * 2 : 512;

	if (b->g->cnt < b->room)
		return 0;
	if (grow_one((void **)&b->g->entries, room, sizeof(*b->g->entries)) ||
	    grow_one((void **)&b->searches, room, sizeof(*b->searches)) ||
	    grow_one((void **)&b->inherited, room, sizeof(*b->inherited)))
		return -ENOMEM;
	b->room = room;
	return 0;
}

/* The file behind the O_PATH descriptor becomes an entry, unless it is one. */
static int add_file(struct build *b, int fd)
{
	struct guard_entry *entry;
	struct guard *g = b->g;
	struct stat st;
	int err;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return 0;
	if (guard_find(g, st.st_dev, st.st_ino))
		return 0;
	if (g->cnt == GUARD_ENTRIES_MAX) {
		g->is_cut = true;
		return 0;
	}
	err = grow(b);
	if (err)
		return err;
	entry = &g->entries[g->cnt];
	*entry = (struct guard_entry){ .dev = st.st_dev, .ino = st.st_ino };
	entry->size = (uint64_t)st.st_size;
	b->searches[g->cnt] = b->inherited[g->cnt] = NULL;
	g->cnt++; /* from here on build_exit() frees it */
	entry->why = strdup(b->why);
	if (!entry->why)
		return -ENOMEM;
	err = root_path_of(g->root_fd, fd, &entry->path);
	if (err)
		return err;
	err = remember(&g->by_file, st.st_dev, st.st_ino, g->cnt - 1);
	return err < 0 ? err : 0;
}

static int add_path(void *ctx, const char *path)
{
	CLEANUP(close_fdp) int fd = -1;
	struct build *b = ctx;

	fd = root_open(b->g->root_fd, path, O_PATH);
	if (fd == -EMFILE || fd == -ENFILE || fd == -ENOMEM)
		return fd;
	return fd < 0 ? 0 : add_file(b, fd);
}

static int add_module_file(void *ctx, const char *path, const char *why)
{
	struct build *b = ctx;

	b->why = why;
	return add_path(b, path);
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* 1: nobody asked this before, 0: somebody did. */
static int ask_once(struct build *b, const char *name, const char *search,
		    struct library_fit fit)
{
	CLEANUP(freep) char *question = NULL;

	if (asprintf(&question, "%u:%u:%s:%s", fit.machine, fit.class, name,
		     search ? search : "") < 0) {
		question = NULL;
		return -ENOMEM;
	}
	if (tfind(question, &b->asked, compare_texts))
		return 0;
	if (!tsearch(question, &b->asked, compare_texts))
		return -ENOMEM;
	question = NULL;
	return 1;
}

static int add_library(struct build *b, const char *name, const char *search,
		       struct library_fit fit)
{
	int err = ask_once(b, name, search, fit);

	if (err <= 0)
		return err;
	return library_find(b->libraries, name, search, fit, add_path, b);
}

/* The agent's own class and machine: those of the host's own programs. */
static struct library_fit native_fit(struct build *b)
{
	struct library_fit fit = { .machine = 0, .class = sizeof(void *) == 8 ? 2 : 1 };
	CLEANUP(elf_freep) struct elf_facts *self = NULL;
	CLEANUP(close_fdp) int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && !elf_ask(b->cell, fd, NULL, 0, 0, &self)) {
		fit.machine = self->machine;
		fit.class = self->class;
	}
	return fit;
}

struct adding {
	struct build *b;
	struct library_fit fit;
};

static int add_member(void *ctx, const struct member *m)
{
	const struct adding *a = ctx;
	int err;

	a->b->why = m->why;
	if (m->kind == MEMBER_LIBRARY)
		return add_library(a->b, m->name, NULL, a->fit);
	err = pattern_each(a->b->g->root_fd, m->name, add_path, a->b);
	return err == -E2BIG || err == -EINVAL ? 0 : err;
}

/* What no path is needed for: the kernel knows which files these are. */
static int add_running(struct build *b)
{
	static const struct member running[] = {
		{ MEMBER_PATH, "/proc/1/exe", "pid 1" },
		{ MEMBER_PATH, "/proc/self/exe", "weir" },
	};
	int err = 0;

	for (size_t i = 0; !err && i < ARRAY_SIZE(running); i++) {
		CLEANUP(close_fdp) int fd = open(running[i].name, O_PATH | O_CLOEXEC);

		b->why = running[i].why;
		if (fd >= 0)
			err = add_file(b, fd);
	}
	return err;
}

/* $ORIGIN is the directory of the file itself. */
static int expand(const char *list, const char *path, char **ret)
{
	size_t dir_len = strrchr(path, '/') ? (size_t)(strrchr(path, '/') - path) : 0;
	CLEANUP(freep) char *text = NULL;
	size_t size;
	FILE *out;

	out = open_memstream(&text, &size);
	if (!out)
		return -ENOMEM;
	while (*list) {
		size_t name = !strncmp(list, "$ORIGIN", 7)   ? 7 :
			      !strncmp(list, "${ORIGIN}", 9) ? 9 :
							       0;

		if (name)
			fprintf(out, "%.*s", (int)dir_len, path);
		else
			fputc(*list, out);
		list += name ? name : 1;
	}
	if (fclose(out))
		return -ENOMEM;
	*ret = take_ptr(text);
	return 0;
}

/* Fixes where the libraries of entry @i are looked for, as ld.so(8) says. */
static int set_searches(struct build *b, uint32_t i, const struct elf_facts *f,
			const char *from_parent)
{
	CLEANUP(freep) char *rpath = NULL;
	int err;

	if (f->runpath)
		return expand(f->runpath, b->g->entries[i].path, &b->searches[i]);
	if (f->rpath) {
		err = expand(f->rpath, b->g->entries[i].path, &rpath);
		if (err)
			return err;
	}
	if (!rpath && !from_parent)
		return 0;
	if (asprintf(&b->inherited[i], "%s:%s", rpath ? rpath : "",
		     from_parent ? from_parent : "") < 0) {
		b->inherited[i] = NULL;
		return -ENOMEM;
	}
	b->searches[i] = strdup(b->inherited[i]);
	return b->searches[i] ? 0 : -ENOMEM;
}

/* DT_RPATH goes on below: to the entries from @first on, which @i brought in. */
static int bequeath(struct build *b, uint32_t i, uint32_t first)
{
	for (uint32_t k = first; b->inherited[i] && k < b->g->cnt; k++) {
		b->inherited[k] = strdup(b->inherited[i]);
		if (!b->inherited[k])
			return -ENOMEM;
	}
	return 0;
}

static int follow_elf(struct build *b, uint32_t i, const struct elf_facts *f)
{
	struct library_fit fit = { .machine = f->machine, .class = f->class };
	CLEANUP(freep) char *from_parent = take_ptr(b->inherited[i]);
	char why[WEIR_PATH_MAX + 32];
	int err = 0;

	b->g->entries[i].build_id = f->build_id;
	b->why = why;
	if (f->interp) {
		snprintf(why, sizeof(why), "loader of %s", b->g->entries[i].path);
		err = add_path(b, f->interp);
	}
	if (!err)
		err = set_searches(b, i, f, from_parent);
	snprintf(why, sizeof(why), "library of %s", b->g->entries[i].path);
	for (uint32_t n = 0; !err && n < f->needed_cnt; n++) {
		uint32_t before = b->g->cnt;

		err = add_library(b, f->needed[n], b->searches[i], fit);
		if (!err)
			err = bequeath(b, i, before);
	}
	return err;
}

/* "#!/usr/bin/env python3" names env; what env finds is a member or is not. */
static int follow_script(struct build *b, uint32_t i, char *line)
{
	char why[WEIR_PATH_MAX + 32], *save = NULL, *word;

	line[strcspn(line, "\n")] = '\0';
	word = strtok_r(line + 2, " \t", &save);
	if (!word || *word != '/')
		return 0;
	snprintf(why, sizeof(why), "interpreter of %s", b->g->entries[i].path);
	b->why = why;
	return add_path(b, word);
}

static struct {
	void (*fn)(void *ctx);
	void *ctx;
} breath;

void guard_set_breath(void (*fn)(void *ctx), void *ctx)
{
	breath.fn = fn;
	breath.ctx = ctx;
}

static int follow(struct build *b, uint32_t i)
{
	CLEANUP(elf_freep) struct elf_facts *facts = NULL;
	CLEANUP(close_fdp) int fd = -1;
	char head[256] = {}; /* BINPRM_BUF_SIZE: the kernel reads no more */
	int err;

	if (breath.fn)
		breath.fn(breath.ctx);
	fd = root_open_file(b->g->root_fd, b->g->entries[i].path, NULL);
	if (fd < 0)
		return 0; /* deleted, or unreadable: still guarded */
	if (pread(fd, head, sizeof(head) - 1, 0) < 2)
		return 0;
	if (head[0] == '#' && head[1] == '!')
		return follow_script(b, i, head);
	err = elf_ask(b->cell, fd, NULL, 0, 0, &facts);
	/* A guard that stops at a login's program is none: rather no table than this. */
	if (err == -ENOMEM || err == -ECHILD)
		return err;
	b->g->is_cut |= cell_fault(b->cell) != CELL_FINE;
	return facts ? follow_elf(b, i, facts) : 0;
}

/* Every directory above entry @i; one that is known has known ones above. */
static int climb(struct guard *g, uint32_t i)
{
	CLEANUP(freep) char *dir = strdup(g->entries[i].path);
	CLEANUP(close_fdp) int fd = -1;
	char *slash = dir ? strrchr(dir, '/') : NULL;
	struct stat st;

	if (!dir)
		return -ENOMEM;
	if (!slash)
		return 0;
	slash[slash == dir] = '\0';
	fd = root_open(g->root_fd, dir, O_PATH | O_DIRECTORY);
	for (int steps = 0; fd >= 0 && steps < CLIMB_MAX; steps++) {
		int up, new;

		if (fstat(fd, &st))
			return 0;
		new = remember(&g->ancestors, st.st_dev, st.st_ino, i);
		if (new <= 0)
			return new;
		up = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		close(fd);
		fd = up;
	}
	return 0;
}

static int gather(struct build *b, const char *const *own)
{
	struct adding adding = { .b = b, .fit = native_fit(b) };
	int err = 0;

	if (root_is_live(b->g->root_fd))
		err = add_running(b);
	b->why = "weir";
	for (; !err && own && *own; own++)
		err = add_path(b, *own);
	if (!err)
		err = members_each(b->g->root_fd, add_member, &adding);
	if (!err)
		err = guard_take_needs(b->g);
	return err ? err : guard_module_files(b->g, add_module_file, b);
}

int guard_new(int root_fd, const char *const *own, struct guard **ret)
{
	CLEANUP(build_exit) struct build b = {};
	int err;

	b.g = calloc(1, sizeof(*b.g));
	if (!b.g)
		return -ENOMEM;
	b.g->root_fd = fcntl(root_fd, F_DUPFD_CLOEXEC, 3);
	if (b.g->root_fd < 0)
		return -errno;
	err = library_new(b.g->root_fd, &b.libraries);
	if (!err)
		err = cell_new(NULL, 0, &b.cell);
	if (!err)
		err = gather(&b, own);
	for (uint32_t i = 0; !err && i < b.g->cnt; i++)
		err = follow(&b, i);
	for (uint32_t i = 0; !err && i < b.g->cnt; i++)
		err = climb(b.g, i);
	if (err)
		return err;
	for (uint32_t i = 0; i < b.g->cnt; i++) {
		free(b.searches[i]);
		free(b.inherited[i]);
		b.searches[i] = b.inherited[i] = NULL;
	}
	*ret = take_ptr(b.g);
	return 0;
}
