// SPDX-License-Identifier: GPL-2.0-only
/* Findings from hand-made traces: what is one thing, what makes a finding, and what never does. */
#include "match/finding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "tap.h"

static const char vendor[] =
	"vendor: examplewall\n"
	"name: Examplewall Inc.\n"
	"products:\n"
	"  - product: agent\n"
	"    name: Agent\n"
	"    class: vendor_product\n"
	"    indicators:\n"
	"      - {kind: path, value: /usr/bin/ewctl, confidence: medium}\n"
	"      - {kind: dir, value: /opt/examplewall/, confidence: high}\n"
	"      - {kind: deb, value: ew-agent, confidence: high}\n"
	"      - {kind: module, value: ewfilter, confidence: high}\n"
	"      - {kind: unit, value: epmd.service, sufficient: false}\n"
	"      - {kind: comm, value: epmd, sufficient: false}\n"
	"      - {kind: comm, value: ewagentd, sufficient: false}\n"
	"      - {kind: config, value: /etc/examplewall/}\n"
	"      - {kind: user, value: ewuser}\n"
	"      - {kind: log, value: /var/log/examplewall/, sufficient: true}\n"
	"      - {kind: installer, value: ew-agent-*.deb, sufficient: true}\n"
	"  - product: tools\n"
	"    name: Tools\n"
	"    class: vendor_oss_in_distro\n"
	"    indicators:\n"
	"      - {kind: deb, value: ew-tools}\n"
	"      - {kind: config, value: /etc/ew-tools/}\n";

static const char confusables[] =
	"confusables: alike\n"
	"entries:\n"
	"  - name: Erlang port mapper\n"
	"    confused-with: [examplewall]\n"
	"    class: name_collision\n"
	"    why: the same name\n"
	"    indicators:\n"
	"      - {kind: path, value: /usr/bin/epmd}\n"
	"      - {kind: unit, value: epmd.service, sufficient: false}\n"
	"      - {kind: deb, value: erlang-base}\n";

static struct catalog *catalog;
static struct match_index *built;

static bool add(const char *file, const char *text)
{
	struct diag d = { .text = "" };

	if (!catalog_add(catalog, file, text, strlen(text), &d))
		return true;
	printf("# %s:%u:%u: %s\n", d.file, d.line, d.col, d.text);
	return false;
}

static bool build(void)
{
	struct diag d = { .text = "" };

	return !catalog_new(&catalog) && add("v.yaml", vendor) && add("c.yaml", confusables) &&
	       !catalog_seal(catalog, &d) && !match_index_new(catalog, &built);
}

/* A trace in one line: what is looked for, and at most one path and one word. */
struct seen {
	enum trace_kind kind;
	const char *where, *path;
	enum indicator_kind word_kind;
	const char *word;
	uint32_t flags;
	const char *version, *started_by;
};

static int tell(struct findings *f, const struct seen *s)
{
	struct fact word = { s->word_kind, s->word };
	struct facts facts = { .path = s->path, .others = &word, .other_cnt = s->word != NULL };
	struct trace t = { .kind = s->kind, .flags = s->flags, .where = s->where, .facts = &facts,
			   .version = s->version, .started_by = s->started_by };

	return findings_add(f, &t);
}

/* What comes of @cnt traces; to be freed. NULL: no memory. */
static struct findings *found(const struct seen *seen, size_t cnt)
{
	struct findings *f = NULL;
	int err = findings_new(built, &f);

	for (size_t i = 0; !err && i < cnt; i++)
		err = tell(f, &seen[i]);
	if (!err)
		err = findings_conclude(f);
	return err ? findings_free(f) : f;
}

static const struct finding *of(const struct findings *f, const char *id)
{
	for (uint32_t i = 0; f && i < f->cnt; i++)
		if (!strcmp(catalog->products[f->items[i].product].id, id))
			return &f->items[i];
	return NULL;
}

#define FILE_AT(place) { .kind = TRACE_FILE, .where = place, .path = place }
#define WORD(what, place, kind_of, ...) \
	{ .kind = what, .where = place, .word_kind = kind_of, .word = place, __VA_ARGS__ }
