// SPDX-License-Identifier: GPL-2.0-only
/* What lies about is found by place, name and content, and nothing stops the search. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/xattr.h>

#include "elf_image.h"
#include "survey.h"
#include "tap.h"
#include "tree.h"

#include "collect/content.h"

#define TEXT "Examplewall Endpoint Agent, version"

static const char vendor[] =
	"vendor: examplewall\n"
	"name: Examplewall Inc.\n"
	"products:\n"
	"  - product: agent\n"
	"    name: Examplewall Endpoint Agent\n"
	"    class: vendor_product\n"
	"    indicators:\n"
	"      - {kind: dir, value: /opt/examplewall/}\n"
	"      - {kind: path, value: /usr/bin/ewctl}\n"
	"      - {kind: path, value: /sbin/ewd}\n"
	"      - {kind: path, value: /srv/*/bin/ew-run}\n"
	"      - {kind: sha256, size: 3, value: "
	"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad}\n"
	"      - {kind: soname, value: libewcore.so.3}\n"
	"      - {kind: elf-string, value: \"" TEXT "\"}\n"
	"      - {kind: config, value: /etc/examplewall/}\n"
	"      - {kind: log, value: /var/log/ew*.log}\n"
	"      - {kind: data-dir, value: /var/lib/ew-*}\n"
	"      - {kind: unix-socket, value: /run/ew.sock}\n"
	"      - {kind: installer, value: ew-agent-*.deb}\n";

static const char *in(const struct tree *t, const char *path)
{
	static char full[4096];

	snprintf(full, sizeof(full), "%s%s", t->base, path);
	return full;
}

static void put_mode(const struct tree *t, const char *path, mode_t mode)
{
	tree_must(!chmod(in(t, path), mode), path);
}

static void put_link(const struct tree *t, const char *target, const char *path)
{
	tree_parents(t, path);
	tree_must(!symlink(target, in(t, path)), path);
}

static void put_elf(const struct tree *t, const char *path, const char *soname,
		    const char *text)
{
	struct elf_image e;

	elf_image_init(&e, "");
	if (soname)
		elf_image_tag(&e, DT_SONAME, soname);
	strcpy(e.text, text);
	tree_bytes(t, path, &e, ELF_IMAGE_BYTES);
}

static const struct seen *at(const struct survey_test *s, const char *where)
{
	return survey_test_find(s, TRACE_FILE, where);
}

static void start(struct survey_test *s, struct tree *t)
{
	tree_init(t);
	survey_test_init(s, t->fd, vendor, NULL);
}

static void stop(struct survey_test *s, struct tree *t)
{
	survey_test_exit(s);
	tree_exit(t);
}

static void test_places(void)
{
	struct survey_test s;
	struct tree t;

	start(&s, &t);
	tree_text(&t, "/opt/examplewall/icons/logo.png", "icon");
	tree_text(&t, "/opt/examplewall/bin/run", "#!/bin/sh\n");
	put_mode(&t, "/opt/examplewall/bin/run", 0755);
	tree_text(&t, "/usr/bin/ewctl", "#!/bin/sh\n");
	put_mode(&t, "/usr/bin/ewctl", 04755);
	tree_text(&t, "/usr/bin/other", "#!/bin/sh\n");
	put_mode(&t, "/usr/bin/other", 04755);
	tree_text(&t, "/srv/tools/bin/ew-run", "text");
	tree_text(&t, "/etc/examplewall/agent.conf", "x=1\n");
	tree_text(&t, "/var/log/ew-agent.log", "log\n");
	tree_text(&t, "/var/lib/ew-7/data", "data\n");
	tree_text(&t, "/home/me/ew-agent-7.2.deb", "!<arch>\n");
	ok(!survey_test_run(&s, "files") && !s.unread_cnt, "a tree is searched");
	ok(seen_is(at(&s, "/opt/examplewall/"), "examplewall/agent"), "a directory is found");
	ok(at(&s, "/opt/examplewall/bin/run") != NULL, "and what may run in it");
	ok(!at(&s, "/opt/examplewall/icons/logo.png") && !at(&s, "/opt/examplewall/icons/"),
	   "its icons say no more");
	ok(at(&s, "/usr/bin/ewctl") && at(&s, "/usr/bin/ewctl")->flags == TRACE_SETUID,
	   "a path is found, and that it is set-uid");
	ok(!at(&s, "/usr/bin/other"), "what nobody asked for is not told");
	ok(at(&s, "/srv/tools/bin/ew-run") != NULL, "a pattern is found");
	ok(at(&s, "/etc/examplewall/") != NULL, "so is configuration that was left");
	ok(at(&s, "/var/log/ew-agent.log") != NULL, "a log");
	ok(at(&s, "/var/lib/ew-7/") && at(&s, "/var/lib/ew-7/")->families,
	   "a data directory known by a pattern without a slash");
	ok(at(&s, "/home/me/ew-agent-7.2.deb") != NULL, "and an installer, wherever it lies");
	ok(s.seen_cnt == 8, "nothing else (%zu)", s.seen_cnt);
	stop(&s, &t);
}

