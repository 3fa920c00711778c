// SPDX-License-Identifier: GPL-2.0-only
/* Packages of dpkg in a tree: what is told of them, and what owns a file. */
#include <sys/inotify.h>

#include "survey.h"
#include "tap.h"
#include "tree.h"

#include "base/cleanup.h"
#include "collect/owners.h"

static const char vendor[] =
	"vendor: examplewall\nname: Examplewall\nproducts:\n"
	"  - product: agent\n    name: Agent\n    class: vendor_product\n    indicators:\n"
	"      - {kind: deb, value: ew-agent}\n      - {kind: deb, value: ew-shim}\n"
	"      - {kind: deb, value: ew-dirs}\n      - {kind: deb, value: ew-absent}\n"
	"      - {kind: deb, value: ew-removed}\n      - {kind: deb, value: ew-meta}\n"
	"      - {kind: deb, value: ew-half}\n      - {kind: deb, value: ew-lib}\n"
	"      - {kind: deb, value: ew-twice}\n      - {kind: deb, value: ew-game}\n"
	"      - {kind: deb, value: ew-known}\n      - {kind: deb, value: ew-image}\n"
	"      - {kind: deb, value: ew-fifo}\n"
	"      - {kind: package-vendor, value: Example Wall}\n";

static const char confusables[] =
	"confusables: alike\nentries:\n  - name: Example Walls (game)\n"
	"    confused-with: [examplewall]\n    class: name_collision\n    why: a game\n"
	"    source: K\n    indicators:\n      - {kind: deb, value: ew-game-data}\n";

#define INSTALLED(name, more) \
	"Package: " name "\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.2-3\n" \
	more "\n"

static const char status[] =
	INSTALLED("base-files", "Maintainer: Debian <d@debian.test>\n")
	INSTALLED("ew-agent", "Installed-Size: 42\n")
	INSTALLED("ew-shim", "Installed-Size: 0\n")
	INSTALLED("ew-dirs", "")
	INSTALLED("ew-absent", "")
	"Package: ew-removed\nStatus: deinstall ok config-files\nVersion: 1\n\n"
	"Package: ew-known\nStatus: unknown ok not-installed\n\n"
	INSTALLED("ew-meta", "")
	"Package: ew-half\nStatus: install reinstreq half-installed\nVersion: 1\n\n"
	INSTALLED("ew-lib", "Multi-Arch: same\n")
	"Package: ew-lib\nStatus: install ok installed\nArchitecture: i386\nVersion: 1.2-3\n\n"
	"Package: ew-twice\nStatus: deinstall ok config-files\n\n"
	"Package: ew-twice\nStatus: install ok installed\n\n"
	INSTALLED("ew-game-data", "")
	INSTALLED("by-vendor", "Maintainer: Example Wall <x@examplewall.test>\n")
	INSTALLED("by-other", "Maintainer: Example Wallpaper <x@examplewall.test>\n")
	INSTALLED("../../etc/shadow", "Maintainer: Example Wall\n")
	INSTALLED("other", "");

static void plant_list(const struct tree *t, const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "/var/lib/dpkg/info/%s.list", name);
	tree_text(t, path, text);
}

static void plant_program(const struct tree *t, const char *path, mode_t mode)
{
	char full[512];

	tree_text(t, path, "x");
	snprintf(full, sizeof(full), "%s%s", t->base, path);
	tree_must(!chmod(full, mode), full);
}