#define PROCESS(number, name, exe) \
	{ .kind = TRACE_PROCESS, .where = number, .path = exe, .word_kind = IND_COMM, \
	  .word = name, .flags = TRACE_RUNNING }
#define ROWS_MAX 4

static const struct {
	const char *title;
	struct seen seen[ROWS_MAX];
	int state; /* -1: no finding */
	uint32_t rows, cleared, weak;
	bool is_combined;
} cases[] = {
	{ "a listed file is installed", { FILE_AT("/usr/bin/ewctl") }, STATE_INSTALLED, 1, 0, 0, false },
	{ "a file in a listed directory, too", { FILE_AT("/opt/examplewall/x") },
	  STATE_INSTALLED, 1, 0, 0, false },
	{ "a package is installed", { WORD(TRACE_PACKAGE, "ew-agent", IND_DEB) },
	  STATE_INSTALLED, 1, 0, 0, false },
	{ "one that no file bears out is unverified",
	  { WORD(TRACE_PACKAGE, "ew-agent", IND_DEB, .flags = TRACE_UNVERIFIED) },
	  STATE_UNVERIFIED, 1, 0, 0, false },
	{ "one that was removed is residue",
	  { WORD(TRACE_PACKAGE, "ew-agent", IND_DEB, .flags = TRACE_REMOVED) },
	  STATE_RESIDUE, 1, 0, 0, false },
	{ "a listed log alone is residue", { FILE_AT("/var/log/examplewall/x.log") },
	  STATE_RESIDUE, 1, 0, 0, false },
	{ "an installer alone is no installation", { FILE_AT("/tmp/ew-agent-1.deb") },
	  STATE_INSTALLER, 1, 0, 0, false },
	{ "a process of it is running", { PROCESS("7", "x", "/opt/examplewall/x") },
	  STATE_RUNNING, 1, 0, 0, false },
	{ "a module is loaded", { WORD(TRACE_MODULE, "ewfilter", IND_MODULE, .flags = TRACE_RUNNING) },
	  STATE_LOADED, 1, 0, 0, false },
	{ "or only installed", { WORD(TRACE_MODULE, "ewfilter", IND_MODULE) },
	  STATE_INSTALLED, 1, 0, 0, false },
	{ "configuration alone is one family", { FILE_AT("/etc/examplewall/x") }, -1, 0, 0, 1, false },
	{ "with a user it is two, and residue",
	  { FILE_AT("/etc/examplewall/x"), WORD(TRACE_USER, "ewuser", IND_USER) },
	  STATE_RESIDUE, 2, 0, 0, true },
	{ "with a process of that name it is running",
	  { FILE_AT("/etc/examplewall/x"), PROCESS("7", "ewagentd", "/usr/bin/other") },
	  STATE_RUNNING, 2, 0, 0, true },
	{ "both on one thing are a finding of the thing",
	  { PROCESS("7", "ewagentd", "/etc/examplewall/x") }, STATE_RUNNING, 1, 0, 0, false },
	{ "two names are one family", { WORD(TRACE_USER, "ewuser", IND_USER),
	  PROCESS("7", "ewagentd", "/usr/bin/other") }, -1, 0, 0, 2, false },
	{ "Erlang's epmd and its unit stay clean",
	  { PROCESS("7", "epmd", "/usr/bin/epmd"),
	    { .kind = TRACE_UNIT, .where = "epmd.service", .path = "/usr/bin/epmd",
	      .word_kind = IND_UNIT, .word = "epmd.service", .flags = TRACE_RUNNING },
	    WORD(TRACE_PACKAGE, "erlang-base", IND_DEB) }, -1, 0, 3, 0, false },
	{ "what a confusable shares is no witness beside a place",
	  { WORD(TRACE_UNIT, "epmd.service", IND_UNIT), FILE_AT("/etc/examplewall/x") },
	  -1, 0, 0, 2, false },
	{ "what is cleared is no witness either",
	  { PROCESS("7", "epmd", "/usr/bin/epmd"), FILE_AT("/etc/examplewall/x") }, -1, 0, 1, 1, false },
	{ "weak things join a finding, cleared ones do not",
	  { FILE_AT("/usr/bin/ewctl"), FILE_AT("/etc/examplewall/x"),
	    PROCESS("7", "epmd", "/usr/bin/epmd") }, STATE_INSTALLED, 2, 1, 0, false },
	{ "a place of one product and a name of another are nobody's",
	  { FILE_AT("/etc/ew-tools/x"), WORD(TRACE_USER, "ewuser", IND_USER) }, -1, 0, 0, 2, false },
	{ "nothing is nothing", { FILE_AT("/usr/bin/ls") }, -1, 0, 0, 0, false },
};

