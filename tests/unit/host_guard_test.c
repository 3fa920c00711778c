// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guard of a tree in which a vendor sits in the login path, the policies
 * that meet it, and the guard of this very host.
 */
#include <netinet/in.h>
#include <stdbool.h>

#include "cell_hook.h"
#include "elf_image.h"
#include "tap.h"
#include "tree.h"

#include "base/cleanup.h"
#include "inventory/digest.h"
#include "inventory/guard.h"
#include "inventory/meeting.h"
#include "inventory/root.h"
#include "inventory/upgrade.h"

#define LOADER "/lib64/ld-linux-x86-64.so.2"
#define LIB "/usr/lib/x86_64-linux-gnu"

static void plant_elf(const struct tree *t, const char *path, const char *interp,
		      uint64_t path_tag, const char *where, const char *needed)
{
	struct elf_image e;

	elf_image_init(&e, interp);
	if (where)
		elf_image_tag(&e, path_tag, where);
	if (needed)
		elf_image_tag(&e, DT_NEEDED, needed);
	/* Some id of its own for each. */
	snprintf((char *)e.note.id, sizeof(e.note.id), "%.19s",
		 path + (strlen(path) > 19 ? strlen(path) - 19 : 0));
	tree_bytes(t, path, &e, ELF_IMAGE_BYTES);
}

static void plant_programs(const struct tree *t)
{
	plant_elf(t, "/usr" LOADER, "", 0, NULL, NULL);
	tree_link(t, "usr/lib64", "/lib64");
	tree_link(t, "usr/lib", "/lib");
	tree_link(t, "usr/bin", "/bin");
	tree_link(t, "usr/sbin", "/sbin");
	plant_elf(t, LIB "/libc.so.6", "", 0, NULL, NULL);
	plant_elf(t, "/usr/sbin/sshd", LOADER, 0, NULL, "libwrap.so.0");
	plant_elf(t, "/opt/wrap/lib/libwrap.so.0", "", 0, NULL, "libc.so.6");
	plant_elf(t, "/usr/bin/su", LOADER, DT_RUNPATH, "$ORIGIN/../su", "libsu.so");
	plant_elf(t, "/usr/su/libsu.so", "", 0, NULL, NULL);
	plant_elf(t, "/usr/bin/sudo", LOADER, DT_RPATH, "/usr/sudo", "libsudo.so");
	plant_elf(t, "/usr/sudo/libsudo.so", "", 0, NULL, "libdeep.so");
	plant_elf(t, "/usr/sudo/libdeep.so", "", 0, NULL, NULL);
	plant_elf(t, LIB "/glibc-hwcaps/x86-64-v3/libc.so.6", "", 0, NULL, NULL);
	plant_elf(t, "/opt/other/libwrap.so.0", "", 0, NULL, NULL);
	tree_text(t, "/usr/sbin/nologin", "#! /usr/bin/lua -w\n");
	plant_elf(t, "/usr/bin/lua", LOADER, 0, NULL, NULL);
	plant_elf(t, "/usr/sbin/weir", LOADER, 0, NULL, NULL);
	plant_elf(t, "/usr/bin/agetty", LOADER, 0, NULL, NULL);
	plant_elf(t, "/usr/bin/unrelated", LOADER, 0, NULL, NULL);
}