static void plant(const struct tree *t)
{
	tree_text(t, "/var/lib/dpkg/status", status);
	tree_dir(t, "/usr/bin");
	tree_link(t, "usr/bin", "/bin");
	plant_program(t, "/opt/ew/bin/ewctl", 0755);
	plant_program(t, "/opt/ew/lib/libew.so.1.2", 0644);
	tree_link(t, "libew.so.1.2", "/opt/ew/lib/libew.so.1");
	plant_program(t, "/opt/ew/ewfilter.ko.xz", 0644);
	plant_program(t, "/opt/ew/helper", 04755);
	plant_program(t, "/opt/ew/ew.conf", 0644);
	plant_program(t, "/opt/ew/notes.some", 0644);
	plant_list(t, "ew-agent",
		   "/.\n/opt\n/opt/ew\n/opt/ew/bin\n/opt/ew/bin/ewctl\n/opt/ew/lib\n"
		   "/opt/ew/lib/libew.so.1.2\n/opt/ew/lib/libew.so.1\n/opt/ew/ewfilter.ko.xz\n"
		   "/opt/ew/helper\n/opt/ew/ew.conf\n/opt/ew/notes.some\n/opt/ew/empty\n"
		   "/opt/ew/empty/gone\n/bin/moved\n/usr/share/doc/ew\n/usr/share/doc/ew/copyright\n");
	plant_program(t, "/usr/bin/moved", 0755);
	plant_program(t, "/usr/bin/moved.distrib", 0755);
	plant_list(t, "ew-dirs", "/.\n/opt\n/opt/ew\n/bin\n");
	plant_list(t, "ew-absent", "/.\n/opt/none\n/opt/none/a\n/opt/none/b\n/opt/none/c\n");
	plant_list(t, "ew-removed", "/etc/ew.conf\n");
	tree_text(t, "/etc/ew.conf", "x");
	plant_list(t, "ew-meta", "/.\n/usr\n/usr/share/doc/ew-meta\n/usr/share/doc/ew-meta/copyright\n");
	tree_text(t, "/usr/share/doc/ew-meta/copyright", "x");
	plant_list(t, "ew-lib:amd64", "/.\n/usr/lib64/libew2.so\n");
	plant_list(t, "ew-lib:i386", "/.\n/usr/lib32/libew2.so\n");
	plant_program(t, "/usr/lib64/libew2.so", 0644);
	plant_program(t, "/usr/lib32/libew2.so", 0644);
	plant_list(t, "ew-twice", "/usr/bin/twice\n");
	plant_program(t, "/usr/bin/twice", 0755);
	plant_list(t, "ew-game-data", "/usr/bin/game\n");
	plant_program(t, "/usr/bin/game", 0755);
	plant_list(t, "by-vendor", "/usr/bin/vendors\n");
	plant_program(t, "/usr/bin/vendors", 0755);
	plant_list(t, "base-files", "/bin/base\n/usr/bin/also-base\n/bin/moved\n/usr/share/x\n");
	plant_list(t, "other", "/usr/bin/moved\n/usr/bin/shared\n");
	plant_list(t, "never-installed", "/usr/bin/nobodys\n");
	tree_text(t, "/var/lib/etc/shadow.list", "/usr/bin/nobodys\n");
	tree_text(t, "/var/lib/dpkg/diversions", "/bin/moved\n/bin/moved.distrib\nother\n");
}

static const struct seen *package(const struct survey_test *t, const char *name)
{
	return survey_test_find(t, TRACE_PACKAGE, name);
}

static bool is_detail(const struct seen *s, const char *detail)
{
	if (!s || !s->detail)
		return s && !detail;
	if (detail && !strcmp(s->detail, detail))
		return true;
	printf("# %s\n", s->detail);
	return false;
}

static void test_packages(struct survey_test *t)
{
	const struct seen *s = package(t, "ew-agent");

	ok(seen_is(s, "examplewall/agent") && !s->flags && !strcmp(s->version, "1.2-3") &&
		   s->changed > 0,
	   "a listed package is told with its version");
	ok(is_detail(s, "1 of 10 files are missing"),
	   "and how many files are missing, documentation aside");
	s = package(t, "ew-shim");
	ok(s && s->flags == TRACE_UNVERIFIED && is_detail(s, "it has no list of files"),
	   "a forged entry without a list is unverified");
	s = package(t, "ew-dirs");
	ok(s && s->flags == TRACE_UNVERIFIED && is_detail(s, "its list names no file"),
	   "so is one whose list has directories only");
	s = package(t, "ew-absent");
	ok(s && s->flags == TRACE_UNVERIFIED &&
		   is_detail(s, "none of the 3 files it lists is there"),
	   "and one of whose files none is there");
	s = package(t, "ew-removed");
	ok(s && s->flags == TRACE_REMOVED, "one that was removed is told as that");
	ok(!package(t, "ew-known"), "one that is merely known is not told");
	s = package(t, "ew-meta");
	ok(s && !s->flags && is_detail(s, NULL), "one with documentation only is borne out by it");
	s = package(t, "ew-half");
	ok(s && s->flags == TRACE_UNVERIFIED &&
		   is_detail(s, "it has no list of files; half-installed"),
	   "one that is half way is told with its state");
	ok(package(t, "ew-lib") && package(t, "ew-lib:i386"),
	   "of two architectures both are told");
	s = package(t, "ew-twice");
	ok(s && !s->flags, "of two entries of one package the installed one counts");
	s = package(t, "by-vendor");
	ok(s && seen_has(s, IND_PACKAGE_VENDOR, "Example Wall") && !s->product,
	   "a vendor is known by the maintainer's name, and not enough alone");
	ok(!package(t, "by-other") && !package(t, "base-files"), "other packages are not told");
	ok(package(t, "ew-game-data"), "one that resembles a product is told");
	ok(survey_test_is_unread(t, "entries that dpkg did not write: 1"),
	   "a name with a path inside is told as unread");
}

