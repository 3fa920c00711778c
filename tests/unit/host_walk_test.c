// SPDX-License-Identifier: GPL-2.0-only
/* Every name once, whatever somebody has built to keep us from it. */
#include <dirent.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include "tap.h"
#include "tree.h"

#include "base/cleanup.h"
#include "collect/walk.h"

#define DEPTH 100000
#define WIDTH 30000
#define LOG_BYTES 8192

/* What the walk said: "+/dir/ ", "-/file ", "!/unread=-13 ", "~" before what is met again. */
struct log {
	char text[LOG_BYTES];
	size_t len;
	unsigned long dirs, names, unread;
	unsigned int fds_max;
	const struct tree *t;
	const char *move; /* at this directory its parent is moved away */
};

static void say(struct log *l, const char *mark, const char *path, size_t len, int err)
{
	int n;

	/* A long one is only counted. */
	if (len > 1000)
		return;
	n = snprintf(l->text + l->len, LOG_BYTES - l->len, err ? "%s%s=%d " : "%s%s ", mark,
			 path, err);

	if (l->len + (size_t)n < LOG_BYTES)
		l->len += (size_t)n;
	l->text[l->len] = '\0';
}

static unsigned int open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned int cnt = 0;

	while (readdir(d))
		cnt++;
	closedir(d);
	return cnt;
}

static int enter(void *ctx, const struct walk_at *at)
{
	struct log *l = ctx;

	l->dirs++;
	say(l, at->is_again ? "~+" : "+", at->path, at->len, 0);
	if (l->dirs % 1000 == 0 && open_fds() > l->fds_max)
		l->fds_max = open_fds();
	if (l->move && !strcmp(at->path + at->name, l->move)) {
		char here[16];

		snprintf(here, sizeof(here), "moved%lu", l->dirs);
		tree_must(!renameat(at->dir_fd, "../../../../../mid", l->t->fd, here), "rename");
		l->move = NULL;
	}
	return strstr(at->path + at->name, "past") ? WALK_PAST : WALK_ON;
}

static void leave(void *ctx)
{
	(void)ctx;
}

static int name(void *ctx, const struct walk_at *at)
{
	struct log *l = ctx;

	l->names++;
	say(l, at->is_again ? "~-" : "-", at->path, at->len, 0);
	return strstr(at->path + at->name, "the-end") ? -ECANCELED : 0;
}

static void unread(void *ctx, const char *path, int err)
{
	struct log *l = ctx;

	l->unread++;
	say(l, "!", path, strlen(path), err);
}

static int walk_all(const struct tree *t, struct log *l)
{
	const struct walk_visitor v = { enter, leave, name, unread, l };
	CLEANUP(walk_freep) struct walk *w = NULL;
	int err;

	l->t = t;
	l->len = 0;
	l->text[0] = '\0';
	l->dirs = l->names = l->unread = 0;
	err = walk_new(t->fd, &v, &w);
	return err ? err : walk_tree(w, t->fd, "/");
}

static bool has(const struct log *l, const char *what)
{
	return strstr(l->text, what) != NULL;
}

static void in(const struct tree *t, const char *path, char *full, size_t size)
{
	snprintf(full, size, "%s%s", t->base, path);
}

static void put_dir(const struct tree *t, const char *path)
{
	char full[512];

	in(t, path, full, sizeof(full));
	tree_must(!mkdir(full, 0755), full);
}