static void plant_vendor(const struct tree *t)
{
	plant_elf(t, LIB "/security/pam_ew.so", "", DT_RUNPATH, "/opt/examplewall/lib",
		  "libewcore.so.3");
	plant_elf(t, "/opt/examplewall/lib/libewcore.so.3", "", 0, NULL, NULL);
	plant_elf(t, "/opt/examplewall/preload.so", "", 0, NULL, NULL);
	plant_elf(t, LIB "/libnss_ew.so.2", "", 0, NULL, NULL);
	plant_elf(t, LIB "/libnss_return.so.2", "", 0, NULL, NULL);
	plant_elf(t, "/opt/ew/force", LOADER, 0, NULL, NULL);
	plant_elf(t, "/opt/ew/keys", LOADER, 0, NULL, NULL);
	plant_elf(t, "/opt/ew/exec", LOADER, 0, NULL, NULL);
	plant_elf(t, "/opt/ew/sh", LOADER, 0, NULL, NULL);
	plant_elf(t, "/opt/ew/personsh", LOADER, 0, NULL, NULL);
	plant_elf(t, "/opt/ew/canary", LOADER, 0, NULL, NULL);
	tree_text(t, "/etc/ld.so.conf", "# dirs\ninclude ld.so.conf.d/*.conf\n");
	tree_text(t, "/etc/ld.so.conf.d/wrap.conf",
		  "/opt/wrap/lib\ninclude /etc/ld.so.conf\n/opt/other\n");
	tree_text(t, "/etc/ld.so.preload", "/opt/examplewall/preload.so # all\n");
	tree_text(t, "/etc/pam.d/sshd",
		  "auth [success=1 default=ignore] \\\n  pam_ew.so try_first\n"
		  "@include /etc/ew-pam\n-session optional pam_absent.so\n");
	tree_text(t, "/etc/ew-pam", "auth required pam_exec.so log=x /opt/ew/exec\n");
	tree_text(t, "/etc/nsswitch.conf", "passwd: files [NOTFOUND=return] ew # x\n");
	tree_text(t, "/etc/passwd",
		  "root:x:0:0::/root:/bin/sh\new:x:990:990::/:/opt/ew/sh\n"
		  "jo:x:1000:1000::/:/opt/ew/personsh\nbroken\nx:::::::\n");
	tree_text(t, "/etc/ssh/sshd_config", "Include sshd_config.d/*.conf\n"
					     "AuthorizedKeysCommand=/opt/ew/keys %u\n");
	tree_text(t, "/etc/ssh/sshd_config.d/ew.conf", "forcecommand \"/opt/ew/force\" -x\n");
}

/* A root on a volume of one disk, a card of the vendor's own, a filter that hangs on nothing. */
static void plant_needs(const struct tree *t)
{
	tree_text(t, "/proc/modules",
		  "ext4 1130496 1 - Live 0x0\nmbcache 16384 1 ext4, Live 0x0\n"
		  "nic_ew 4096 0 - Live 0x0 (OE)\ncommon_ew 4096 2 nic_ew,ewfilter, Live 0x0 (OE)\n"
		  "ewfilter 4096 0 - Live 0x0 (POE)\newfs 4096 1 - Live 0x0 (OE)\n"
		  "disk_ew 4096 1 - Live 0x0 (O)\nloose 1 0 - Live 0x0\nbroken\n\n");
	tree_text(t, "/proc/1/mountinfo",
		  "36 35 253:0 / / rw shared:1 - ext4 /dev/mapper/root rw\n"
		  "37 36 0:40 / /data rw - ewfs nobody rw\nbroken - \n");
	tree_text(t, "/sys/devices/pci0/nvme0/sda/sda1/partition", "1\n");
	tree_text(t, "/sys/devices/virtual/block/dm-0/dm/name", "root\n");
	tree_link(t, "../../../../pci0/nvme0/sda/sda1",
		  "/sys/devices/virtual/block/dm-0/slaves/sda1");
	tree_link(t, "../../devices/virtual/block/dm-0", "/sys/dev/block/253:0");
	tree_text(t, "/sys/module/disk_ew/x", "");
	tree_text(t, "/sys/bus/drivers/disk/x", "");
	tree_link(t, "../../../module/disk_ew", "/sys/bus/drivers/disk/module");
	tree_link(t, "../../../bus/drivers/disk", "/sys/devices/pci0/nvme0/driver");
	tree_text(t, "/sys/devices/pci0/card/net/eth0/mtu", "1500\n");
	tree_text(t, "/sys/module/nic_ew/x", "");
	tree_text(t, "/sys/bus/drivers/card/x", "");
	tree_link(t, "../../../module/nic_ew", "/sys/bus/drivers/card/module");
	tree_link(t, "../../../bus/drivers/card", "/sys/devices/pci0/card/driver");
	tree_link(t, "../../devices/pci0/card/net/eth0", "/sys/class/net/eth0");
	tree_text(t, "/usr/lib/modules/6.1/modules.dep",
		  "kernel/fs/ext4.ko.xz: kernel/fs/mbcache.ko kernel/lib/crc16.ko\n"
		  "updates/nic-ew.ko:\nupdates/ewfilter.ko:\nkernel/never.ko:\n");
	tree_text(t, "/usr/lib/modules/6.1/kernel/fs/ext4.ko.xz", "module");
	tree_text(t, "/usr/lib/modules/6.1/kernel/lib/crc16.ko", "module");
	tree_text(t, "/usr/lib/modules/6.1/updates/nic-ew.ko", "module");
	tree_text(t, "/usr/lib/modules/6.1/updates/ewfilter.ko", "module");
	tree_text(t, "/usr/lib/modules/6.1/kernel/never.ko", "module");
	tree_text(t, "/proc/1/net/route",
		  "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n"
		  "eth0 00000000 0100000A 0003 0 0 0 00000000 0 0 0\n"
		  "eth0 0000000A 00000000 0001 0 0 0 00FFFFFF 0 0 0\n");
	tree_text(t, "/proc/1/net/ipv6_route",
		  "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
		  "20010db8000000000000000000000001 00000400 00000003 00000000 00000003 eth0\n"
		  "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
		  "fe800000000000000000000000000001 00000400 00000003 00000000 00000003 eth0\n");
	tree_text(t, "/etc/resolv.conf",
		  "# x\nnameserver 192.0.2.53\nnameserver 127.0.0.53\nnameserver ::1\nnameserver x\n");
}

