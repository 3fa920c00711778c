// SPDX-License-Identifier: GPL-2.0-only
#include "inventory/members.h"

#include <stdio.h>
#include <string.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "inventory/login.h"

/* A program's name counts in each of the usual directories. */
static const struct member table[] = {
	/* The one that is installed, too, whichever is running. */
	{ MEMBER_PATH, "/usr/sbin/weir", "weir" },
	{ MEMBER_PATH, "/usr/lib/weir/*", "weir" },

	{ MEMBER_PATH, "/sbin/init", "init" },
	{ MEMBER_PATH, "/init", "init" },
	{ MEMBER_PATH, "/sbin/openrc*", "init" },
	{ MEMBER_PATH, "/usr/lib/systemd/*", "systemd" },
	{ MEMBER_PATH, "/lib/systemd/*", "systemd" },
	{ MEMBER_PATH, "/usr/bin/systemctl", "systemctl" },
	{ MEMBER_PATH, "/usr/bin/systemd-*", "systemd" },
	{ MEMBER_PATH, "/usr/bin/journalctl", "journal" },
	{ MEMBER_PATH, "/usr/bin/loginctl", "systemd" },
	{ MEMBER_PATH, "/usr/bin/udevadm", "udev" },
	{ MEMBER_PATH, "/sbin/udevd", "udev" },
	{ MEMBER_PATH, "/usr/bin/dbus-daemon", "message bus" },
	{ MEMBER_PATH, "/usr/bin/dbus-broker*", "message bus" },
	{ MEMBER_PATH, "/usr/lib/dbus-1.0/dbus-daemon-launch-helper", "message bus" },
	{ MEMBER_PATH, "/usr/libexec/dbus-1/dbus-daemon-launch-helper", "message bus" },

	{ MEMBER_PATH, "/bin/sh", "shell" },
	{ MEMBER_PATH, "/bin/bash", "shell" },
	{ MEMBER_PATH, "/bin/dash", "shell" },
	{ MEMBER_PATH, "/bin/busybox", "shell" },
	{ MEMBER_PATH, "/sbin/busybox", "shell" },
	{ MEMBER_PATH, "/usr/bin/env", "shell" },
	{ MEMBER_PATH, "/bin/cat", "shell" },
	{ MEMBER_PATH, "/bin/ls", "shell" },
	{ MEMBER_PATH, "/bin/rm", "shell" },
	{ MEMBER_PATH, "/bin/mv", "shell" },
	{ MEMBER_PATH, "/bin/cp", "shell" },
	{ MEMBER_PATH, "/bin/kill", "shell" },
	{ MEMBER_PATH, "/bin/coreutils", "shell" },
	{ MEMBER_LIBRARY, "libc.so.6", "libc" },
	{ MEMBER_LIBRARY, "libgcc_s.so.1", "libc (thread exit)" },
	{ MEMBER_PATH, "/lib/ld-musl-*.so.1", "libc" },
	{ MEMBER_PATH, "/lib64/ld-linux-x86-64.so.2", "loader" },
	{ MEMBER_PATH, "/usr/lib64/ld-linux-x86-64.so.2", "loader" },
	{ MEMBER_PATH, "/lib/ld-linux-aarch64.so.1", "loader" },
	{ MEMBER_PATH, "/sbin/ldconfig", "loader" },

	{ MEMBER_PATH, "/sbin/getty", "getty" },
	{ MEMBER_PATH, "/sbin/agetty", "getty" },
	{ MEMBER_PATH, "/sbin/mgetty", "getty" },
	{ MEMBER_PATH, "/bin/login", "login" },
	{ MEMBER_PATH, "/sbin/sulogin", "login" },
	{ MEMBER_PATH, "/sbin/nologin", "login" },
	{ MEMBER_PATH, "/sbin/unix_chkpwd", "login" },
	{ MEMBER_PATH, "/usr/bin/passwd", "login" },
	{ MEMBER_PATH, "/usr/sbin/sshd", "sshd" },
	/* Where Debian's openssh-server 9.8 and later lies until its upgrade is through. */
	{ MEMBER_PATH, "/usr/sbin/sshd.session-split", "sshd" },
	{ MEMBER_PATH, "/usr/lib/openssh/*", "sshd" },
	{ MEMBER_PATH, "/usr/libexec/openssh/*", "sshd" },
	{ MEMBER_PATH, "/usr/lib/ssh/*", "sshd" },
	{ MEMBER_PATH, "/usr/sbin/dropbear", "sshd" },
	{ MEMBER_PATH, "/usr/bin/sudo", "sudo" },
	{ MEMBER_PATH, "/usr/libexec/sudo/*", "sudo" },
	{ MEMBER_PATH, "/usr/lib/sudo/*", "sudo" },
	{ MEMBER_PATH, "/bin/su", "su" },
	{ MEMBER_PATH, "/sbin/runuser", "su" },
	{ MEMBER_PATH, "/usr/bin/pkexec", "polkit" },
	{ MEMBER_PATH, "/usr/bin/doas", "sudo" },
	{ MEMBER_PATH, "/usr/lib/polkit-1/*", "polkit" },
	{ MEMBER_PATH, "/usr/libexec/polkit*", "polkit" },

	{ MEMBER_PATH, "/usr/bin/dpkg*", "package manager" },
	{ MEMBER_PATH, "/usr/lib/dpkg/*", "package manager" },
	{ MEMBER_PATH, "/usr/libexec/dpkg/*", "package manager" },
	{ MEMBER_PATH, "/usr/bin/apt*", "package manager" },
	{ MEMBER_PATH, "/usr/lib/apt/*", "package manager" },
	{ MEMBER_PATH, "/usr/lib/apt/methods/*", "package manager" },
	{ MEMBER_PATH, "/usr/lib/apt/solvers/*", "package manager" },
	{ MEMBER_PATH, "/usr/sbin/dpkg-preconfigure", "package manager" },
	{ MEMBER_PATH, "/bin/tar", "package manager" },
	{ MEMBER_PATH, "/usr/bin/xz", "package manager" },
	{ MEMBER_PATH, "/usr/bin/zstd", "package manager" },
	{ MEMBER_PATH, "/bin/gzip", "package manager" },
	{ MEMBER_PATH, "/usr/bin/gpgv*", "package manager" },
	{ MEMBER_PATH, "/usr/bin/sqv", "package manager" },

	/* Half of an upgrade is a maintainer's script. */
	{ MEMBER_PATH, "/bin/sed", "package scripts" },
	{ MEMBER_PATH, "/bin/grep", "package scripts" },
	{ MEMBER_PATH, "/usr/bin/awk", "package scripts" },
	{ MEMBER_PATH, "/usr/bin/find", "package scripts" },
	{ MEMBER_PATH, "/usr/bin/perl", "package scripts" },
	{ MEMBER_PATH, "/usr/lib/*/perl-base/auto/*/*.so", "package scripts" },
	{ MEMBER_PATH, "/usr/lib/*/perl-base/auto/*/*/*.so", "package scripts" },
	{ MEMBER_PATH, "/usr/share/debconf/frontend", "package scripts" },
	{ MEMBER_PATH, "/usr/bin/deb-systemd-*", "package scripts" },
	{ MEMBER_PATH, "/usr/sbin/update-rc.d", "package scripts" },
	{ MEMBER_PATH, "/usr/sbin/invoke-rc.d", "package scripts" },
	{ MEMBER_PATH, "/sbin/start-stop-daemon", "package scripts" },
	{ MEMBER_PATH, "/bin/mkdir", "package scripts" },
	{ MEMBER_PATH, "/bin/rmdir", "package scripts" },
	{ MEMBER_PATH, "/bin/ln", "package scripts" },
	{ MEMBER_PATH, "/bin/chmod", "package scripts" },
	{ MEMBER_PATH, "/bin/chown", "package scripts" },
	{ MEMBER_PATH, "/bin/touch", "package scripts" },
	{ MEMBER_PATH, "/bin/readlink", "package scripts" },
	{ MEMBER_PATH, "/usr/bin/id", "package scripts" },
	{ MEMBER_PATH, "/usr/bin/getent", "package scripts" },

	{ MEMBER_PATH, "/usr/bin/rpm", "package manager" },
	{ MEMBER_PATH, "/usr/bin/rpmkeys", "package manager" },
	{ MEMBER_PATH, "/usr/bin/dnf*", "package manager" },
	{ MEMBER_PATH, "/usr/bin/microdnf", "package manager" },
	{ MEMBER_PATH, "/usr/bin/yum", "package manager" },
	{ MEMBER_PATH, "/usr/bin/zypper", "package manager" },
	{ MEMBER_PATH, "/sbin/apk", "package manager" },
	{ MEMBER_PATH, "/usr/bin/pacman", "package manager" },
	{ MEMBER_PATH, "/usr/lib64/python3*/site-packages/rpm/*.so", "package manager" },
	{ MEMBER_PATH, "/usr/lib64/python3*/site-packages/libdnf/*.so", "package manager" },
	{ MEMBER_PATH, "/usr/lib64/python3*/site-packages/hawkey/*.so", "package manager" },

	{ MEMBER_PATH, "/bin/mount", "mount" },
	{ MEMBER_PATH, "/bin/umount", "mount" },
	{ MEMBER_PATH, "/sbin/fsck*", "mount" },
	{ MEMBER_PATH, "/sbin/e2fsck", "mount" },
	{ MEMBER_PATH, "/sbin/xfs_repair", "mount" },
	{ MEMBER_PATH, "/sbin/cryptsetup", "mount" },
	{ MEMBER_PATH, "/sbin/dmsetup", "mount" },
	{ MEMBER_PATH, "/sbin/lvm", "mount" },
	{ MEMBER_PATH, "/sbin/swapon", "mount" },
	{ MEMBER_PATH, "/sbin/modprobe", "modprobe" },
	{ MEMBER_PATH, "/sbin/insmod", "modprobe" },
	{ MEMBER_PATH, "/bin/kmod", "modprobe" },

	/* Without its network a far host cannot be repaired. */
	{ MEMBER_PATH, "/sbin/ip", "network" },
	{ MEMBER_PATH, "/sbin/ifup", "network" },
	{ MEMBER_PATH, "/sbin/dhclient", "network" },
	{ MEMBER_PATH, "/sbin/dhcpcd", "network" },
	{ MEMBER_PATH, "/usr/sbin/NetworkManager", "network" },
	{ MEMBER_PATH, "/usr/sbin/netplan", "network" },
	{ MEMBER_PATH, "/sbin/wpa_supplicant", "network" },
};

