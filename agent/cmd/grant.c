// SPDX-License-Identifier: GPL-2.0-only
/*
 * weir request and weir grant: from a refusal to an exemption with two names.
 *
 * A request is anybody's and does nothing. A grant is root's: it writes an
 * exemption into grants.yaml beside the policy, narrowed to the file and the
 * user that were refused unless it is told otherwise, reads the whole again as
 * the agent would, and takes its own line back when that fails.
 */
#include "cmd/grant.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <libgen.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "cmd/arming.h"
#include "cmd/catalog_source.h"
#include "cmd/exit.h"
#include "cmd/feeder.h"
#include "cmd/requests.h"
#include "cmd/source_file.h"
#include "cmd/sources.h"
#include "cmd/state_file.h"
#include "cmd/status.h"
#include "inventory/known.h"
#include "journal/read.h"
#include "match/match.h"
#include "out/text.h"

#define JOURNAL "/var/log/weir"

struct grant {
	const char *policy, *catalog, *journal;
	const char *product, *until, *cap, *ticket, *reason;
	bool for_everybody;
	struct request request;
	char found[130];  /* the product, when nobody named it */
	char path[4096];  /* "": the product as a whole */
	char grants[4200]; /* the file that is written */
};

static int usage_request(FILE *out, int rc)
{
	fputs("Usage: weir request EVENT|PATH --reason TEXT     ask for an exemption\n"
	      "       weir request --list [--json]              what was asked (root)\n", out);
	return rc;
}

static int usage_grant(FILE *out, int rc)
{
	fputs("Usage: weir grant NUMBER --until DATE [--product ID] [--cap MODE] [--reason TEXT]\n"
	      "                  [--ticket TEXT] [--everybody] [--policy FILE] [--catalog DIR]\n",
	      out);
	return rc;
}

static void name_of(uid_t uid, char *out, size_t size)
{
	const struct passwd *pw = getpwuid(uid);

	if (pw)
		snprintf(out, size, "%s", pw->pw_name);
	else
		snprintf(out, size, "%u", uid);
}

/* The list while it is printed; the two forms say the same. */
struct listing {
	struct buf out;
	struct jout json;
	bool as_json;
};

static void add_json(struct listing *l, const struct request *r, const char *who)
{
	CLEANUP(buf_free) struct buf time = {};
	struct jout *j = &l->json;

	text_time(&time, r->time_s * 1000);
	jout_object(j);
	jout_add_u64(j, "number", r->id);
	jout_add_str(j, "time", buf_str(&time));
	jout_add_str(j, "user", who);
	jout_add_u64(j, "uid", r->uid);
	jout_add_str(j, "what", r->what);
	jout_add_str(j, "reason", r->reason);
	jout_end(j);
}

static int add_request(void *ctx, const struct request *r)
{
	struct listing *l = ctx;
	struct buf *out = &l->out;
	char who[64];

	name_of(r->uid, who, sizeof(who));
	if (l->as_json) {
		add_json(l, r, who);
		return 0;
	}
	buf_addf(out, "%u  ", r->id);
	text_time(out, r->time_s * 1000);
	buf_addf(out, "  %s  ", who);
	text_escaped(out, r->what, strlen(r->what));
	buf_add_str(out, ": ");
	text_escaped(out, r->reason, strlen(r->reason));
	buf_add_char(out, '\n');
	return 0;
}

static int list(bool as_json)
{
	struct listing l = { .as_json = as_json };

	if (access(REQUESTS_FILE, R_OK) && errno == EACCES) {
		fputs("weir: request: the list is root's to read\n", stderr);
		return EXIT_CANNOT;
	}
	if (as_json) {
		l.json = jout_to(&l.out);
		jout_object(&l.json);
		jout_add_array(&l.json, "requests");
	}
	request_each(add_request, &l);
	if (as_json) {
		jout_end(&l.json);
		jout_end(&l.json);
		buf_add_char(&l.out, '\n');
	} else if (!l.out.len) {
		buf_add_str(&l.out, "nobody has asked for anything\n");
	}
	fwrite(l.out.data, 1, l.out.len, stdout);
	buf_free(&l.out);
	return EXIT_FINE;
}

int cmd_request(int argc, char **argv)
{
	static const struct option options[] = {
		{ "reason", required_argument, NULL, 'r' },
		{ "list", no_argument, NULL, 'l' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	const char *reason = NULL;
	bool is_list = false, as_json = false;
	int opt, err;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 'r')
			reason = optarg;
		else if (opt == 'l')
			is_list = true;
		else if (opt == 'j')
			as_json = true;
		else
			return opt == 'h' ? usage_request(stdout, EXIT_FINE) :
					    usage_request(stderr, EXIT_USAGE);
	}
	if (is_list && optind == argc && !reason)
		return list(as_json);
	if (is_list || as_json || optind + 1 != argc || !reason)
		return usage_request(stderr, EXIT_USAGE);
	if (!request_is_fit(argv[optind], reason)) {
		fprintf(stderr, "weir: request: give an event's uid or an absolute path, and a "
				"reason of up to %d bytes without control characters\n",
			REQUEST_TEXT_MAX - 1);
		return EXIT_USAGE;
	}
	err = request_leave(argv[optind], reason);
	if (err) {
		fprintf(stderr, "weir: request: %s: %s%s\n", REQUESTS_SPOOL, strerror(-err),
			err == -ENOENT ? ": no agent has run since the boot" : "");
		return EXIT_CANNOT;
	}
	puts("weir: asked; whoever administers this host sees it in `weir request --list`");
	return EXIT_FINE;
}

