// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/sources.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "cmd/trust.h"
#include "cmd/zoneinfo.h"
#include "inventory/root.h"

static const char *const folders[] = { "vendors", "directives", "confusables" };

/* A catalogue while it is read. */
struct reading {
	const struct sources_wish *wish;
	const char *dir;
	int dir_fd;
	struct catalog *catalog;
	const char *extra_name; /* last part of wish->extra, or NULL */
	const char *extra_folder; /* where it would lie */
	const struct bundle *bundle; /* instead of a directory, or NULL */
	int64_t serial;
	uint64_t bytes;
	uint32_t file_cnt;
	struct diag *diag;
};

/* -@err with @d saying that of @file; -ENOMEM too. */
static int complain(struct diag *d, const char *file, const char *what, int err)
{
	diag_set(d, file, 0, 0, "%s%s%s", what, *what ? ": " : "",
		 err == -EINVAL	 ? "not a regular file" :
		 err == -EXDEV	 ? "a link that leads out of the catalogue" :
		 err == -ELOOP	 ? "a symbolic link, which is not followed here" :
		 err == -EFBIG	 ? "larger than 1 GiB" :
		 err == -ENODATA ? "became shorter while it was read" :
				   strerror(-err));
	return err;
}

/*
 * @file as seen from the catalogue's directory, and never outside of it. Where
 * openat2() is missing no link is followed, which is stricter.
 */
