// SPDX-License-Identifier: GPL-2.0-only
/*
 * BPF objects: a map, a program and a link that a process with a listed name
 * holds, some of them pinned in a BPF file system of the test's own.
 */
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <sched.h>
#include <sys/mount.h>

#include "subject.h"
#include "survey.h"
#include "tap.h"

#include "sense/bpf_objects.h"

static struct tree tree;
static struct subjects subjects;
static struct survey_test t;

static char *vendor_text(void)
{
	char *text = NULL;

	tree_must(asprintf(&text,
			   "vendor: examplewall\n"
			   "name: Examplewall Inc.\n"
			   "products:\n"
			   "  - product: agent\n"
			   "    name: Agent\n"
			   "    class: vendor_product\n"
			   "    indicators:\n"
			   "      - {kind: comm, value: ewagentd}\n"
			   "      - {kind: dir, value: %s/bpf/ew/}\n", tree.base) > 0, "asprintf");
	return text;
}

static int load_program(void)
{
	/* r0 = SK_PASS; exit */
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = SK_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_SK_LOOKUP);

	return bpf_prog_load(BPF_PROG_TYPE_SK_LOOKUP, "ew_lookup", "GPL", insns,
			     sizeof(insns) / sizeof(insns[0]), &opts);
}

static void pin(int fd, const char *path)
{
	char full[256];

	snprintf(full, sizeof(full), "%s%s", tree.base, path);
	tree_must(!bpf_obj_pin(fd, full), full);
}

/* In a network of its own: the link must not touch this host's sockets. */
static void hold_all(void *ctx)
{
	int map, prog, net, link;

	(void)ctx;
	prctl(PR_SET_NAME, "ewagentd");
	tree_must(!unshare(CLONE_NEWNET), "unshare");
	net = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	map = bpf_map_create(BPF_MAP_TYPE_HASH, "ew_map", 4, 8, 16, NULL);
	prog = load_program();
	link = bpf_link_create(prog, net, BPF_SK_LOOKUP, NULL);
	tree_must(map >= 0 && prog >= 0 && link >= 0, "bpf");
	pin(prog, "/bpf/prog");
	close(prog);
}

/* Nobody's, but pinned where the vendor pins. */
static void pin_unheld(void)
{
	int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "some_map", 4, 8, 1, NULL);
	int other = bpf_map_create(BPF_MAP_TYPE_ARRAY, "other_map", 4, 8, 1, NULL);

	tree_must(map >= 0 && other >= 0, "bpf");
	tree_dir(&tree, "/bpf/ew");
	tree_dir(&tree, "/bpf/ew-not");
	pin(map, "/bpf/ew/map");
	pin(other, "/bpf/ew-not/map");
	close(map);
	close(other);
}

static const struct seen *find(const char *part)
{
	for (size_t i = 0; i < t.seen_cnt; i++)
		if (t.seen[i].kind == TRACE_BPF && strstr(t.seen[i].where, part))
			return &t.seen[i];
	return NULL;
}

static bool mentions(const struct seen *s, const char *what)
{
	return s && s->detail && strstr(s->detail, what);
}

static void test_held(pid_t pid)
{
	char held[64], pinned[128];
	const struct seen *s;

	snprintf(held, sizeof(held), "held by ewagentd (%d)", (int)pid);
	snprintf(pinned, sizeof(pinned), "pinned at %s/bpf/prog", tree.base);
	s = find("ew_map");
	ok(s && s->pid == (uint32_t)pid && !strncmp(s->where, "map ", 4) && mentions(s, "hash"),
	   "a map is told with the process that holds it");
	ok(seen_has(s, IND_COMM, "ewagentd") && s->path && s->flags == TRACE_RUNNING,
	   "and with what that process is");
	s = find("link ");
	ok(mentions(s, "netns at sk_lookup of network namespace") && mentions(s, held),
	   "a link with where it is attached");
	s = find("ew_lookup");
	ok(s && !strncmp(s->where, "program ", 8) && mentions(s, "sk_lookup, tag ") &&
		   s->changed > 1600000000,
	   "a program that only its link keeps, with its tag and when it was loaded");
	ok(mentions(s, held) && mentions(s, pinned), "and with its pin");
}

static void test_pinned(void)
{
	const struct seen *s = find("some_map");

	ok(seen_is(s, "examplewall/agent") && !s->pid, "what is pinned where a vendor pins is found");
	ok(!find("other_map"), "what is pinned beside it is not told");
}

static void test_nobody(void)
{
	int status = -1;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		tree_must(!setgid(65534) && !setuid(65534), "setuid");
		survey_test_forget(&t);
		survey_test_run(&t, "bpf");
		_exit(t.unread_cnt == 1 && survey_test_is_unread(&t, "BPF programs") ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	ok(!status, "without privileges it says so, once");
}

static void test_gone(void)
{
	struct bpf_reader *r = NULL;
	struct bpf_object o;
	enum bpf_object_kind kind;
	uint32_t id;

	tree_must(!bpf_reader_new(&r), "reader");
	ok(bpf_object_read(r, BPF_OBJECT_PROG, UINT32_MAX, &o) == -ENOENT,
	   "a program that is gone is told as gone");
	ok(bpf_pin_read("/proc/self/maps", &kind, &id) < 0, "a file that is no pin is none");
	bpf_reader_free(r);
}

static bool can_list(void)
{
	uint32_t id;

	return geteuid() == 0 && (!bpf_prog_get_next_id(0, &id) || errno == ENOENT);
}

int main(void)
{
	char path[128], *text;
	pid_t pid;

	if (!can_list()) {
		ok(true, "BPF objects are found # SKIP not root, or no BPF here");
		return tap_done();
	}
	tree_init(&tree);
	tree_dir(&tree, "/bpf");
	snprintf(path, sizeof(path), "%s/bpf", tree.base);
	tree_must(!unshare(CLONE_NEWNS) && !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
			  !mount("bpf", path, "bpf", 0, NULL), "mount");
	text = vendor_text();
	survey_test_init(&t, -1, text, NULL);
	free(text);
	pin_unheld();
	pid = subject_fork(&subjects, hold_all, NULL);
	ok(!survey_test_run(&t, "bpf") && !t.unread_cnt, "all BPF objects can be read");
	test_held(pid);
	test_pinned();
	test_nobody();
	test_gone();
	subjects_end(&subjects);
	survey_test_exit(&t);
	umount(path);
	tree_exit(&tree);
	return tap_done();
}