static const struct guard_entry *entry_of(const struct guard *g, const char *path)
{
	for (uint32_t i = 0; i < g->cnt; i++) {
		if (!strcmp(g->entries[i].path, path))
			return &g->entries[i];
	}
	return NULL;
}

static const struct {
	const char *path, *why; /* NULL: not in it */
} members[] = {
	{ "/usr/sbin/sshd", "sshd" },
	{ "/usr" LOADER, "loader" },
	{ LIB "/libc.so.6", "libc" },
	/* Which of both is taken depends on the processor. */
	{ LIB "/glibc-hwcaps/x86-64-v3/libc.so.6", "libc" },
	{ "/opt/wrap/lib/libwrap.so.0", "library of /usr/sbin/sshd" },
	{ "/opt/other/libwrap.so.0", NULL }, /* comes later in ld.so.conf */
	{ "/usr/su/libsu.so", "library of /usr/bin/su" },
	{ "/usr/sudo/libdeep.so", "library of /usr/sudo/libsudo.so" }, /* DT_RPATH goes down */
	{ LIB "/security/pam_ew.so", "PAM module in /etc/pam.d/sshd" },
	{ "/opt/examplewall/lib/libewcore.so.3", "library of " LIB "/security/pam_ew.so" },
	{ "/opt/ew/exec", "PAM argument in /etc/ew-pam" },
	{ "/opt/examplewall/preload.so", "preloaded library in /etc/ld.so.preload" },
	{ LIB "/libnss_ew.so.2", "NSS module in /etc/nsswitch.conf" },
	{ LIB "/libnss_return.so.2", NULL },
	{ "/opt/ew/force", "ForceCommand in /etc/ssh/sshd_config.d/ew.conf" },
	{ "/opt/ew/keys", "AuthorizedKeysCommand in /etc/ssh/sshd_config" },
	{ "/opt/ew/personsh", "login shell in /etc/passwd" },
	{ "/opt/ew/sh", NULL }, /* a service account must not shield its vendor */
	{ "/usr/bin/lua", "interpreter of /usr/sbin/nologin" },
	{ "/opt/ew/canary", "weir" },
	{ "/usr/sbin/weir", "weir" },
	{ "/usr/bin/agetty", "getty" }, /* of a host where that is its place */
	{ "/usr/lib/modules/6.1/kernel/fs/ext4.ko.xz", "kernel module, file system of /" },
	{ "/usr/lib/modules/6.1/kernel/lib/crc16.ko", "kernel module, file system of /" },
	{ "/usr/lib/modules/6.1/updates/nic-ew.ko", "kernel module, network device eth0" },
	{ "/usr/lib/modules/6.1/updates/ewfilter.ko", NULL },
	{ "/usr/lib/modules/6.1/kernel/never.ko", NULL },
	{ "/usr/bin/unrelated", NULL },
};

static void test_tree(const struct guard *g)
{
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		const struct guard_entry *e = entry_of(g, members[i].path);

		ok(members[i].why ? e && !strcmp(e->why, members[i].why) : !e,
		   "%s: %s (%s)", members[i].path,
		   members[i].why ? members[i].why : "not guarded", e ? e->why : "-");
	}
}

struct rig {
	struct weir_rule rules[2];
	struct name_key name;
	struct hash_key hash;
	struct build_id_key build_id;
	struct compiled compiled;
};

static void rig_init(struct rig *r)
{
	const struct weir_key key = { .rule = 1, .flags = WEIR_KEY_ENFORCE };

	*r = (struct rig){
		.rules[1] = { .at_ns = { 5 },
			      .mode = { WEIR_BLOCK },
			      .id = 1,
			      .flags = WEIR_RULE_ENFORCE },
		.name.key = key,
		.hash.key = key,
		.build_id.key = key,
		.compiled = { .rules = r->rules, .rule_cnt = 2, .names = &r->name,
			      .hashes = &r->hash, .build_ids = &r->build_id },
	};
	for (int i = 1; i < WEIR_STEPS_MAX; i++)
		r->rules[1].at_ns[i] = WEIR_NEVER;
}