/* What the journal knows of the event: its product, its file and who was refused. */
static int find_event(struct grant *g)
{
	CLEANUP(journal_reader_freep) struct journal_reader *r = NULL;
	struct journal_line line;
	int err = journal_reader_new(g->journal, INT64_MIN, &r);

	while (!err && journal_reader_next(r, &line) == 1) {
		const json_t *meta = json_object_get(line.event, "metadata"), *found, *file;
		const char *uid = json_string_value(json_object_get(meta, "uid")), *text;

		if (!uid || strcmp(uid, g->request.what) != 0)
			continue;
		found = json_object_get(json_object_get(line.event, "unmapped"), "product");
		text = json_string_value(found);
		if (!text)
			text = json_string_value(json_object_get(found, "uid"));
		if (text)
			snprintf(g->found, sizeof(g->found), "%s", text);
		file = json_object_get(json_object_get(line.event, "process"), "file");
		text = json_string_value(json_object_get(file, "path"));
		if (text && *text == '/')
			snprintf(g->path, sizeof(g->path), "%s", text);
		return 0;
	}
	fprintf(stderr, "weir: grant: no event %s in %s: pass --product\n", g->request.what,
		g->journal);
	return g->product ? 0 : -ENOENT;
}

/* What is known of the path, by its name or by what the inventory found. */
static int find_path(struct grant *g, const struct catalog *c)
{
	CLEANUP(match_index_freep) struct match_index *index = NULL;
	CLEANUP(match_free) struct match m = {};
	CLEANUP(known_exit) struct known known = {};
	const struct facts facts = { .path = g->request.what };
	const struct known_file *k;
	const struct evidence *best = NULL;

	snprintf(g->path, sizeof(g->path), "%s", g->request.what);
	known_read(FEEDER_KNOWN, &known);
	k = known_find(&known, g->path);
	if (!match_index_new(c, &index) && !match_facts(index, &facts, &m))
		best = match_best(&m);
	if (best)
		snprintf(g->found, sizeof(g->found), "%s", c->products[best->product].id);
	else if (k)
		snprintf(g->found, sizeof(g->found), "%s", k->product);
	if (best || k || g->product)
		return 0;
	fprintf(stderr, "weir: grant: nothing listed is known of %s: pass --product\n", g->path);
	return -ENOENT;
}

static void add_pair(struct jout *j, const char *key, const char *value)
{
	buf_addf(j->out, "%s: ", key);
	jout_str(j, value);
	*j = jout_to(j->out);
	buf_add_str(j->out, ", ");
}

/* One line of YAML; a string of JSON is one of YAML. */
static void add_line(struct buf *out, const struct grant *g)
{
	struct jout j = jout_to(out);
	char id[32], requester[64], granter[64], uid[32];

	snprintf(id, sizeof(id), "GR-%u", g->request.id);
	snprintf(uid, sizeof(uid), "%u", g->request.uid);
	name_of(g->request.uid, requester, sizeof(requester));
	name_of(getuid(), granter, sizeof(granter));
	buf_add_str(out, "  - {");
	add_pair(&j, "id", id);
	add_pair(&j, "product", g->product ? g->product : g->found);
	if (*g->path)
		add_pair(&j, "path", g->path);
	if (!g->for_everybody)
		add_pair(&j, "user", uid);
	buf_addf(out, "until: %s, ", g->until);
	if (g->cap)
		buf_addf(out, "cap: %s, ", g->cap);
	if (g->ticket)
		add_pair(&j, "ticket", g->ticket);
	add_pair(&j, "reason", g->reason ? g->reason : g->request.reason);
	add_pair(&j, "owner", requester);
	add_pair(&j, "approver", granter);
	out->len -= 2; /* the last ", " */
	buf_add_str(out, "}\n");
}

static int compose(const struct grant *g, const char *policy, struct buf *before,
		   struct buf *after)
{
	CLEANUP(freep) char *text = NULL;
	struct diag d = {};
	size_t len = 0;

	if (!access(g->grants, F_OK)) {
		if (source_read(g->grants, true, &text, &len, &d)) {
			fprintf(stderr, "weir: grant: %s: %s\n", g->grants, d.text);
			return -EINVAL;
		}
		buf_add(before, text, len);
		buf_add(after, text, len);
	} else {
		buf_addf(after, "# SPDX-License-Identifier: GPL-2.0-only\n# Written by weir grant; "
				"lines may be taken out by hand, then reload the agent.\n"
				"grants: %s\nexemptions:\n", policy);
	}
	add_line(after, g);
	return after->err ? -ENOMEM : 0;
}

