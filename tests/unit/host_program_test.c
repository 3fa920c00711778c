// SPDX-License-Identifier: GPL-2.0-only
/* A program of the host's, run as nobody; and what rpm says through it. */
#include <errno.h>
#include <sched.h>
#include <sys/wait.h>
#include <time.h>

#include "survey.h"
#include "tap.h"
#include "tree.h"

#include "base/cleanup.h"
#include "collect/owners.h"
#include "collect/program.h"
#include "inventory/root.h"

#define SECOND_NS 1000000000ULL

struct ran {
	int err;
	char why[100], out[256];
	double seconds;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void run(struct ran *r, const struct tree *t, const char *script, uint64_t time_ns)
{
	const char *const argv[] = { "/bin/sh", "-c", script, NULL };
	struct program p = { .argv = argv, .out_bytes_max = 4096, .time_ns = time_ns };
	CLEANUP(close_fdp) int out = -1;
	char path[128];
	double start = now();
	ssize_t got;

	snprintf(path, sizeof(path), "%s/out", t->base);
	out = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	tree_must(out >= 0, path);
	p.out_fd = out;
	r->err = program_run(&p, r->why, sizeof(r->why));
	r->seconds = now() - start;
	got = pread(out, r->out, sizeof(r->out) - 1, 0);
	r->out[got > 0 ? got : 0] = '\0';
}

/* In a child, as it cannot be undone. */
static bool can_unshare(void)
{
	pid_t pid = fork();
	int status = 1;

	if (!pid)
		_exit(geteuid() || unshare(CLONE_NEWNET | CLONE_NEWIPC));
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status;
}

static void test_program(const struct tree *t)
{
	struct ran r;

	run(&r, t, "echo hello", 10 * SECOND_NS);
	ok(!r.err && !strcmp(r.out, "hello\n") && !*r.why, "its output is in the file");
	run(&r, t, "id -u; id -G; echo $HOME; env | wc -l; cat /dev/stdin", 10 * SECOND_NS);
	if (geteuid())
		ok(!r.err, "who is not root # SKIP it runs as we do");
	else
		ok(!strncmp(r.out, "65534\n65534\n/nonexistent\n", 25),
		   "it runs as nobody, in no group of ours");
	setenv("WEIR_TEST_SECRET", "x", 1);
	run(&r, t, "echo ${WEIR_TEST_SECRET-none}", 10 * SECOND_NS);
	ok(!strcmp(r.out, "none\n"), "no variable of ours comes along");
	run(&r, t, "printf 'first\\033 line\\nsecond\\n' >&2; exit 3", 10 * SECOND_NS);
	ok(r.err == -EIO && !strcmp(r.why, "first? line"), "what it says of its failure is kept");
	run(&r, t, "kill -9 $$", 10 * SECOND_NS);
	ok(r.err == -ECANCELED, "a signal is told as one");
	run(&r, t, "exec 2>&-; exec head -c 100000 /dev/zero", 10 * SECOND_NS);
	ok(r.err == -EFBIG, "one that writes too much is ended");
	run(&r, t, "sleep 1000 & sleep 1000", SECOND_NS / 5);
	ok(r.err == -ETIME && r.seconds < 5, "one that hangs is ended, with all it started");
	run(&r, t, "exec 2>&-; sleep 1000", SECOND_NS / 5);
	ok(r.err == -ETIME && r.seconds < 5, "also when it says nothing any more");
	run(&r, t, "grep -c : /proc/net/dev", 10 * SECOND_NS);
	if (can_unshare())
		ok(atoi(r.out) == 1, "it has no network but its own");
	else
		ok(true, "it has no network # SKIP we may not make one");
}

static void test_missing(void)
{
	const char *const argv[] = { "/no/such/program", NULL };
	struct program p = { .argv = argv, .out_fd = 1, .out_bytes_max = 1, .time_ns = SECOND_NS };
	char why[8];

	ok(program_run(&p, why, sizeof(why)) == -ENOEXEC, "one that is not there is told");
}

/* Runs @argv and waits for it: does it end well? */
static bool command(const char *const *argv)
{
	pid_t pid = fork();
	int status = 1;

	if (!pid) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		dup2(null, 1);
		dup2(null, 2);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status;
}

static const char spec[] =
	"Name: ew-agent\nVersion: 1\nRelease: 2\nSummary: x\nLicense: x\nBuildArch: noarch\n"
	"%define __os_install_post %{nil}\n%description\nx\n%install\n"
	"mkdir -p %{buildroot}/bin %{buildroot}/opt/ew\n"
	"echo x >%{buildroot}/bin/ewctl\necho x >\"%{buildroot}/opt/ew/it's\"\n"
	"%files\n/bin/ewctl\n/opt/ew\n";

/* A database with one package, made by rpm; false: there is no rpmbuild that can. */
static bool make_database(const struct tree *t)
{
	char top[128], tmp[128], file[128], root[128], rpm[256];
	const char *const build[] = { "rpmbuild", "-bb",      "--define", top,
				      "--define", tmp, file, NULL };
	const char *const install[] = { "rpm",	    "--root",	  root,	      "--dbpath", "/var/lib/rpm",
					"--nodeps", "--noscripts", "-i",      rpm,	  NULL };

	snprintf(top, sizeof(top), "_topdir %s/build", t->base);
	snprintf(tmp, sizeof(tmp), "_tmppath %s", t->base);
	snprintf(file, sizeof(file), "%s/ew.spec", t->base);
	snprintf(root, sizeof(root), "%s/root", t->base);
	snprintf(rpm, sizeof(rpm), "%s/build/RPMS/noarch/ew-agent-1-2.noarch.rpm", t->base);
	tree_text(t, "/ew.spec", spec);
	tree_dir(t, "/root/usr/bin");
	tree_link(t, "usr/bin", "/root/bin");
	return command(build) && command(install);
}

struct told {
	char text[256];
};

static int tell_package(void *ctx, const struct owner_package *p)
{
	struct told *told = ctx;

	snprintf(told->text, sizeof(told->text), "%s %s", p->name, p->version);
	return p->kind == OWNER_RPM ? 0 : -ENOMEM;
}

static int tell_file(void *ctx, const char *path)
{
	struct told *told = ctx;
	size_t len = strlen(told->text);

	snprintf(told->text + len, sizeof(told->text) - len, " %s", path);
	return 0;
}

static void test_owners(struct survey_test *s)
{
	struct owner asked[] = { { .path = "/usr/bin/ewctl" },
				 { .path = "/opt/ew/it's" },
				 { .path = "/opt/ew/other" } };
	CLEANUP(owners_freep) struct owners *o = NULL;
	struct told told = { "" };
	struct owners_fn fn = { tell_package, tell_file, &told };

	ok(!owners_new(&s->s, &o) && !owners_find(o, asked, ARRAY_SIZE(asked)),
	   "owners by rpm are looked for");
	ok(asked[0].kind == OWNER_RPM && !strcmp(asked[0].package, "ew-agent"),
	   "a file goes by the name that its directory has here");
	ok(asked[1].kind == OWNER_RPM, "one with a quote in its name has its owner");
	ok(asked[2].kind == OWNER_NONE, "one that is nobody's has none");
	ok(!owners_explain(o, "ew-agent", &fn) &&
		   !strcmp(told.text, "ew-agent 1-2 /bin/ewctl /opt/ew /opt/ew/it's"),
	   "a package is explained with its files");
	ok(owners_explain(o, "no-such", &fn) == -ENOENT, "one that is not there is not");
	for (size_t i = 0; i < s->unread_cnt; i++)
		printf("# %s\n", s->unread[i]);
}

static void test_rpm(const struct tree *t)
{
	static const char vendor[] = "vendor: a\nname: A\nproducts:\n  - product: b\n    name: B\n"
				     "    class: vendor_product\n    indicators:\n"
				     "      - {kind: rpm, value: ew-agent}\n";
	CLEANUP(survey_test_exit) struct survey_test s;
	CLEANUP(close_fdp) int root = -1;

	if (!make_database(t)) {
		ok(true, "rpm's database # SKIP no rpmbuild that can make one");
		return;
	}
	root = root_open(t->fd, "/root", O_PATH | O_DIRECTORY);
	tree_must(root >= 0, "root");
	survey_test_init(&s, root, vendor, NULL);
	ok(!survey_test_run(&s, "rpm") && !s.unread_cnt &&
		   survey_test_find(&s, TRACE_PACKAGE, "ew-agent"),
	   "a package of rpm's is told");
	test_owners(&s);
}

int main(void)
{
	struct tree t;

	tree_init(&t);
	test_program(&t);
	test_missing();
	test_rpm(&t);
	tree_exit(&t);
	return tap_done();
}
