// SPDX-License-Identifier: GPL-2.0-only
/*
 * weir feed: a pass of the inventory on behalf of the agent, which starts it.
 *
 * It prints one line for each file that is of a listed product, as known.h has
 * it, and a last one with what could not be read. It changes nothing and asks
 * nobody, so whoever is curious may start it by hand.
 */
#include "cmd/feed.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/cleanup.h"
#include "cmd/exit.h"
#include "cmd/sources.h"
#include "collect/pace.h"
#include "collect/survey.h"
#include "inventory/digest.h"
#include "inventory/known.h"
#include "inventory/root.h"
#include "out/text.h"

/* Where files come from that may run; the rest of the inventory makes no key. */
static const char *const whole[] = { "dpkg", "rpm", "files", "processes", NULL };
static const char *const packages[] = { "dpkg", "rpm", NULL };

/* Of what could not be read in one pass; the others are counted. */
#define UNREAD_TOLD 8

struct feed {
	struct survey survey;
	struct match match;
	struct buf line;
	uint64_t files, unread;
};

static int print(struct feed *f)
{
	size_t len = fwrite(f->line.data, 1, f->line.len, stdout);

	return len == f->line.len ? 0 : -EPIPE;
}

/* For a freeze: so that a file which is only touched is still known. */
static int hash(int path_fd, uint8_t out[WEIR_SHA256_LEN])
{
	CLEANUP(close_fdp) int fd = root_reopen(path_fd);

	return fd < 0 ? fd : digest_file(fd, IDENTITY_HASH_BYTES_MAX, out, NULL);
}

static int take(void *ctx, const struct trace *t)
{
	struct feed *f = ctx;
	const struct catalog *c = f->survey.catalog;
	struct known_file k = { .path = (char *)t->where, .by_scan = true };
	CLEANUP(close_fdp) int fd = -1;
	const struct evidence *best;
	struct stat st;
	int err;

	if (t->kind != TRACE_FILE || *t->where != '/')
		return 0;
	err = match_facts(f->survey.index, t->facts, &f->match);
	best = err ? NULL : match_best(&f->match);
	if (!best)
		return err;
	fd = root_open(f->survey.root_fd, t->where, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return 0;
	k.product = (char *)c->products[best->product].id;
	k.kind = c->indicators[best->indicator].kind;
	k.value = (char *)c->indicators[best->indicator].value;
	known_stamp(&k, &st);
	k.is_hashed = !hash(fd, k.sha256);
	buf_clear(&f->line);
	known_line(&f->line, &k);
	f->files++;
	return f->line.err ? -ENOMEM : print(f);
}

/* Into the journal of whoever started us: a number alone helps nobody. */
static void unread(void *ctx, const char *what, int err)
{
	CLEANUP(buf_free) struct buf line = {};
	struct feed *f = ctx;

	if (f->unread++ >= UNREAD_TOLD)
		return;
	text_escaped(&line, what, strlen(what));
	fprintf(stderr, "weir: inventory: %s: %s\n", buf_str(&line), strerror(-err));
}

static int survey(struct feed *f, const struct catalog *c, const char *const *only)
{
	CLEANUP(close_fdp) int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(match_index_freep) struct match_index *index = NULL;
	int err = root < 0 ? -errno : match_index_new(c, &index);

	if (!err)
		err = expectation_new(c, &f->survey.expectation);
	if (!err)
		err = expectation_cell(f->survey.expectation, &f->survey.cell);
	if (err)
		return err;
	f->survey.root_fd = root;
	f->survey.is_live = true;
	f->survey.catalog = c;
	f->survey.index = index;
	f->survey.take = take;
	f->survey.unread = unread;
	f->survey.ctx = f;
	err = survey_run(&f->survey, only);
	cell_free(f->survey.cell);
	expectation_put(f->survey.expectation);
	match_free(&f->survey.scratch);
	return err;
}

static int feed(const char *catalog, const char *const *only)
{
	const struct sources_wish wish = { .catalog = catalog };
	struct sources sources;
	struct feed f = {};
	struct diag d = {};
	char text[800];
	int err = sources_load(&wish, &sources, &d);

	if (err) {
		diag_format(&d, text, sizeof(text));
		fprintf(stderr, "%s\n", text);
		return EXIT_USAGE;
	}
	err = survey(&f, sources.catalog, only);
	sources_exit(&sources);
	match_free(&f.match);
	buf_free(&f.line);
	if (err) {
		fprintf(stderr, "weir: feed: %s\n", strerror(-err));
		return EXIT_INCOMPLETE;
	}
	printf("{\"end\":true,\"files\":%llu,\"unread\":%llu}\n", (unsigned long long)f.files,
	       (unsigned long long)f.unread);
	if (fflush(stdout))
		return EXIT_INCOMPLETE;
	return f.unread ? EXIT_INCOMPLETE : EXIT_FINE;
}

static int usage(FILE *out, int rc)
{
	fputs("Usage: weir feed --catalog DIR [--packages]\n", out);
	return rc;
}

int cmd_feed(int argc, char **argv)
{
	static const struct option options[] = {
		{ "catalog", required_argument, NULL, 'c' },
		{ "packages", no_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	const char *const *only = whole;
	const char *catalog = NULL;
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 'c')
			catalog = optarg;
		else if (opt == 'p')
			only = packages;
		else
			return opt == 'h' ? usage(stdout, EXIT_FINE) : usage(stderr, EXIT_USAGE);
	}
	if (optind < argc || !catalog)
		return usage(stderr, EXIT_USAGE);
	/* Without the agent nobody reads what we would still find. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Started as /proc/self/exe it would go by the name of "exe". */
	prctl(PR_SET_NAME, "weir-feed");
	pace_idle();
	return feed(catalog, only);
}
