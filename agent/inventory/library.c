// SPDX-License-Identifier: GPL-2.0-only
#include "inventory/library.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "inventory/pattern.h"
#include "inventory/root.h"

/* More than any host has; a loop of includes ends here. */
#define DIRS_MAX 256
#define CONF_FILES_MAX 128
#define CONF_DEPTH_MAX 8
#define CONF_BYTES_MAX 65536

struct place {
	char *dir;
	bool is_extra; /* for better processors only */
};

struct library_paths {
	int root_fd; /* the caller's */
	struct place places[DIRS_MAX];
	uint32_t cnt, conf_cnt, conf_depth;
};

/* Of glibc on Debian and Fedora, and of musl. */
static const char *const built_in[] = {
	"/lib/x86_64-linux-gnu",
	"/usr/lib/x86_64-linux-gnu",
	"/lib/aarch64-linux-gnu",
	"/usr/lib/aarch64-linux-gnu",
	"/lib/i386-linux-gnu",
	"/usr/lib/i386-linux-gnu",
	"/lib64",
	"/usr/lib64",
	"/lib",
	"/usr/lib",
	"/usr/local/lib",
};

struct library_paths *library_free(struct library_paths *l)
{
	if (!l)
		return NULL;
	for (uint32_t i = 0; i < l->cnt; i++)
		free(l->places[i].dir);
	free(l);
	return NULL;
}

void library_freep(struct library_paths **l)
{
	*l = library_free(*l);
}

static int add_place(struct library_paths *l, const char *dir, bool is_extra)
{
	for (uint32_t i = 0; i < l->cnt; i++) {
		if (!strcmp(l->places[i].dir, dir))
			return 0;
	}
	if (l->cnt == DIRS_MAX)
		return 0;
	l->places[l->cnt].dir = strdup(dir);
	if (!l->places[l->cnt].dir)
		return -ENOMEM;
	l->places[l->cnt++].is_extra = is_extra;
	return 0;
}

static int add_extra(void *ctx, const char *path)
{
	return add_place(ctx, path, true);
}

static int add_dir(struct library_paths *l, const char *dir)
{
	char pattern[WEIR_PATH_MAX];
	int err, len;

	len = snprintf(pattern, sizeof(pattern), "%s/glibc-hwcaps/*", dir);
	if (dir[0] != '/' || len < 0 || (size_t)len >= sizeof(pattern) || strchr(dir, '*'))
		return 0;
	err = pattern_each(l->root_fd, pattern, add_extra, l);
	if (err && err != -E2BIG)
		return err;
	return add_place(l, dir, false);
}

static int read_conf(void *ctx, const char *path);

/* One line of ld.so.conf: a directory, or "include PATTERN...". */
static int take_line(struct library_paths *l, char *line)
{
	char *save = NULL, *word;
	char pattern[WEIR_PATH_MAX];
	bool is_include;
	int err = 0;

	line[strcspn(line, "#")] = '\0';
	word = strtok_r(line, " \t,:", &save);
	if (!word || !strcmp(word, "hwcap"))
		return 0;
	is_include = !strcmp(word, "include");
	if (is_include)
		word = strtok_r(NULL, " \t", &save);
	for (; !err && word; word = strtok_r(NULL, " \t,:", &save)) {
		if (!is_include) {
			err = add_dir(l, word);
			continue;
		}
		snprintf(pattern, sizeof(pattern), "%s%s", word[0] == '/' ? "" : "/etc/",
			 word);
		err = pattern_each(l->root_fd, pattern, read_conf, l);
		if (err == -E2BIG || err == -EINVAL)
			err = 0;
	}
	return err;
}

static int read_conf(void *ctx, const char *path)
{
	CLEANUP(freep) char *text = NULL;
	struct library_paths *l = ctx;
	char *save = NULL, *line;
	int err;

	/* Counted over all files, so that an include of itself ends. */
	if (l->conf_depth == CONF_DEPTH_MAX || l->conf_cnt++ >= CONF_FILES_MAX)
		return 0;
	err = root_text(l->root_fd, path, CONF_BYTES_MAX, &text);
	if (err)
		return err == -ENOMEM ? err : 0;
	l->conf_depth++;
	line = strtok_r(text, "\n", &save);
	for (err = 0; !err && line; line = strtok_r(NULL, "\n", &save))
		err = take_line(l, line);
	l->conf_depth--;
	return err;
}

