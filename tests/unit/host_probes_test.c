// SPDX-License-Identifier: GPL-2.0-only
/*
 * Probes, from lists as kernels write them, in a tree that stands for the
 * running system. The real lists are read in tests/guest/60-live.t.
 */
#include "survey.h"
#include "tap.h"
#include "tree.h"

static const char vendor[] = "vendor: examplewall\n"
			     "name: Examplewall Inc.\n"
			     "products:\n"
			     "  - product: agent\n"
			     "    name: Agent\n"
			     "    class: vendor_product\n"
			     "    indicators:\n"
			     "      - {kind: module, value: ewfilter}\n"
			     "      - {kind: dir, value: /opt/ew/}\n";

static unsigned int cnt_of(const struct survey_test *t)
{
	unsigned int cnt = 0;

	for (size_t i = 0; i < t->seen_cnt; i++)
		cnt += t->seen[i].kind == TRACE_PROBE;
	return cnt;
}

static bool is_found(const struct survey_test *t, const char *where)
{
	const struct seen *s = survey_test_find(t, TRACE_PROBE, where);

	return seen_is(s, "examplewall/agent") && s->flags == TRACE_RUNNING;
}

static void plant(const struct tree *tree)
{
	tree_text(tree, "/sys/kernel/debug/kprobes/list",
		  "ffffffff9c1b2c30  k  vfs_read+0x0    [FTRACE]\n"
		  "ffffffffc0a11000  r  ew_hook+0x0  ewfilter [DISABLED]\n"
		  "ffffffffc0a12000  k  not_ours+0x0  ewfilter2 [GONE]\n"
		  "half\n");
	tree_text(tree, "/sys/kernel/tracing/kprobe_events",
		  "p:kprobes/a do_sys_openat2 dfd=%di\n"
		  "r:group/b ewfilter:ew_hook+0 arg1=$retval\n");
	/* The same once more: only the first place is read. */
	tree_text(tree, "/sys/kernel/debug/tracing/kprobe_events", "p:x/y ewfilter:z\n");
	tree_text(tree, "/sys/kernel/tracing/uprobe_events",
		  "p:uprobes/c /opt/ew/lib with blank:0x1.so:0x0000000000001234 arg1=%di\n"
		  "p:uprobes/d /usr/lib/libssl.so:0x1234\n"
		  "p:uprobes/e relative:0x1\n"
		  "p:uprobes/f /opt/ew/no-offset\n");
	tree_text(tree, "/sys/kernel/debug/tracing/enabled_functions",
		  "vfs_write (1) R I     tramp: 0xffffffffc0 (ew_handler [ewfilter]+0x0/0x20) ->x\n"
		  "\tdirect-->bpf_trampoline_1+0x0/0x1\n"
		  "schedule (1)\n"
		  "ew_own [ewfilter] (1) R\n");
}

static void test_lists(struct survey_test *t)
{
	ok(!survey_test_run(t, "probes"), "the lists are read");
	ok(is_found(t, "kprobe at ew_hook+0x0"), "a probe in a listed module is found");
	ok(is_found(t, "kprobe event r:group/b at ewfilter:ew_hook+0"), "one of tracefs too");
	ok(is_found(t, "uprobe event p:uprobes/c in /opt/ew/lib with blank:0x1.so"),
	   "a probe in a listed file, whose name is odd");
	ok(is_found(t, "ftrace of vfs_write"), "a function that a listed module's handler sees");
	ok(is_found(t, "ftrace of ew_own"), "and a function of a listed module");
	ok(cnt_of(t) == 5, "the others are not told");
}

static void test_hostile(struct survey_test *t, const struct tree *tree)
{
	static char line[100000];

	memset(line, '[', sizeof(line) - 2);
	line[sizeof(line) - 2] = '\n';
	tree_text(tree, "/sys/kernel/debug/kprobes/list", line);
	memset(line, 'x', sizeof(line) - 2);
	memcpy(line, "p:a/b /", 7);
	memcpy(line + sizeof(line) - 12, ":0x1", 4);
	tree_text(tree, "/sys/kernel/tracing/uprobe_events", line);
	memset(line, ']', sizeof(line) - 2);
	tree_text(tree, "/sys/kernel/tracing/kprobe_events", line);
	survey_test_forget(t);
	ok(!survey_test_run(t, "probes") && cnt_of(t) == 2, "long lines are survived");
}

int main(void)
{
	struct survey_test t;
	struct tree tree;

	tree_init(&tree);
	plant(&tree);
	survey_test_init(&t, tree.fd, vendor, NULL);
	t.s.is_live = true;
	test_lists(&t);
	ok(!t.unread_cnt, "a kernel without these file systems lacks nothing");
	test_hostile(&t, &tree);
	tree_text(&tree, "/proc/filesystems", "nodev\tdebugfs\nnodev\ttracefs\n");
	survey_test_forget(&t);
	survey_test_run(&t, "probes");
	ok(survey_test_is_unread(&t, "debugfs is not mounted") &&
		   survey_test_is_unread(&t, "tracefs is not mounted"),
	   "one that has them where they are not mounted is told");
	survey_test_exit(&t);
	tree_exit(&tree);
	return tap_done();
}
