// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sources: what is read, in which order, what is refused and in which words;
 * and the host's zones, from whose files dates become moments.
 */
#include <sys/types.h>

#include "base/cleanup.h"
#include "cmd/catalog_source.h"
#include "cmd/posixtz.h"
#include "cmd/source_file.h"
#include "cmd/sources.h"
#include "cmd/trust.h"
#include "cmd/zoneinfo.h"
#include "tap.h"
#include "tree.h"

static const char vendor_a[] =
	"vendor: a\nname: A\nproducts:\n- product: p\n  name: P\n  class: vendor_product\n"
	"  indicators: [{kind: deb, value: a-deb}]\n";
static const char vendor_b[] =
	"vendor: b\nname: B\nproducts:\n- product: p\n  name: P\n  class: vendor_product\n"
	"  indicators: [{kind: deb, value: b-deb}]\n";
static const char directive[] =
	"directive: d\ntitle: T\nissued: 2031-01-01\nsource: [s]\n"
	"vendors: [{vendor: b, status: named}]\n";
static const char policy_utc[] = "policy: p\nserial: 1\nrules: [{vendor: a, mode: block}]\n";
static const char policy_zone[] =
	"policy: p\nserial: 1\nzone: Asia/Shanghai\nrules: [{vendor: a, phases: "
	"[{mode: block, from: 2031-01-01}]}]\n";

/* sources_load() below the tree; the diag is kept for the caller. */
static int load(const struct tree *t, const char *catalog, const char *policy, bool is_trusted,
		struct sources *s, struct diag *d)
{
	char dir[256], file[256];
	struct sources_wish wish = { .is_trusted = is_trusted };

	*d = (struct diag){ .text = "" };
	snprintf(dir, sizeof(dir), "%s%s", t->base, catalog);
	snprintf(file, sizeof(file), "%s%s", t->base, policy ? policy : "");
	wish.catalog = dir;
	wish.policy = policy ? file : NULL;
	return sources_load(&wish, s, d);
}

static bool is_refused(const struct tree *t, const char *catalog, int want, const char *text)
{
	CLEANUP(sources_exit) struct sources s = { 0 };
	struct diag d;
	int err = load(t, catalog, NULL, false, &s, &d);

	if (err == want && !d.line && strstr(d.text, text) && !s.catalog)
		return true;
	printf("# %d %s:%u: %s\n", err, d.file, d.line, d.text);
	return false;
}

static void plant(const struct tree *t)
{
	tree_text(t, "/c/vendors/b.yaml", vendor_b);
	tree_text(t, "/c/vendors/a.yaml", vendor_a);
	tree_text(t, "/c/vendors/.hidden.yaml", "nonsense");
	tree_text(t, "/c/vendors/README", "nonsense");
	tree_text(t, "/c/directives/d.yaml", directive);
	tree_text(t, "/p.yaml", policy_utc);
	tree_text(t, "/zone.yaml", policy_zone);
}

static void test_load(const struct tree *t)
{
	CLEANUP(sources_exit) struct sources s = { 0 };
	struct diag d;

	if (!ok(!load(t, "/c/", "/p.yaml", false, &s, &d), "a catalogue and a policy are read"))
		printf("# %s: %s\n", d.file, d.text);
	ok(s.catalog && s.catalog->vendor_cnt == 2 && !strcmp(s.catalog->vendors[0].id, "a") &&
	   s.catalog->directive_cnt == 1, "every *.yaml, in the order of their bytes");
	ok(s.policy && s.policy->serial == 1 && s.context.host == s.host && *s.host,
	   "the policy is read for this host");
	ok(s.catalog && strstr(s.catalog->vendors[0].file, "/c/vendors/a.yaml") &&
	   !strstr(s.catalog->vendors[0].file, "//"), "files are named in one spelling");
}

