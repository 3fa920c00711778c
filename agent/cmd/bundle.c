// SPDX-License-Identifier: GPL-2.0-only
/*
 * weir bundle: looks into one, and says whether this host would take it.
 *
 * `show` parses what nobody has vouched for; it changes nothing and prints what
 * it finds with everything unusual left out. `verify` does what `weir run` does.
 */
#include "cmd/bundle.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "cmd/bundle_read.h"
#include "cmd/exit.h"
#include "cmd/source_file.h"
#include "cmd/sources.h"

struct options {
	const char *trust, *host, *file;
	const char *keys[KEYRING_MAX]; /* instead of a directory of them */
	uint32_t key_cnt;
	bool is_json;
};

static int usage(FILE *out, int rc)
{
	fputs("Usage: weir bundle make --name NAME --serial N --expires DATE [--policy FILE]\n"
	      "                        [--catalog DIR] [--catalog-serial N] [--scope HOSTS]\n"
	      "                        [--hold] [--created DATE] [--key SECRET] OUT\n"
	      "       weir bundle show [--json] FILE\n"
	      "       weir bundle verify [--trust DIR | --key PUB...] [--host NAME]\n"
	      "                          [--json] FILE\n",
	      out);
	return rc;
}

static int complain(const struct diag *d, int err)
{
	char text[1024];

	if (d->text[0])
		diag_format(d, text, sizeof(text));
	else
		snprintf(text, sizeof(text), "weir: bundle: %s", strerror(-err));
	fprintf(stderr, "%s\n", text);
	return EXIT_USAGE;
}

static bool parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "trust", required_argument, NULL, 't' },
		{ "key", required_argument, NULL, 'k' },
		{ "host", required_argument, NULL, 'H' },
		{ "json", no_argument, NULL, 'j' },
		{},
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (opt == 't')
			o->trust = optarg;
		else if (opt == 'k' && o->key_cnt < KEYRING_MAX)
			o->keys[o->key_cnt++] = optarg;
		else if (opt == 'H')
			o->host = optarg;
		else if (opt == 'j')
			o->is_json = true;
		else
			return false;
	}
	if (optind + 1 != argc || (o->trust && o->key_cnt))
		return false;
	o->file = argv[optind];
	return true;
}

static void print_json(struct buf *out, struct jout *j)
{
	jout_end(j);
	jout_close(j);
	puts(buf_str(out));
}

static void add_number(struct jout *j, const char *key, int64_t value)
{
	jout_key(j, key);
	jout_i64(j, value);
}

static void add_manifest(struct jout *j, const struct bundle_manifest *m)
{
	jout_add_str(j, "bundle", m->name);
	jout_add_str(j, "kind", bundle_manifest_kind_name(m->kind));
	add_number(j, "serial", m->serial);
	jout_add_str(j, "created", m->created_text);
	jout_add_str(j, "expires", m->expires_text);
	jout_add_str(j, "scope", m->scope);
	if (m->catalog_serial)
		add_number(j, "catalog_serial", m->catalog_serial);
	jout_add_bool(j, "hold", m->hold);
}

static void print_manifest(const struct bundle_manifest *m)
{
	printf("bundle   %s, kind %s\nserial   %" PRId64 "\n"
	       "created  %s\nexpires  %s\nscope    %s\n",
	       m->name, bundle_manifest_kind_name(m->kind), m->serial, m->created_text,
	       m->expires_text, *m->scope ? m->scope : "every host");
	if (m->catalog_serial)
		printf("catalog  %" PRId64 "\n", m->catalog_serial);
	if (m->hold)
		puts("hold     no step up");
}

/* --- show --- */

/* Nobody has vouched for it: what a terminal might obey is left out. */
static void make_plain(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

static void show_signature(const struct signature_file *f, struct jout *j)
{
	struct minisign_signature s;
	char id[MINISIGN_ID_TEXT] = "";
	const char *why = NULL;

	if (!minisign_read_signature(f->text, f->len, &s, &why)) {
		minisign_format_id(s.id, id);
		make_plain(s.comment);
	}
	if (!j) {
		if (why)
			printf("%-8.15s no signature: %s\n", f->name, why);
		else
			printf("%-8.15s by key %s: %s\n", f->name, id, s.comment);
		return;
	}
	jout_object(j);
	jout_add_str(j, "file", f->name);
	jout_add_str(j, why ? "error" : "key", why ? why : id);
	if (!why)
		jout_add_str(j, "comment", s.comment);
	jout_end(j);
}

static void show_json(const struct bundle *b, const struct signature_set *set)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	struct jout j = jout_to(&out);

	jout_object(&j);
	add_manifest(&j, &b->manifest);
	jout_add_array(&j, "files");
	for (uint32_t i = 0; i < b->archive.cnt; i++) {
		jout_object(&j);
		jout_add_str(&j, "name", b->archive.files[i].name);
		jout_add_u64(&j, "bytes", b->archive.files[i].len);
		jout_end(&j);
	}
	jout_end(&j);
	jout_add_array(&j, "signatures");
	for (uint32_t i = 0; i < set->cnt; i++)
		show_signature(&set->file[i], &j);
	jout_end(&j);
	print_json(&out, &j);
}

