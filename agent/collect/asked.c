// SPDX-License-Identifier: GPL-2.0-only
#include "collect/asked.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "inventory/pattern.h"
#include "inventory/root.h"

/* Directories of libraries: a host has a dozen. */
#define PLACES_MAX 256

static bool is_asked(struct survey *s, const char *path)
{
	const struct facts f = { .path = path };

	return survey_is_asked(s, &f);
}

static int keep(const char *path, char **ret)
{
	*ret = strdup(path);
	return *ret ? 0 : -ENOMEM;
}

static bool is_directory(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISDIR(st.st_mode);
}

int asked_path(struct survey *s, const char *path, char **ret)
{
	CLEANUP(freep) char *real = NULL;
	CLEANUP(close_fdp) int fd = -1;
	char with_slash[WEIR_PATH_MAX];

	*ret = NULL;
	if (is_asked(s, path))
		return keep(path, ret);
	fd = root_open(s->root_fd, path, O_PATH);
	if (fd < 0)
		return fd == -ENOMEM ? fd : 0;
	if (root_path_of(s->root_fd, fd, &real))
		return 0;
	/* A directory is named with its slash. */
	if (is_directory(fd) && real[0] && real[1]) {
		if ((size_t)snprintf(with_slash, sizeof(with_slash), "%s/", real) <
			    sizeof(with_slash) &&
		    is_asked(s, with_slash))
			return keep(with_slash, ret);
		return 0;
	}
	if (!is_asked(s, real))
		return 0;
	*ret = take_ptr(real);
	return 0;
}

int asked_program(struct survey *s, const char *name, char **ret)
{
	static const char *const places[] = {
		"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
	};
	char path[WEIR_PATH_MAX];
	int err = 0;

	*ret = NULL;
	for (size_t i = 0; !err && !*ret && i < ARRAY_SIZE(places); i++) {
		CLEANUP(close_fdp) int fd = -1;

		if ((size_t)snprintf(path, sizeof(path), "%s/%s", places[i], name) >=
		    sizeof(path))
			return 0;
		/* The catalogue decides when it is gone: the name may be anyone's. */
		fd = root_open(s->root_fd, path, O_PATH);
		if (fd >= 0)
			err = asked_path(s, path, ret);
	}
	return err;
}

static int add_place(void *ctx, const char *path)
{
	struct library_places *p = ctx;
	char **list;

	if (p->cnt == PLACES_MAX)
		return -E2BIG;
	list = reallocarray(p->list, p->cnt + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	p->list = list;
	p->list[p->cnt] = strdup(path);
	if (!p->list[p->cnt])
		return -ENOMEM;
	p->cnt++;
	return 0;
}

static int find_places(struct survey *s, struct library_places *p)
{
	static const char *const patterns[] = {
		"/lib/security",   "/lib64/security",	"/usr/lib/security",
		"/usr/lib64/security", "/lib/*/security", "/usr/lib/*/security",
		"/lib",		   "/lib64",		"/usr/lib",
		"/usr/lib64",	   "/lib/*-linux-gnu*", "/usr/lib/*-linux-gnu*",
	};
	int err = 0;

	for (size_t i = 0; !err && i < ARRAY_SIZE(patterns); i++) {
		err = pattern_each(s->root_fd, patterns[i], add_place, p);
		if (err == -E2BIG)
			err = 0;
	}
	return err;
}

int asked_library(struct survey *s, struct library_places *places, const char *name, char **ret)
{
	char path[WEIR_PATH_MAX];
	int err = 0;

	*ret = NULL;
	if (!places->cnt)
		err = find_places(s, places);
	for (size_t i = 0; !err && !*ret && i < places->cnt; i++) {
		CLEANUP(close_fdp) int fd = -1;

		if ((size_t)snprintf(path, sizeof(path), "%s/%s", places->list[i], name) >=
		    sizeof(path))
			continue;
		fd = root_open(s->root_fd, path, O_PATH);
		if (fd >= 0)
			err = asked_path(s, path, ret);
	}
	return err;
}

void library_places_exit(struct library_places *p)
{
	for (size_t i = 0; i < p->cnt; i++)
		free(p->list[i]);
	free(p->list);
	memset(p, 0, sizeof(*p));
}
