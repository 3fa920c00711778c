// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/bundle_read.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "cmd/source_file.h"
#include "cmd/sources.h"
#include "cmd/trust.h"

/* A key's name, of 64 bytes, and ".pub". */
#define KEY_FILE_MAX 68

/* A file that has no business being large. */
static int read_small(const char *file, bool is_trusted, char **ret, size_t *ret_len,
		      struct diag *d)
{
	struct stat st;

	if (!stat(file, &st) && st.st_size > MINISIGN_FILE_MAX)
		return diag_set(d, file, 0, 0, "larger than %d bytes", MINISIGN_FILE_MAX);
	return source_read(file, is_trusted, ret, ret_len, d);
}

/* --- signatures --- */

void signatures_exit(struct signature_set *s)
{
	while (s->cnt)
		free(s->file[--s->cnt].text);
}

int signatures_read(const char *file, bool is_trusted, struct signature_set *ret, struct diag *d)
{
	CLEANUP(signatures_exit) struct signature_set s = { .cnt = 0 };
	char path[WEIR_PATH_MAX + 16];
	int err = 0;

	for (unsigned int i = 0; !err && i < KEYRING_SIGNATURES_MAX; i++) {
		struct signature_file *f = &s.file[s.cnt];

		*f = (struct signature_file){ .name = "minisig" };
		if (i)
			snprintf(f->name, sizeof(f->name), "minisig.%u", i % 10);
		snprintf(path, sizeof(path), "%s.%s", file, f->name);
		if (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW))
			continue;
		err = read_small(path, is_trusted, &f->text, &f->len, d);
		s.cnt += !err;
	}
	if (err)
		return err;
	*ret = s;
	s.cnt = 0;
	return 0;
}

/* --- keys --- */

static int add_key(struct keyring *k, const char *dir, const char *name, bool is_trusted,
		   struct diag *d)
{
	CLEANUP(freep) char *text = NULL;
	char path[WEIR_PATH_MAX], id[KEY_FILE_MAX + 1];
	size_t len;
	int err;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (strlen(name) > KEY_FILE_MAX)
		return diag_set(d, path, 0, 0, "a key's name has at most 64 bytes");
	err = read_small(path, is_trusted, &text, &len, d);
	if (err)
		return err;
	snprintf(id, sizeof(id), "%.*s", (int)strlen(name) - 4, name);
	return keyring_add(k, path, id, text, len, d);
}

static int is_key(const struct dirent *e)
{
	size_t len = strlen(e->d_name);

	return len > 4 && *e->d_name != '.' && !strcmp(e->d_name + len - 4, ".pub");
}

/* Not alphasort(): its order is the locale's. */
static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int add_keys(struct keyring *k, const char *dir, bool is_trusted, struct diag *d)
{
	struct dirent **list = NULL;
	int cnt = scandir(dir, &list, is_key, by_bytes), err = 0;

	if (cnt < 0) {
		err = -errno;
		diag_set(d, dir, 0, 0, "the keys cannot be listed: %s", strerror(-err));
		return err;
	}
	for (int i = 0; i < cnt; i++) {
		if (!err)
			err = add_key(k, dir, list[i]->d_name, is_trusted, d);
		free(list[i]);
	}
	free(list);
	return err;
}

static int add_rules(struct keyring *k, const char *dir, bool is_trusted, struct diag *d)
{
	CLEANUP(freep) char *text = NULL;
	char path[WEIR_PATH_MAX];
	size_t len;
	int err;

	snprintf(path, sizeof(path), "%s/" BUNDLE_TRUST_FILE, dir);
	if (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW))
		return 0;
	err = source_read(path, is_trusted, &text, &len, d);
	return err ? err : keyring_read_rules(k, path, text, len, d);
}

static int check_dir(const char *dir, bool is_trusted, struct diag *d)
{
	CLEANUP(close_fdp) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = fd < 0 ? -errno : 0;

	if (err)
		diag_set(d, dir, 0, 0, "the keys cannot be read: %s", strerror(-err));
	else if (is_trusted)
		err = trust_check(fd, dir, d);
	return err;
}

