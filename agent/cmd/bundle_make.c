// SPDX-License-Identifier: GPL-2.0-only
/*
 * weir bundle make: the same bytes for the same files and options on any host,
 * so that a second person can make it again before signing.
 *
 * With a secret key that has no passphrase it is signed here; else the command
 * is printed that minisign wants. What was made is read again as a host would.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "base/date.h"
#include "cmd/bundle.h"
#include "cmd/bundle_read.h"
#include "cmd/exit.h"
#include "cmd/source_file.h"
#include "cmd/sources.h"

struct making {
	const char *name, *serial, *expires, *created, *scope, *policy, *catalog, *key, *out;
	const char *catalog_serial;
	bool hold;
	int64_t serial_found; /* in the catalogue's serial.yaml */
	int64_t mtime_s;
	char now[32];
	struct buf bytes;
};

static void making_exit(struct making *m)
{
	buf_free(&m->bytes);
}

/* --- what goes in, in the order of names --- */

static int add_file(struct making *m, const char *path, const char *name, struct diag *d)
{
	CLEANUP(freep) char *text = NULL;
	size_t len;
	int err;

	if (strlen(name) >= ARCHIVE_NAME_MAX || !bundle_name_is_valid(name))
		return diag_set(d, path, 0, 0, "its name does not fit into a bundle");
	err = source_read(path, false, &text, &len, d);
	if (err)
		return err;
	archive_add(&m->bytes, name, text, len, m->mtime_s);
	return m->bytes.err;
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

static int add_folder(struct making *m, const char *folder, struct diag *d)
{
	char path[WEIR_PATH_MAX], name[WEIR_NAME_MAX + 64];
	struct dirent **list = NULL;
	int cnt, err = 0;

	snprintf(path, sizeof(path), "%s/%s", m->catalog, folder);
	cnt = scandir(path, &list, is_yaml, by_bytes);
	if (cnt < 0 && errno == ENOENT)
		return 0;
	if (cnt < 0) {
		err = -errno;
		diag_set(d, path, 0, 0, "cannot be listed: %s", strerror(-err));
		return err;
	}
	for (int i = 0; i < cnt; i++) {
		snprintf(path, sizeof(path), "%s/%s/%s", m->catalog, folder, list[i]->d_name);
		snprintf(name, sizeof(name), BUNDLE_CATALOG_DIR "%s/%s", folder, list[i]->d_name);
		if (!err)
			err = add_file(m, path, name, d);
		free(list[i]);
	}
	free(list);
	return err;
}

static bool has_serial_file(const struct making *m, char *path, size_t size)
{
	snprintf(path, size, "%s/serial.yaml", m->catalog);
	return !access(path, F_OK);
}

static int add_catalog(struct making *m, struct diag *d)
{
	char path[WEIR_PATH_MAX];
	int err;

	if (!m->catalog)
		return 0;
	err = add_folder(m, "confusables", d);
	if (!err)
		err = add_folder(m, "directives", d);
	if (!err && has_serial_file(m, path, sizeof(path)))
		err = add_file(m, path, BUNDLE_SERIAL_FILE, d);
	return err ? err : add_folder(m, "vendors", d);
}

static int find_serial(struct making *m, struct diag *d)
{
	CLEANUP(freep) char *text = NULL;
	char path[WEIR_PATH_MAX];
	size_t len;
	int err;

	if (!m->catalog || !has_serial_file(m, path, sizeof(path)))
		return 0;
	err = source_read(path, false, &text, &len, d);
	return err ? err : bundle_read_serial(path, text, len, &m->serial_found, d);
}

/* --- the manifest --- */

/* "db-*,web-*" as a list; its patterns are judged when it is read again. */
static void add_scope(const struct making *m, struct buf *out)
{
	buf_add_str(out, "scope: [\"");
	for (const char *c = m->scope; *c; c++)
		if (*c == ',')
			buf_add_str(out, "\", \"");
		else if (*c == '"' || *c == '\\')
			buf_add_char(out, ' '); /* in no pattern */
		else
			buf_add_char(out, *c);
	buf_add_str(out, "\"]\n");
}

static void format_manifest(const struct making *m, struct buf *out)
{
	uint8_t kind = (m->policy ? BUNDLE_POLICY : 0) | (m->catalog ? BUNDLE_CATALOG : 0);

	buf_addf(out, "bundle: %s\nkind: %s\nserial: %s\ncreated: %s\nexpires: %s\n", m->name,
		 bundle_manifest_kind_name(kind), m->serial, m->created, m->expires);
	if (m->scope)
		add_scope(m, out);
	if (m->catalog && m->catalog_serial)
		buf_addf(out, "catalog: %s\n", m->catalog_serial);
	else if (m->catalog && m->serial_found)
		buf_addf(out, "catalog: %" PRId64 "\n", m->serial_found);
	if (m->hold)
		buf_add_str(out, "hold: true\n");
}

static int read_created(struct making *m, struct diag *d)
{
	struct date date;
	struct tm tm;
	time_t now = time(NULL);

	if (!m->created && gmtime_r(&now, &tm)) {
		strftime(m->now, sizeof(m->now), "%Y-%m-%dT%H:%M:%SZ", &tm);
		m->created = m->now;
	}
	if (!m->created || date_parse(m->created, strlen(m->created), &date))
		return diag_set(d, m->out, 0, 0, "--created is a date, such as 2026-11-25 or "
				"2026-11-25T10:00:00Z");
	m->mtime_s = date_to_epoch(&date);
	return 0;
}

static int build(struct making *m, struct diag *d)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	int err = read_created(m, d);

	if (!err)
		err = find_serial(m, d);
	if (err)
		return err;
	if (m->catalog && !m->catalog_serial && !m->serial_found)
		return diag_set(d, m->catalog, 0, 0, "there is no serial.yaml in it: give its "
				"serial with --catalog-serial");
	format_manifest(m, &text);
	archive_add(&m->bytes, BUNDLE_MANIFEST, buf_str(&text), text.len, m->mtime_s);
	err = add_catalog(m, d);
	if (!err && m->policy)
		err = add_file(m, m->policy, BUNDLE_POLICY_FILE, d);
	archive_end(&m->bytes);
	return err ? err : text.err ? text.err : m->bytes.err;
}