static void test_files(struct survey_test *t)
{
	static const char *const want[] = { "/opt/ew/bin/ewctl", "/opt/ew/lib/libew.so.1.2",
					    "/opt/ew/ewfilter.ko.xz", "/opt/ew/helper",
					    "/usr/bin/moved.distrib", "/usr/lib64/libew2.so",
					    "/usr/lib32/libew2.so", "/usr/bin/twice" };
	uint32_t cnt = 0;

	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		const struct seen *s = survey_test_find(t, TRACE_FILE, want[i]);

		ok(seen_is(s, "examplewall/agent") && s->package && s->path, "%s is told", want[i]);
	}
	for (size_t i = 0; i < t->seen_cnt; i++)
		cnt += t->seen[i].kind == TRACE_FILE;
	ok(cnt == ARRAY_SIZE(want), "and no other file is, of links, configuration, look-alikes");
	ok(survey_test_find(t, TRACE_FILE, "/opt/ew/helper")->flags == TRACE_SETUID,
	   "one that runs as its owner is told as that");
}

static void find_one(struct owners *o, const char *path, struct owner *ret)
{
	*ret = (struct owner){ .path = path };
	ok(!owners_find(o, ret, 1), "the owner of %s is looked for", path);
}

static void test_owners(struct survey_test *t)
{
	static const struct {
		const char *path, *package;
	} cases[] = {
		{ "/usr/bin/base", "base-files" },	/* the list says /bin */
		{ "/bin/also-base", "base-files" },	/* and here /usr/bin */
		{ "/usr/bin/base", "base-files" },	/* twice the same */
		{ "/usr/bin/moved", "other" },		/* who diverts keeps the name */
		{ "/usr/bin/moved.distrib", "base-files" },
		{ "/etc/ew.conf", "ew-removed" },
		{ "/usr/bin/nobodys", NULL }, /* a list without an entry is none */
		{ "/srv/tools/ewctl", NULL },
		{ "/opt/ew/bin/ewctl", "ew-agent" },
		{ "/usr/lib32/libew2.so", "ew-lib" },
		{ "/", NULL },
	};
	CLEANUP(owners_freep) struct owners *o = NULL;
	struct owner asked[ARRAY_SIZE(cases)] = {};

	ok(!owners_new(&t->s, &o), "there are owners");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		asked[i].path = cases[i].path;
	ok(!owners_find(o, asked, ARRAY_SIZE(asked)), "all are looked for at once");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *want = cases[i].package, *got = asked[i].package;

		ok(want ? got && !strcmp(got, want) && asked[i].kind == OWNER_DEB : !got,
		   "%s is of %s", cases[i].path, want ? want : "no package");
		if (got && want && strcmp(got, want) != 0)
			printf("# %s\n", got);
	}
	/* The entry that dpkg did not write might have owned it. */
	ok(asked[7].kind == OWNER_UNKNOWN, "with an odd entry nobody's is not sure");
	find_one(o, "/usr/bin/shared", &asked[0]);
	ok(asked[0].package && !strcmp(asked[0].package, "other"), "a second question is answered");
	ok(!owners_find(o, NULL, 0), "no question is answered, too");
}

/* The file that a crafted name would lead to is watched while all lists are read. */
static void test_escape(struct survey_test *t, const struct tree *tree)
{
	CLEANUP(owners_freep) struct owners *o = NULL;
	CLEANUP(close_fdp) int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	struct inotify_event events[16];
	struct owner asked = { .path = "/usr/bin/nobodys" };
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/var/lib/etc/shadow.list", tree->base);
	tree_must(inotify_add_watch(watch, path, IN_OPEN | IN_ACCESS) >= 0, path);
	ok(!owners_new(&t->s, &o) && !owners_find(o, &asked, 1) &&
		   read(watch, events, sizeof(events)) < 0 && errno == EAGAIN,
	   "a package called ../../etc/shadow opens no file");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	close(fd);
	ok(read(watch, events, sizeof(events)) > 0, "which would have been seen");
}

