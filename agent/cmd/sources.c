// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/sources.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "cmd/catalog_source.h"
#include "cmd/source_file.h"
#include "cmd/zoneinfo.h"

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
	err = source_read(wish->policy, wish->is_trusted, &o->text, &o->len, d);
	if (err || !archive_is(o->text, o->len))
		return err;
	err = bundle_take(wish->policy, take_ptr(o->text), o->len, w, &o->policy, &s->policy_from,
			  d);
	if (err == -ENOMEM)
		return source_complain(d, wish->policy, "", err);
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
	err = source_read(wish->catalog, wish->is_trusted, &bytes, &len, d);
	if (err)
		return err;
	if (!archive_is(bytes, len))
		return diag_set(d, wish->catalog, 0, 0, "neither a directory nor a bundle");
	err = bundle_take(wish->catalog, take_ptr(bytes), len, w, &o->catalog, &s->catalog_from, d);
	if (err == -ENOMEM)
		return source_complain(d, wish->catalog, "", err);
	if (!err && !(s->catalog_from.kind & BUNDLE_CATALOG))
		return diag_set(d, wish->catalog, 0, 0, "a bundle without a catalogue");
	return err;
}

static int load_catalog(const struct sources_wish *wish, const struct opened *o,
			struct sources *s, struct diag *d)
{
	bool with_policy = s->policy_from.kind & BUNDLE_CATALOG;
	const struct catalog_wish w = { .named = with_policy ? wish->policy : wish->catalog,
					.bundle = with_policy ? o->policy : o->catalog,
					.extra = wish->extra,
					.is_trusted = wish->is_trusted };

	return catalog_source_read(&w, &s->catalog, &s->catalog_serial, d);
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
	err = source_read(path, is_trusted, &text, &len, d);
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
	return err == -ENOMEM ? source_complain(d, file, "", err) : err;
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

	if (source_read("/etc/machine-id", false, &text, &len, &d))
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