static void check_case(size_t i)
{
	struct findings *f;
	const struct finding *item;
	size_t cnt = 0;

	while (cnt < ROWS_MAX && cases[i].seen[cnt].where)
		cnt++;
	f = found(cases[i].seen, cnt);
	item = of(f, "examplewall/agent");
	if (!ok(f && (item ? (int)item->state : -1) == cases[i].state &&
		(item ? item->row_cnt : 0) == cases[i].rows &&
		f->cleared_cnt == cases[i].cleared && f->weak_cnt == cases[i].weak &&
		(item && item->is_combined) == cases[i].is_combined, "%s", cases[i].title) && f)
		printf("# state %d, %u rows, %u cleared, %u weak, combined %d\n",
		       item ? (int)item->state : -1, item ? item->row_cnt : 0, f->cleared_cnt,
		       f->weak_cnt, item && item->is_combined);
	findings_free(f);
}

static void check_merging(void)
{
	static const struct seen twice[] = {
		{ .kind = TRACE_PACKAGE, .where = "ew-agent", .word_kind = IND_DEB,
		  .word = "ew-agent", .version = "1" },
		{ .kind = TRACE_PACKAGE, .where = "ew-agent", .flags = TRACE_UNVERIFIED,
		  .version = "2", .started_by = "x.service" },
	};
	static const struct seen started[] = {
		FILE_AT("/usr/bin/ewctl"),
		{ .kind = TRACE_UNIT, .where = "a.service", .path = "/usr/bin/ewctl",
		  .flags = TRACE_RESTARTS },
		{ .kind = TRACE_UNIT, .where = "b.service", .path = "/usr/bin/ewctl" },
	};
	struct findings *f = found(twice, ARRAY_SIZE(twice));
	const struct finding *item = of(f, "examplewall/agent");
	const char *const *by;

	ok(item && item->row_cnt == 1 && item->rows[0].thing->flags == TRACE_UNVERIFIED &&
	   !strcmp(item->version, "1"), "the same kind and place is one thing");
	findings_free(f);
	f = found(started, ARRAY_SIZE(started));
	item = of(f, "examplewall/agent");
	by = item ? item->rows[0].thing->started_by.item : NULL;
	ok(item && item->rows[0].thing->kind == TRACE_FILE &&
	   item->rows[0].thing->started_by.cnt == 2 && !strcmp(by[0], "a.service") &&
	   item->rows[0].thing->flags & TRACE_RESTARTS, "a file knows the units that start it");
	findings_free(f);
}

static void check_containers(void)
{
	struct facts facts = { .path = "/usr/bin/ewctl" };
	struct trace t = { .kind = TRACE_FILE, .where = "/usr/bin/ewctl", .facts = &facts };
	struct findings *f = NULL;
	const struct finding *item;
	int err = findings_new(built, &f);

	err = err ? err : findings_add(f, &t);
	t.container = "abc";
	err = err ? err : findings_add(f, &t);
	t.container = "def";
	err = err ? err : findings_add(f, &t) || findings_add(f, &t);
	err = err ? err : findings_conclude(f);
	item = err ? NULL : of(f, "examplewall/agent");
	ok(item && item->row_cnt == 3 && !item->rows[0].thing->container &&
	   !strcmp(item->rows[2].thing->container, "def") &&
	   !strcmp(item->rows[2].thing->where, "/usr/bin/ewctl"),
	   "the same place in another container is another thing");
	findings_free(f);
}