/* Which of these is a link, and which holds what, differs from host to host. */
static const char *const program_dirs[] = { "/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/" };

/* The name in its directory; NULL: it is in none of those. */
static const char *program_name(const struct member *m)
{
	for (size_t i = 0; i < ARRAY_SIZE(program_dirs); i++) {
		size_t len = strlen(program_dirs[i]);

		if (m->kind == MEMBER_PATH && !strncmp(m->name, program_dirs[i], len) &&
		    !strchr(m->name + len, '/'))
			return m->name + len;
	}
	return NULL;
}

static int each_place(const struct member *m, member_fn fn, void *ctx)
{
	const char *name = program_name(m);
	char path[WEIR_PATH_MAX];
	struct member at = { .kind = m->kind, .name = path, .why = m->why };
	int err = 0;

	if (!name)
		return fn(ctx, m);
	for (size_t i = 0; i < ARRAY_SIZE(program_dirs) && !err; i++) {
		snprintf(path, sizeof(path), "%s%s", program_dirs[i], name);
		err = fn(ctx, &at);
	}
	return err;
}

int members_fixed(member_fn fn, void *ctx)
{
	int err = 0;

	for (size_t i = 0; !err && i < ARRAY_SIZE(table); i++)
		err = each_place(&table[i], fn, ctx);
	return err;
}

int members_each(int root_fd, member_fn fn, void *ctx)
{
	int err = members_fixed(fn, ctx);

	return err ? err : login_members(root_fd, fn, ctx);
}