static void test_kinds(struct log *l)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char full[512], longest[300] = "/";
	struct tree t;

	tree_init(&t);
	memset(longest + 1, 'n', 255);
	tree_text(&t, "/a/file", "x");
	tree_text(&t, longest, "x");
	tree_text(&t, "/line\nbreak\033[31m\xff\xfe", "x");
	tree_text(&t, "/past/file", "x");
	in(&t, "/fifo", full, sizeof(full));
	tree_must(!mkfifo(full, 0600), full);
	in(&t, "/a/up", full, sizeof(full));
	tree_must(!symlink("..", full), full);
	in(&t, "/sock", addr.sun_path, sizeof(addr.sun_path));
	tree_must(!bind(sock, (struct sockaddr *)&addr, sizeof(addr)), "bind");
	close(sock);
	in(&t, "/null", full, sizeof(full));
	ok(!mknod(full, S_IFCHR | 0600, makedev(1, 3)) || errno == EPERM, "a device can be made");

	ok(!walk_all(&t, l), "a tree of all kinds of files is walked");
	ok(has(l, "+/ ") && has(l, "+/a/ ") && has(l, "-/a/file "), "directories and files");
	ok(has(l, "-/fifo ") && has(l, "-/sock "), "a FIFO and a socket are names");
	ok(has(l, "-/a/up ") && !has(l, "/a/up/"), "a link is not followed");
	ok(has(l, longest) && has(l, "-/line\nbreak\033[31m\xff\xfe "), "names are bytes");
	ok(has(l, "+/past/ ") && !has(l, "/past/file"), "a directory can be passed by");
	tree_text(&t, "/b/the-end", "x");
	ok(walk_all(&t, l) == -ECANCELED, "the visitor can end it");
	tree_exit(&t);
}

/* In memory where that can be: a hundred thousand directories are much for a disk. */
static void big_tree_init(struct tree *t)
{
	static const char shm[] = "/dev/shm/weir-test-XXXXXX";

	strcpy(t->base, shm);
	if (!mkdtemp(t->base)) {
		tree_init(t);
		return;
	}
	t->fd = open(t->base, O_PATH | O_DIRECTORY | O_CLOEXEC);
	tree_must(t->fd >= 0, t->base);
}