static void show_text(const struct bundle *b, const struct signature_set *set)
{
	print_manifest(&b->manifest);
	for (uint32_t i = 0; i < b->archive.cnt; i++)
		printf("%10zu %s\n", b->archive.files[i].len, b->archive.files[i].name);
	for (uint32_t i = 0; i < set->cnt; i++)
		show_signature(&set->file[i], NULL);
	puts(set->cnt ? "signatures are not checked here: weir bundle verify" : "not signed");
}

static int show(const struct options *o)
{
	CLEANUP(signatures_exit) struct signature_set set = { .cnt = 0 };
	CLEANUP(bundle_freep) struct bundle *b = NULL;
	struct diag d = { .text = "" };
	char *bytes = NULL;
	size_t len;
	int err = source_read(o->file, false, &bytes, &len, &d);

	if (!err)
		err = bundle_new(o->file, bytes, len, &b, &d);
	if (!err)
		err = signatures_read(o->file, false, &set, &d);
	if (err)
		return complain(&d, err);
	if (o->is_json)
		show_json(b, &set);
	else
		show_text(b, &set);
	return EXIT_FINE;
}

/* --- verify --- */

/* "/some/where/release.pub" is the key "release". */
static int add_key(struct keyring *k, const char *file, struct diag *d)
{
	CLEANUP(freep) char *text = NULL;
	const char *slash = strrchr(file, '/');
	char name[65];
	size_t len, n;
	int err = source_read(file, false, &text, &len, d);

	snprintf(name, sizeof(name), "%.64s", slash ? slash + 1 : file);
	n = strlen(name);
	if (n > 4 && !strcmp(name + n - 4, ".pub"))
		name[n - 4] = '\0';
	return err ? err : keyring_add(k, file, name, text, len, d);
}

static int read_keys(const struct options *o, struct keyring *k, struct diag *d)
{
	int err = 0;

	if (!o->key_cnt)
		return keyring_read_dir(o->trust ? o->trust : BUNDLE_TRUST_DIR, true, k, d);
	keyring_init(k);
	for (uint32_t i = 0; !err && i < o->key_cnt; i++)
		err = add_key(k, o->keys[i], d);
	return err;
}

static int check_signatures(const struct options *o, const char *bytes, size_t len,
			    struct keyring *k, struct signers *s, struct diag *d)
{
	CLEANUP(signatures_exit) struct signature_set set = { .cnt = 0 };
	int err = signatures_read(o->file, false, &set, d);

	if (!err && !set.cnt)
		err = diag_set(d, o->file, 0, 0, "not signed: there is no %.200s.minisig", o->file);
	if (!err)
		err = read_keys(o, k, d);
	return err ? err : keyring_verify(k, o->file, bytes, len, set.file, set.cnt, time(NULL), s,
					  d);
}

static int tell(const struct options *o, const struct bundle *b, const struct origin *origin)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	const struct bundle_manifest *m = &b->manifest;
	bool has_expired = m->expires <= time(NULL);
	bool is_here = bundle_manifest_covers(m, o->host);
	struct jout j = jout_to(&out);

	if (o->is_json) {
		jout_object(&j);
		add_manifest(&j, m);
		jout_add_str(&j, "signed_by", origin->signed_by);
		jout_add_bool(&j, "expired", has_expired);
		jout_add_bool(&j, "in_scope", is_here);
		print_json(&out, &j);
	} else {
		print_manifest(m);
		printf("signed   by %s\n", origin->signed_by);
	}
	if (has_expired)
		fprintf(stderr, "weir: bundle: %s: expired (%s): a host that has it takes no step "
				"up, others refuse it\n", o->file, m->expires_text);
	if (!is_here)
		fprintf(stderr, "weir: bundle: %s: this host, \"%s\", is not in its scope\n",
			o->file, o->host);
	return has_expired || !is_here ? EXIT_FOUND : EXIT_FINE;
}

static int verify(const struct options *o)
{
	CLEANUP(bundle_freep) struct bundle *b = NULL;
	CLEANUP(freep) char *bytes = NULL;
	struct signers signers = { .cnt = 0 };
	struct origin origin = { 0 };
	struct diag d = { .text = "" };
	struct keyring k;
	size_t len;
	int err = source_read(o->file, false, &bytes, &len, &d);

	if (!err)
		err = check_signatures(o, bytes, len, &k, &signers, &d);
	if (!err)
		err = bundle_new(o->file, take_ptr(bytes), len, &b, &d);
	if (!err)
		err = bundle_judge(b, &k, &signers, o->file, &origin, &d);
	return err ? complain(&d, err) : tell(o, b, &origin);
}

int cmd_bundle(int argc, char **argv)
{
	struct options o = { 0 };
	char host[256] = "";

	if (argc < 2)
		return usage(stderr, EXIT_USAGE);
	if (!strcmp(argv[1], "--help"))
		return usage(stdout, EXIT_FINE);
	if (!strcmp(argv[1], "make")) {
		int rc = bundle_make(argc - 1, argv + 1);

		return rc < 0 ? usage(stderr, EXIT_USAGE) : rc;
	}
	if (strcmp(argv[1], "show") != 0 && strcmp(argv[1], "verify") != 0)
		return usage(stderr, EXIT_USAGE);
	if (!parse(argc - 1, argv + 1, &o))
		return usage(stderr, EXIT_USAGE);
	if (!gethostname(host, sizeof(host) - 1) && !o.host)
		o.host = host;
	if (!o.host)
		o.host = "";
	return strcmp(argv[1], "show") ? verify(&o) : show(&o);
}