static void test_content(void)
{
	struct survey_test s;
	struct tree t;

	start(&s, &t);
	put_elf(&t, "/data/lib/libx.so.3.1", "libewcore.so.3", "");
	put_elf(&t, "/data/bin/renamed", NULL, "x" TEXT " 7");
	put_mode(&t, "/data/bin/renamed", 0711);
	put_elf(&t, "/data/hidden.dat", NULL, "x" TEXT " 7");
	tree_text(&t, "/data/abc", "abc");
	tree_text(&t, "/data/abd", "abd");
	ok(!survey_test_run(&s, "files") && !s.unread_cnt, "a tree without known places");
	ok(seen_is(at(&s, "/data/lib/libx.so.3.1"), "examplewall/agent") &&
		   !strcmp(at(&s, "/data/lib/libx.so.3.1")->soname, "libewcore.so.3"),
	   "a library is found by its soname, without any executable bit");
	ok(seen_has(at(&s, "/data/bin/renamed"), IND_ELF_STRING, TEXT),
	   "a program by a text in it");
	ok(at(&s, "/data/abc") && at(&s, "/data/abc")->is_hashed, "a file by its hash");
	ok(!at(&s, "/data/abd"), "and not by its size alone");
	ok(!at(&s, "/data/hidden.dat"), "data is not opened");
	survey_test_forget(&s);
	s.s.is_deep = true;
	survey_test_run(&s, "files");
	ok(at(&s, "/data/hidden.dat") != NULL, "but in a deep search");
	stop(&s, &t);
}

static void test_links(void)
{
	struct survey_test s;
	struct tree t;

	start(&s, &t);
	tree_text(&t, "/usr/sbin/ewd", "#!/bin/sh\n");
	put_link(&t, "usr/sbin", "/sbin");
	tree_text(&t, "/disk/ew-7.2/bin/run", "#!/bin/sh\n");
	put_mode(&t, "/disk/ew-7.2/bin/run", 0755);
	put_link(&t, "/disk/ew-7.2", "/opt/examplewall");
	put_link(&t, "../usr", "/srv/all");
	put_link(&t, "/srv/one", "/srv/two");
	put_link(&t, "two", "/srv/one");
	tree_text(&t, "/usr/bin/ew-run", "text");
	put_link(&t, "/usr/bin/no-such", "/usr/bin/ewctl");
	ok(!survey_test_run(&s, "files") && !s.unread_cnt, "a tree of links ends");
	ok(at(&s, "/usr/sbin/ewd") && !strcmp(at(&s, "/usr/sbin/ewd")->path, "/sbin/ewd"),
	   "what /sbin is a link to is known by that name too");
	ok(seen_is(at(&s, "/disk/ew-7.2/bin/run"), "examplewall/agent"),
	   "and what a product's directory is a link to");
	ok(at(&s, "/usr/bin/ew-run") != NULL, "and what a pattern leads to");
	ok(at(&s, "/usr/bin/ewctl") && strstr(at(&s, "/usr/bin/ewctl")->detail, "/usr/bin/no-such"),
	   "a link itself has a place, wherever it leads");
	tree_text(&t, "/usr/bin/innocent", "#!/bin/sh\n");
	put_mode(&t, "/usr/bin/innocent", 0755);
	put_link(&t, "/", "/opt/host");
	tree_must(!unlink(in(&t, "/opt/examplewall")), "unlink");
	put_link(&t, "/usr", "/opt/examplewall");
	survey_test_forget(&s);
	survey_test_run(&s, "files");
	ok(at(&s, "/opt/examplewall") && s.seen_cnt == 4,
	   "a link to half of the host makes it no product");
	stop(&s, &t);
}