/* Every order of four traces gives the same rows. */
static void check_order(void)
{
	static const struct seen some[] = {
		FILE_AT("/opt/examplewall/b"), FILE_AT("/opt/examplewall/a"),
		WORD(TRACE_PACKAGE, "ew-agent", IND_DEB),
		PROCESS("9", "ewagentd", "/opt/examplewall/a"),
	};
	static const char *const want[] = { "ew-agent", "/opt/examplewall/a",
					    "/opt/examplewall/b", "9" };
	bool same = true;

	for (size_t turn = 0; turn < ARRAY_SIZE(some); turn++) {
		struct seen turned[ARRAY_SIZE(some)];
		const struct finding *item;
		struct findings *f;

		for (size_t i = 0; i < ARRAY_SIZE(some); i++)
			turned[i] = some[(i + turn) % ARRAY_SIZE(some)];
		f = found(turned, ARRAY_SIZE(turned));
		item = of(f, "examplewall/agent");
		same &= item && item->row_cnt == ARRAY_SIZE(want);
		for (size_t i = 0; same && i < ARRAY_SIZE(want); i++)
			same &= !strcmp(item->rows[i].thing->where, want[i]);
		findings_free(f);
	}
	ok(same, "the order of the answer is not that of the traces");
}

static void check_bound(void)
{
	struct findings *f = NULL;
	const struct finding *item;
	int err = findings_new(built, &f);
	struct seen late = PROCESS("9", "x", "/opt/examplewall/x");
	char path[64];

	for (unsigned int i = 0; !err && i < FINDING_THINGS_MAX + 100; i++) {
		struct seen s = { .kind = TRACE_FILE, .where = path, .path = path };

		snprintf(path, sizeof(path), "/opt/examplewall/%u", i);
		err = tell(f, &s);
	}
	err = err ? err : tell(f, &late);
	err = err ? err : findings_conclude(f);
	item = err ? NULL : of(f, "examplewall/agent");
	ok(item && item->row_cnt == FINDING_THINGS_MAX + 1 && item->more == 100 &&
	   item->state == STATE_RUNNING, "a flood of files is counted and hides no process");
	findings_free(f);
}

static void check_hostile(void)
{
	static char longest[100000];
	struct findings *f = NULL;
	struct seen s = { .kind = TRACE_FILE, .where = longest, .path = "/usr/bin/ewctl",
			  .version = longest, .started_by = longest };
	struct seen none = { .kind = TRACE_FILE, .path = "/usr/bin/ewctl" };
	int err = findings_new(built, &f);
	const struct finding *item;

	memset(longest, 'x', sizeof(longest) - 1);
	err = err ? err : tell(f, &s) || tell(f, &s);
	none.where = "";
	err = err ? err : tell(f, &none);
	none.where = NULL;
	err = err ? err : tell(f, &none);
	err = err ? err : findings_conclude(f);
	item = err ? NULL : of(f, "examplewall/agent");
	ok(item && item->row_cnt == 1 && strlen(item->rows[0].thing->where) < 10000 &&
	   strlen(item->rows[0].thing->version) < 2000, "texts are bounded, and no place is no thing");
	findings_free(f);
}

static void check_strength(void)
{
	static const struct seen medium[] = { FILE_AT("/usr/bin/ewctl") };
	static const struct seen both[] = { FILE_AT("/usr/bin/ewctl"), FILE_AT("/opt/examplewall/") };
	struct findings *f = found(medium, ARRAY_SIZE(medium));
	const struct finding *item = of(f, "examplewall/agent");

	ok(item && item->is_sufficient && item->confidence == CONFIDENCE_MEDIUM &&
	   !item->may_enforce, "medium confidence is found and not enforced");
	findings_free(f);
	f = found(both, ARRAY_SIZE(both));
	item = of(f, "examplewall/agent");
	ok(item && item->confidence == CONFIDENCE_HIGH && item->may_enforce &&
	   item->families == 1u << FAMILY_PLACE, "the best of several things counts");
	findings_free(f);
}

int main(void)
{
	if (!ok(build(), "the catalogue is read"))
		return tap_done();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_case(i);
	check_merging();
	check_containers();
	check_order();
	check_bound();
	check_hostile();
	check_strength();
	match_index_free(built);
	catalog_free(catalog);
	return tap_done();
}
