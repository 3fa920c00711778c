// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/trusted.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cmd/arming.h"
#include "cmd/state_file.h"
#include "cmd/trusted_serials.h"

/* What a line of words for people names before it says "and so on". */
#define NAMED_MAX 3

/* A load that fails, for whatever reason, is not tried all the time. */
#define RETRY_S 600

#define SERIALS "serials.json"
#define INDICATORS "indicators.json"

/* Of a path to one of them. */
#define STATE_MAX 256

struct kept { /* what is asked about */
	const char *dir, *file;
	int64_t now_s;
};

/* Where it is kept: @name below @dir. */
static const char *state(const char *dir, const char *name, char out[STATE_MAX])
{
	snprintf(out, STATE_MAX, "%s/%s", dir, name);
	return out;
}

/* The earliest reason is the one that holds. */
__attribute__((format(printf, 3, 4))) static void hold(struct trusted *t, int64_t from_s,
						       const char *fmt, ...)
{
	va_list ap;

	if (t->held_s && t->held_s <= from_s)
		return;
	t->held_s = from_s;
	va_start(ap, fmt);
	vsnprintf(t->held_why, sizeof(t->held_why), fmt, ap);
	va_end(ap);
}

static int check_bundle(const struct origin *o, const struct kept *kept, struct trusted *t,
			struct diag *d)
{
	char path[STATE_MAX];
	struct serial_seen seen = serials_get(state(kept->dir, SERIALS, path), o->name);
	const char *file = kept->file;
	int64_t now_s = kept->now_s;

	if (o->serial < seen.serial)
		return diag_set(d, file, 0, 0,
				"serial %" PRId64 " of bundle %s is older than %" PRId64
				", which this host has had; make one with a higher serial",
				o->serial, o->name, seen.serial);
	if (o->expires <= now_s && o->serial > seen.serial)
		return diag_set(d, file, 0, 0, "bundle %s expired (%s), and this host has not had "
				"it before; make one that has not", o->name, o->expires_text);
	hold(t, o->expires, "bundle %s expires (%s)", o->name, o->expires_text);
	if (o->hold) {
		t->hold_since = seen.hold_s ? seen.hold_s : now_s;
		hold(t, t->hold_since, "bundle %s serial %" PRId64 " says hold", o->name,
		     o->serial);
	}
	return 0;
}

static int check_bundles(const struct sources *s, const struct kept *kept, struct trusted *t,
			 struct diag *d)
{
	const struct origin *p = &s->policy_from, *c = &s->catalog_from;
	int err = 0;

	if (p->is_bundle)
		err = check_bundle(p, kept, t, d);
	if (!err && c->is_bundle && strcmp(c->name, p->name) != 0)
		err = check_bundle(c, kept, t, d);
	return err;
}

static int check_age(const struct sources *s, struct trusted *t, struct diag *d)
{
	const struct origin *o = &s->policy_from;
	const struct policy *p = s->policy;

	if (!p->younger_s)
		return 0;
	if (!o->is_bundle)
		return diag_set(d, p->file, 0, 0, "\"escalate-needs\" asks for a bundle, and this "
				"is a plain file: see weir bundle make");
	hold(t, o->created + p->younger_s, "bundle %s serial %" PRId64 " is older than %" PRId64
	     " h (escalate-needs)", o->name, o->serial, p->younger_s / 3600);
	return 0;
}

static int check_pin(struct sources *s, const struct kept *kept, struct trusted *t,
		     struct diag *d)
{
	int64_t now_s = kept->now_s;
	char path[STATE_MAX];
	CLEANUP(ages_exit) struct indicator_ages old = { 0 };
	const struct policy *p = s->policy;
	int err;

	if (!p->catalog_serial)
		return 0;
	if (!s->catalog_serial)
		return diag_set(d, p->file, 0, 0, "it pins catalogue %" PRId64 ", and the "
				"catalogue has no serial", p->catalog_serial);
	if (s->catalog_serial < p->catalog_serial)
		return diag_set(d, p->file, 0, 0, "it pins catalogue %" PRId64 ", and this one is "
				"%" PRId64, p->catalog_serial, s->catalog_serial);
	ages_take_back(s->catalog);
	err = ages_read(state(kept->dir, INDICATORS, path), &old);
	if (err && err != -ENOENT)
		fprintf(stderr, "weir: %s: %s: indicators count as new\n", path,
			err == -EINVAL ? "damaged" : strerror(-err));
	err = ages_make(&old, s->catalog, s->catalog_serial == p->catalog_serial, now_s, &t->ages);
	if (!err)
		ages_apply(&t->ages, s->catalog, p->observe_s, now_s);
	return err;
}

int trusted_check(struct sources *s, const char *dir, int64_t now_s, struct trusted *ret,
		  struct diag *d)
{
	const struct kept kept = { .dir = dir, .file = s->policy->file, .now_s = now_s };
	CLEANUP(trusted_exit) struct trusted t = { .ages.due_s = INT64_MAX };
	int err = check_bundles(s, &kept, &t, d);

	if (!err)
		err = check_age(s, &t, d);
	if (!err)
		err = check_pin(s, &kept, &t, d);
	if (err)
		return err;
	s->policy->held_s = t.held_s;
	*ret = t;
	t = (struct trusted){ 0 };
	return 0;
}

