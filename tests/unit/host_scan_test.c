// SPDX-License-Identifier: GPL-2.0-only
/*
 * The forms of a scan, from hand-made traces with the names that somebody who
 * wishes to mislead a reader would give. With --dump FORMAT the report is
 * printed, for the golden files and for the OCSF schema.
 */
#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "fixture.h"
#include "inventory/last.h"
#include "out/scan_csv.h"
#include "out/scan_diff.h"
#include "out/scan_json.h"
#include "out/scan_ocsf.h"
#include "out/scan_table.h"
#include "tap.h"
#include "tree.h"

/* 2026-11-25T10:00:00Z */
#define NOW 1795600800
#define NEWLINE "/opt/examplewall/new\nline"
#define ESCAPE "/opt/examplewall/\033[2Jcls"
#define RTL "/opt/examplewall/\xe2\x80\xaegnp.exe"
#define FORMULA "=HYPERLINK(\"http://x\")"
#define INVALID "/opt/examplewall/\xff\xfe"
#define COMMA "/opt/examplewall/a,b \"c\""

static struct catalog *catalog;
static struct match_index *built;
static struct findings *findings;

static const struct fact deb[] = { { IND_DEB, "ew-agent" } };
static const struct fact unit[] = { { IND_UNIT, "ew-agent.service" } };
static const struct fact comm[] = { { IND_COMM, "ewagentd" } };
static const struct fact module[] = { { IND_MODULE, "ewfilter" } };
static const struct fact game[] = { { IND_DEB, "ew-agent-game" } };
static const struct fact tools[] = { { IND_DEB, "ew-tools" } };

#define WORD(list) &(const struct facts){ .others = list, .other_cnt = 1 }
#define PLACE(text) \
	{ .kind = TRACE_FILE, .where = text, .facts = &(const struct facts){ .path = text } }

static const struct trace traces[] = {
	{ .kind = TRACE_PACKAGE, .where = "ew-agent", .facts = WORD(deb), .version = FORMULA },
	{ .kind = TRACE_UNIT, .where = "ew-agent.service", .facts = WORD(unit),
	  .flags = TRACE_RUNNING | TRACE_ENABLED | TRACE_RESTARTS },
	{ .kind = TRACE_PROCESS, .where = "812", .pid = 812, .flags = TRACE_RUNNING,
	  .facts = &(const struct facts){ .path = "/opt/examplewall/bin/d", .others = comm,
					  .other_cnt = 1 },
	  .started_by = "ew-agent.service", .user = "root", .changed = NOW - 60 },
	{ .kind = TRACE_MODULE, .where = "ewfilter", .facts = WORD(module),
	  .flags = TRACE_RUNNING, .version = "3" },
	{ .kind = TRACE_FILE, .where = "/usr/bin/ewctl", .container = "c0ffee",
	  .facts = &(const struct facts){ .path = "/usr/bin/ewctl" }, .package = "ew-agent" },
	PLACE(NEWLINE), PLACE(ESCAPE), PLACE(RTL), PLACE(INVALID), PLACE(COMMA),
	{ .kind = TRACE_FILE, .where = "/opt/examplewall/suid", .flags = TRACE_SETUID | TRACE_UNOWNED,
	  .facts = &(const struct facts){ .path = "/opt/examplewall/suid" },
	  .detail = "a detail" },
	{ .kind = TRACE_PACKAGE, .where = "ew-tools", .facts = WORD(tools), .version = "1",
	  .flags = TRACE_UNVERIFIED },
	{ .kind = TRACE_PACKAGE, .where = "ew-agent-game", .facts = WORD(game) },
	PLACE("/usr/games/ewctl"),
	{ .kind = TRACE_PROCESS, .where = "99", .pid = 99, .facts = WORD(comm) },
};

static const struct scan_unread unread[] = { { "the files of \xff\033", -EACCES } };
static const struct scan_gone gone[] = {
	{ "examplewall/console", NOW - 86400, NOW - 3600, true },
	{ "examplewall/older", NOW - 86400, NOW - 7200, false },
};

