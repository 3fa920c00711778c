// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel modules in a tree that is made here: installed ones, those of the
 * boot's configuration, and, as if the tree were the running system, loaded
 * ones. The real thing is tests/guest/60-live.t.
 */
#include <sys/utsname.h>

#include "elf_image.h"
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
			     "      - {kind: module, value: ew-filter}\n"
			     "      - {kind: module, value: event_collector_*}\n"
			     "      - {kind: path, value: /lib/modules/*/extra/other.ko}\n"
			     "      - {kind: build-id, value: 00112233445566778899aabbccddeeff00112233}\n";

static const char confusables[] = "confusables: look-alikes\n"
				  "entries:\n"
				  "  - name: ew_mainline\n"
				  "    confused-with: [examplewall]\n"
				  "    class: kernel_mainline_contrib\n"
				  "    why: in the kernel's tree\n"
				  "    indicators:\n"
				  "      - {kind: module, value: ew_mainline}\n";

#define AGENT "examplewall/agent"

static const struct seen *find(const struct survey_test *t, const char *where)
{
	return survey_test_find(t, TRACE_MODULE, where);
}

static bool mentions(const struct seen *s, const char *what)
{
	return s && s->detail && strstr(s->detail, what);
}

static void plant_files(const struct tree *tree)
{
	struct elf_image e;
	uint8_t id[20];

	for (size_t i = 0; i < sizeof(id); i++)
		id[i] = (uint8_t)((i % 16) * 0x11);
	elf_image_init(&e, "");
	memcpy(e.note.id, id, sizeof(id));
	tree_bytes(tree, "/lib/modules/6.1.0-1/updates/dkms/renamed.ko", &e, ELF_IMAGE_BYTES);
	tree_text(tree, "/lib/modules/6.1.0-1/updates/dkms/innocent.ko", "\177ELF but no more");
	tree_text(tree, "/lib/modules/6.1.0-1/updates/dkms/ew-filter.ko.xz", "compressed");
	tree_text(tree, "/lib/modules/6.1.0-1/kernel/net/event_collector_7_1.ko.zst", "x");
	tree_text(tree, "/lib/modules/6.1.0-1/kernel/net/vsock.ko", "x");
	tree_text(tree, "/lib/modules/6.1.0-1/kernel/net/ew_filter.txt", "x");
	tree_text(tree, "/lib/modules/6.1.0-1/kernel/net/xew_filter.ko", "x");
	tree_text(tree, "/lib/modules/6.1.0-1/extra/other.ko", "x");
	tree_text(tree, "/lib/modules/6.1.0-1/kernel/net/ew-mainline.ko", "x");
	/* Links that turn the walk into a loop, or out of the tree. */
	tree_link(tree, "/lib/modules", "/lib/modules/6.1.0-1/build");
	tree_link(tree, "..", "/lib/modules/6.1.0-1/kernel/again");
	tree_link(tree, "/lib/modules/6.1.0-1/updates/dkms/ew-filter.ko.xz",
		  "/lib/modules/6.1.0-2/weak-updates/ew-filter.ko.xz");
	tree_link(tree, "../lib", "/usr/lib");
}

static void plant_conf(const struct tree *tree)
{
	char fifo[128];

	tree_text(tree, "/etc/modules",
		  "#ew-filter\n# ew-filter\nloop max_loop=8\n  ew-filter\tdebug=1\n");
	tree_text(tree, "/etc/modules-load.d/a.conf", "; ew_filter\nvsock\n");
	tree_text(tree, "/etc/modules-load.d/b.conf", "event_collector_7_2");
	tree_text(tree, "/etc/modules-load.d/not-read", "ew_filter\n");
	tree_text(tree, "/etc/modprobe.d/c.conf", "blacklist ew-filter\n");
	tree_text(tree, "/etc/modprobe.d/d.conf", "install ew_filter /bin/false\n");
	tree_text(tree, "/etc/modprobe.d/e.conf", "install ew_filter /opt/ew/load; true\n");
	tree_text(tree, "/etc/modprobe.d/f.conf", "softdep vsock pre: ew_filter post: x\n");
	tree_text(tree, "/etc/modprobe.d/g.conf", "alias ew_filter vsock\nalias x* ew-filter\n");
	tree_text(tree, "/etc/modprobe.d/h.conf", "options ew_filter_not a=1\nblacklist\noptions\n");
	tree_link(tree, "/dev/null", "/etc/modprobe.d/off.conf");
	snprintf(fifo, sizeof(fifo), "%s/etc/modprobe.d/fifo.conf", tree->base);
	tree_must(!mkfifo(fifo, 0600), fifo);
}

