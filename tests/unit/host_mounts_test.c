// SPDX-License-Identifier: GPL-2.0-only
/* What is mounted where, as far as a walk has to know. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

#include "base/cleanup.h"
#include "inventory/mount_table.h"

static const char info[] =
	"22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard\n"
	"23 22 0:21 / /proc rw - proc proc rw\n"
	"24 22 0:30 / /srv/a\\040b\\134c\\012d rw - nfs4 far:/x rw,vers=4.2\n"
	"25 22 254:1 / /var rw master:4 propagate_from:2 - xfs /dev/vdb rw\n"
	"26 25 0:40 / /var/tmp rw - tmpfs none rw,size=1k\n"
	"27 25 0:41 / /var/lib/m rw - overlay overlay "
	"rw,lowerdir=/l/a\\134:b:/l/c\\040d,upperdir=/u\\054p,workdir=/w\n"
	"28 25 0:42 / /var/lib/n rw - overlay overlay rw,lowerdir+=/x,lowerdir+=/y:z,upperdir=/u\n"
	"29 22 0:43 / /home rw - fuse.sshfs me@far:/ rw\n"
	"30 29 254:2 / /home/local rw - ext4 /dev/vdc rw\n"
	"31 22 0:44 / /boot rw - autofs systemd-1 rw,fd=1\n"
	"32 31 254:3 / /boot rw - vfat /dev/vdd rw\n"
	"a line that says nothing\n"
	"33 22 0:45 / /cut\n"
	"34 22 0:46 / /last rw - btrfs";

static const struct {
	const char *at;
	uint64_t id; /* 0: nothing */
	enum mount_kind kind;
	bool keeps_ctime;
} places[] = {
	{ "/", 22, MOUNT_LOCAL, true },
	{ "/proc", 23, MOUNT_KERNEL, false },
	{ "/srv/a b\\c\nd", 24, MOUNT_REMOTE, false },
	{ "/var", 25, MOUNT_LOCAL, true },
	{ "/var/tmp", 26, MOUNT_LOCAL, false },
	{ "/var/lib/m", 27, MOUNT_LOCAL, false },
	{ "/home", 29, MOUNT_REMOTE, false },
	{ "/boot", 32, MOUNT_LOCAL, false }, /* over the automounter */
	{ "/va", 0, 0, false },
	{ "/var/", 0, 0, false },
	{ "/var/lib", 0, 0, false },
	{ "/cut", 0, 0, false },
	{ "/last", 0, 0, false },
};

static int join(void *ctx, const char *dir)
{
	strcat(ctx, dir);
	strcat(ctx, "|");
	return 0;
}

static void test_layers(const struct mount_table *t)
{
	char dirs[256] = "";

	ok(!mount_layers(mount_table_at(t, "/var/lib/m"), join, dirs) &&
		   !strcmp(dirs, "/l/a:b|/l/c d|/u,p|"),
	   "an overlay names its layers: %s", dirs);
	dirs[0] = '\0';
	ok(!mount_layers(mount_table_at(t, "/var/lib/n"), join, dirs) &&
		   !strcmp(dirs, "/x|/y|z|/u|"),
	   "also one by one: %s", dirs);
	dirs[0] = '\0';
	ok(!mount_layers(mount_table_at(t, "/"), join, dirs) && !*dirs, "others have none");
}

static void test_parse(void)
{
	struct mount_table *t = NULL;
	const struct mount *m;

	if (mount_table_parse(info, "/", &t))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		m = mount_table_at(t, places[i].at);
		ok(places[i].id ? m && m->id == places[i].id && m->kind == places[i].kind &&
					  m->keeps_ctime == places[i].keeps_ctime :
				  !m,
		   "place %zu: %s", i, m ? m->type : "nothing is mounted there");
	}
	m = mount_table_above(t, "/var/tmp/x/y");
	ok(m && m->id == 26, "a file lies on the last mount above it");
	ok(mount_table_is_prompt(t, "/var/lib/x"), "local all the way");
	ok(!mount_table_is_prompt(t, "/home/local/x"), "behind a network there is no local disk");
	test_layers(t);
	mount_table_free(t);
}

static void test_base(void)
{
	struct mount_table *t = NULL;
	const struct mount *m;

	if (mount_table_parse(info, "/var", &t))
		return;
	m = mount_table_at(t, "/");
	ok(m && m->id == 25, "a root that is a mount is its own");
	m = mount_table_at(t, "/lib/m");
	ok(m && m->id == 27, "what is below it is seen from there");
	ok(!mount_table_at(t, "/proc"), "what lies elsewhere is not seen");
	t = mount_table_free(t);
	if (mount_table_parse(info, "/va", &t))
		return;
	ok(!mount_table_at(t, "/r"), "/var is not below /va");
	mount_table_free(t);
}

static void test_here(void)
{
	CLEANUP(close_fdp) int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(close_fdp) int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(mount_table_freep) struct mount_table *t = NULL;
	const struct mount *m;

	ok(!mount_table_read(root, &t), "the mounts of this host can be read");
	m = t ? mount_table_of(t, proc) : NULL;
	ok(m && m->kind == MOUNT_KERNEL && !strcmp(m->at, "/proc"), "and /proc is among them");
}

int main(void)
{
	test_parse();
	test_base();
	test_here();
	return tap_done();
}