static unsigned int meet(const struct guard *g, const struct rig *r)
{
	CLEANUP(meetings_freep) struct meetings *m = NULL;

	return guard_meets(g, &r->compiled, &m) ? 99 : m->cnt;
}

static unsigned int meet_name(const struct guard *g, struct rig *r, const char *pattern,
			      uint8_t kind)
{
	r->name.pattern = pattern;
	r->name.kind = kind;
	r->compiled.name_cnt = 1;
	return meet(g, r);
}

static void test_name_meetings(const struct guard *g)
{
	struct rig r;

	rig_init(&r);
	ok(meet_name(g, &r, "/sbin/sshd", IND_PATH) == 1, "a path, by another name, is met");
	ok(meet_name(g, &r, "/opt/examplewall/", IND_DIR) == 1,
	   "a directory with a library is met");
	ok(!meet_name(g, &r, "/opt/elsewhere/", IND_DIR), "a directory without is not");
	ok(!meet_name(g, &r, "/usr/bin/unrelated", IND_PATH), "another program is not");
	r.rules[1].mode[0] = WEIR_OBSERVE;
	ok(!meet_name(g, &r, "/sbin/sshd", IND_PATH), "observing is no meeting");
	r.rules[1].at_ns[1] = 7;
	r.rules[1].mode[1] = WEIR_OFFLINE;
	ok(meet_name(g, &r, "/sbin/sshd", IND_PATH) == 1, "going offline is");
	r.rules[1].flags = 0;
	ok(!meet_name(g, &r, "/sbin/sshd", IND_PATH), "a class that is not enforced is none");
	r.rules[1].flags = WEIR_RULE_ENFORCE;
	r.name.key.flags = 0;
	ok(!meet_name(g, &r, "/sbin/sshd", IND_PATH), "weak evidence is none");
	r.name.key.flags = WEIR_KEY_ENFORCE;
	r.name.key.rule = 2;
	ok(!meet_name(g, &r, "/sbin/sshd", IND_PATH), "a rule that does not exist is none");
}

static void test_content_meetings(const struct guard *g)
{
	const struct guard_entry *sshd = entry_of(g, "/usr/sbin/sshd");
	CLEANUP(close_fdp) int fd = root_open_file(g->root_fd, sshd->path, NULL);
	struct rig r;

	rig_init(&r);
	r.compiled.hash_cnt = 1;
	ok(!digest_file(fd, 1 << 20, r.hash.sha256, &r.hash.size) && meet(g, &r) == 1,
	   "a hash of a guarded file is met");
	r.hash.sha256[0] ^= 1;
	ok(!meet(g, &r), "another hash of that size is not");
	rig_init(&r);
	r.compiled.build_id_cnt = 1;
	r.build_id.id = sshd->build_id;
	ok(meet(g, &r) == 1, "a build-id of a guarded file is met");
	r.build_id.id.id[0] ^= 1;
	ok(!meet(g, &r), "another is not");
}

static const struct {
	const char *name, *why; /* NULL: not in it */
} modules[] = {
	{ "ext4", "kernel module, file system of /" },
	{ "mbcache", "kernel module, of the kernel itself, loaded" },
	{ "disk_ew", "kernel module, disk of /" },
	{ "nic_ew", "kernel module, network device eth0" },
	{ "common_ew", "kernel module, needed by nic_ew" },
	{ "ewfs", "kernel module, file system of /data" },
	{ "loose", "kernel module, of the kernel itself, loaded" },
	{ "weir", "weir" },
	{ "ewfilter", NULL },
	{ "broken", NULL },
	{ "never", NULL },
};

