// SPDX-License-Identifier: GPL-2.0-only
#include "collect/rpmdb.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>

#include "base/cleanup.h"
#include "collect/program.h"
#include "collect/survey.h"
#include "inventory/root.h"
#include "parse/path.h"
#include "parse/rpm.h"

/* Of one command line; the kernel takes 2 MiB. */
#define NAMES_MAX 4096

#define COPY_TRIES 3
#define COPY_PIECE_BYTES (16u << 20)

static const char *const programs[] = { "/usr/bin/rpm", "/bin/rpm" };

/* Where distributions have it, and rpm-ostree. */
static const char *const places[] = { "/usr/lib/sysimage/rpm", "/var/lib/rpm",
				      "/usr/share/rpm" };

/* Of sqlite, ndb and Berkeley DB. What is not here, rpm makes anew in its copy. */
static const char *const files[] = { "rpmdb.sqlite", "rpmdb.sqlite-wal", "Packages.db",
				     "Index.db", "Packages" };

struct rpmdb {
	const char *program, *place;
	char dir[48];
	int dir_fd;
};

/* All that tells whether one of the files was written to. */
struct snapshot {
	struct stat st[ARRAY_SIZE(files)];
	bool is_there[ARRAY_SIZE(files)];
};

static int open_source(struct survey *s, const char *place, size_t i, struct stat *st)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", place, files[i]);
	return root_open_file(s->root_fd, path, st);
}

/* What is there: the bytes of all files together, or -errno. */
static int64_t look(struct survey *s, const char *place, struct snapshot *ret)
{
	uint64_t bytes = 0;

	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		CLEANUP(close_fdp) int fd = open_source(s, place, i, &ret->st[i]);

		if (fd == -ENOENT || fd == -ENOTDIR)
			continue;
		if (fd < 0)
			return fd;
		ret->is_there[i] = true;
		bytes += (uint64_t)ret->st[i].st_size;
		if (bytes > RPMDB_BYTES_MAX)
			return -EFBIG;
	}
	return (int64_t)bytes;
}

static bool is_unchanged(const struct snapshot *a, const struct snapshot *b)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (a->is_there[i] != b->is_there[i] ||
		    a->st[i].st_ino != b->st[i].st_ino ||
		    a->st[i].st_size != b->st[i].st_size ||
		    memcmp(&a->st[i].st_mtim, &b->st[i].st_mtim, sizeof(a->st[i].st_mtim)) != 0)
			return false;
	return true;
}

static int copy_bytes(int out, int in, uint64_t size)
{
	while (size) {
		ssize_t got = sendfile(out, in, NULL,
				       size < COPY_PIECE_BYTES ? size : COPY_PIECE_BYTES);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got ? -errno : 0;
		size -= (uint64_t)got;
	}
	return 0;
}

static int give_away(int fd)
{
	return geteuid() || !fchown(fd, PROGRAM_UID, PROGRAM_UID) ? 0 : -errno;
}

static int copy_file(struct rpmdb *db, struct survey *s, size_t i)
{
	CLEANUP(close_fdp) int in = -1;
	CLEANUP(close_fdp) int out = -1;
	struct stat st;
	int err;

	in = open_source(s, db->place, i, &st);
	if (in < 0)
		return in;
	out = openat(db->dir_fd, files[i],
		     O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0)
		return -errno;
	err = copy_bytes(out, in, (uint64_t)st.st_size);
	return err ? err : give_away(out);
}

/* A database that is written meanwhile is copied again: a mixture is none. */
static int copy_database(struct rpmdb *db, struct survey *s)
{
	struct snapshot before, after;
	int64_t bytes = look(s, db->place, &before);
	int err;

	for (unsigned int i = 0; i < COPY_TRIES && bytes >= 0; i++) {
		err = 0;
		for (size_t n = 0; n < ARRAY_SIZE(files) && !err; n++)
			err = before.is_there[n] ? copy_file(db, s, n) : 0;
		if (err && err != -ENOENT)
			return err;
		bytes = look(s, db->place, &after);
		if (!err && bytes >= 0 && is_unchanged(&before, &after))
			return 0;
		before = after;
	}
	return bytes < 0 ? (int)bytes : -EAGAIN;
}

static int make_dir(struct rpmdb *db)
{
	static const char *const above[] = { "/var/tmp", "/tmp" };

	for (size_t i = 0; i < ARRAY_SIZE(above); i++) {
		snprintf(db->dir, sizeof(db->dir), "%s/weir-rpm-%d-XXXXXX", above[i],
			 (int)getpid());
		if (mkdtemp(db->dir))
			break;
		*db->dir = '\0';
	}
	if (!*db->dir)
		return -errno;
	db->dir_fd = open(db->dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return db->dir_fd < 0 ? -errno : give_away(db->dir_fd);
}

/* The first place with a database; NULL: there is none. */
static const char *find_place(struct survey *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		for (size_t n = 0; n < ARRAY_SIZE(files); n++) {
			CLEANUP(close_fdp) int fd = open_source(s, places[i], n, NULL);

			/* What is there and cannot be opened has to be told. */
			if (fd >= 0 || (fd != -ENOENT && fd != -ENOTDIR))
				return places[i];
		}
	}
	return NULL;
}

static const char *find_program(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		if (!access(programs[i], X_OK))
			return programs[i];
	return NULL;
}