static bool build(void)
{
	int err = 0;

	catalog = fixture_catalog();
	if (!catalog || match_index_new(catalog, &built) || findings_new(built, &findings))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(traces) && !err; i++)
		err = findings_add(findings, &traces[i]);
	return !err && !findings_conclude(findings);
}

static struct scan_report report(void)
{
	return (struct scan_report){
		.catalog = catalog,
		.catalog_dir = "catalog",
		.findings = findings,
		.gone = gone,
		.gone_cnt = ARRAY_SIZE(gone),
		.host = { "db-1", "0123456789abcdef0123456789abcdef", "Test OS", "6.1", "x86_64" },
		.root = "/",
		.version = "0.0.0",
		.time_s = NOW,
		.shows_all = true,
		.is_long = true,
	};
}

/* No control byte, and nothing that turns the reading direction. */
static bool is_safe(const char *text, const char *allowed)
{
	for (; *text; text++)
		if ((iscntrl((unsigned char)*text) && !strchr(allowed, *text)) ||
		    !strncmp(text, "\xe2\x80\xae", 3) || *text == '\xff')
			return false;
	return true;
}

static void check_table(void)
{
	struct scan_report r = report();
	struct buf out = { 0 };
	const char *text;
	size_t longest = 0;

	scan_table(&r, &out);
	text = buf_str(&out);
	ok(is_safe(text, "\n"), "the table holds no byte that a terminal obeys");
	ok(strstr(text, "/opt/examplewall/new\\x0aline") && strstr(text, "\\u{202e}gnp.exe") &&
	   strstr(text, "\\xff\\xfe"), "hostile names are shown escaped");
	ok(strstr(text, "2 products of 1 vendor: 1 running, 1 unverified; 2 look-alikes cleared\n"),
	   "the closing line counts");
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
		if (strcspn(line, "\n") > longest)
			longest = strcspn(line, "\n");
	ok(longest <= 80, "no line is longer than 80 columns: %zu", longest);
	buf_clear(&out);
	r.has_color = true;
	scan_table(&r, &out);
	ok(strstr(buf_str(&out), "\033[1;31mrunning\033[0m"), "colours only when they are wanted");
	buf_clear(&out);
	r.is_long = r.has_color = r.shows_all = false;
	scan_table(&r, &out);
	text = buf_str(&out);
	ok(strstr(text, "and 4 more (--long)") && strstr(text, "2 look-alikes cleared (--all)"),
	   "without --long and --all it says how much more there is");
	buf_free(&out);
}

/* Cells of the line at @line, quotes and all; it is moved to the next. */
static size_t count_cells(const char **line)
{
	bool is_quoted = false;
	size_t cells = 1;
	const char *p;

	for (p = *line; *p && (is_quoted || strncmp(p, "\r\n", 2) != 0); p++) {
		is_quoted ^= *p == '"';
		cells += *p == ',' && !is_quoted;
	}
	*line = *p ? p + 2 : p;
	return cells;
}

static void check_csv(void)
{
	static const char *const columns[] = { SCAN_CSV_COLUMNS };
	static const struct {
		const char *text, *cell;
	} cells[] = {
		{ "plain", "plain" },
		{ "", "" },
		{ "=1+1", "'=1+1" },
		{ "+1", "'+1" },
		{ "-1", "'-1" },
		{ "@x", "'@x" },
		{ "\tx", "'\\x09x" },
		{ "\rx", "'\\x0dx" },
		{ "a-1", "a-1" },
		{ "a,b", "\"a,b\"" },
		{ "a\"b", "\"a\"\"b\"" },
		{ "=\"x\"", "\"'=\"\"x\"\"\"" },
		{ "two words", "\"two words\"" },
		{ "a\nb", "a\\x0ab" },
		{ "\xff", "\\xff" },
	};
	struct scan_report r = report();
	struct buf out = { 0 };
	bool same = true;
	const char *line;
	size_t lines = 0;

	for (size_t i = 0; i < ARRAY_SIZE(cells); i++) {
		buf_clear(&out);
		scan_csv_cell(&out, cells[i].text);
		ok(!strcmp(buf_str(&out), cells[i].cell), "CSV cell %s", cells[i].cell);
	}
	buf_clear(&out);
	scan_csv(&r, &out);
	ok(is_safe(buf_str(&out), "\r\n"), "CSV holds no byte that a terminal obeys");
	for (line = buf_str(&out); *line; lines++)
		same &= count_cells(&line) == ARRAY_SIZE(columns);
	ok(same && lines == 1 + findings->items[0].row_cnt + findings->items[1].row_cnt,
	   "CSV: one line a thing, with all columns");
	ok(strstr(buf_str(&out), ",\"'=HYPERLINK(\"\"http://x\"\")\","), "a formula is none");
	buf_free(&out);
}