static void test_modules(const struct guard *g)
{
	struct rig r;

	rig_init(&r);
	for (size_t i = 0; i < ARRAY_SIZE(modules); i++) {
		const struct guard_module *m = guard_find_module(g, modules[i].name);

		ok(modules[i].why ? m && !strcmp(m->why, modules[i].why) : !m,
		   "module %s: %s (%s)", modules[i].name,
		   modules[i].why ? modules[i].why : "not guarded", m ? m->why : "-");
		ok(meet_name(g, &r, modules[i].name, IND_MODULE) == (modules[i].why != NULL),
		   "%s is %smet by its name", modules[i].name, modules[i].why ? "" : "not ");
	}
	ok(meet_name(g, &r, "nic_*", IND_MODULE) == 1, "a pattern of names is met");
	ok(meet_name(g, &r, "/lib/modules/6.1/updates/nic-ew.ko", IND_PATH) == 1,
	   "a module's file is met");
	ok(meet_name(g, &r, "/lib/modules/6.1/updates/", IND_DIR) == 1, "and its directory");
	r.rules[1].mode[0] = WEIR_OBSERVE;
	ok(!meet_name(g, &r, "ext4", IND_MODULE), "observing a module is no meeting");
}

static unsigned int meet_prefix(const struct guard *g, struct rig *r, const char *prefix,
				uint8_t protocol, uint16_t port)
{
	struct prefix_key k = { .ports.cnt = 1 };
	struct prefix net;
	const char *why = "";

	if (!ok(!prefix_parse(prefix, &net, &why), "%s %s", prefix, why))
		return 99;
	k.family = net.family;
	k.len = net.len;
	memcpy(k.addr, net.addr, sizeof(k.addr));
	k.ports.port[0] = (struct weir_port){ .key = r->name.key, .protocol = protocol,
					      .first = port, .last = port ? port : UINT16_MAX };
	r->compiled.prefixes = &k;
	r->compiled.prefix_cnt = 1;
	return meet(g, r);
}

static void test_addresses(const struct guard *g)
{
	struct rig r;

	rig_init(&r);
	ok(g->address_cnt == 3, "two gateways and a resolver: %u", g->address_cnt);
	ok(meet_prefix(g, &r, "10.0.0.1/32", 0, 0) == 1, "the gateway is met");
	ok(meet_prefix(g, &r, "10.0.0.0/8", 0, 0) == 1, "a network with it");
	ok(!meet_prefix(g, &r, "10.0.0.2/32", 0, 0), "its neighbour is not");
	ok(!meet_prefix(g, &r, "10.0.0.1/32", IPPROTO_TCP, 541), "nor one of its other ports");
	ok(meet_prefix(g, &r, "10.0.0.1/32", IPPROTO_UDP, 67) == 1, "where it gives addresses it is");
	ok(meet_prefix(g, &r, "192.0.2.0/24", IPPROTO_UDP, 53) == 1, "the resolver is met");
	ok(!meet_prefix(g, &r, "192.0.2.53/32", IPPROTO_TCP, 443), "not where it serves pages");
	ok(meet_prefix(g, &r, "2001:db8::1/128", 0, 0) == 1, "the other gateway is met");
	r.rules[1].mode[0] = WEIR_FREEZE;
	ok(!meet_prefix(g, &r, "10.0.0.1/32", 0, 0), "a freeze stops no connection");
}

static const char vendor_text[] = "vendor: examplewall\n"
				  "name: Examplewall Inc.\n"
				  "products:\n"
				  "  - product: agent\n"
				  "    name: Examplewall Agent\n"
				  "    class: vendor_product\n"
				  "    indicators:\n"
				  "      - {kind: path, value: /usr/sbin/sshd}\n";

static const char policy_text[] = "policy: plant-a\n"
				  "serial: 1\n"
				  "zone: UTC\n"
				  "enforce: true\n"
				  "rules:\n"
				  "  - product: examplewall/agent\n"
				  "    mode: block\n";

static void test_message(const struct guard *g)
{
	CLEANUP(catalog_freep) struct catalog *c = NULL;
	CLEANUP(policy_freep) struct policy *p = NULL;
	struct policy_context ctx = {};
	const struct guard_entry *sshd = entry_of(g, "/usr/sbin/sshd");
	struct meeting m = { sshd->path, sshd->why, {} };
	struct diag d = {};
	char text[512];

	ok(!catalog_new(&c) &&
		   !catalog_add(c, "vendors/examplewall.yaml", vendor_text,
				strlen(vendor_text), &d) &&
		   !catalog_seal(c, &d),
	   "a catalogue: %s", d.text);
	ctx.catalog = c;
	if (!ok(!policy_parse(&ctx, "p.yaml", policy_text, strlen(policy_text), &p, &d),
		"a policy: %s", d.text))
		return;
	meeting_format(&m, c, p, text, sizeof(text));
	ok(!strcmp(text, "rule at policy line 6 (product examplewall/agent) would block "
			 "/usr/sbin/sshd (guard: sshd): indicator path /usr/sbin/sshd "
			 "(vendors/examplewall.yaml:8)"),
	   "the message says what to change: %s", text);
}