int library_new(int root_fd, struct library_paths **ret)
{
	CLEANUP(library_freep) struct library_paths *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return -ENOMEM;
	l->root_fd = root_fd;
	err = read_conf(l, "/etc/ld.so.conf");
	if (!err)
		err = pattern_each(root_fd, "/etc/ld-musl-*.path", read_conf, l);
	for (size_t i = 0; !err && i < ARRAY_SIZE(built_in); i++)
		err = add_dir(l, built_in[i]);
	if (err)
		return err;
	*ret = take_ptr(l);
	return 0;
}

/* As the loader: a library of another class or machine is passed over. */
static bool fits(int root_fd, const char *path, struct library_fit fit)
{
	CLEANUP(close_fdp) int fd = root_open_file(root_fd, path, NULL);
	uint8_t h[EI_NIDENT + 4];
	uint16_t machine;

	if (fd < 0 || root_read_at(fd, h, sizeof(h), 0))
		return false;
	if (memcmp(h, ELFMAG, SELFMAG) || h[EI_CLASS] != fit.class)
		return false;
	machine = h[EI_DATA] == ELFDATA2MSB ? (uint16_t)(h[18] << 8 | h[19]) :
					      (uint16_t)(h[19] << 8 | h[18]);
	return machine == fit.machine;
}

/* 1: found in @dir, and told; 0: not there. */
static int try_dir(const struct library_paths *l, const char *dir, size_t dir_len,
		   const char *name, struct library_fit fit, library_fn fn, void *ctx)
{
	char path[WEIR_PATH_MAX];
	int err;

	if (!dir_len || dir[0] != '/' || dir_len + 1 + strlen(name) >= sizeof(path))
		return 0;
	snprintf(path, sizeof(path), "%.*s/%s", (int)dir_len, dir, name);
	if (!fits(l->root_fd, path, fit))
		return 0;
	err = fn(ctx, path);
	return err ? err : 1;
}

/* ld.so.preload likes "/usr/$LIB/libx.so"; what $LIB is the loader was told when built. */
static int find_absolute(const struct library_paths *l, const char *name,
			 struct library_fit fit, library_fn fn, void *ctx)
{
	static const char *const libs[] = { "lib64", "lib", "lib/x86_64-linux-gnu",
					    "lib/aarch64-linux-gnu" };
	const char *token = strstr(name, "$LIB");
	char path[WEIR_PATH_MAX];
	int err = 0;

	if (!token)
		return fits(l->root_fd, name, fit) ? fn(ctx, name) : 0;
	for (size_t i = 0; !err && i < ARRAY_SIZE(libs); i++) {
		snprintf(path, sizeof(path), "%.*s%s%s", (int)(token - name), name, libs[i],
			 token + strlen("$LIB"));
		if (fits(l->root_fd, path, fit))
			err = fn(ctx, path);
	}
	return err;
}

int library_find(const struct library_paths *l, const char *name, const char *search,
		 struct library_fit fit, library_fn fn, void *ctx)
{
	size_t len;
	int got;

	if (name[0] == '/')
		return find_absolute(l, name, fit, fn, ctx);
	/* A name with a slash is relative to whoever starts the program. */
	if (!name[0] || strchr(name, '/'))
		return 0;
	for (; search && *search; search += len + (search[len] == ':')) {
		len = strcspn(search, ":");
		got = try_dir(l, search, len, name, fit, fn, ctx);
		if (got)
			return got < 0 ? got : 0;
	}
	for (uint32_t i = 0; i < l->cnt; i++) {
		const struct place *p = &l->places[i];

		got = try_dir(l, p->dir, strlen(p->dir), name, fit, fn, ctx);
		if (got < 0)
			return got;
		if (got && !p->is_extra)
			return 0;
	}
	return 0;
}
