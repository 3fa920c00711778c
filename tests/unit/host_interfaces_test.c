// SPDX-License-Identifier: GPL-2.0-only
/* Interfaces and netfilter hooks, in a network namespace of the test's own. */
#include <sched.h>

#include "subject.h"
#include "survey.h"
#include "tap.h"

#include "sense/nfhooks.h"

static const char vendor[] = "vendor: examplewall\n"
			     "name: Examplewall Inc.\n"
			     "products:\n"
			     "  - product: agent\n"
			     "    name: Agent\n"
			     "    class: vendor_product\n"
			     "    indicators:\n"
			     "      - {kind: interface, value: ewnet8}\n"
			     "      - {kind: interface, value: ewother-long-name}\n"
			     "      - {kind: interface, value: \"ewtun*\"}\n"
			     "      - {kind: module, value: ew_filter}\n";

static bool run(const char *const *argv)
{
	pid_t pid = fork();
	int status = -1;

	if (!pid) {
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return !status;
}

#define RUN(...) run((const char *const[]){ __VA_ARGS__, NULL })

static void live_in_net(void *ctx)
{
	(void)ctx;
	tree_must(!unshare(CLONE_NEWNET), "unshare");
	tree_must(RUN("ip", "link", "add", "ewtun3", "type", "veth", "peer", "name", "x1"), "ip");
}

static const struct seen *find(const struct survey_test *t, const char *where)
{
	return survey_test_find(t, TRACE_INTERFACE, where);
}

static void test_names(struct survey_test *t, struct subjects *subjects)
{
	char where[64];
	const struct seen *s;
	pid_t pid;

	tree_must(RUN("ip", "link", "add", "ewnet8", "type", "veth", "peer", "name", "ewnet80") &&
			  RUN("ip", "link", "set", "ewnet8", "up") &&
			  RUN("ip", "link", "property", "add", "dev", "lo", "altname",
			      "ewother-long-name"), "ip");
	pid = subject_fork(subjects, live_in_net, NULL);
	ok(!survey_test_run(t, "interfaces") && !t->unread_cnt, "interfaces can be read");
	s = find(t, "ewnet8");
	ok(s && seen_has(s, IND_INTERFACE, "ewnet8") && !strcmp(s->detail, "veth, up"),
	   "an interface with a listed name is told, with its kind");
	ok(s && !s->product && s->families == 1u << FAMILY_NETWORK, "alone it is no finding");
	ok(!find(t, "ewnet80"), "one whose name only begins so is not told");
	ok(find(t, "lo"), "another name of an interface counts");
	snprintf(where, sizeof(where), "ewtun3 (network of %d (host_interfaces))", (int)pid);
	s = find(t, where);
	ok(s && seen_has(s, IND_INTERFACE, "ewtun*"),
	   "one of another network by a pattern, and it is told whose");
}

static int count_hook(void *ctx, const struct nfhook *h)
{
	*(unsigned int *)ctx += *h->family && *h->hook;
	return 0;
}

/* What it tells of a listed module takes a kernel with modules: see 60-live.t. */
static void test_hooks(struct survey_test *t)
{
	unsigned int cnt = 0;
	int err = nfhooks_each(count_hook, &cnt);

	survey_test_forget(t);
	ok(!survey_test_run(t, "netfilter") && !t->seen_cnt, "hooks of nobody are not told");
	if (err == -EOPNOTSUPP)
		ok(!t->unread_cnt, "a kernel that does not tell its hooks is no gap");
	else
		ok(!err && !t->unread_cnt, "hooks can be read, %u of them", cnt);
}

static void look_as_nobody(struct survey_test *t)
{
	tree_must(!setgid(65534) && !setuid(65534), "setuid");
	survey_test_forget(t);
	survey_test_run(t, "interfaces");
	_exit(find(t, "ewnet8") ? 0 : 1);
}

static void test_nobody(struct survey_test *t)
{
	int status = -1;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid)
		look_as_nobody(t);
	waitpid(pid, &status, 0);
	ok(!status, "without privileges one's own network is told");
}

int main(void)
{
	struct subjects subjects = { 0 };
	struct survey_test t;

	if (geteuid() != 0 || unshare(CLONE_NEWNET)) {
		ok(true, "interfaces are found # SKIP not root");
		return tap_done();
	}
	survey_test_init(&t, -1, vendor, NULL);
	test_names(&t, &subjects);
	test_hooks(&t);
	test_nobody(&t);
	subjects_end(&subjects);
	survey_test_exit(&t);
	return tap_done();
}