static int open_below(int dir_fd, const char *file, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned int)(flags | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	int fd = (int)syscall(SYS_openat2, dir_fd, file, &how, sizeof(how));

	if (fd >= 0)
		return fd;
	if (errno != ENOSYS && errno != EPERM)
		return -errno;
	fd = openat(dir_fd, file, flags | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* What is behind @path_fd, opened as @file. */
static int read_whole(int path_fd, const char *file, char **ret, size_t *ret_len, struct diag *d)
{
	CLEANUP(close_fdp) int fd = root_reopen(path_fd);
	CLEANUP(freep) char *text = NULL;
	struct stat st;
	size_t len;
	int err;

	if (fd < 0)
		return complain(d, file, "cannot be read", fd);
	if (fstat(fd, &st))
		return complain(d, file, "cannot be read", -errno);
	if ((uint64_t)st.st_size > SOURCES_BYTES_MAX)
		return complain(d, file, "cannot be read", -EFBIG);
	len = (size_t)st.st_size;
	text = malloc(len + 1);
	if (!text)
		return complain(d, file, "cannot be read", -ENOMEM);
	err = root_read_at(fd, text, len, 0);
	if (err)
		return complain(d, file, "cannot be read", err);
	text[len] = '\0';
	*ret = take_ptr(text);
	*ret_len = len;
	return 0;
}

int sources_read(const char *file, bool is_trusted, char **ret, size_t *ret_len,
		 struct diag *d)
{
	CLEANUP(close_fdp) int fd = open(file, O_PATH | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return complain(d, file, "cannot be read", -errno);
	if (is_trusted)
		err = trust_check(fd, file, d);
	return err ? err : read_whole(fd, file, ret, ret_len, d);
}

static int add_text(struct reading *r, const char *file, const char *text, size_t len)
{
	int err = catalog_add(r->catalog, file, text, len, r->diag);

	r->bytes += len;
	r->file_cnt++;
	return err == -ENOMEM ? complain(r->diag, file, "cannot be read", err) : err;
}

static int add_file(struct reading *r, const char *below)
{
	CLEANUP(close_fdp) int fd = open_below(r->dir_fd, below, O_PATH);
	CLEANUP(freep) char *text = NULL;
	char file[WEIR_PATH_MAX];
	size_t len;
	int err = 0;

	snprintf(file, sizeof(file), "%s/%s", r->dir, below);
	if (fd < 0)
		return complain(r->diag, file, "cannot be read", fd);
	if (r->wish->is_trusted)
		err = trust_check(fd, file, r->diag);
	if (!err)
		err = read_whole(fd, file, &text, &len, r->diag);
	if (err)
		return err;
	if (r->bytes + len > SOURCES_BYTES_MAX)
		return complain(r->diag, file, "with the files before it", -EFBIG);
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
	char below[WEIR_NAME_MAX + 16];
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
	CLEANUP(close_fdp) int fd = open_below(r->dir_fd, folder, O_RDONLY | O_DIRECTORY);
	char path[WEIR_PATH_MAX];
	struct dirent **list = NULL;
	int cnt, err = 0;

	snprintf(path, sizeof(path), "%s/%s", r->dir, folder);
	if (fd == -ENOENT && folder != folders[0])
		return 0;
	if (fd < 0)
		return complain(r->diag, path, "cannot be opened", fd);
	if (r->wish->is_trusted)
		err = trust_check(fd, path, r->diag);
	if (err)
		return err;
	cnt = scandirat(fd, ".", &list, is_yaml, by_bytes);
	if (cnt < 0)
		return complain(r->diag, path, "cannot be listed", -errno);
	return add_list(r, folder, list, cnt);
}

/* serial.yaml beside the folders; a catalogue may do without. */
static int read_serial(struct reading *r)
{
	CLEANUP(close_fdp) int fd = open_below(r->dir_fd, "serial.yaml", O_PATH);
	CLEANUP(freep) char *text = NULL;
	char file[WEIR_PATH_MAX];
	size_t len;
	int err = 0;

	snprintf(file, sizeof(file), "%s/serial.yaml", r->dir);
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return complain(r->diag, file, "cannot be read", fd);
	if (r->wish->is_trusted)
		err = trust_check(fd, file, r->diag);
	if (!err)
		err = read_whole(fd, file, &text, &len, r->diag);
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
	const struct bundle_manifest *m = &r->bundle->manifest;
	const struct archive *a = &r->bundle->archive;
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
		return complain(r->diag, r->dir, "the catalogue cannot be opened", -errno);
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

static int read_catalog(struct reading *r)
{
	const struct sources_wish *wish = r->wish;
	CLEANUP(freep) char *extra = NULL;
	const char *slash;
	size_t len = 0;
	int err = 0;

	if (wish->extra) {
		slash = strrchr(wish->extra, '/');
		r->extra_name = slash ? slash + 1 : wish->extra;
		err = sources_read(wish->extra, wish->is_trusted, &extra, &len, r->diag);
	}
	if (!err && extra)
		r->extra_folder = folder_of(doc_kind_of(extra, len));
	if (!err && r->bundle)
		err = add_bundle(r);
	else if (!err && r->dir)
		err = add_directory(r);
	/* Last: a complaint about what both have is then about the extra file. */
	if (!err && extra)
		err = add_text(r, wish->extra, extra, len);
	return err ? err : catalog_seal(r->catalog, r->diag);
}

/* What a wish names, read and vouched for before it is parsed. */
struct opened {
	struct bundle *policy, *catalog; /* NULL: plain */
	char *text; /* of a plain policy */
	size_t len;
};

static void opened_exit(struct opened *o)
{
	bundle_free(o->policy);
	bundle_free(o->catalog);
	free(o->text);
}

static int open_policy(const struct sources_wish *wish, const struct bundle_wish *w,
		       struct sources *s, struct opened *o, struct diag *d)
{
	int err;

	if (!wish->policy)
		return 0;
	err = sources_read(wish->policy, wish->is_trusted, &o->text, &o->len, d);
	if (err || !archive_is(o->text, o->len))
		return err;
	err = bundle_take(wish->policy, take_ptr(o->text), o->len, w, &o->policy, &s->policy_from,
			  d);
	if (err == -ENOMEM)
		return complain(d, wish->policy, "", err);
	if (!err && !(s->policy_from.kind & BUNDLE_POLICY))
		return diag_set(d, wish->policy, 0, 0, "a bundle without a policy");
	return err;
}

static int open_catalog(const struct sources_wish *wish, const struct bundle_wish *w,
			struct sources *s, struct opened *o, struct diag *d)
{
	CLEANUP(freep) char *bytes = NULL;
	struct stat st;
	size_t len;
	int err;

	if (s->policy_from.kind & BUNDLE_CATALOG) {
		s->catalog_from = s->policy_from;
		return 0;
	}
	if (!wish->catalog || stat(wish->catalog, &st) || S_ISDIR(st.st_mode))
		return 0;
	err = sources_read(wish->catalog, wish->is_trusted, &bytes, &len, d);
	if (err)
		return err;
	if (!archive_is(bytes, len))
		return diag_set(d, wish->catalog, 0, 0, "neither a directory nor a bundle");
	err = bundle_take(wish->catalog, take_ptr(bytes), len, w, &o->catalog, &s->catalog_from, d);
	if (err == -ENOMEM)
		return complain(d, wish->catalog, "", err);
	if (!err && !(s->catalog_from.kind & BUNDLE_CATALOG))
		return diag_set(d, wish->catalog, 0, 0, "a bundle without a catalogue");
	return err;
}

static int load_catalog(const struct sources_wish *wish, const struct opened *o,
			struct sources *s, struct diag *d)
{
	char dir[WEIR_PATH_MAX];
	const char *named = s->policy_from.kind & BUNDLE_CATALOG ? wish->policy : wish->catalog;
	struct reading r = { .wish = wish, .diag = d,
			     .bundle = named == wish->catalog ? o->catalog : o->policy };
	size_t len;
	int err;

	if (named) {
		/* Messages read better without "catalog//vendors". */
		len = strlen(named);
		while (len > 1 && named[len - 1] == '/')
			len--;
		/* Room for the longest "/confusables/NAME" behind it. */
		if (!len || len + WEIR_NAME_MAX + 16 > sizeof(dir))
			return complain(d, named, "the catalogue cannot be opened",
					len ? -ENAMETOOLONG : -ENOENT);
		memcpy(dir, named, len);
		dir[len] = '\0';
		r.dir = dir;
	}
	err = catalog_new(&s->catalog);
	if (err)
		return complain(d, named ? named : "catalogue", "", err);
	r.catalog = s->catalog;
	err = read_catalog(&r);
	s->catalog_serial = r.serial;
	return err == -ENOMEM ? complain(d, r.dir ? r.dir : wish->extra, "", err) : err;
}

/* The reader says "unknown zone"; on a host without zones that misleads. */
static void explain_zone(struct diag *d)
{
	if (strncmp(d->text, "unknown zone", 12) != 0 || zoneinfo_is_installed())
		return;
	diag_set(d, d->file, d->line, d->col,
		 "zones other than UTC are not known here: " ZONEINFO_DIR
		 " is missing (install tzdata)");
}

/* "grants.yaml" beside the policy: what was granted on this host. */
static int add_grants(struct sources *s, const char *file, bool is_trusted, struct diag *d)
{
	const char *slash = strrchr(file, '/');
	CLEANUP(freep) char *text = NULL;
	char path[WEIR_PATH_MAX];
	size_t len = 0;
	int err;

	snprintf(path, sizeof(path), "%.*sgrants.yaml", slash ? (int)(slash - file) + 1 : 0, file);
	if (access(path, F_OK) && errno == ENOENT)
		return 0;
	err = sources_read(path, is_trusted, &text, &len, d);
	return err ? err : policy_add_grants(&s->context, path, text, len, s->policy, d);
}

static int load_policy(struct sources *s, const char *file, const char *text, size_t len,
		       struct diag *d)
{
	int err;

	zoneinfo_forget();
	err = policy_parse(&s->context, file, text, len, &s->policy, d);
	if (err == -EINVAL)
		explain_zone(d);
	return err == -ENOMEM ? complain(d, file, "", err) : err;
}

static int load_opened(const struct sources_wish *wish, const struct opened *o, struct sources *s,
		       struct diag *d)
{
	const struct archive_file *f;
	char file[WEIR_PATH_MAX];
	int err;

	if (!wish->policy)
		return 0;
	if (o->policy) {
		/* Its kind was held against its files. */
		f = archive_find(&o->policy->archive, BUNDLE_POLICY_FILE);
		snprintf(file, sizeof(file), "%.4000s/" BUNDLE_POLICY_FILE, wish->policy);
		err = f ? load_policy(s, file, f->data, f->len, d) : -EINVAL;
	} else {
		err = load_policy(s, wish->policy, o->text, o->len, d);
	}
	return err ? err : add_grants(s, wish->policy, wish->is_trusted, d);
}

/* 32 hex digits, "uninitialized" on a first boot: anything else tells no host apart. */
static void read_machine_id(char *out, size_t size)
{
	CLEANUP(freep) char *text = NULL;
	struct diag d;
	size_t len = 0;

	if (sources_read("/etc/machine-id", false, &text, &len, &d))
		return;
	len = strspn(text, "0123456789abcdef");
	if (len == 32 && (!text[len] || text[len] == '\n'))
		snprintf(out, size, "%.32s", text);
}

/* Who asks: the context points into @s, so this comes after the last copy. */
static void set_context(struct sources *s)
{
	s->context = (struct policy_context){
		.catalog = s->catalog,
		.host = s->host,
		.machine_id = s->machine_id[0] ? s->machine_id : NULL,
		.zone_exists = zoneinfo_exists,
		.zone_time = zoneinfo_time,
	};
}

static void find_host(const struct sources_wish *wish, struct sources *s)
{
	if (wish->host)
		snprintf(s->host, sizeof(s->host), "%s", wish->host);
	else if (gethostname(s->host, sizeof(s->host) - 1))
		s->host[0] = '\0';
	if (wish->machine_id)
		snprintf(s->machine_id, sizeof(s->machine_id), "%s", wish->machine_id);
	else if (!wish->host)
		read_machine_id(s->machine_id, sizeof(s->machine_id));
}

int sources_load(const struct sources_wish *wish, struct sources *ret, struct diag *d)
{
	CLEANUP(sources_exit) struct sources s = { 0 };
	CLEANUP(opened_exit) struct opened o = { 0 };
	struct bundle_wish w = { .trust = wish->trust, .is_trusted = wish->is_trusted,
				 .now_s = time(NULL), .host = s.host };
	int err;

	s.trust = wish->trust ? wish->trust : BUNDLE_TRUST_DIR;
	find_host(wish, &s);
	err = open_policy(wish, &w, &s, &o, d);
	if (!err)
		err = open_catalog(wish, &w, &s, &o, d);
	if (!err)
		err = load_catalog(wish, &o, &s, d);
	if (err)
		return err;
	set_context(&s);
	err = load_opened(wish, &o, &s, d);
	if (err)
		return err;
	*ret = s;
	set_context(ret);
	s = (struct sources){ 0 };
	return 0;
}

void sources_lend(const struct sources *from, struct sources *to)
{
	*to = *from;
	set_context(to);
}

void sources_exit(struct sources *s)
{
	policy_free(s->policy);
	catalog_free(s->catalog);
	memset(s, 0, sizeof(*s));
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

int sources_default_catalog(char *out, size_t size)
{
	char path[WEIR_PATH_MAX];
	ssize_t len;

	if (has_vendors(SOURCES_CATALOG)) {
		snprintf(out, size, "%s", SOURCES_CATALOG);
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