struct told {
	uint32_t package_cnt, file_cnt;
	char last[64], version[16];
};

static int tell_package(void *ctx, const struct owner_package *p)
{
	struct told *told = ctx;

	told->package_cnt++;
	snprintf(told->version, sizeof(told->version), "%s", p->version);
	return p->kind == OWNER_DEB ? 0 : -ENOMEM;
}

static int tell_file(void *ctx, const char *path)
{
	struct told *told = ctx;

	told->file_cnt++;
	snprintf(told->last, sizeof(told->last), "%s", path);
	return 0;
}

static void test_explain(struct survey_test *t)
{
	CLEANUP(owners_freep) struct owners *o = NULL;
	struct told told = { 0 };
	struct owners_fn fn = { tell_package, tell_file, &told };

	ok(!owners_new(&t->s, &o) && !owners_explain(o, "base-files", &fn) &&
		   told.package_cnt == 1 && told.file_cnt == 4 && !strcmp(told.version, "1.2-3"),
	   "a package is explained with all its files");
	memset(&told, 0, sizeof(told));
	ok(!owners_explain(o, "ew-lib", &fn) && told.package_cnt == 2, "in all its architectures");
	memset(&told, 0, sizeof(told));
	ok(!owners_explain(o, "ew-lib:i386", &fn) && told.package_cnt == 1 &&
		   !strcmp(told.last, "/usr/lib32/libew2.so"),
	   "or in one");
	ok(owners_explain(o, "no-such", &fn) == -ENOENT &&
		   owners_explain(o, "../../etc/shadow", &fn) == -ENOENT,
	   "what is no package is none");
}

/* As an image without dpkg has it. */
static void test_fragments(void)
{
	CLEANUP(survey_test_exit) struct survey_test t;
	CLEANUP(owners_freep) struct owners *o = NULL;
	struct owner asked = { .path = "/usr/bin/image" };
	struct tree tree;

	tree_init(&tree);
	tree_text(&tree, "/var/lib/dpkg/status.d/ew-image",
		  "Package: ew-image\nVersion: 5\nArchitecture: amd64\n");
	tree_text(&tree, "/var/lib/dpkg/status.d/ew-image.md5sums", "0123  usr/bin/image\n");
	tree_text(&tree, "/var/lib/dpkg/status.d/ZXctbWV0YQ==", "Package: ew-meta\nVersion: 6\n");
	plant_program(&tree, "/usr/bin/image", 0755);
	survey_test_init(&t, tree.fd, vendor, NULL);
	ok(!survey_test_run(&t, "dpkg") && package(&t, "ew-image") &&
		   !package(&t, "ew-image")->flags &&
		   survey_test_find(&t, TRACE_FILE, "/usr/bin/image"),
	   "packages of an image without dpkg are told");
	ok(package(&t, "ew-meta") && package(&t, "ew-meta")->flags == TRACE_UNVERIFIED,
	   "under the name that they say, whatever the file is called");
	ok(!owners_new(&t.s, &o) && !owners_find(o, &asked, 1) && asked.package &&
		   !strcmp(asked.package, "ew-image"),
	   "and own their files");
	tree_exit(&tree);
}

/* Of systems whose databases are not read, nobody's is not sure; some show in the path. */
static void test_foreign(void)
{
	static const struct {
		const char *path, *package;
		enum owner_kind kind;
	} cases[] = {
		{ "/usr/bin/x", NULL, OWNER_UNKNOWN },
		{ "/snap/tool/12/bin/x", "tool", OWNER_SNAP },
		{ "/snap/bin/tool", NULL, OWNER_UNKNOWN },
		{ "/snap/README", NULL, OWNER_UNKNOWN },
		{ "/var/lib/flatpak/app/org.x/y", "org.x", OWNER_FLATPAK },
	};
	CLEANUP(survey_test_exit) struct survey_test t;
	CLEANUP(owners_freep) struct owners *o = NULL;
	struct owner asked[ARRAY_SIZE(cases)] = {};
	struct tree tree;

	tree_init(&tree);
	tree_text(&tree, "/lib/apk/db/installed", "P:x\n");
	survey_test_init(&t, tree.fd, vendor, NULL);
	ok(!survey_test_run(&t, "dpkg") && survey_test_is_unread(&t, "packages of apk"),
	   "a database that is not read is told");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		asked[i].path = cases[i].path;
	ok(!owners_new(&t.s, &o) && !owners_find(o, asked, ARRAY_SIZE(asked)),
	   "owners beside it are looked for");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ok(asked[i].kind == cases[i].kind && !asked[i].package == !cases[i].package &&
			   (!asked[i].package || !strcmp(asked[i].package, cases[i].package)),
		   "%s", cases[i].path);
	tree_exit(&tree);
}

