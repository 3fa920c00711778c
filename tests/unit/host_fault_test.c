// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the agent makes of a parser that fails. The table of parsers is this
 * file's, so the linker leaves the agent's out: of an ELF file whose text says
 * so the parser crashes or hangs, behind its first word or before it.
 */
#include <poll.h>
#include <signal.h>

#include "cell_hook.h"
#include "elf_image.h"
#include "tap.h"
#include "tree.h"

#include "base/cleanup.h"
#include "inventory/guard.h"
#include "inventory/identify.h"
#include "parse/elf_rows.h"

static int fail(const char *how)
{
	if (!strcmp(how, "crash")) {
		signal(SIGSEGV, SIG_DFL);
		raise(SIGSEGV);
	}
	for (volatile int i = 0; !strcmp(how, "hang"); i++)
		;
	return !strcmp(how, "disk") ? -EIO : 0;
}

static int fragile(const struct parse_context *ctx, int fd, const char *ask, size_t ask_len,
		   struct reply *out)
{
	struct elf_image e;
	int err;

	if (pread(fd, &e, ELF_IMAGE_BYTES, 0) != (ssize_t)ELF_IMAGE_BYTES)
		return elf_rows(ctx, fd, ask, ask_len, out);
	if (!strcmp(e.text, "silence"))
		return 0;
	err = elf_rows(ctx, fd, ask, ask_len, out);
	return err ? err : fail(e.text);
}

parse_fn parser_of(enum parser parser)
{
	return parser == PARSER_ELF ? fragile : NULL;
}

const char *parser_name(enum parser parser)
{
	(void)parser;
	return "test";
}

static void plant(const struct tree *t, const char *path, const char *how)
{
	struct elf_image e;

	elf_image_init(&e, "");
	elf_image_tag(&e, DT_SONAME, "libewcore.so.3");
	elf_image_tag(&e, DT_NEEDED, "libfar.so.1");
	strcpy(e.text, how);
	tree_bytes(t, path, &e, ELF_IMAGE_BYTES);
}

static struct identify_answer *ask(struct identify *id, const struct tree *t, const char *name)
{
	struct pollfd p = { .fd = identify_fd(id), .events = POLLIN };
	char path[256];

	snprintf(path, sizeof(path), "%s%s", t->base, name);
	tree_must(!identify_ask(id, 1, path, 0, (uint32_t)getpid()), path);
	return poll(&p, 1, 60000) == 1 ? identify_take(id) : NULL;
}

static const struct {
	const char *file;
	int err;
	enum cell_fault fault;
	const char *why;
	bool has_soname;
} cases[] = {
	{ "/fine", 0, CELL_FINE, NULL, true },
	/* What it had said was on its way, and went down with it. */
	{ "/crash", -EIO, CELL_CRASHED, "signal 11", false },
	{ "/disk", -EIO, CELL_FINE, NULL, true },
	{ "/silence", -EPROTO, CELL_FINE, NULL, false },
	{ "/hang", -ETIME, CELL_HUNG, "in time", false },
};

static void test_identify(const struct tree *t)
{
	struct catalog nothing = { .indicator_cnt = 0 };
	struct expectation *x = NULL;
	struct identify_counts counts;
	struct identify *id = NULL;

	tree_must(!expectation_new(&nothing, &x) && !identify_new(8, x, &id), "identify_new");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct identify_answer *a = ask(id, t, cases[i].file);
		const struct identity *d = a ? a->identity : NULL;

		ok(d && d->err == cases[i].err && d->fault == cases[i].fault &&
			   !cases[i].why == !d->why,
		   "%s: %s", cases[i].file + 1, cell_fault_name(cases[i].fault));
		ok(d && (!d->why || strstr(d->why, cases[i].why)) &&
			   !!d->facts.soname == cases[i].has_soname && d->facts.path,
		   "%s", d && d->why ? d->why : "and no more to tell");
		identify_answer_free(a);
	}
	identify_count(id, &counts);
	ok(counts.faults[CELL_FINE] == 3 && counts.faults[CELL_CRASHED] == 1 &&
		   counts.faults[CELL_HUNG] == 1,
	   "each is counted");
	identify_free(id);
	expectation_put(x);
}

/* A closure that stops where its parser does has to say so. */
static void test_guard(void)
{
	static const char *const own[] = { "/own", NULL };
	struct guard *g = NULL;
	struct tree t;

	tree_init(&t);
	plant(&t, "/own", "fine");
	ok(!guard_new(t.fd, own, &g) && g->cnt == 1 && !g->is_cut, "a guard that is whole");
	g = guard_free(g);
	plant(&t, "/own", "crash");
	ok(!guard_new(t.fd, own, &g) && g->cnt == 1 && g->is_cut,
	   "a guard with a file that could not be read has it, and says that it is not whole");
	guard_free(g);
	tree_exit(&t);
}

int main(void)
{
	struct tree t;

	tree_init(&t);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		plant(&t, cases[i].file, cases[i].file + 1);
	test_identify(&t);
	test_guard();
	tree_exit(&t);
	return tap_done();
}
