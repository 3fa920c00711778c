// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes of this host: programs that are started here, found by path, by
 * content where the name is another or gone, by the script they run, by what
 * they have mapped, and by what they were given.
 */
#include <dlfcn.h>
#include <sys/mman.h>
#include <time.h>

#include "subject.h"
#include "survey.h"
#include "tap.h"

#include "base/hex.h"
#include "inventory/digest.h"

static struct tree tree;
static struct subjects subjects;
static struct survey_test t;

static const char *in_tree(const char *path)
{
	static char full[8][512];
	static unsigned int next;
	char *to = full[next++ % 8];

	snprintf(to, sizeof(full[0]), "%s%s", tree.base, path);
	return to;
}

/* A file that this test has mapped, by a part of its path: where it is differs. */
static char *find_mapped(const char *part)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[4400], *found = NULL, *slash;

	while (f && !found && fgets(line, sizeof(line), f)) {
		slash = strchr(line, '/');
		if (!slash || !strstr(slash, part))
			continue;
		slash[strcspn(slash, "\n")] = '\0';
		found = strdup(slash);
	}
	tree_must(f && found, part);
	fclose(f);
	return found;
}

static const char *vendor_text(void)
{
	static char text[8192];
	uint8_t sum[32];
	char hex[65];
	uint64_t size = 0;
	int fd = open(in_tree("/opt/ew/agent"), O_RDONLY | O_CLOEXEC);

	tree_must(fd >= 0 && !digest_file(fd, 1 << 30, sum, &size), "digest");
	close(fd);
	hex_encode(sum, sizeof(sum), hex);
	snprintf(text, sizeof(text),
		 "vendor: examplewall\n"
		 "name: Examplewall Inc.\n"
		 "products:\n"
		 "  - product: agent\n"
		 "    name: Agent\n"
		 "    class: vendor_product\n"
		 "    indicators:\n"
		 "      - {kind: dir, value: %s/opt/ew/}\n"
		 "      - {kind: sha256, value: %s, size: %llu}\n"
		 "      - {kind: path, value: /inside/busybox}\n"
		 "      - {kind: comm, value: ewagentd}\n"
		 "      - {kind: comm, value: kthreadd}\n"
		 "      - {kind: env, value: EWHOME}\n"
		 "      - {kind: env, value: \"EW_MODE_*\"}\n"
		 "      - {kind: argv, value: ew.jar}\n"
		 "      - {kind: config, value: %s/srv/ew}\n"
		 "      - {kind: soname, value: libewtest.so.1, sufficient: false}\n",
		 tree.base, hex, (unsigned long long)size, tree.base);
	return text;
}

static const struct seen *process(pid_t pid)
{
	return survey_test_find(&t, TRACE_PROCESS, pid_text(pid));
}

static void look(void)
{
	survey_test_forget(&t);
	survey_test_run(&t, "processes");
}

static bool ends_in(const char *text, const char *tail)
{
	size_t len = text ? strlen(text) : 0;

	return len >= strlen(tail) && !strcmp(text + len - strlen(tail), tail);
}

static pid_t start(const char *file, const char *argv0)
{
	const char *const argv[] = { argv0 ? argv0 : file, "1000", NULL };

	return subject_exec(&subjects, file, argv, NULL);
}

static void test_path(void)
{
	pid_t pid = start(in_tree("/opt/ew/agent"), NULL);
	const struct seen *s;

	look();
	s = process(pid);
	ok(seen_is(s, "examplewall/agent") && s->pid == (uint32_t)pid, "a process is found by path");
	ok(s && !strcmp(s->path, in_tree("/opt/ew/agent")) && s->flags == TRACE_RUNNING,
	   "with the path, running");
	ok(s && s->is_hashed && seen_has(s, IND_COMM, "agent"), "with its content and its name");
	ok(s && s->user && *s->user && s->changed > 1600000000, "its user, and when it began");
}

