// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files that a parser failed on, as events.
 *
 * The parser's child is replaced and the agent goes on; what is lost is what
 * this file would have said. Somebody may have made it for that, so it is told,
 * and somebody may make thousands, so it is not told each time.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/agent.h"
#include "cmd/arming.h"

/* Between two events. */
#define QUIET_NS 10000000000ULL

static bool is_quiet(const struct agent *a)
{
	return a->faults.told_ns && arming_now_ns() - a->faults.told_ns < QUIET_NS;
}

void agent_note_fault(struct agent *a, const struct identify_answer *answer)
{
	const struct identity *id = answer->identity;
	char text[300];

	if (is_quiet(a)) {
		a->faults.untold++;
		return;
	}
	if (id->fault == CELL_ABSENT)
		snprintf(text, sizeof(text), "%s", id->why);
	else
		snprintf(text, sizeof(text), "the parser %s: %s; it was replaced",
			 cell_fault_name(id->fault), id->why);
	a->faults.told_ns = arming_now_ns();
	agent_note(a, EVENT_PARSER_FAILED, NULL, text, answer->question.path);
}

/* What the guard keeps from the policy in force; once as long as it is the same. */
static void note_kept(struct agent *a)
{
	const char *kept = a->now->plan->kept;
	char text[700];

	if (kept[0] && (!a->before || strcmp(kept, a->before->plan->kept))) {
		snprintf(text, sizeof(text), "%s: that runs, all else is in force", kept);
		agent_note(a, EVENT_POLICY_LOADED, NULL, text, NULL);
		fprintf(stderr, "weir: %s\n", text);
	}
}

void agent_note_guard(struct agent *a)
{
	static const char text[] = "the guard is not whole: a file of its closure could not be "
				   "read, or there are too many";

	if (a->now->plan->guard->is_cut)
		agent_note(a, EVENT_PARSER_FAILED, NULL, text, NULL);
	note_kept(a);
}

void agent_report_faults(struct agent *a)
{
	char text[128];

	if (!a->faults.untold || is_quiet(a))
		return;
	snprintf(text, sizeof(text), "the parser failed on %llu more files since",
		 (unsigned long long)a->faults.untold);
	a->faults.untold = 0;
	a->faults.told_ns = arming_now_ns();
	agent_note(a, EVENT_PARSER_FAILED, NULL, text, NULL);
}