int keyring_read_dir(const char *dir, bool is_trusted, struct keyring *ret, struct diag *d)
{
	int err = check_dir(dir, is_trusted, d);

	keyring_init(ret);
	if (!err)
		err = add_keys(ret, dir, is_trusted, d);
	if (!err)
		err = add_rules(ret, dir, is_trusted, d);
	if (!err && !ret->cnt)
		err = diag_set(d, dir, 0, 0, "there is no key, *.pub, in it");
	return err;
}

/* --- bundles --- */

const char *origin_text(const struct origin *o, char *out, size_t size)
{
	if (o->is_signed)
		snprintf(out, size, "signed by %s", o->signed_by);
	else
		snprintf(out, size, "unsigned");
	return out;
}

int bundle_judge(const struct bundle *b, const struct keyring *k, const struct signers *s,
		 const char *file, struct origin *o, struct diag *d)
{
	const char *what = terms_differ(&s->terms, &b->manifest);
	size_t len = 0;
	int err;

	if (what)
		return diag_set(d, file, 0, 0,
				"\"%s\" is another in the signed comment than in the manifest",
				what);
	err = keyring_allows(k, s, file, b->manifest.kind, d);
	if (err)
		return err;
	for (uint32_t i = 0; i < s->cnt && len < sizeof(o->signed_by); i++)
		len += (size_t)snprintf(o->signed_by + len, sizeof(o->signed_by) - len, "%s%s",
					i ? ", " : "", s->by[i]->name);
	o->is_signed = true;
	return 0;
}

/* Of the bytes alone, before anything in them is parsed. */
static int verify(const char *file, const char *bytes, size_t len, const struct bundle_wish *w,
		  struct keyring *k, struct signers *s, struct diag *d)
{
	CLEANUP(signatures_exit) struct signature_set set = { .cnt = 0 };
	int err = signatures_read(file, w->is_trusted, &set, d);

	if (!err && !set.cnt)
		err = diag_set(d, file, 0, 0, "a bundle counts when it is signed, and there is no "
				"%.200s.minisig", file);
	if (!err)
		err = keyring_read_dir(w->trust ? w->trust : BUNDLE_TRUST_DIR, w->is_trusted, k, d);
	return err ? err : keyring_verify(k, file, bytes, len, set.file, set.cnt, w->now_s, s, d);
}

static void describe(const struct bundle_manifest *m, struct origin *o)
{
	o->is_bundle = true;
	o->hold = m->hold;
	o->kind = m->kind;
	o->serial = m->serial;
	o->created = m->created;
	o->expires = m->expires;
	snprintf(o->name, sizeof(o->name), "%s", m->name);
	snprintf(o->expires_text, sizeof(o->expires_text), "%s", m->expires_text);
}

/* Who only looks is told why nobody vouches for it; it is no reason to refuse. */
static int excuse(const struct bundle_wish *w, int err, const struct diag *d, struct origin *o)
{
	if (!err || w->is_trusted)
		return err;
	snprintf(o->why_unsigned, sizeof(o->why_unsigned), "%s", d->text);
	return 0;
}

int bundle_take(const char *file, char *bytes, size_t len, const struct bundle_wish *w,
		struct bundle **ret, struct origin *o, struct diag *d)
{
	CLEANUP(bundle_freep) struct bundle *b = NULL;
	struct signers signers = { .cnt = 0 };
	struct origin origin = { 0 };
	struct keyring keyring;
	int err = verify(file, bytes, len, w, &keyring, &signers, d);

	err = excuse(w, err, d, &origin);
	if (err) {
		free(bytes);
		return err;
	}
	err = bundle_new(file, bytes, len, &b, d);
	if (err)
		return err;
	if (signers.cnt)
		err = excuse(w, bundle_judge(b, &keyring, &signers, file, &origin, d), d, &origin);
	if (!err && w->is_trusted && !bundle_manifest_covers(&b->manifest, w->host))
		err = diag_set(d, file, 0, 0, "its scope is %.200s, which this host, \"%.64s\", "
				"is not in", b->manifest.scope, w->host);
	if (err)
		return err;
	describe(&b->manifest, &origin);
	*o = origin;
	*ret = take_ptr(b);
	return 0;
}