/* --- what comes out --- */

static int write_file(const char *path, const char *bytes, size_t len, struct diag *d)
{
	CLEANUP(close_fdp) int fd =
		open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	ssize_t n = 0;
	int err = fd < 0 ? -errno : 0;

	for (; !err && len; bytes += n, len -= (size_t)n) {
		n = write(fd, bytes, len);
		err = n < 0 ? -errno : 0;
	}
	if (err)
		diag_set(d, path, 0, 0, "%s", strerror(-err));
	return err;
}

static int sign(const struct making *m, const char *terms, const char *path, struct diag *d)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	CLEANUP(freep) char *text = NULL;
	struct minisign_secret secret;
	const char *why = "";
	size_t len;
	int err = source_read(m->key, false, &text, &len, d);

	if (err)
		return err;
	err = minisign_read_secret(text, len, &secret, &why);
	OPENSSL_cleanse(text, len);
	if (err)
		return diag_set(d, m->key, 0, 0, "no secret key that can be used: %s", why);
	err = minisign_sign(&secret, m->bytes.data, m->bytes.len, terms, &out);
	OPENSSL_cleanse(&secret, sizeof(secret));
	if (err)
		return diag_set(d, path, 0, 0, "cannot be signed: %s", strerror(-err));
	return write_file(path, out.data, out.len, d);
}