static void test_extra(const struct tree *t)
{
	CLEANUP(sources_exit) struct sources s = { 0 };
	char dir[128], extra[128], other[128];
	struct sources_wish wish = { .catalog = dir, .extra = extra };
	struct diag d = { .text = "" };

	snprintf(dir, sizeof(dir), "%s/c", t->base);
	snprintf(extra, sizeof(extra), "%s/new/a.yaml", t->base);
	snprintf(other, sizeof(other), "%s/new/a2.yaml", t->base);
	tree_text(t, "/new/a.yaml", vendor_a);
	tree_text(t, "/new/a2.yaml", vendor_a);
	ok(!sources_load(&wish, &s, &d) && s.catalog->vendor_cnt == 2 &&
	   !strcmp(s.catalog->vendors[1].file, extra), "an extra file stands for its namesake");
	wish.extra = other;
	if (!ok(sources_load(&wish, &s, &d) == -EINVAL && !strcmp(d.file, other) && d.line,
		"under another name it is a second vendor, and is told so"))
		printf("# %s:%u: %s\n", d.file, d.line, d.text);
}

static void test_refused(const struct tree *t)
{
	char fifo[128];

	tree_text(t, "/outside.yaml", vendor_a);
	tree_dir(t, "/empty");
	ok(is_refused(t, "/nowhere", -ENOENT, "the catalogue cannot be opened"),
	   "a catalogue that is not there");
	ok(is_refused(t, "/empty", -ENOENT, "cannot be opened"), "a directory that is none");
	tree_dir(t, "/none/vendors");
	ok(is_refused(t, "/none", -EINVAL, "no catalogue"), "one without a file");
	tree_link(t, "../../outside.yaml", "/out/vendors/a.yaml");
	ok(is_refused(t, "/out", -EXDEV, "a link that leads out of the catalogue"),
	   "a link that leads out");
	tree_link(t, "/etc", "/etc-link/vendors");
	ok(is_refused(t, "/etc-link", -EXDEV, "leads out"), "a directory that is a link out");
	tree_dir(t, "/fifo/vendors");
	snprintf(fifo, sizeof(fifo), "%s/fifo/vendors/a.yaml", t->base);
	tree_must(!mkfifo(fifo, 0600), fifo);
	ok(is_refused(t, "/fifo", -EINVAL, "not a regular file"), "a FIFO, without waiting");
}

static void test_link_inside(const struct tree *t)
{
	CLEANUP(sources_exit) struct sources s = { 0 };
	struct diag d;

	tree_text(t, "/in/more/a.text", vendor_a);
	tree_link(t, "../more/a.text", "/in/vendors/a.yaml");
	ok(!load(t, "/in", NULL, false, &s, &d) && s.catalog->vendor_cnt == 1,
	   "a link that stays inside is followed");
}

static void test_bad_file(const struct tree *t)
{
	CLEANUP(sources_exit) struct sources s = { 0 };
	struct diag d;

	tree_text(t, "/bad/vendors/a.yaml", "vendor: a\nnmae: A\n");
	ok(load(t, "/bad", NULL, false, &s, &d) == -EINVAL && d.line == 2 && d.col == 1 &&
	   strstr(d.file, "/bad/vendors/a.yaml"), "a bad file is complained about by place");
}

static int check_mode(const struct tree *t, const char *path, mode_t mode, struct diag *d)
{
	char full[256];

	snprintf(full, sizeof(full), "%s%s", t->base, path);
	tree_must(!chmod(full, mode), full);
	{
		CLEANUP(sources_exit) struct sources s = { 0 };

		return load(t, "/c", "/p.yaml", true, &s, d);
	}
}

static void skip(const char *title, const char *why)
{
	ok(true, "%s # SKIP %s", title, why);
}

static void test_trust(const struct tree *t)
{
	static const struct {
		const char *path, *title;
		mode_t bad, good;
	} rows[] = {
		{ "/p.yaml", "a policy that the group can write", 0664, 0644 },
		{ "/c/vendors/a.yaml", "a vendor file that others can write", 0646, 0644 },
		{ "/c/vendors", "a folder that others can write", 0777, 0755 },
		{ "/c/vendors", "a folder with the sticky bit, where others can add", 01777, 0755 },
		{ "/c", "the catalogue that the group can write", 0775, 0755 },
		{ "", "a directory above that others can write", 0757, 0755 },
	};
	struct diag d;

	if (geteuid()) {
		skip("what others can write is refused", "only root can make files of root");
		return;
	}
	/* /tmp above the tree is sticky. */
	ok(!check_mode(t, "", 0755, &d), "files of root below a sticky directory are trusted");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int err = check_mode(t, rows[i].path, rows[i].bad, &d);

		if (!ok(err == -EINVAL && !d.line && strstr(d.text, "chmod go-w /"), "%s is refused",
			rows[i].title))
			printf("# %d %s: %s\n", err, d.file, d.text);
		ok(!check_mode(t, rows[i].path, rows[i].good, &d), "and taken after chmod go-w");
	}
}

