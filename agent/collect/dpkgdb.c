// SPDX-License-Identifier: GPL-2.0-only
#include "collect/dpkgdb.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "collect/survey.h"
#include "inventory/root.h"
#include "parse/path.h"
#include "parse/sieve.h"

#define INFO_DIR "/var/lib/dpkg/info/"
#define STATUS_DIR "/var/lib/dpkg/status.d"

/* An image without dpkg has some dozens of packages. */
#define FRAGMENTS_MAX 20000

/* INFO_DIR, a name, ":", an architecture, ".list". */
#define LIST_BYTES 600

struct reading {
	const char *list; /* of a fragment, as in struct dpkg_package */
	int (*package)(void *ctx, const struct dpkg_package *p);
	int (*file)(void *ctx, const char *path);
	int (*diversion)(void *ctx, const char *from, const char *to, const char *package);
	void *ctx;
	uint64_t odd_cnt;
};

static int take_package(struct reading *r, const struct row *row)
{
	struct dpkg_package p = {
		.name = row_text(row, DPKG_NAME),
		.arch = row_text(row, DPKG_ARCH),
		.version = row_text(row, DPKG_VERSION),
		.maintainer = row_text(row, DPKG_MAINTAINER),
		.vendor = row_text(row, DPKG_VENDOR),
		.list = r->list,
	};
	uint64_t state = row_u64(row, DPKG_STATE, DPKG_STATE_MAX);

	/* The parser has looked, but it read an attacker's bytes. */
	if (!p.name || !dpkg_name_is_valid(p.name) || state >= DPKG_STATE_MAX ||
	    (p.arch && !dpkg_name_is_valid(p.arch)))
		return -EPROTO;
	p.state = (enum dpkg_state)state;
	return r->package(r->ctx, &p);
}

static int take_files(struct reading *r, const struct row *row)
{
	const char *path;
	uint32_t at = 0;
	int err = 0;

	while (!err && (path = row_next_text(row, DPKG_PATH, &at)))
		err = path_is_normal(path) ? r->file(r->ctx, path) : -EPROTO;
	return err;
}

static int take_diversion(struct reading *r, const struct row *row)
{
	const char *from = row_text(row, DPKG_FROM), *to = row_text(row, DPKG_TO);

	if (!from || !to || !path_is_normal(from) || !path_is_normal(to))
		return -EPROTO;
	return r->diversion(r->ctx, from, to, row_text(row, DPKG_NAME));
}

static int take_row(void *ctx, const struct row *row)
{
	struct reading *r = ctx;

	if (row->kind == DPKG_PACKAGE && r->package)
		return take_package(r, row);
	if (row->kind == DPKG_FILES && r->file)
		return take_files(r, row);
	if (row->kind == DPKG_DIVERSION && r->diversion)
		return take_diversion(r, row);
	if (row->kind != DPKG_ODD)
		return -EPROTO;
	r->odd_cnt += row_u64(row, DPKG_CNT, 1);
	return 0;
}

/* 0, also when there is no such file; -ENOMEM. */
static int read_status(struct survey *s, const char *path, struct reading *r,
		       bool *is_whole)
{
	CLEANUP(close_fdp) int fd = root_open_file(s->root_fd, path, NULL);
	int err;

	if (fd == -ENOENT || fd == -ENOTDIR)
		return 0;
	r->odd_cnt = 0;
	err = fd < 0 ? fd : cell_ask(s->cell, PARSER_DPKG_STATUS, fd, NULL, 0, 0, take_row, r);
	if (err == -ENOMEM)
		return err;
	if (err)
		survey_unread(s, err, "%s", path);
	else if (r->odd_cnt)
		survey_unread(s, -EBADMSG, "%s: entries that dpkg did not write: %llu", path,
			      (unsigned long long)r->odd_cnt);
	if (err || r->odd_cnt)
		*is_whole = false;
	return 0;
}

static bool is_fragment(const char *name)
{
	size_t len = strlen(name);

	return *name != '.' && (len < 8 || strcmp(name + len - 8, ".md5sums") != 0);
}