static void survey_empty(struct survey_test *t, const struct tree *tree)
{
	survey_test_init(t, tree->fd, vendor, NULL);
}

static void test_ways_out(const struct tree *full)
{
	CLEANUP(survey_test_exit) struct survey_test t;
	struct tree tree;
	char target[128], path[128];

	tree_init(&tree);
	survey_empty(&t, &tree);
	ok(!survey_test_run(&t, "dpkg") && !survey_test_run(&t, "rpm") && !t.seen_cnt &&
		   !t.unread_cnt,
	   "a tree without databases is silent");
	snprintf(target, sizeof(target), "../../../../../..%s/var/lib/dpkg/status", full->base);
	tree_link(&tree, target, "/var/lib/dpkg/status");
	ok(!survey_test_run(&t, "dpkg") && !t.seen_cnt, "a status that leads out does not");
	snprintf(path, sizeof(path), "%s/var/lib/dpkg/status", tree.base);
	tree_must(!unlink(path), path);
	snprintf(path, sizeof(path), "%s/var/lib/dpkg", tree.base);
	tree_must(!rmdir(path), path);
	snprintf(target, sizeof(target), "%s/var/lib/dpkg", full->base);
	tree_link(&tree, target, "/var/lib/dpkg");
	ok(!survey_test_run(&t, "dpkg") && !t.seen_cnt, "nor does a directory");
	tree_exit(&tree);
}

static void test_traps(void)
{
	CLEANUP(survey_test_exit) struct survey_test t;
	CLEANUP(owners_freep) struct owners *o = NULL;
	struct owner asked = { .path = "/usr/bin/x" };
	struct tree tree;
	char path[128];

	tree_init(&tree);
	survey_empty(&t, &tree);
	tree_text(&tree, "/var/lib/dpkg/status", INSTALLED("ew-fifo", ""));
	tree_dir(&tree, "/var/lib/dpkg/info");
	snprintf(path, sizeof(path), "%s/var/lib/dpkg/info/ew-fifo.list", tree.base);
	tree_must(!mkfifo(path, 0644), path);
	ok(!survey_test_run(&t, "dpkg") && package(&t, "ew-fifo") &&
		   package(&t, "ew-fifo")->flags == TRACE_UNVERIFIED &&
		   survey_test_is_unread(&t, "the files of package ew-fifo"),
	   "a list that is a FIFO is told as unread");
	ok(!owners_new(&t.s, &o) && !owners_find(o, &asked, 1) && asked.kind == OWNER_UNKNOWN,
	   "and may have had any file");
	snprintf(path, sizeof(path), "%s/var/lib/dpkg/status", tree.base);
	tree_must(!unlink(path) && !mkfifo(path, 0644), path);
	survey_test_forget(&t);
	ok(!survey_test_run(&t, "dpkg") && survey_test_is_unread(&t, "dpkg/status"),
	   "so is a status");
	tree_must(!unlink(path), path);
	tree_text(&tree, "/var/lib/dpkg/status", "");
	tree_must(!truncate(path, 200 << 20), path);
	survey_test_forget(&t);
	ok(!survey_test_run(&t, "dpkg") && survey_test_is_unread(&t, "entries that dpkg did not"),
	   "and one that is a hole of 200 MiB");
	tree_exit(&tree);
}

int main(void)
{
	CLEANUP(survey_test_exit) struct survey_test t;
	struct tree tree;

	tree_init(&tree);
	plant(&tree);
	survey_test_init(&t, tree.fd, vendor, confusables);
	ok(!survey_test_run(&t, "dpkg"), "the collector runs");
	test_packages(&t);
	test_files(&t);
	if (tap_failed)
		survey_test_print(&t);
	test_owners(&t);
	test_escape(&t, &tree);
	test_explain(&t);
	test_fragments();
	test_foreign();
	test_ways_out(&tree);
	test_traps();
	tree_exit(&tree);
	return tap_done();
}