static void test_owner(const struct tree *t)
{
	CLEANUP(sources_exit) struct sources s = { 0 };
	char path[128];
	struct diag d;

	if (geteuid()) {
		skip("a file of another user is refused", "only root can give files away");
		return;
	}
	snprintf(path, sizeof(path), "%s/p.yaml", t->base);
	tree_must(!chown(path, 65534, (gid_t)-1), path);
	ok(load(t, "/c", "/p.yaml", true, &s, &d) == -EINVAL && strstr(d.text, "chown root"),
	   "a file that another user owns is refused");
	tree_must(!chown(path, 0, (gid_t)-1), path);
	tree_link(t, "p.yaml", "/link.yaml");
	snprintf(path, sizeof(path), "%s/link.yaml", t->base);
	tree_must(!lchown(path, 65534, (gid_t)-1), path);
	ok(load(t, "/c", "/link.yaml", true, &s, &d) == -EINVAL,
	   "so is a link that another user owns");
}

static const struct {
	const char *rule;
	int64_t at;
	int32_t want;
} rules[] = {
	{ "UTC0", 0, 0 },
	{ "CST-8", 1900000000, 28800 },
	{ "<+0530>-5:30", 0, 19800 },
	{ "CET-1CEST,M3.5.0,M10.5.0/3", 1774745999, 3600 },  /* 2026-03-29T00:59:59Z */
	{ "CET-1CEST,M3.5.0,M10.5.0/3", 1774746000, 7200 },
	{ "CET-1CEST,M3.5.0,M10.5.0/3", 1792889999, 7200 },  /* 2026-10-25T00:59:59Z */
	{ "CET-1CEST,M3.5.0,M10.5.0/3", 1792890000, 3600 },
	{ "AEST-10AEDT,M10.1.0,M4.1.0/3", 1767225600, 39600 }, /* summer over new year */
	{ "IST-1GMT0,M10.5.0,M3.5.0/1", 1767225600, 0 }, /* winter is the exception */
	{ "XXX3YYY,J60/0,300", 1772334000, -7200 }, /* 2026-03-01T00:00 in it */
	{ "XXX3YYY,J60/0,300", 1772333999, -10800 },
};

static const char *const bad_rules[] = {
	"", "C0", "CET", "CET-1CEST", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0",
	"CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,M3.5.0", "CET-1CEST,J0,J1", "CET-1CEST,1,366",
	"CET-168", "<CET-1", "CET-1CEST,M3.5.0,M10.5.0/3x", "CET-99999999999999999999",
};

static void test_rules(void)
{
	struct posixtz tz;
	unsigned int wrong = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		if (!posixtz_parse(rules[i].rule, &tz) &&
		    posixtz_offset(&tz, rules[i].at) == rules[i].want)
			continue;
		wrong++;
		printf("# %s at %lld\n", rules[i].rule, (long long)rules[i].at);
	}
	ok(!wrong, "the rules at the end of zone files say the right offsets");
	for (size_t i = 0; i < ARRAY_SIZE(bad_rules); i++) {
		if (posixtz_parse(bad_rules[i], &tz) == -EINVAL)
			continue;
		wrong++;
		printf("# taken: %s\n", bad_rules[i]);
	}
	ok(!wrong, "what is no such rule is refused");
}