static int read_fragments(struct survey *s, struct reading *r, bool *is_whole)
{
	char path[sizeof(STATUS_DIR) + 256], list[sizeof(path) + 8];
	CLEANUP(closedirp) DIR *dir = NULL;
	const struct dirent *entry;
	uint32_t cnt = 0;
	int fd, err = 0;

	fd = root_open(s->root_fd, STATUS_DIR, O_RDONLY | O_DIRECTORY);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (fd >= 0 && !dir) {
		close(fd);
		return -ENOMEM;
	}
	while (!err && dir && (entry = readdir(dir))) {
		if (!is_fragment(entry->d_name))
			continue;
		if (cnt++ == FRAGMENTS_MAX) {
			survey_unread(s, -E2BIG, "%s: more than %d files", STATUS_DIR,
				      FRAGMENTS_MAX);
			*is_whole = false;
			break;
		}
		snprintf(path, sizeof(path), "%s/%s", STATUS_DIR, entry->d_name);
		snprintf(list, sizeof(list), "%s.md5sums", path);
		r->list = list;
		err = read_status(s, path, r, is_whole);
	}
	return err;
}

int dpkgdb_packages(struct survey *s, int (*fn)(void *ctx, const struct dpkg_package *p),
		    void *ctx, bool *ret_is_whole)
{
	struct reading r = { .package = fn, .ctx = ctx };
	bool is_whole = true;
	int err;

	err = read_status(s, DPKGDB_STATUS, &r, &is_whole);
	if (!err)
		err = read_fragments(s, &r, &is_whole);
	*ret_is_whole = is_whole;
	return err;
}

/* With its architecture where several may be installed at once. */
static int open_list(struct survey *s, const struct dpkg_package *p, struct stat *ret_st)
{
	char path[LIST_BYTES];
	int fd = -ENOENT;

	if (p->list)
		return root_open_file(s->root_fd, p->list, ret_st);
	if (p->arch) {
		snprintf(path, sizeof(path), INFO_DIR "%s:%s.list", p->name, p->arch);
		fd = root_open_file(s->root_fd, path, ret_st);
	}
	if (fd != -ENOENT)
		return fd;
	snprintf(path, sizeof(path), INFO_DIR "%s.list", p->name);
	return root_open_file(s->root_fd, path, ret_st);
}

static int ask_list(struct survey *s, int fd, enum dpkg_form form, const uint8_t *sieve,
		    size_t sieve_bytes, struct reading *r)
{
	CLEANUP(freep) uint8_t *ask = NULL;
	int err;

	if (sieve_bytes > SIEVE_BYTES_MAX)
		return -E2BIG;
	ask = malloc(1 + sieve_bytes);
	if (!ask)
		return -ENOMEM;
	ask[0] = (uint8_t)form;
	if (sieve_bytes)
		memcpy(ask + 1, sieve, sieve_bytes);
	err = cell_ask(s->cell, PARSER_DPKG_LIST, fd, ask, (uint32_t)sieve_bytes + 1, 0,
		       take_row, r);
	return !err && r->odd_cnt ? -EBADMSG : err;
}

int dpkgdb_files(struct survey *s, const struct dpkg_package *p, const uint8_t *sieve,
		 size_t sieve_bytes, int (*fn)(void *ctx, const char *path), void *ctx,
		 int64_t *ret_changed)
{
	struct reading r = { .file = fn, .ctx = ctx };
	CLEANUP(close_fdp) int fd = -1;
	struct stat st;

	fd = open_list(s, p, &st);
	if (fd < 0)
		return fd == -ENOTDIR ? -ENOENT : fd;
	if (ret_changed)
		*ret_changed = st.st_mtim.tv_sec;
	return ask_list(s, fd, p->list ? DPKG_FORM_MD5SUMS : DPKG_FORM_LIST, sieve, sieve_bytes,
			&r);
}

int dpkgdb_diversions(struct survey *s,
		      int (*fn)(void *ctx, const char *from, const char *to,
				const char *package),
		      void *ctx)
{
	struct reading r = { .diversion = fn, .ctx = ctx };
	CLEANUP(close_fdp) int fd = -1;

	fd = root_open_file(s->root_fd, "/var/lib/dpkg/diversions", NULL);
	if (fd < 0)
		return fd == -ENOTDIR ? -ENOENT : fd;
	return ask_list(s, fd, DPKG_FORM_DIVERSIONS, NULL, 0, &r);
}