/* A bundle that hosts would refuse is not worth a signature. */
static int check(const struct making *m, struct buf *terms, struct diag *d)
{
	CLEANUP(bundle_freep) struct bundle *b = NULL;
	char *copy = malloc(m->bytes.len);
	int err;

	if (!copy)
		return -ENOMEM;
	memcpy(copy, m->bytes.data, m->bytes.len);
	err = bundle_new(m->out, copy, m->bytes.len, &b, d);
	if (!err)
		bundle_manifest_format_terms(&b->manifest, terms);
	return err ? err : terms->err;
}

/* The catalogue by itself, or with the policy that is in the same bundle. */
static int check_contents(const struct making *m, struct diag *d)
{
	CLEANUP(sources_exit) struct sources s = { 0 };
	const struct sources_wish wish = { .catalog = m->catalog, .policy = m->policy };

	return m->catalog ? sources_load(&wish, &s, d) : 0;
}

static int make(struct making *m, struct diag *d)
{
	CLEANUP(buf_free) struct buf terms = { 0 };
	char path[WEIR_PATH_MAX];
	int err = check_contents(m, d);

	if (!err)
		err = build(m, d);
	if (!err)
		err = check(m, &terms, d);
	if (!err)
		err = write_file(m->out, m->bytes.data, m->bytes.len, d);
	if (err)
		return err;
	snprintf(path, sizeof(path), "%.4000s.minisig", m->out);
	if (m->key)
		return sign(m, buf_str(&terms), path, d);
	printf("weir: sign it with: minisign -S -s SECRET -t '%s' -m %s\n", buf_str(&terms),
	       m->out);
	return 0;
}

static bool take_option(struct making *m, int opt)
{
	const char **const into[] = {
		['n'] = &m->name, ['s'] = &m->serial, ['e'] = &m->expires, ['c'] = &m->created,
		['S'] = &m->scope, ['p'] = &m->policy, ['C'] = &m->catalog, ['k'] = &m->key,
		['N'] = &m->catalog_serial,
	};

	m->hold |= opt == 'h';
	if (opt == 'h')
		return true;
	if (opt < 0 || opt >= (int)ARRAY_SIZE(into) || !into[opt])
		return false;
	*into[opt] = optarg;
	return true;
}

static bool parse(int argc, char **argv, struct making *m)
{
	static const struct option longs[] = {
		{ "name", required_argument, NULL, 'n' },
		{ "serial", required_argument, NULL, 's' },
		{ "expires", required_argument, NULL, 'e' },
		{ "created", required_argument, NULL, 'c' },
		{ "scope", required_argument, NULL, 'S' },
		{ "policy", required_argument, NULL, 'p' },
		{ "catalog", required_argument, NULL, 'C' },
		{ "catalog-serial", required_argument, NULL, 'N' },
		{ "key", required_argument, NULL, 'k' },
		{ "hold", no_argument, NULL, 'h' },
		{},
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "", longs, NULL)) != -1)
		if (!take_option(m, opt))
			return false;
	if (optind + 1 != argc || !m->name || !m->serial || !m->expires ||
	    !(m->policy || m->catalog))
		return false;
	m->out = argv[optind];
	return true;
}

/* Words go into the manifest as they are: one line each, judged as it is read. */
static bool is_one_line(const char *text)
{
	return !text || !strpbrk(text, "\r\n#");
}

int bundle_make(int argc, char **argv)
{
	CLEANUP(making_exit) struct making m = { 0 };
	struct diag d = { .text = "" };
	char text[1024];
	int err;

	if (!parse(argc, argv, &m) || !is_one_line(m.name) || !is_one_line(m.serial) ||
	    !is_one_line(m.expires) || !is_one_line(m.created) || !is_one_line(m.scope) ||
	    !is_one_line(m.catalog_serial))
		return -EINVAL;
	err = make(&m, &d);
	if (!err)
		return EXIT_FINE;
	if (d.text[0])
		diag_format(&d, text, sizeof(text));
	else
		snprintf(text, sizeof(text), "weir: bundle: %s", strerror(-err));
	fprintf(stderr, "%s\n", text);
	return EXIT_USAGE;
}