static void check_json(void)
{
	struct scan_report r = report();
	struct buf out = { 0 }, again = { 0 };
	struct last last = { 0 };
	char why[256] = "";
	struct record like = { .product = "examplewall/agent", .kind = "file", .place = INVALID };
	const struct record *found;
	json_t *root;

	scan_json(&r, &out);
	scan_json(&r, &again);
	ok(out.len == again.len && !memcmp(out.data, again.data, out.len),
	   "the same findings are the same bytes");
	root = json_loadb(out.data, out.len, JSON_REJECT_DUPLICATES, NULL);
	ok(root && is_safe(buf_str(&out), "\n"), "the JSON is well formed, and in ASCII controls");
	json_decref(root);
	ok(!last_parse(out.data, out.len, &last, why, sizeof(why)) && last.time_s == NOW &&
	   last.is_complete && !strcmp(last.root, "/"), "a scan can be read back: %s", why);
	found = records_find(&last.found, &like);
	ok(found && found->state == STATE_INSTALLED, "with the bytes of every name");
	ok(last.gone.cnt == 2 && !strcmp(last.gone.items[0].product, "examplewall/console") &&
	   last.gone.items[0].last_seen == NOW - 3600, "and with what was gone");
	last_exit(&last);
	r.unread = unread;
	r.unread_cnt = 1;
	buf_clear(&out);
	scan_json(&r, &out);
	ok(strstr(buf_str(&out), "\"complete\":false") && strstr(buf_str(&out), "Permission denied"),
	   "what could not be read is in the JSON");
	buf_free(&out);
	buf_free(&again);
}

static void check_ocsf(void)
{
	struct scan_report r = report();
	struct buf out = { 0 };
	const char *text;

	scan_ocsf(&r, &out);
	text = buf_str(&out);
	ok(is_safe(text, "\n"), "OCSF holds no byte that a terminal obeys");
	ok(strstr(text, "\"activity_name\":\"Close\"") && !strstr(text, "examplewall/older"),
	   "what is newly gone is closed, once");
	buf_clear(&out);
	r.unread = unread;
	r.unread_cnt = 1;
	scan_ocsf(&r, &out);
	text = buf_str(&out);
	ok(!strstr(text, "\"activity_name\":\"Close\"") && strstr(text, "\"INCOMPLETE\""),
	   "but not by a scan that is incomplete");
	buf_free(&out);
}

/* What --diff is given instead of a scan. */
static const struct {
	const char *title, *text;
} bad[] = {
	{ "nothing", "" },
	{ "no JSON", "hello" },
	{ "another object", "{}" },
	{ "a list", "[1]" },
	{ "another form", "{\"weir_scan\":2,\"time\":\"2026-11-25T10:00:00Z\"}" },
	{ "no products", "{\"weir_scan\":1,\"time\":\"2026-11-25T10:00:00Z\",\"root\":\"/\"}" },
	{ "products that are text", "{\"weir_scan\":1,\"time\":\"2026-11-25T10:00:00Z\","
	  "\"root\":\"/\",\"products\":\"x\",\"gone\":[]}" },
	{ "a product without an id", "{\"weir_scan\":1,\"time\":\"2026-11-25T10:00:00Z\","
	  "\"root\":\"/\",\"products\":[{\"state\":\"running\",\"things\":[]}],\"gone\":[]}" },
	{ "an id of another grammar", "{\"weir_scan\":1,\"time\":\"2026-11-25T10:00:00Z\","
	  "\"root\":\"/\",\"products\":[{\"id\":\"a b\",\"state\":\"running\",\"things\":[]}],"
	  "\"gone\":[]}" },
	{ "an unknown state", "{\"weir_scan\":1,\"time\":\"2026-11-25T10:00:00Z\","
	  "\"root\":\"/\",\"products\":[{\"id\":\"a/b\",\"state\":\"x\",\"things\":[]}],\"gone\":[]}" },
	{ "a thing without a place", "{\"weir_scan\":1,\"time\":\"2026-11-25T10:00:00Z\","
	  "\"root\":\"/\",\"products\":[{\"id\":\"a/b\",\"state\":\"running\",\"things\":["
	  "{\"kind\":\"file\",\"state\":\"running\"}]}],\"gone\":[]}" },
	{ "odd digits", "{\"weir_scan\":1,\"time\":\"2026-11-25T10:00:00Z\","
	  "\"root\":\"/\",\"products\":[{\"id\":\"a/b\",\"state\":\"running\",\"things\":["
	  "{\"kind\":\"file\",\"where\":\"x\",\"where_hex\":\"abc\",\"state\":\"running\"}]}],"
	  "\"gone\":[]}" },
	{ "the same key twice", "{\"weir_scan\":1,\"time\":\"2026-11-25T10:00:00Z\","
	  "\"root\":\"/\",\"root\":\"/x\",\"products\":[],\"gone\":[]}" },
	{ "a NUL in a text", "{\"weir_scan\":1,\"time\":\"\\u0000\"}" },
};