static void test_layers(void)
{
	static const char diff[] = "/var/lib/docker/overlay2/0a1b2c/diff";
	struct survey_test s;
	const struct seen *one;
	char path[256];
	struct tree t;

	start(&s, &t);
	snprintf(path, sizeof(path), "%s/opt/examplewall/run", diff);
	tree_text(&t, path, "#!/bin/sh\n");
	put_mode(&t, path, 0755);
	tree_text(&t, "/var/lib/docker/overlay2/0a1b2c/link", "ABC");
	snprintf(path, sizeof(path), "%s/usr/sbin/ewd", diff);
	tree_text(&t, path, "#!/bin/sh\n");
	ok(!survey_test_run(&s, "files"), "a store of container layers");
	snprintf(path, sizeof(path), "%s/opt/examplewall/run", diff);
	one = at(&s, path);
	ok(one && !strcmp(one->path, "/opt/examplewall/run") && one->container &&
		   seen_is(one, "examplewall/agent"),
	   "a layer has places of its own: %s", one ? one->container : "not found");
	snprintf(path, sizeof(path), "%s/usr/sbin/ewd", diff);
	one = at(&s, path);
	ok(one && !strcmp(one->path, "/sbin/ewd") && one->container,
	   "also by the names that a merged /usr has in the layer below");
	stop(&s, &t);
}

static void test_traps(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), fd;
	struct survey_test s;
	struct tree t;

	start(&s, &t);
	tree_text(&t, "/opt/examplewall/x", "x");
	tree_must(!mkfifo(in(&t, "/opt/examplewall/fifo"), 0777), "mkfifo");
	tree_must(!mkfifo(in(&t, "/ew-agent-1.deb"), 0777), "mkfifo");
	tree_text(&t, "/run/x", "x");
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/run/ew.sock", t.base);
	tree_must(!bind(sock, (struct sockaddr *)&addr, sizeof(addr)), "bind");
	close(sock);
	fd = open(in(&t, "/huge.so"), O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	tree_must(fd >= 0 && write(fd, ELFMAG, SELFMAG) == SELFMAG, "huge.so");
	ok(!ftruncate(fd, 1LL << 40) || errno == EFBIG, "a file of a tebibyte of holes");
	close(fd);
	ok(!survey_test_run(&s, "files"), "does not hold the search up");
	ok(at(&s, "/run/ew.sock") && !strcmp(at(&s, "/run/ew.sock")->detail, "socket"),
	   "a socket has a place");
	ok(at(&s, "/ew-agent-1.deb") && !strcmp(at(&s, "/ew-agent-1.deb")->detail, "FIFO"),
	   "a FIFO has a name, and is not opened");
	stop(&s, &t);
}

struct swap {
	const struct tree *t;
	atomic_bool is_over;
};

/* A file, a FIFO, a link to itself, a directory, all under one name. */
static void *swap(void *arg)
{
	struct swap *w = arg;
	int dir = w->t->fd;

	while (!atomic_load(&w->is_over)) {
		close(openat(dir, "usr/bin/ewctl", O_CREAT | O_WRONLY | O_CLOEXEC, 0755));
		unlinkat(dir, "usr/bin/ewctl", 0);
		mkfifoat(dir, "usr/bin/ewctl", 0755);
		unlinkat(dir, "usr/bin/ewctl", 0);
		(void)!symlinkat("ewctl", dir, "usr/bin/ewctl");
		unlinkat(dir, "usr/bin/ewctl", 0);
		mkdirat(dir, "usr/bin/ewctl", 0755);
		unlinkat(dir, "usr/bin/ewctl", AT_REMOVEDIR);
	}
	return NULL;
}

static void *grow(void *arg)
{
	struct swap *w = arg;
	int fd = openat(w->t->fd, "growing", O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0755);

	while (!atomic_load(&w->is_over))
		if (write(fd, "abc", 3) != 3 || (lseek(fd, 0, SEEK_END) > 9000 && ftruncate(fd, 0)))
			break;
	close(fd);
	return NULL;
}

static void test_races(void)
{
	struct survey_test s;
	struct swap w = { 0 };
	pthread_t swapper, grower;
	struct tree t;
	int err = 0;

	start(&s, &t);
	tree_text(&t, "/usr/bin/x", "x");
	w.t = &t;
	tree_must(!pthread_create(&swapper, NULL, swap, &w), "thread");
	tree_must(!pthread_create(&grower, NULL, grow, &w), "thread");
	for (unsigned int i = 0; i < 400 && !err; i++)
		err = survey_test_run(&s, "files");
	atomic_store(&w.is_over, true);
	pthread_join(swapper, NULL);
	pthread_join(grower, NULL);
	ok(!err, "a file that becomes a FIFO, a link or a directory is not waited for (%zu seen)",
	   s.seen_cnt);
	stop(&s, &t);
}