static bool guards(const struct guard *g, const char *path)
{
	struct stat st;

	/* What is not installed cannot be missed. */
	return stat(path, &st) || guard_find(g, st.st_dev, st.st_ino);
}

static const struct {
	const char *path;
	bool is_expected;
} arrivals[] = {
	{ "/usr/sbin/sshd", true },
	{ "/usr/sbin/sshd.dpkg-new", true },
	{ "/usr/sbin/sshd;5f3a0b1c", true },
	{ "/usr/sbin/sshd;5f3a0b1", false },
	{ "/usr/sbin/sshd;5f3a0b1x", false },
	{ "/usr/sbin/sshd.dpkg-old", false },
	{ "/usr/sbin/sshd2", false },
	{ "/usr/sbin/ssh", false },
	{ "/usr/bin/sshd", true }, /* some hosts have one directory for both */
	{ "/usr/games/sshd", false },
	{ "/opt/wrap/lib/libwrap.so.0.7.6", true }, /* a library's next version */
	{ "/opt/wrap/lib/libwrap.so.1.dpkg-new", true },
	{ "/opt/wrap2/lib/libwrap.so.0", false },
	{ "/opt/wrap/lib/libwrap.so.0x", false },
	{ LIB "/libc.so.6.dpkg-new", true },
	{ "/usr/lib/openssh/sshd-session", true }, /* new there, known by a pattern */
	{ "/usr/lib/openssh/sshd-session.dpkg-new", true },
	{ "/usr/lib/openssh/deep/sshd-session", false },
	{ "/usr/lib/openssh", false },
	{ "/usr/bin/unrelated", false },
	{ ".dpkg-new", false },
	{ "/.dpkg-new", false },
	{ ";5f3a0b1c", false },
	{ "", false },
};

static void test_upgrades(const struct guard *g)
{
	char path[2 * WEIR_PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(arrivals); i++)
		ok(upgrade_is_expected(g, arrivals[i].path) == arrivals[i].is_expected,
		   "%s is %s", arrivals[i].path,
		   arrivals[i].is_expected ? "guarded as it arrives" : "no upgrade of the guard");
	memset(path, 'a', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	ok(!upgrade_is_expected(g, path), "a path of great length is none");
	ok(upgrade_is_login_file("/etc/pam.d/sshd") &&
		   upgrade_is_login_file("/etc/ld.so.preload") &&
		   !upgrade_is_login_file("/etc/ld.so.preload.bak") &&
		   !upgrade_is_login_file("/etc/pam.d"),
	   "what names members of the guard is known");
}

static void test_this_host(void)
{
	static const char *const musts[] = {
		"/bin/sh", "/bin/bash", "/sbin/init", "/usr/sbin/sshd", "/usr/bin/apt",
		"/usr/bin/dpkg", "/bin/login", "/bin/su", "/usr/bin/sudo", "/proc/self/exe",
		"/proc/1/exe", LOADER, "/lib/x86_64-linux-gnu/libc.so.6",
		"/lib/x86_64-linux-gnu/security/pam_unix.so", "/bin/busybox",
	};
	CLEANUP(guard_freep) struct guard *g = NULL;
	CLEANUP(close_fdp) int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	ok(!guard_new(root, NULL, &g) && !g->is_cut, "this host has a guard");
	for (size_t i = 0; i < ARRAY_SIZE(musts); i++)
		ok(guards(g, musts[i]), "%s is guarded where it exists", musts[i]);
	ok(!stat("/", &st) && guard_below(g, st.st_dev, st.st_ino), "something lies below /");
	ok(!stat("/proc", &st) && !guard_below(g, st.st_dev, st.st_ino), "nothing below /proc");
	printf("# %u entries\n", g->cnt);
}

int main(void)
{
	static const char *const own[] = { "/opt/ew/canary", "/opt/ew/absent", NULL };
	CLEANUP(guard_freep) struct guard *g = NULL;
	struct tree t;

	tree_init(&t);
	plant_programs(&t);
	plant_vendor(&t);
	plant_needs(&t);
	ok(!guard_new(t.fd, own, &g), "a tree has a guard");
	test_tree(g);
	test_name_meetings(g);
	test_content_meetings(g);
	test_modules(g);
	test_addresses(g);
	test_message(g);
	test_upgrades(g);
	test_this_host();
	tree_exit(&t);
	return tap_done();
}