static void remember(const struct origin *o, const char *dir, const struct trusted *t)
{
	char path[STATE_MAX];
	const struct serial_seen s = { .serial = o->serial,
				       .hold_s = o->hold ? t->hold_since : 0 };
	int err = o->is_bundle ? serials_put(state(dir, SERIALS, path), o->name, &s) : 0;

	if (err)
		fprintf(stderr, "weir: %s: %s: an older bundle would be taken after a restart\n",
			path, strerror(-err));
}

void trusted_remember(const struct sources *s, const char *dir, struct trusted *t)
{
	char path[STATE_MAX];
	int err = 0;

	remember(&s->policy_from, dir, t);
	if (strcmp(s->catalog_from.name, s->policy_from.name) != 0)
		remember(&s->catalog_from, dir, t);
	if (t->ages.is_changed)
		err = ages_write(state(dir, INDICATORS, path), &t->ages);
	if (err)
		fprintf(stderr, "weir: %s: %s: after a restart new indicators are watched anew\n",
			path, strerror(-err));
	/* On disk is enough: a million of them are 16 MB. */
	free(take_ptr(t->ages.list));
	t->ages.is_changed = false;
}

void trusted_exit(struct trusted *t)
{
	ages_exit(&t->ages);
	*t = (struct trusted){ 0 };
}

bool trusted_is_due(struct trusted *t, int64_t now_s)
{
	if (!t->ages.young || t->ages.due_s > now_s)
		return false;
	t->ages.due_s = now_s + RETRY_S;
	return true;
}

static bool goes_beyond_observe(const struct weir_rule *rule)
{
	for (int i = 0; i < WEIR_STEPS_MAX && rule->at_ns[i] != WEIR_NEVER; i++)
		if (rule->mode[i] > WEIR_OBSERVE)
			return true;
	return false;
}

/* An organisation that has no keys here signs nothing: there is nothing to ask for. */
static bool signs_here(const char *trust)
{
	CLEANUP(closedirp) DIR *d = opendir(trust);
	const struct dirent *e;
	size_t len;

	while (d && (e = readdir(d))) {
		len = strlen(e->d_name);
		if (len > 4 && !strcmp(e->d_name + len - 4, ".pub"))
			return true;
	}
	return false;
}

bool trusted_withholds(const struct sources *s, const struct compiled *t, uint32_t product)
{
	const struct weir_rule *rule = &t->rules[product + 1];

	return s->policy->enforce && !s->policy_from.is_signed && !s->policy->unsigned_accepted &&
	       s->catalog->products[product].security_product && rule->id &&
	       rule->flags & WEIR_RULE_ENFORCE && goes_beyond_observe(rule) && signs_here(s->trust);
}

uint32_t trusted_tell_unsigned(const struct sources *s, const struct compiled *t)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	uint32_t cnt = 0;
	int err;

	for (uint32_t i = 0; i < s->catalog->product_cnt; i++)
		if (trusted_withholds(s, t, i)) {
			buf_addf(&out, "%s\n", s->catalog->products[i].id);
			cnt++;
		}
	if (!cnt) {
		unlink(TRUSTED_UNSIGNED);
		return 0;
	}
	err = out.err ? out.err : state_write(TRUSTED_UNSIGNED, out.data, out.len);
	if (err)
		fprintf(stderr, "weir: " TRUSTED_UNSIGNED ": %s\n", strerror(-err));
	return cnt;
}

bool trusted_may_confirm(const char *product, char *why, size_t size)
{
	CLEANUP(fclosep) FILE *in = fopen(TRUSTED_UNSIGNED, "re");
	CLEANUP(buf_free) struct buf names = { 0 };
	uint32_t cnt = 0;
	char line[160];

	while (in && fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\n")] = '\0';
		if (product && strcmp(product, line) != 0)
			continue;
		if (cnt++ < NAMED_MAX)
			buf_addf(&names, "%s%s", cnt > 1 ? ", " : "", line);
	}
	if (!cnt)
		return true;
	if (cnt > NAMED_MAX)
		buf_addf(&names, " and %u more", cnt - NAMED_MAX);
	snprintf(why, size, "the policy is unsigned and blocks security products (%s): sign it as "
		 "a bundle, or write \"unsigned-security-products: accept\" into it",
		 buf_str(&names));
	return false;
}

static void add_serial(struct jout *j, const char *key, int64_t serial)
{
	jout_key(j, key);
	jout_i64(j, serial);
}

static void add_origin(struct jout *j, const char *key, const struct origin *o)
{
	char text[600];

	jout_add_object(j, key);
	jout_add_str(j, "trust", origin_text(o, text, sizeof(text)));
	if (o->is_bundle) {
		jout_add_str(j, "bundle", o->name);
		add_serial(j, "serial", o->serial);
		jout_add_str(j, "expires", o->expires_text);
		jout_add_bool(j, "hold", o->hold);
	}
	jout_end(j);
}

void trusted_status(const struct sources *s, const struct trusted *t, int64_t now_s,
		    struct jout *j)
{
	char text[600];

	jout_add_str(j, "trust", origin_text(&s->policy_from, text, sizeof(text)));
	jout_add_object(j, "origin");
	add_origin(j, "policy", &s->policy_from);
	add_origin(j, "catalog", &s->catalog_from);
	if (s->catalog_serial)
		add_serial(j, "catalog_serial", s->catalog_serial);
	if (t->held_s && t->held_s <= now_s)
		jout_add_str(j, "held", t->held_why);
	else if (t->held_s)
		add_serial(j, "held_from", t->held_s);
	jout_add_u64(j, "young_indicators", t->ages.young);
	jout_end(j);
}
