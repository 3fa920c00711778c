// SPDX-License-Identifier: GPL-2.0-only
/*
 * Would the agent take this policy? Up to the guard, with the agent's own code; the
 * guard is that of this host, built once.
 *
 * Lines on standard input: a directory with `catalog/` and `policy.yaml`. One line on
 * standard output for each: "accepted", or "refused TEXT" as `weir run` says it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cell_hook.h"

#include "base/cleanup.h"
#include "cmd/sources.h"
#include "inventory/guard.h"
#include "inventory/meeting.h"
#include "out/text.h"

static int meet(const struct guard *g, const struct sources *s, struct diag *d)
{
	CLEANUP(compiled_freep) struct compiled *t = NULL;
	CLEANUP(meetings_freep) struct meetings *m = NULL;
	char text[400];
	int err = compile(s->catalog, s->policy, time(NULL), 1000000000, &t, d);

	if (!err)
		err = guard_meets(g, t, &m);
	/* As the agent says it of a pattern that matches too much. */
	if (err == -E2BIG)
		return diag_set(d, s->policy->file, 0, 0, "a pattern matches too much");
	if (err || !m->cnt)
		return err;
	meeting_format(&m->list[0], s->catalog, s->policy, text, sizeof(text));
	return diag_set(d, s->policy->file, 1, 1, "%s", text);
}

static int judge(const struct guard *g, const char *dir)
{
	char catalog[512], policy[512], line[1024];
	struct sources_wish wish = { .catalog = catalog, .policy = policy };
	CLEANUP(buf_free) struct buf out = { 0 };
	struct sources s = { 0 };
	struct diag d = { 0 };
	int err;

	snprintf(catalog, sizeof(catalog), "%s/catalog", dir);
	snprintf(policy, sizeof(policy), "%s/policy.yaml", dir);
	err = sources_load(&wish, &s, &d);
	if (!err) {
		err = meet(g, &s, &d);
		sources_exit(&s);
	}
	if (!err)
		return puts("accepted") < 0 ? -EIO : 0;
	diag_format(&d, line, sizeof(line));
	text_escaped(&out, line, strlen(line));
	printf("refused %s\n", buf_str(&out));
	return err == -EINVAL ? 0 : err;
}

int main(void)
{
	CLEANUP(close_fdp) int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(guard_freep) struct guard *g = NULL;
	char dir[400];
	int err = guard_new(root, NULL, &g);

	while (!err && fgets(dir, sizeof(dir), stdin)) {
		dir[strcspn(dir, "\n")] = '\0';
		err = judge(g, dir);
		fflush(stdout);
	}
	if (err)
		fprintf(stderr, "judge: %s\n", strerror(-err));
	return err != 0;
}