static void go(int *at, const char *name)
{
	int next = openat(*at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	tree_must(next >= 0, "openat");
	close(*at);
	*at = next;
}

/* @cnt directories in each other, each called "d", and a file in the last. */
static void dig(const struct tree *t, unsigned int cnt)
{
	int at = openat(t->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (unsigned int i = 0; i < cnt; i++) {
		tree_must(!mkdirat(at, "d", 0755), "mkdirat");
		go(&at, "d");
	}
	close(openat(at, "ground", O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	close(at);
}

/* From the bottom, by hand: the path would be too long for anything. */
static void fill_in(const struct tree *t, unsigned int cnt)
{
	int at = openat(t->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (unsigned int i = 0; i < cnt; i++)
		go(&at, "d");
	tree_must(!unlinkat(at, "ground", 0), "ground");
	for (unsigned int i = 0; i < cnt; i++) {
		go(&at, "..");
		tree_must(!unlinkat(at, "d", AT_REMOVEDIR), "rmdir");
	}
	close(at);
}

static void test_deep(struct log *l)
{
	struct tree t;
	int err;

	big_tree_init(&t);
	dig(&t, DEPTH);
	l->fds_max = 0;
	err = walk_all(&t, l);
	ok(!err && l->dirs == DEPTH + 1 && !l->unread, "%lu directories in each other", l->dirs);
	ok(l->names == 1, "the file at the bottom is found");
	ok(l->fds_max && l->fds_max < WALK_FDS + 20, "with %u descriptors at most", l->fds_max);
	fill_in(&t, DEPTH);
	tree_exit(&t);
}

static void test_wide(struct log *l)
{
	char path[64];
	struct tree t;
	int err;

	big_tree_init(&t);
	for (unsigned int i = 0; i < WIDTH; i++) {
		snprintf(path, sizeof(path), "/a-directory-with-some-name-%u", i);
		put_dir(&t, path);
	}
	tree_text(&t, "/file", "x");
	err = walk_all(&t, l);
	ok(!err && l->dirs == WIDTH + 1 && l->names == 1, "%lu directories in one", l->dirs);
	tree_exit(&t);
}

/* 50 levels, so that the directories above "mid" are closed when it moves. */
static void test_moved(struct log *l)
{
	char path[512] = "";
	struct tree t;

	tree_init(&t);
	for (unsigned int i = 0; i < 45; i++)
		strcat(path, "/u");
	strcat(path, "/mid");
	for (unsigned int i = 0; i < 40; i++)
		strcat(path, i == 3 ? "/now" : "/v");
	strcat(path, "/file");
	tree_text(&t, path, "x");
	tree_text(&t, "/zz/file", "x");
	/* The directory that moves it away is three below "mid". */
	l->move = "now/";
	ok(!walk_all(&t, l), "a directory is moved away while its own are read");
	ok(!l->move && l->dirs >= 87 && l->names == 2, "what is below it, and beside, is met");
	ok(l->unread > 0 && l->unread < 20, "what may have been missed above it is told (%lu)",
	   l->unread);
	tree_exit(&t);
}

static void test_unreadable(struct log *l)
{
	char full[512];
	struct tree t;

	tree_init(&t);
	tree_text(&t, "/shut/file", "x");
	tree_text(&t, "/open/file", "x");
	in(&t, "/shut", full, sizeof(full));
	tree_must(!chmod(full, 0), full);
	tree_must(!chmod(t.base, 0755), t.base);
	if (!geteuid() && seteuid(65534)) {
		ok(true, "an unreadable directory # SKIP no other user to be");
		tree_exit(&t);
		return;
	}
	ok(!walk_all(&t, l) && l->unread == 1 && has(l, "!/shut/=-13 "),
	   "an unreadable directory is told");
	ok(has(l, "-/open/file "), "and the others are read");
	if (seteuid(0))
		(void)chmod(full, 0700);
	else
		tree_must(!chmod(full, 0700), full);
	tree_exit(&t);
}

static bool bind_dir(const struct tree *t, const char *from, const char *to)
{
	char source[512], target[512];

	in(t, from, source, sizeof(source));
	in(t, to, target, sizeof(target));
	return !mount(source, target, NULL, MS_BIND, NULL);
}

static void check_mounts(const struct tree *t, struct log *l)
{
	char full[512], options[2048];

	tree_text(t, "/data/sub/file", "x");
	put_dir(t, "/data/loop");
	put_dir(t, "/other");
	put_dir(t, "/memory");
	put_dir(t, "/proc");
	put_dir(t, "/low");
	tree_text(t, "/low/lib", "x");
	put_dir(t, "/merged");
	bind_dir(t, "/data/sub", "/other");
	bind_dir(t, "/data", "/data/loop");
	in(t, "/memory", full, sizeof(full));
	tree_must(!mount("none", full, "tmpfs", 0, NULL), "tmpfs");
	tree_text(t, "/memory/file", "x");
	in(t, "/proc", full, sizeof(full));
	tree_must(!mount("none", full, "proc", 0, NULL), "proc");

	ok(!walk_all(t, l) && !l->unread, "a tree with mounts is walked");
	ok(has(l, "-/memory/file "), "a local file system is entered");
	ok(!has(l, "/proc/"), "one without files is not");
	ok(has(l, " -/data/sub/file ") != has(l, " -/other/file ") &&
		   has(l, "~-/data/sub/file ") != has(l, "~-/other/file "),
	   "what is mounted twice is met once, and once again");
	ok(has(l, "~+/data/loop/ ") && !has(l, "/data/loop/loop/f"), "a loop of mounts ends");

	in(t, "/merged", full, sizeof(full));
	snprintf(options, sizeof(options), "lowerdir=%s/low:%s/data", t->base, t->base);
	ok(mount("none", full, "overlay", 0, options) ||
		   (!walk_all(t, l) && has(l, "-/merged/lib ") && !l->unread),
	   "an overlay is entered, as its layers are not seen from this root");
}

static void test_mounts(struct log *l)
{
	struct tree t;

	if (geteuid() || unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL)) {
		ok(true, "mounts # SKIP not permitted");
		return;
	}
	tree_init(&t);
	check_mounts(&t, l);
	for (const char *const *at = (const char *const[]){ "/merged", "/proc", "/memory",
							     "/data/loop", "/other", NULL };
	     *at; at++) {
		char full[512];

		in(&t, *at, full, sizeof(full));
		umount2(full, MNT_DETACH);
	}
	tree_exit(&t);
}

int main(void)
{
	static struct log l;

	test_kinds(&l);
	test_deep(&l);
	test_wide(&l);
	test_moved(&l);
	test_unreadable(&l);
	test_mounts(&l);
	return tap_done();
}