static void check_bad(void)
{
	struct last last = { 0 };
	char why[256], *deep = malloc(100000);
	struct tree t;
	char path[128];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		*why = '\0';
		ok(last_parse(bad[i].text, strlen(bad[i].text), &last, why, sizeof(why)) == -EINVAL &&
		   *why, "refused as an earlier scan: %s", bad[i].title);
	}
	memset(deep, '[', 100000);
	ok(last_parse(deep, 100000, &last, why, sizeof(why)) == -EINVAL, "so is a deep nest");
	free(deep);
	ok(last_parse("", LAST_BYTES_MAX + 1ul, &last, why, sizeof(why)) == -EFBIG,
	   "and what is too large");
	tree_init(&t);
	snprintf(path, sizeof(path), "%s/fifo", t.base);
	tree_must(!mkfifo(path, 0600), path);
	ok(last_read(path, &last, why, sizeof(why)) == -EINVAL, "a FIFO is no file to wait for");
	snprintf(path, sizeof(path), "%s/none", t.base);
	ok(last_read(path, &last, why, sizeof(why)) == -ENOENT, "none is none");
	tree_exit(&t);
}

static void check_writing(void)
{
	struct tree t;
	char path[128];
	struct stat st;

	tree_init(&t);
	tree_text(&t, "/victim", "stays");
	tree_link(&t, "victim", "/scan.json");
	snprintf(path, sizeof(path), "%s/scan.json", t.base);
	ok(!last_write(path, "new", 3) && !lstat(path, &st) && S_ISREG(st.st_mode) &&
	   (st.st_mode & 0777) == 0600 && st.st_size == 3, "a scan is written anew, for its owner");
	snprintf(path, sizeof(path), "%s/victim", t.base);
	ok(!stat(path, &st) && st.st_size == 5, "not through a link");
	snprintf(path, sizeof(path), "%s/no/scan.json", t.base);
	ok(last_write(path, "new", 3) == -ENOENT, "where there is no directory it fails");
	tree_exit(&t);
}

static const struct record before[] = {
	{ .product = "a/gone", .state = STATE_RUNNING },
	{ .product = "a/gone", .kind = "file", .place = "/g", .state = STATE_INSTALLED },
	{ .product = "a/same", .state = STATE_INSTALLED, .version = "1" },
	{ .product = "a/same", .kind = "file", .place = "/s", .state = STATE_INSTALLED },
	{ .product = "a/state", .state = STATE_INSTALLED, .version = "1" },
	{ .product = "a/less", .state = STATE_INSTALLED },
	{ .product = "a/less", .kind = "file", .place = "/x\033", .state = STATE_INSTALLED },
};

