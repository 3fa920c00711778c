// SPDX-License-Identifier: GPL-2.0-only
/*
 * What starts software besides systemd: cron and its kin, scripts that run at
 * login, at boot or when a network comes up, and what is loaded into every
 * program: ld.so.preload, PAM and NSS modules; udev rules and kernel modules.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "collect/collectors.h"
#include "collect/jobs.h"
#include "collect/reading.h"
#include "inventory/root.h"

#define AGAIN (TRACE_ENABLED | TRACE_RESTARTS)

static const struct {
	const char *pattern;
	enum crontab_kind kind;
	uint32_t flags;
	const char *what;
} sources[] = {
	{ "/etc/crontab", CRONTAB_SYSTEM, AGAIN, "crontab" },
	{ "/etc/cron.d/*", CRONTAB_SYSTEM, AGAIN, "crontab" },
	{ "/etc/anacrontab", CRONTAB_ANACRON, AGAIN, "anacrontab" },
	{ "/var/spool/cron/crontabs/*", CRONTAB_USER, AGAIN, "crontab of a user" },
	{ "/var/spool/cron/tabs/*", CRONTAB_USER, AGAIN, "crontab of a user" },
	{ "/var/spool/cron/*", CRONTAB_USER, AGAIN, "crontab of a user" },
	{ "/etc/cron.hourly/*", CRONTAB_SCRIPT, AGAIN, "runs every hour" },
	{ "/etc/cron.daily/*", CRONTAB_SCRIPT, AGAIN, "runs every day" },
	{ "/etc/cron.weekly/*", CRONTAB_SCRIPT, AGAIN, "runs every week" },
	{ "/etc/cron.monthly/*", CRONTAB_SCRIPT, AGAIN, "runs every month" },
	{ "/var/spool/cron/atjobs/*", CRONTAB_SCRIPT, TRACE_ENABLED, "at job" },
	{ "/var/spool/at/*", CRONTAB_SCRIPT, TRACE_ENABLED, "at job" },
	{ "/var/spool/atjobs/*", CRONTAB_SCRIPT, TRACE_ENABLED, "at job" },
	{ "/etc/rc.local", CRONTAB_SCRIPT, TRACE_ENABLED, "runs at boot" },
	{ "/etc/rc.d/rc.local", CRONTAB_SCRIPT, TRACE_ENABLED, "runs at boot" },
	{ "/etc/init.d/boot.local", CRONTAB_SCRIPT, TRACE_ENABLED, "runs at boot" },
	{ "/etc/inittab", CRONTAB_SCRIPT, AGAIN, "inittab" },
	{ "/etc/inetd.conf", CRONTAB_SCRIPT, AGAIN, "inetd" },
	{ "/etc/xinetd.d/*", CRONTAB_SCRIPT, AGAIN, "xinetd" },
	{ "/etc/init/*.conf", CRONTAB_SCRIPT, TRACE_ENABLED, "job of upstart" },
	{ "/etc/profile", CRONTAB_SCRIPT, TRACE_ENABLED, "runs at login" },
	{ "/etc/profile.d/*", CRONTAB_SCRIPT, TRACE_ENABLED, "runs at login" },
	{ "/etc/bash.bashrc", CRONTAB_SCRIPT, TRACE_ENABLED, "runs in each shell" },
	{ "/etc/bashrc", CRONTAB_SCRIPT, TRACE_ENABLED, "runs in each shell" },
	{ "/etc/environment", CRONTAB_SCRIPT, TRACE_ENABLED, "environment of each login" },
	{ "/etc/X11/Xsession.d/*", CRONTAB_SCRIPT, TRACE_ENABLED, "runs with each X session" },
	{ "/etc/X11/xinit/xinitrc.d/*", CRONTAB_SCRIPT, TRACE_ENABLED,
	  "runs with each X session" },
	{ "/etc/network/if-*.d/*", CRONTAB_SCRIPT, TRACE_ENABLED, "runs with the network" },
	{ "/etc/NetworkManager/dispatcher.d/*", CRONTAB_SCRIPT, TRACE_ENABLED,
	  "runs with the network" },
	{ "/usr/lib/NetworkManager/dispatcher.d/*", CRONTAB_SCRIPT, TRACE_ENABLED,
	  "runs with the network" },
	{ "/etc/ppp/ip-*.d/*", CRONTAB_SCRIPT, TRACE_ENABLED, "runs with the network" },
	{ "/usr/lib/systemd/system-sleep/*", CRONTAB_SCRIPT, TRACE_ENABLED,
	  "runs around sleep" },
	{ "/etc/kernel/*.d/*", CRONTAB_SCRIPT, TRACE_ENABLED, "runs with each new kernel" },
	{ "/etc/ld.so.preload", CRONTAB_PRELOAD, TRACE_ENABLED, "loaded into every program" },
	{ "/etc/pam.conf", CRONTAB_PAM_CONF, TRACE_ENABLED, "PAM" },
	{ "/etc/pam.d/*", CRONTAB_PAM, TRACE_ENABLED, "PAM" },
	{ "/usr/lib/pam.d/*", CRONTAB_PAM, TRACE_ENABLED, "PAM" },
	{ "/etc/nsswitch.conf", CRONTAB_NSS, TRACE_ENABLED, "NSS" },
	{ "/etc/udev/rules.d/*.rules", CRONTAB_UDEV, TRACE_ENABLED, "udev rule" },
	{ "/run/udev/rules.d/*.rules", CRONTAB_UDEV, TRACE_ENABLED, "udev rule" },
	{ "/usr/lib/udev/rules.d/*.rules", CRONTAB_UDEV, TRACE_ENABLED, "udev rule" },
	{ "/etc/modules", CRONTAB_MODULES, TRACE_ENABLED, "kernel module loaded at boot" },
	{ "/etc/modules-load.d/*.conf", CRONTAB_MODULES, TRACE_ENABLED,
	  "kernel module loaded at boot" },
	{ "/run/modules-load.d/*.conf", CRONTAB_MODULES, TRACE_ENABLED,
	  "kernel module loaded at boot" },
	{ "/usr/lib/modules-load.d/*.conf", CRONTAB_MODULES, TRACE_ENABLED,
	  "kernel module loaded at boot" },
};

/* run-parts and cron leave alone what an editor or a package manager has put aside. */
static bool is_put_aside(const char *path)
{
	static const char *const tails[] = {
		"~", ".bak", ".dpkg-old", ".dpkg-dist", ".dpkg-new", ".dpkg-bak", ".rpmsave",
		".rpmnew", ".rpmorig", ".swp", ".disabled", ".placeholder",
	};
	const char *name = strrchr(path, '/') + 1;
	size_t len = strlen(name);

	if (name[0] == '.')
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(tails); i++) {
		size_t tail = strlen(tails[i]);

		if (len > tail && !strcmp(name + len - tail, tails[i]))
			return true;
	}
	return false;
}

static int take(void *ctx, const char *path)
{
	CLEANUP(close_fdp) int fd = -1;
	struct jobs *j = ctx;
	uint32_t flags = j->flags;
	struct stat st;
	int err;

	/* A link to /dev/null is how a file of the package is switched off. */
	fd = root_open(j->s->root_fd, path, O_PATH);
	if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode)))
		return 0;
	if (is_put_aside(path))
		j->flags &= ~(uint32_t)AGAIN;
	/* The name of the file is that of the user. */
	j->user = j->kind == CRONTAB_USER ? strrchr(path, '/') + 1 : NULL;
	err = jobs_tell(j, path);
	j->flags = flags;
	return err;
}

int collect_cron(struct survey *s)
{
	CLEANUP(jobs_exit) struct jobs j = { .s = s, .trace = TRACE_JOB };
	int err = 0;

	for (size_t i = 0; !err && i < ARRAY_SIZE(sources); i++) {
		j.kind = sources[i].kind;
		j.flags = sources[i].flags;
		j.what = sources[i].what;
		err = reading_each(s, sources[i].pattern, take, &j);
	}
	return err;
}