static uint64_t boottime_ns(void)
{
	struct timespec now;

	tree_must(!clock_gettime(CLOCK_BOOTTIME, &now), "clock");
	return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

static void test_early(void)
{
	pid_t pid = start(in_tree("/opt/ew/agent"), NULL);
	const struct seen *s;

	t.s.gate_ns = boottime_ns() + 1000000000ULL;
	look();
	s = process(pid);
	ok(s && s->flags == (TRACE_RUNNING | TRACE_EARLY), "one that is older than the gates says so");
	t.s.gate_ns = 1;
	look();
	s = process(pid);
	ok(s && s->flags == TRACE_RUNNING, "one that is younger does not");
	t.s.gate_ns = 0;
}

static void test_renamed(void)
{
	pid_t pid, gone;
	const struct seen *s;

	subject_copy(&tree, in_tree("/opt/ew/agent"), "/srv/other-name");
	subject_copy(&tree, in_tree("/opt/ew/agent"), "/srv/soon gone\n2");
	pid = start(in_tree("/srv/other-name"), NULL);
	gone = start(in_tree("/srv/soon gone\n2"), NULL);
	tree_must(!unlink(in_tree("/srv/soon gone\n2")), "unlink");
	look();
	ok(seen_is(process(pid), "examplewall/agent"), "a copy under another name is found");
	s = process(gone);
	ok(seen_is(s, "examplewall/agent"), "a copy that was deleted while it runs is found");
	ok(s && s->flags == (TRACE_RUNNING | TRACE_DELETED) && ends_in(s->path, "/soon gone\n2"),
	   "and told as deleted, by the name that it had");
}

static void map_library(void *path)
{
	tree_must(dlopen(path, RTLD_NOW | RTLD_LOCAL) != NULL, "dlopen");
}

static void test_library(void)
{
	char *from = find_mapped("/libjansson"), *path = strdup(in_tree("/opt/ew/lib.so"));
	const struct seen *s;
	pid_t pid;

	subject_copy(&tree, from, "/opt/ew/lib.so");
	pid = subject_fork(&subjects, map_library, path);
	subject_fork(&subjects, map_library, path);
	look();
	s = survey_test_find(&t, TRACE_FILE, path);
	ok(seen_is(s, "examplewall/agent") && s->flags == TRACE_RUNNING,
	   "a library that a process opened later is found");
	ok(s && s->pid && strstr(s->detail, " and others"), "with its first user, once for all");
	ok(!process(pid), "its user is not the product");
	free(from);
	free(path);
}

static void test_loader(void)
{
	char *loader = find_mapped("/ld-");
	const char *const argv[] = { loader, "--library-path", "/lib", in_tree("/opt/ew/agent"),
				     "1000", NULL };
	pid_t pid = subject_exec(&subjects, loader, argv, NULL);
	const struct seen *s = NULL;

	/* The loader maps the program some time after its own exec. */
	for (int i = 0; i < 500 && !s; i++) {
		usleep(10000);
		look();
		s = process(pid);
	}
	ok(seen_is(s, "examplewall/agent") && ends_in(s->path, "/opt/ew/agent"),
	   "what the loader was started with is what runs");
	free(loader);
}

static pid_t start_in_tree(const char *file, const char *const *argv, const char *const *env)
{
	char cwd[4096];
	pid_t pid;

	tree_must(getcwd(cwd, sizeof(cwd)) && !chdir(tree.base), "chdir");
	pid = subject_exec(&subjects, file, argv, env);
	tree_must(!chdir(cwd), "chdir");
	return pid;
}

static void test_script(void)
{
	const char *const relative[] = { "sh", "-u", "opt/ew/.././ew//run", NULL };
	const char *const program[] = { "sh", "-c", "read line", "opt/ew/run", NULL };
	pid_t named, given, none;
	const struct seen *s;

	tree_text(&tree, "/opt/ew/run", "#!/bin/sh\nread line\n");
	tree_must(!chmod(in_tree("/opt/ew/run"), 0755), "chmod");
	named = start(in_tree("/opt/ew/run"), NULL);
	given = start_in_tree("/bin/sh", relative, NULL);
	none = start_in_tree("/bin/sh", program, NULL);
	look();
	ok(seen_is(process(named), "examplewall/agent"), "a script is found behind its interpreter");
	s = process(given);
	ok(seen_is(s, "examplewall/agent") && !strcmp(s->path, in_tree("/opt/ew/run")),
	   "one that was named from its directory, too");
	ok(!process(none), "an argument of a program on the command line is no script");
}

static void test_given(void)
{
	static const char *const env[] = { "EWHOME=/secret", "EW_MODE_A=1", "OTHER=2",
					   "PATH=/usr/bin:/bin", NULL };
	static const char *const argv[] = { "/srv/x", "-c", "read line", "token",
					    "/x/ew.jar", NULL };
	pid_t pid = subject_exec(&subjects, "/bin/sh", argv, env);
	const struct seen *s;

	look();
	s = process(pid);
	ok(seen_has(s, IND_ENV, "EWHOME"), "a listed variable is told, and not its value");
	ok(seen_has(s, IND_ENV, "EW_MODE_*"), "a pattern of variables in the catalogue's words");
	ok(seen_has(s, IND_ARGV, "ew.jar"), "a listed argument is told by its last part");
	/* The two names, two variables, one argument, and the service it may be in. */
	for (size_t i = 0, weak = 0; s && i < s->other_cnt; i++) {
		weak += s->others[i].kind != IND_UNIT;
		if (weak > 5)
			s = NULL;
	}
	ok(s != NULL, "and nothing else of arguments and environment");
	ok(s && !s->product, "all of that is one family: no finding");
}

static void rename_self(void *ctx)
{
	prctl(PR_SET_NAME, ctx);
}

static void test_names(void)
{
	pid_t weak = subject_fork(&subjects, rename_self, (char[]){ "ewagentd" });
	pid_t odd = subject_fork(&subjects, rename_self, (char[]){ ") R 1 (ewag\n" });
	const char *const cat[] = { "ewagentd", NULL };
	const struct seen *s;
	pid_t joined;

	subject_copy(&tree, "/bin/cat", "/srv/ew/ewagentd");
	joined = subject_exec(&subjects, in_tree("/srv/ew/ewagentd"), cat, NULL);
	look();
	s = process(weak);
	ok(s && !s->product && seen_has(s, IND_COMM, "ewagentd"), "a name alone is no finding");
	ok(!process(odd), "a name made to look like the end of a field is only a name");
	s = process(joined);
	ok(seen_is(s, "examplewall/agent") && __builtin_popcount(s->families) == 2,
	   "a name and a place meet in one process");
	s = survey_test_find(&t, TRACE_PROCESS, "2");
	if (geteuid() == 0 && !access("/proc/2", F_OK))
		ok(s && seen_has(s, IND_COMM, "kthreadd") && !s->path, "a kernel thread has a name");
}

static void test_chroot(void)
{
	const char *const argv[] = { "chroot", in_tree("/jail"), "/inside/busybox", "sh", "-c",
				     "read x", NULL };
	const struct seen *s = NULL;
	pid_t pid;

	if (geteuid() != 0 || access("/bin/busybox", X_OK)) {
		ok(true, "a path is told as the process's root shows it # SKIP not root, or no busybox");
		return;
	}
	subject_copy(&tree, "/bin/busybox", "/jail/inside/busybox");
	pid = subject_exec(&subjects, "/usr/sbin/chroot", argv, NULL);
	for (int i = 0; i < 500 && !s; i++) {
		usleep(10000);
		look();
		s = process(pid);
	}
	ok(seen_is(s, "examplewall/agent") && !strcmp(s->path, "/inside/busybox"),
	   "a path is told as the process's root shows it");
}

static void run_from_memory(void *path)
{
	const char *const argv[] = { "x", "1000", NULL };
	int from = open(path, O_RDONLY | O_CLOEXEC), fd = memfd_create("quiet", MFD_CLOEXEC);
	char buf[65536];
	ssize_t got;

	while ((got = read(from, buf, sizeof(buf))) > 0)
		tree_must(write(fd, buf, (size_t)got) == got, "write");
	close(from);
	fexecve(fd, (char *const *)argv, environ);
	_exit(127);
}

static void test_memory(void)
{
	const struct seen *s;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		run_from_memory((char *)(uintptr_t)in_tree("/opt/ew/agent"));
	}
	subject_keep(&subjects, pid);
	subject_wait_exec(pid);
	look();
	s = process(pid);
	ok(seen_is(s, "examplewall/agent") && s->is_hashed && s->flags & TRACE_DELETED,
	   "a program that was never in a file is found by its content");
}