static const struct record after[] = {
	{ .product = "a/new", .state = STATE_RUNNING },
	{ .product = "a/new", .kind = "file", .place = "/n", .state = STATE_INSTALLED },
	{ .product = "a/same", .state = STATE_INSTALLED, .version = "1" },
	{ .product = "a/same", .kind = "file", .place = "/s", .state = STATE_INSTALLED },
	{ .product = "a/state", .state = STATE_RUNNING, .version = "2" },
	{ .product = "a/less", .state = STATE_INSTALLED },
};

static void fill(struct records *all, const struct record *list, size_t cnt)
{
	for (size_t i = 0; i < cnt; i++)
		tree_must(!records_add(all, &list[i]), "records_add");
	records_sort(all);
}

static bool is_news(const struct records *was, const struct records *is)
{
	struct scan_diff d = { .was = was, .is = is };

	return scan_diff_is_news(&d);
}

static void check_diff(void)
{
	struct records was = { 0 }, is = { 0 }, less = { 0 }, nothing = { 0 };
	struct scan_diff d = { .was = &was, .is = &is, .was_s = NOW, .is_s = NOW + 60,
			       .is_complete = true };
	struct buf out = { 0 };
	const char *text;
	json_t *root;

	fill(&was, before, ARRAY_SIZE(before));
	fill(&is, after, ARRAY_SIZE(after));
	fill(&less, &before[5], 1);
	scan_diff_table(&d, &out);
	text = buf_str(&out);
	ok(strstr(text, "gone      a/gone  running  (1 thing)\n") &&
	   strstr(text, "appeared  a/new  running  (1 thing)\n") &&
	   strstr(text, "changed   a/state  installed -> running  version 1 -> 2\n") &&
	   strstr(text, "changed   a/less\n  gone      file /x\\x1b  installed\n") &&
	   !strstr(text, "a/same") && !strstr(text, " /g") && is_safe(text, "\n"),
	   "what appeared, is gone and changed");
	ok(strstr(text, "1 appeared, 1 gone, 2 changed of the products since 2026-11-25T10:00:00Z"),
	   "and how much of it");
	buf_clear(&out);
	scan_diff_json(&d, &out);
	root = json_loadb(out.data, out.len, JSON_REJECT_DUPLICATES, NULL);
	ok(root && json_array_size(json_object_get(root, "products")) == 4 &&
	   json_integer_value(json_object_get(json_object_get(root, "summary"), "changed")) == 2,
	   "the same as JSON");
	json_decref(root);
	ok(is_news(&was, &is), "there is news in it");
	ok(is_news(&nothing, &is), "after nothing all is news");
	ok(!is_news(&was, &nothing), "what is only gone is none");
	ok(!is_news(&was, &was), "nor is what is the same");
	ok(!is_news(&was, &less), "nor what is less of the same");
	buf_clear(&out);
	d.is = &was;
	scan_diff_table(&d, &out);
	ok(!strcmp(buf_str(&out), "Nothing is different since 2026-11-25T10:00:00Z\n"),
	   "nothing is different from itself");
	buf_free(&out);
	records_exit(&was);
	records_exit(&is);
	records_exit(&less);
}

static int dump(const char *format)
{
	struct scan_report r = report();
	struct buf out = { 0 };

	r.unread = unread;
	r.unread_cnt = !strcmp(format, "json");
	if (!strcmp(format, "json"))
		scan_json(&r, &out);
	else if (!strcmp(format, "csv"))
		scan_csv(&r, &out);
	else if (!strcmp(format, "ocsf"))
		scan_ocsf(&r, &out);
	else
		scan_table(&r, &out);
	fwrite(out.data, 1, out.len, stdout);
	buf_free(&out);
	return 0;
}

int main(int argc, char **argv)
{
	if (!build())
		return EXIT_FAILURE;
	for (uint32_t i = 0; i < findings->cnt; i++) {
		findings->items[i].first_seen = NOW - 86400 * i;
		findings->items[i].last_seen = NOW;
	}
	if (argc == 3 && !strcmp(argv[1], "--dump")) {
		dump(argv[2]);
	} else {
		ok(findings->cnt == 2, "the agent and the tools are found");
		check_table();
		check_csv();
		check_json();
		check_ocsf();
		check_bad();
		check_writing();
		check_diff();
	}
	findings_free(findings);
	match_index_free(built);
	catalog_free(catalog);
	return argc == 3 ? 0 : tap_done();
}
