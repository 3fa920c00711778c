// SPDX-License-Identifier: GPL-2.0-only
/* The survey itself: traces arrive whole, and what is asked is what can match. */
#include "survey.h"
#include "tap.h"

static const char vendor[] = "vendor: examplewall\n"
			     "name: Examplewall Inc.\n"
			     "products:\n"
			     "  - product: agent\n"
			     "    name: Agent\n"
			     "    class: vendor_product\n"
			     "    indicators:\n"
			     "      - {kind: path, value: /usr/bin/ewctl}\n"
			     "      - {kind: comm, value: ewagentd}\n";

static void test_take(struct survey_test *t)
{
	const struct fact comm = { IND_COMM, "ewagentd" };
	struct facts f = { .path = "/usr/bin/ewctl", .others = &comm, .other_cnt = 1 };
	struct trace tr = { .kind = TRACE_PROCESS, .where = "17", .facts = &f, .pid = 17 };
	const struct seen *s;

	survey_take(&t->s, &tr);
	s = survey_test_find(t, TRACE_PROCESS, "17");
	ok(s && s->pid == 17 && !strcmp(s->path, "/usr/bin/ewctl"), "a trace arrives whole");
	ok(seen_has(s, IND_COMM, "ewagentd"), "with its facts");
	ok(seen_is(s, "examplewall/agent"), "and is what the catalogue says it is");
	ok(!survey_test_find(t, TRACE_FILE, "17"), "a process is no file");
}

static void test_asked(struct survey_test *t)
{
	const struct fact comm = { IND_COMM, "ewagentd" };
	struct facts weak = { .path = "/srv/x", .others = &comm, .other_cnt = 1 };
	struct facts none = { .path = "/usr/bin/ewctl2" };

	ok(survey_is_asked(&t->s, &weak), "an insufficient indicator is enough to be asked");
	ok(!survey_is_asked(&t->s, &none), "what no indicator means is not");
}

static void test_unread(struct survey_test *t)
{
	survey_unread(&t->s, -EACCES, "%d processes", 3);
	ok(survey_test_is_unread(t, "3 processes: Permission denied"),
	   "what could not be read is told, with the reason");
	survey_test_forget(t);
	ok(!t->seen_cnt && !t->unread_cnt, "a test can begin anew");
}

int main(void)
{
	struct survey_test t;

	survey_test_init(&t, -1, vendor, NULL);
	test_take(&t);
	test_asked(&t);
	test_unread(&t);
	ok(!survey_test_run(&t, "no such collector"), "an unknown collector runs nothing");
	survey_test_exit(&t);
	return tap_done();
}
