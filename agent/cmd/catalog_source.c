// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/catalog_source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "cmd/bundle_read.h"
#include "cmd/source_file.h"
#include "cmd/trust.h"

/* "/confusables/NAME". */
#define FILE_BELOW_MAX (WEIR_NAME_MAX + 17)

static const char *const folders[] = { "vendors", "directives", "confusables" };

/* A catalogue while it is read. */
struct reading {
	const struct catalog_wish *wish;
	struct catalog *catalog;
	struct diag *diag;
	/* What files are told below, with room for "/FOLDER/NAME" behind it; "": none. */
	char dir[WEIR_PATH_MAX - FILE_BELOW_MAX];
	int dir_fd;
	const char *extra_name; /* last part of wish->extra, or NULL */
	const char *extra_folder; /* where it would lie */
	int64_t serial;
	uint64_t bytes;
	uint32_t file_cnt;
};

static int add_text(struct reading *r, const char *file, const char *text, size_t len)
{
	int err = catalog_add(r->catalog, file, text, len, r->diag);

	r->bytes += len;
	r->file_cnt++;
	return err == -ENOMEM ? source_complain(r->diag, file, "cannot be read", err) : err;
}

static int add_file(struct reading *r, const char *below)
{
	CLEANUP(close_fdp) int fd = source_open_below(r->dir_fd, below, O_PATH);
	CLEANUP(freep) char *text = NULL;
	char file[WEIR_PATH_MAX];
	size_t len;
	int err = 0;

	snprintf(file, sizeof(file), "%s/%s", r->dir, below);
	if (fd < 0)
		return source_complain(r->diag, file, "cannot be read", fd);
	if (r->wish->is_trusted)
		err = trust_check(fd, file, r->diag);
	if (!err)
		err = source_read_fd(fd, file, &text, &len, r->diag);
	if (err)
		return err;
	if (r->bytes + len > SOURCE_BYTES_MAX)
		return source_complain(r->diag, file, "with the files before it", -EFBIG);
	return add_text(r, file, text, len);
}

static int is_yaml(const struct dirent *e)
{
	size_t len = strlen(e->d_name);

	return len > 5 && *e->d_name != '.' && !strcmp(e->d_name + len - 5, ".yaml");
}

/* Not alphasort(): its order is the locale's. */
static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static bool is_replaced(const struct reading *r, const char *folder, const char *name)
{
	return r->extra_name && !strcmp(r->extra_folder, folder) &&
	       !strcmp(r->extra_name, name);
}

static int add_list(struct reading *r, const char *folder, struct dirent **list, int cnt)
{
	char below[FILE_BELOW_MAX];
	int err = 0;

	for (int i = 0; i < cnt; i++) {
		if (!err && !is_replaced(r, folder, list[i]->d_name)) {
			snprintf(below, sizeof(below), "%s/%s", folder, list[i]->d_name);
			err = add_file(r, below);
		}
		free(list[i]);
	}
	free(list);
	return err;
}

/* A catalogue without directives or confusables is one, too. */
static int add_folder(struct reading *r, const char *folder)
{
	CLEANUP(close_fdp) int fd = source_open_below(r->dir_fd, folder, O_RDONLY | O_DIRECTORY);
	char path[WEIR_PATH_MAX];
	struct dirent **list = NULL;
	int cnt, err = 0;

	snprintf(path, sizeof(path), "%s/%s", r->dir, folder);
	if (fd == -ENOENT && folder != folders[0])
		return 0;
	if (fd < 0)
		return source_complain(r->diag, path, "cannot be opened", fd);
	if (r->wish->is_trusted)
		err = trust_check(fd, path, r->diag);
	if (err)
		return err;
	cnt = scandirat(fd, ".", &list, is_yaml, by_bytes);
	if (cnt < 0)
		return source_complain(r->diag, path, "cannot be listed", -errno);
	return add_list(r, folder, list, cnt);
}

/* serial.yaml beside the folders; a catalogue may do without. */
static int read_serial(struct reading *r)
{
	CLEANUP(close_fdp) int fd = source_open_below(r->dir_fd, "serial.yaml", O_PATH);
	CLEANUP(freep) char *text = NULL;
	char file[WEIR_PATH_MAX];
	size_t len;
	int err = 0;

	snprintf(file, sizeof(file), "%s/serial.yaml", r->dir);
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return source_complain(r->diag, file, "cannot be read", fd);
	if (r->wish->is_trusted)
		err = trust_check(fd, file, r->diag);
	if (!err)
		err = source_read_fd(fd, file, &text, &len, r->diag);
	return err ? err : bundle_read_serial(file, text, len, &r->serial, r->diag);
}

/* "catalog/vendors/a.yaml" of a bundle. */
static int add_packed(struct reading *r, const struct archive_file *f)
{
	char file[WEIR_PATH_MAX], folder[ARCHIVE_NAME_MAX];
	const char *below = f->name + strlen(BUNDLE_CATALOG_DIR), *slash = strchr(below, '/');

	snprintf(file, sizeof(file), "%.3900s/%s", r->dir, f->name);
	if (!slash)
		return bundle_read_serial(file, f->data, f->len, &r->serial, r->diag);
	snprintf(folder, sizeof(folder), "%.*s", (int)(slash - below), below);
	return is_replaced(r, folder, slash + 1) ? 0 : add_text(r, file, f->data, f->len);
}