int rpmdb_open(struct survey *s, struct rpmdb **ret, bool *ret_is_whole)
{
	CLEANUP(rpmdb_closep) struct rpmdb *db = NULL;
	const char *place = find_place(s);
	int err;

	*ret = NULL;
	*ret_is_whole = true;
	if (!place)
		return 0;
	db = calloc(1, sizeof(*db));
	if (!db)
		return -ENOMEM;
	db->dir_fd = -1;
	db->place = place;
	db->program = find_program();
	if (!db->program) {
		*ret_is_whole = false;
		survey_unread(s, -ENOENT, "%s: a database of rpm, and no rpm here to read it",
			      place);
		return 0;
	}
	err = make_dir(db);
	if (!err)
		err = copy_database(db, s);
	if (err) {
		*ret_is_whole = false;
		survey_unread(s, err, "%s: copying the database of rpm", place);
		return 0;
	}
	*ret = take_ptr(db);
	return 0;
}

/* Flat: rpm makes no directory in it. */
static void empty_dir(int dir_fd)
{
	CLEANUP(closedirp) DIR *dir = NULL;
	const struct dirent *entry;
	int fd = dup(dir_fd);

	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir && fd >= 0)
		close(fd);
	while (dir && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			unlinkat(dir_fd, entry->d_name, 0);
}

struct rpmdb *rpmdb_close(struct rpmdb *db)
{
	if (!db)
		return NULL;
	if (db->dir_fd >= 0) {
		empty_dir(db->dir_fd);
		close(db->dir_fd);
	}
	if (*db->dir)
		rmdir(db->dir);
	free(db);
	return NULL;
}

void rpmdb_closep(struct rpmdb **db)
{
	*db = rpmdb_close(*db);
}

struct reading {
	const struct rpm_reader *reader;
	uint64_t odd_cnt;
};

static int take_package(const struct rpm_reader *r, const struct row *row)
{
	struct rpm_package p = {
		.name = row_text(row, RPM_NAME),
		.version = row_text(row, RPM_VERSION),
		.arch = row_text(row, RPM_ARCH),
		.vendor = row_text(row, RPM_VENDOR),
		.packager = row_text(row, RPM_PACKAGER),
		.changed = (int64_t)row_u64(row, RPM_CHANGED, 0),
	};

	return p.name && rpm_name_is_valid(p.name) ? r->package(r->ctx, &p) : -EPROTO;
}

static int take_file(const struct rpm_reader *r, const struct row *row)
{
	struct rpm_file f = {
		.path = row_text(row, RPM_PATH),
		.mode = (uint32_t)row_u64(row, RPM_MODE, 0),
		.is_there = row_u64(row, RPM_IS_THERE, 0),
	};

	return f.path && path_is_normal(f.path) ? r->file(r->ctx, &f) : -EPROTO;
}

static int take_row(void *ctx, const struct row *row)
{
	struct reading *r = ctx;

	if (row->kind == RPM_PACKAGE)
		return take_package(r->reader, row);
	if (row->kind == RPM_FILE && r->reader->file)
		return take_file(r->reader, row);
	if (row->kind != RPM_ODD)
		return -EPROTO;
	r->odd_cnt += row_u64(row, RPM_CNT, 1);
	return 0;
}

/* A file without a name that only rpm writes and the cell reads. */
static int open_output(struct rpmdb *db)
{
	static const char name[] = "output";
	int fd = openat(db->dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	unlinkat(db->dir_fd, name, 0);
	return fd;
}

/* -EIO of names only means that one of them is not installed any more. */
static int run(struct rpmdb *db, const char *const *names, bool with_files, int out_fd,
	       char *why, size_t why_size)
{
	const char *format = with_files ? RPM_FORMAT_PACKAGE RPM_FORMAT_FILES : RPM_FORMAT_PACKAGE;
	const char *fixed[] = {
		db->program, "--dbpath",      db->dir, "--nodigest",	      "--nosignature",
		"--query",   "--queryformat", format,  names ? "--" : "--all",
	};
	CLEANUP(freep) const char **argv = calloc(ARRAY_SIZE(fixed) + NAMES_MAX + 1, sizeof(*argv));
	struct program p = {
		.argv = argv,
		.out_fd = out_fd,
		.out_bytes_max = RPMDB_OUTPUT_BYTES_MAX,
		.time_ns = RPMDB_TIME_NS,
	};
	size_t cnt = ARRAY_SIZE(fixed);

	if (!argv)
		return -ENOMEM;
	memcpy(argv, fixed, sizeof(fixed));
	for (size_t i = 0; names && names[i] && i < NAMES_MAX; i++)
		argv[cnt++] = names[i];
	return program_run(&p, why, why_size);
}

int rpmdb_read(struct rpmdb *db, struct survey *s, const char *const *names,
	       const struct rpm_reader *reader, bool *ret_is_whole)
{
	struct reading reading = { .reader = reader };
	CLEANUP(close_fdp) int out = open_output(db);
	CLEANUP(close_fdp) int in = -1;
	char why[200] = "";
	int err;

	*ret_is_whole = true;
	err = out < 0 ? out : run(db, names, reader->file, out, why, sizeof(why));
	if (!err) {
		in = root_reopen(out);
		err = in;
	}
	if (in >= 0)
		err = cell_ask(s->cell, PARSER_RPM, in, reader->sieve,
			       (uint32_t)reader->sieve_bytes, RPMDB_TIME_NS, take_row, &reading);
	if (!err && reading.odd_cnt)
		err = -EBADMSG;
	if (!err || err == -ENOMEM)
		return err;
	*ret_is_whole = false;
	survey_unread(s, err, "%s: the database of rpm%s%s", db->place, *why ? ": " : "", why);
	return 0;
}