/* All as the agent would read it; what it would refuse is not left there. */
static int write_grant(const struct grant *g, const char *policy, const struct sources_wish *wish)
{
	CLEANUP(buf_free) struct buf before = {}, after = {};
	CLEANUP(sources_exit) struct sources s = {};
	struct diag d = {};
	char text[800];
	int err = compose(g, policy, &before, &after);

	if (!err)
		err = state_write(g->grants, after.data, after.len);
	if (err) {
		fprintf(stderr, "weir: grant: %s: %s\n", g->grants, strerror(-err));
		return EXIT_CANNOT;
	}
	if (!sources_load(wish, &s, &d))
		return EXIT_FINE;
	diag_format(&d, text, sizeof(text));
	fprintf(stderr, "%s\nweir: grant: refused, nothing has changed\n", text);
	if (before.len)
		state_write(g->grants, before.data, before.len);
	else
		unlink(g->grants);
	return EXIT_USAGE;
}

/* The running agent takes it up; without one the next does. */
static void reload(void)
{
	pid_t pid = status_pid();

	if (pid > 0 && !kill(pid, SIGHUP))
		puts("weir: the agent reloads");
	else
		puts("weir: no agent runs; the next one takes it up");
}

static int grant(struct grant *g)
{
	CLEANUP(sources_exit) struct sources s = {};
	char dir[4096], copy[4096], text[800];
	struct sources_wish wish = { .catalog = g->catalog, .policy = g->policy };
	struct diag d = {};
	int rc;

	if (catalog_source_find("grant", &wish.catalog, dir, sizeof(dir)))
		return EXIT_USAGE;
	if (sources_load(&wish, &s, &d)) {
		diag_format(&d, text, sizeof(text));
		fprintf(stderr, "%s\n", text);
		return EXIT_USAGE;
	}
	if (*g->request.what == '/' ? find_path(g, s.catalog) : find_event(g))
		return EXIT_USAGE;
	snprintf(copy, sizeof(copy), "%s", g->policy);
	snprintf(g->grants, sizeof(g->grants), "%s/grants.yaml", dirname(copy));
	rc = write_grant(g, s.policy->name, &wish);
	if (rc)
		return rc;
	printf("weir: GR-%u granted: %s%s%s, until %s; see weir exemptions\n", g->request.id,
	       g->product ? g->product : g->found, *g->path ? ", only " : "", g->path, g->until);
	reload();
	return EXIT_FINE;
}

static bool take_option(struct grant *g, int opt)
{
	const char **into[] = { ['p'] = &g->policy, ['c'] = &g->catalog, ['P'] = &g->product,
				['u'] = &g->until, ['m'] = &g->cap, ['t'] = &g->ticket,
				['r'] = &g->reason, ['J'] = &g->journal };

	if (opt == 'e')
		g->for_everybody = true;
	else if (opt > 0 && opt < (int)ARRAY_SIZE(into) && into[opt])
		*into[opt] = optarg;
	else
		return false;
	return true;
}

int cmd_grant(int argc, char **argv)
{
	static const struct option options[] = {
		{ "policy", required_argument, NULL, 'p' },
		{ "catalog", required_argument, NULL, 'c' },
		{ "journal", required_argument, NULL, 'J' },
		{ "product", required_argument, NULL, 'P' },
		{ "until", required_argument, NULL, 'u' },
		{ "cap", required_argument, NULL, 'm' },
		{ "ticket", required_argument, NULL, 't' },
		{ "reason", required_argument, NULL, 'r' },
		{ "everybody", no_argument, NULL, 'e' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	struct grant g = { .policy = SOURCES_POLICY, .journal = JOURNAL };
	char *end;
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (!take_option(&g, opt))
			return opt == 'h' ? usage_grant(stdout, EXIT_FINE) :
					    usage_grant(stderr, EXIT_USAGE);
	if (optind + 1 != argc || !g.until)
		return usage_grant(stderr, EXIT_USAGE);
	if (geteuid()) {
		fputs("weir: grant: only root grants\n", stderr);
		return EXIT_CANNOT;
	}
	/* Both go into the file as they are: the reader has the last word. */
	if (strspn(g.until, "0123456789-T:Z+") != strlen(g.until) ||
	    (g.cap && strspn(g.cap, "abcdefghijklmnopqrstuvwxyz") != strlen(g.cap)))
		return usage_grant(stderr, EXIT_USAGE);
	if (request_find((unsigned int)strtoul(argv[optind], &end, 10), &g.request) || *end) {
		fprintf(stderr, "weir: grant: nobody asked for number %s: "
				"see weir request --list\n", argv[optind]);
		return EXIT_USAGE;
	}
	return grant(&g);
}