/* Between the listing and the opening, each time: the listing still says it is a file. */
static void test_swapped(void)
{
	struct content c = { .is_asked = true };
	struct content_file f = { .name = "x.so", .where = "/x.so", .path = "/x.so" };
	struct survey_test s;
	struct stat st;
	struct tree t;

	start(&s, &t);
	put_elf(&t, "/x.so", "libewcore.so.3", "");
	put_elf(&t, "/y.so", "libewcore.so.3", "");
	tree_must(!fstatat(t.fd, "x.so", &st, 0), "stat");
	f.st = &st;
	f.dir_fd = t.fd;
	ok(!content_read(&s.s, &f, &c) && c.is_asked && c.is_elf, "a file is read");
	content_exit(&c);
	tree_must(!unlinkat(t.fd, "x.so", 0) && !mkfifoat(t.fd, "x.so", 0755), "mkfifo");
	ok(!content_read(&s.s, &f, &c) && !c.is_asked && !c.is_elf,
	   "a FIFO in its place is not waited for");
	content_exit(&c);
	tree_must(!unlinkat(t.fd, "x.so", 0) && !symlinkat("y.so", t.fd, "x.so"), "symlink");
	ok(!content_read(&s.s, &f, &c) && !c.is_asked, "a link in its place is not followed");
	content_exit(&c);
	ok(!s.unread_cnt, "and neither is a complaint");
	stop(&s, &t);
}

static void test_names(void)
{
	char path[400] = "/opt/examplewall/";
	struct survey_test s;
	struct tree t;

	start(&s, &t);
	tree_text(&t, "/opt/examplewall/a\nb\033[2J\xff.so", "x");
	memset(path + strlen(path), 'n', 255);
	path[17 + 255] = '\0';
	tree_text(&t, path, "x");
	put_mode(&t, path, 0755);
	ok(!survey_test_run(&s, "files") && at(&s, "/opt/examplewall/a\nb\033[2J\xff.so") &&
		   at(&s, path),
	   "names are told as they are, byte for byte");
	stop(&s, &t);
}

static void test_rights(void)
{
	/* cap_net_raw+ep as the kernel stores it, version 2 */
	static const uint8_t cap[20] = { 1, 0, 0, 2, 0, 0x20 };
	struct survey_test s;
	struct tree t;

	start(&s, &t);
	tree_text(&t, "/usr/bin/ewctl", "#!/bin/sh\n");
	put_mode(&t, "/usr/bin/ewctl", 0755);
	if (setxattr(in(&t, "/usr/bin/ewctl"), "security.capability", cap, sizeof(cap), 0)) {
		ok(true, "file capabilities # SKIP not permitted here");
	} else {
		survey_test_run(&s, "files");
		ok(at(&s, "/usr/bin/ewctl") && at(&s, "/usr/bin/ewctl")->flags == TRACE_SETUID,
		   "file capabilities are told like set-uid");
	}
	stop(&s, &t);
}

static void test_unreadable(void)
{
	struct survey_test s;
	struct tree t;

	start(&s, &t);
	tree_text(&t, "/usr/bin/ewctl", "#!/bin/sh\n");
	tree_text(&t, "/shut/x", "x");
	put_mode(&t, "/usr/bin/ewctl", 0111);
	put_mode(&t, "/shut", 0);
	tree_must(!chmod(t.base, 0755), t.base);
	if (!geteuid() && seteuid(65534)) {
		ok(true, "what may not be read # SKIP no other user to be");
		stop(&s, &t);
		return;
	}
	survey_test_run(&s, "files");
	ok(survey_test_is_unread(&s, "/shut/: Permission denied") &&
		   survey_test_is_unread(&s, "/usr/bin/ewctl: Permission denied"),
	   "what may not be read is told");
	ok(at(&s, "/usr/bin/ewctl") != NULL, "and its place all the same");
	(void)!seteuid(0);
	put_mode(&t, "/shut", 0700);
	stop(&s, &t);
}

int main(void)
{
	/* What waits for a FIFO would wait for ever. */
	alarm(120);
	test_places();
	test_content();
	test_links();
	test_layers();
	test_traps();
	test_races();
	test_swapped();
	test_names();
	test_rights();
	test_unreadable();
	return tap_done();
}