static void look_as_nobody(void *ctx)
{
	struct survey_test *mine = ctx;

	tree_must(!setgid(65534) && !setuid(65534), "setuid");
	survey_test_forget(mine);
	survey_test_run(mine, "processes");
	if (!survey_test_is_unread(mine, "executable and libraries of "))
		_exit(1);
	if (mine->unread_cnt > 2)
		_exit(2);
	_exit(0);
}

static void test_nobody(void)
{
	int status = -1;
	pid_t pid;

	if (geteuid() != 0)
		return;
	fflush(NULL);
	pid = fork();
	if (!pid)
		look_as_nobody(&t);
	waitpid(pid, &status, 0);
	ok(!status, "without privileges it goes as far as it can and counts the rest, once");
}

static void storm(void *ctx)
{
	(void)ctx;
	if (fork())
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
}

static void test_storm(void)
{
	bool fine = true;

	subject_fork(&subjects, storm, NULL);
	for (int i = 0; i < 10; i++) {
		look();
		fine = fine && !t.rc && !survey_test_is_unread(&t, "No such");
	}
	ok(fine, "processes that come and go meanwhile are no errors");
}

int main(void)
{
	tree_init(&tree);
	subject_copy(&tree, "/bin/sleep", "/opt/ew/agent");
	survey_test_init(&t, -1, vendor_text(), NULL);
	test_path();
	test_early();
	test_renamed();
	test_library();
	test_loader();
	test_script();
	test_given();
	test_names();
	test_chroot();
	test_memory();
	test_nobody();
	test_storm();
	subjects_end(&subjects);
	survey_test_exit(&t);
	tree_exit(&tree);
	return tap_done();
}