static const struct {
	const char *zone;
	int year, mon, day, hour;
	int64_t want;
	const char *title;
} moments[] = {
	{ "UTC", 2031, 1, 1, 0, 1924992000, "UTC" },
	{ "Etc/UTC", 2031, 1, 1, 0, 1924992000, "UTC under its other name" },
	{ "Asia/Shanghai", 2031, 1, 1, 0, 1924963200, "a zone without summer time" },
	{ "Europe/Berlin", 2031, 7, 1, 0, 1940623200, "summer, beyond the file's table" },
	{ "Europe/Berlin", 2026, 3, 29, 2, 1774746000, "an hour that is left out" },
	{ "Europe/Berlin", 2026, 10, 25, 2, 1792886400, "the first of a double hour" },
	{ "Pacific/Apia", 2011, 12, 30, 0, 1325239200, "a whole day that was left out" },
};

static void test_zones(void)
{
	ok(zoneinfo_exists("UTC") && zoneinfo_exists("Etc/UTC"), "UTC is known to every host");
	ok(!zoneinfo_exists("../../etc/passwd") && !zoneinfo_exists("/etc/localtime") &&
	   !zoneinfo_exists("") && !zoneinfo_exists("Asia") && !zoneinfo_exists("Asia/Shangai") &&
	   !zoneinfo_exists("zone.tab") && !zoneinfo_exists("tzdata.zi"),
	   "what is no zone does not exist");
	for (size_t i = 0; i < ARRAY_SIZE(moments); i++) {
		int64_t got;

		if (!zoneinfo_exists(moments[i].zone)) {
			skip(moments[i].title, "tzdata is not installed");
			continue;
		}
		got = zoneinfo_time(moments[i].zone, moments[i].year, moments[i].mon,
				    moments[i].day, moments[i].hour, 0, 0);
		if (!ok(got == moments[i].want, "%s", moments[i].title))
			printf("# %lld\n", (long long)got);
	}
}

/* Every file cut at every byte, and with each byte turned over: no crash. */
static void test_damage(void)
{
	CLEANUP(freep) char *text = NULL;
	struct diag d;
	struct zoneinfo z;
	size_t len = 0, taken = 0;

	if (source_read(ZONEINFO_DIR "/Europe/Berlin", false, &text, &len, &d)) {
		skip("a damaged zone file is refused", "tzdata is not installed");
		return;
	}
	for (size_t i = 0; i < len; i++) {
		CLEANUP(freep) char *copy = malloc(i + 1);

		memcpy(copy, text, i);
		taken += i && !zoneinfo_parse((const uint8_t *)copy, i, &z);
	}
	ok(!taken, "a zone file that was cut is refused");
	for (size_t i = 0; i < len; i++) {
		text[i] = (char)~text[i];
		if (!zoneinfo_parse((const uint8_t *)text, len, &z))
			zoneinfo_to_epoch(&z, 1924992000);
		text[i] = (char)~text[i];
	}
	ok(!zoneinfo_parse((const uint8_t *)text, len, &z), "one that was damaged harms nobody");
}

static void test_policy_zone(const struct tree *t)
{
	CLEANUP(sources_exit) struct sources s = { 0 };
	struct diag d;
	int err = load(t, "/c", "/zone.yaml", false, &s, &d);

	if (!zoneinfo_is_installed()) {
		ok(err == -EINVAL && d.line == 3 && strstr(d.text, "install tzdata"),
		   "without tzdata a zone is refused, and the message says what is missing");
		return;
	}
	ok(!err && s.policy->rules[0].phases[0].from == 1924963200,
	   "a policy's date is the start of the day in its zone");
}

int main(void)
{
	struct tree t;
	char path[4096];
	int err;

	tree_init(&t);
	tree_must(!chmod(t.base, 0755), t.base);
	umask(022);
	plant(&t);
	test_load(&t);
	test_policy_zone(&t);
	test_extra(&t);
	test_trust(&t);
	test_owner(&t);
	test_refused(&t);
	test_link_inside(&t);
	test_bad_file(&t);
	test_rules();
	test_zones();
	test_damage();
	err = catalog_source_default(path, sizeof(path));
	ok(err == -ENOENT || (!err && strlen(path) > 8 &&
			      !strcmp(path + strlen(path) - 8, "/catalog")),
	   "the default catalogue is one or is not there");
	tree_exit(&t);
	return tap_done();
}