static void test_files(const struct survey_test *t)
{
	const struct seen *s;

	s = find(t, "/lib/modules/6.1.0-1/updates/dkms/ew-filter.ko.xz");
	ok(seen_is(s, AGENT) && seen_has(s, IND_MODULE, "ew_filter") && !s->flags,
	   "an installed module is found by its name, whatever it is packed with");
	ok(mentions(s, "not of the kernel's tree but in updates/dkms"), "as not of the kernel's tree");
	s = find(t, "/lib/modules/6.1.0-1/kernel/net/event_collector_7_1.ko.zst");
	ok(seen_is(s, AGENT) && mentions(s, "of the kernel's own tree"),
	   "one by a pattern, as of the kernel's own tree");
	s = find(t, "/lib/modules/6.1.0-1/updates/dkms/renamed.ko");
	ok(seen_is(s, AGENT) && s->build_id_len == 20, "a foreign one by its content");
	ok(seen_is(find(t, "/lib/modules/6.1.0-1/extra/other.ko"), AGENT), "and one by its place");
	ok(seen_is(find(t, "/lib/modules/6.1.0-2/weak-updates/ew-filter.ko.xz"), AGENT),
	   "a link to a module is one for that kernel");
	s = find(t, "/lib/modules/6.1.0-1/kernel/net/ew-mainline.ko");
	ok(s && !s->product, "what the catalogue clears is told and is no finding");
	ok(!find(t, "/lib/modules/6.1.0-1/kernel/net/vsock.ko") &&
		   !find(t, "/lib/modules/6.1.0-1/kernel/net/xew_filter.ko") &&
		   !find(t, "/lib/modules/6.1.0-1/updates/dkms/innocent.ko"),
	   "the others are not told");
}

static void test_conf(const struct survey_test *t)
{
	const struct seen *s;

	s = find(t, "/etc/modules");
	ok(seen_is(s, AGENT) && s->flags == TRACE_ENABLED, "a module that the boot loads is found");
	ok(!find(t, "/etc/modules-load.d/a.conf") && !find(t, "/etc/modules-load.d/not-read"),
	   "comments and other files say nothing");
	ok(seen_is(find(t, "/etc/modules-load.d/b.conf"), AGENT), "a last line without an end counts");
	s = find(t, "/etc/modprobe.d/c.conf");
	ok(seen_is(s, AGENT) && s->flags == TRACE_MASKED, "one that is kept from loading is told so");
	s = find(t, "/etc/modprobe.d/d.conf");
	ok(s && s->flags == TRACE_MASKED, "by either way of doing that");
	s = find(t, "/etc/modprobe.d/e.conf");
	ok(s && !s->flags && mentions(s, "by a command"), "a command of its own is none");
	ok(find(t, "/etc/modprobe.d/f.conf") && find(t, "/etc/modprobe.d/g.conf") &&
		   !find(t, "/etc/modprobe.d/h.conf"),
	   "dependencies and aliases are read, half statements are passed over");
}

static void plant_running(const struct tree *tree)
{
	static const uint8_t note[] = { 4, 0, 0, 0, 20, 0, 0, 0, 3, 0, 0, 0, 'G', 'N', 'U', 0,
					0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99,
					0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x00, 0x11, 0x22, 0x33 };
	struct utsname u;
	char path[256];

	uname(&u);
	tree_text(tree, "/proc/modules",
		  "ew_filter 61440 2 vsock,x, Live 0x0000000000000000 (OE)\n"
		  "vsock 1 0 - Live 0x0\n"
		  "renamed 1 - - Live 0x0\n"
		  "\n"
		  "short\n");
	tree_text(tree, "/sys/module/ew_filter/version", "7.1\n");
	tree_bytes(tree, "/sys/module/renamed/notes/.note.gnu.build-id", note, sizeof(note));
	tree_bytes(tree, "/sys/module/vsock/notes/.note.gnu.build-id", note, 10);
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", u.release);
	tree_text(tree, path, "kernel/x.ko:\nupdates/ew-filter.ko.xz: kernel/x.ko\n");
}

static void test_running(const struct survey_test *t)
{
	const struct seen *s = find(t, "ew_filter");

	ok(seen_is(s, AGENT) && s->flags == TRACE_RUNNING && s->version &&
		   !strcmp(s->version, "7.1"),
	   "a loaded module is found, with its version");
	ok(mentions(s, "/updates/ew-filter.ko.xz, not of the kernel's tree, not signed"),
	   "with its file and what it taints");
	s = find(t, "renamed");
	ok(seen_is(s, AGENT) && s->build_id_len == 20 && mentions(s, "used by 0") &&
		   mentions(s, "not among the installed"),
	   "one under another name by the note it was built with");
	ok(!find(t, "vsock") && !find(t, "short"), "the others are not told");
}

int main(void)
{
	struct survey_test t;
	struct tree tree;

	tree_init(&tree);
	plant_files(&tree);
	plant_conf(&tree);
	plant_running(&tree);
	survey_test_init(&t, tree.fd, vendor, confusables);
	ok(!survey_test_run(&t, "modules") && !t.unread_cnt, "a tree is read, and nothing is amiss");
	test_files(&t);
	test_conf(&t);
	ok(!find(&t, "ew_filter"), "another root tells nothing of what runs");
	t.s.is_live = true;
	survey_test_forget(&t);
	survey_test_run(&t, "modules");
	test_running(&t);
	survey_test_exit(&t);
	tree_exit(&tree);
	return tap_done();
}