/* In the order of the folders, as from a directory: that numbers the indicators. */
static int add_bundle(struct reading *r)
{
	const struct bundle_manifest *m = &r->wish->bundle->manifest;
	const struct archive *a = &r->wish->bundle->archive;
	int err = 0;

	for (size_t n = 0; n <= ARRAY_SIZE(folders); n++) {
		const char *folder = n ? folders[n - 1] : "serial.yaml";
		size_t len = strlen(folder);

		for (uint32_t i = 0; !err && i < a->cnt; i++) {
			const char *name = a->files[i].name;
			size_t dir = strlen(BUNDLE_CATALOG_DIR);

			if (!strncmp(name, BUNDLE_CATALOG_DIR, dir) &&
			    !strncmp(name + dir, folder, len))
				err = add_packed(r, &a->files[i]);
		}
	}
	if (!err && r->serial && r->serial != m->catalog_serial)
		err = diag_set(r->diag, r->dir, 0, 0, "the catalogue's serial is another in "
				BUNDLE_SERIAL_FILE " than in the manifest");
	r->serial = m->catalog_serial;
	return err;
}

static int add_directory(struct reading *r)
{
	CLEANUP(close_fdp) int fd = open(r->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return source_complain(r->diag, r->dir, "the catalogue cannot be opened", -errno);
	if (r->wish->is_trusted)
		err = trust_check(fd, r->dir, r->diag);
	r->dir_fd = fd;
	for (size_t i = 0; !err && i < ARRAY_SIZE(folders); i++)
		err = add_folder(r, folders[i]);
	if (!err)
		err = read_serial(r);
	if (!err && !r->file_cnt && !r->extra_name)
		return diag_set(r->diag, r->dir, 0, 0,
				"no catalogue: there is no *.yaml in its vendors, "
				"directives or confusables");
	return err;
}

static const char *folder_of(enum doc_kind kind)
{
	return kind == DOC_DIRECTIVE   ? folders[1] :
	       kind == DOC_CONFUSABLES ? folders[2] :
					 folders[0];
}

static int fill(struct reading *r)
{
	const struct catalog_wish *wish = r->wish;
	CLEANUP(freep) char *extra = NULL;
	const char *slash;
	size_t len = 0;
	int err = 0;

	if (wish->extra) {
		slash = strrchr(wish->extra, '/');
		r->extra_name = slash ? slash + 1 : wish->extra;
		err = source_read(wish->extra, wish->is_trusted, &extra, &len, r->diag);
	}
	if (!err && extra)
		r->extra_folder = folder_of(doc_kind_of(extra, len));
	if (!err && wish->bundle)
		err = add_bundle(r);
	else if (!err && wish->named)
		err = add_directory(r);
	/* Last: a complaint about what both have is then about the extra file. */
	if (!err && extra)
		err = add_text(r, wish->extra, extra, len);
	return err ? err : catalog_seal(r->catalog, r->diag);
}

/* Messages read better without "catalog//vendors". */
static int name_dir(struct reading *r)
{
	const char *named = r->wish->named ? r->wish->named : "";
	size_t len = strlen(named);

	while (len > 1 && named[len - 1] == '/')
		len--;
	if (r->wish->named && !len)
		return -ENOENT;
	if (len >= sizeof(r->dir))
		return -ENAMETOOLONG;
	memcpy(r->dir, named, len);
	r->dir[len] = '\0';
	return 0;
}

int catalog_source_read(const struct catalog_wish *wish, struct catalog **ret,
			int64_t *ret_serial, struct diag *d)
{
	CLEANUP(catalog_freep) struct catalog *c = NULL;
	struct reading r = { .wish = wish, .diag = d };
	int err = name_dir(&r);

	if (err)
		return source_complain(d, wish->named, "the catalogue cannot be opened", err);
	err = catalog_new(&c);
	if (err)
		return source_complain(d, wish->named ? wish->named : "catalogue", "", err);
	r.catalog = c;
	err = fill(&r);
	if (err)
		return err == -ENOMEM ? source_complain(d, *r.dir ? r.dir : wish->extra, "", err) :
					err;
	*ret = take_ptr(c);
	*ret_serial = r.serial;
	return 0;
}

static bool has_vendors(const char *dir)
{
	char path[WEIR_PATH_MAX + 16];
	struct stat st;

	snprintf(path, sizeof(path), "%s/vendors", dir);
	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

/* "/src/weir/build/weir" and "/src/weir/build/unit/x" have "/src/weir/catalog". */
static bool find_in_tree(char *path, size_t size)
{
	char *slash = strrchr(path, '/');

	for (int up = 0; up < 2 && slash; up++) {
		*slash = '\0';
		slash = strrchr(path, '/');
		if (!slash)
			return false;
		snprintf(slash, size - (size_t)(slash - path), "/catalog");
		if (has_vendors(path))
			return true;
	}
	return false;
}

int catalog_source_find(const char *verb, const char **catalog, char *room, size_t size)
{
	if (*catalog)
		return 0;
	if (catalog_source_default(room, size)) {
		fprintf(stderr, "weir: %s: there is no catalogue in " CATALOG_SOURCE_DIR
				"; name one with --catalog DIR\n", verb);
		return -ENOENT;
	}
	*catalog = room;
	return 0;
}

int catalog_source_default(char *out, size_t size)
{
	char path[WEIR_PATH_MAX];
	ssize_t len;

	if (has_vendors(CATALOG_SOURCE_DIR)) {
		snprintf(out, size, "%s", CATALOG_SOURCE_DIR);
		return 0;
	}
	len = readlink("/proc/self/exe", path, sizeof(path) - sizeof("/catalog"));
	if (len <= 0)
		return -ENOENT;
	path[len] = '\0';
	if (!find_in_tree(path, sizeof(path)) || strlen(path) >= size)
		return -ENOENT;
	snprintf(out, size, "%s", path);
	return 0;
}
