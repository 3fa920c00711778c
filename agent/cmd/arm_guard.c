// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/arm_guard.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>

#include "base/cleanup.h"
#include "cmd/arming.h"
#include "cmd/catalog_source.h"
#include "cmd/sources.h"
#include "cmd/status.h"
#include "inventory/meeting.h"
#include "policy/compile.h"

static void tell(const struct meetings *m, const struct sources *s)
{
	const struct policy *p = s->policy;
	const struct rule *rule = policy_rule_for(p, s->catalog, m->list[0].key.rule - 1);
	char text[400], line[800];
	struct diag d = {};

	meetings_format(m, s->catalog, p, text, sizeof(text));
	diag_set(&d, p->file, rule ? rule->line : 0, 1, "not armed: %s", text);
	diag_format(&d, line, sizeof(line));
	fprintf(stderr, "%s\n", line);
}

/* Clear, too, when it cannot be asked. */
static bool is_clear(const struct sources *s)
{
	CLEANUP(close_fdp) int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(compiled_freep) struct compiled *t = NULL;
	CLEANUP(meetings_freep) struct meetings *m = NULL;
	CLEANUP(guard_freep) struct guard *g = NULL;
	struct diag d = {};

	if (root < 0 || compile(s->catalog, s->policy, time(NULL), arming_now_ns(), &t, &d) ||
	    guard_new(root, NULL, &g) || guard_meets(g, t, &m) || !m->cnt)
		return true;
	tell(m, s);
	return false;
}

bool arm_clears_guard(const char *catalog)
{
	char policy_file[4096] = SOURCES_POLICY, catalog_dir[4096] = "";
	struct sources_wish wish = { .policy = policy_file, .catalog = catalog_dir };
	struct sources s;
	struct diag d = {};
	bool clear;

	status_sources(policy_file, sizeof(policy_file), catalog_dir, sizeof(catalog_dir));
	if (catalog)
		wish.catalog = catalog;
	else if (!catalog_dir[0] && catalog_source_default(catalog_dir, sizeof(catalog_dir)))
		return true;
	if (sources_load(&wish, &s, &d))
		return true;
	clear = is_clear(&s);
	sources_exit(&s);
	return clear;
}
