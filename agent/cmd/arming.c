// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/arming.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"

#define CONFIRMED ARMING_STATE "/confirmed"
#define DISARMED ARMING_STATE "/disarmed"

uint64_t arming_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

enum armed arming_state(const struct weir_arm *arm, uint64_t now_ns)
{
	if (arm->until_ns == WEIR_NEVER)
		return ARMED_CONFIRMED;
	return arm->until_ns > now_ns ? ARMED_UNTIL : ARMED_NO;
}

static int read_line(const char *path, char *line, size_t size)
{
	CLEANUP(fclosep) FILE *f = fopen(path, "re");

	if (!f)
		return -errno;
	if (!fgets(line, size, f))
		return -ENODATA;
	line[strcspn(line, "\n")] = '\0';
	return 0;
}

/* Whole or not at all: written aside, synced, renamed. */
static int write_line(const char *path, const char *line)
{
	CLEANUP(close_fdp) int fd = -1;
	char aside[128];
	size_t len = strlen(line);

	mkdir("/var/lib", 0755); /* there on any host but the smallest */
	if (mkdir(ARMING_STATE, 0700) && errno != EEXIST)
		return -errno;
	snprintf(aside, sizeof(aside), "%s.new", path);
	fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (write(fd, line, len) != (ssize_t)len || write(fd, "\n", 1) != 1 || fsync(fd))
		return -errno;
	return rename(aside, path) ? -errno : 0;
}

bool arming_was_confirmed(const struct policy *p)
{
	char want[128], line[128];

	snprintf(want, sizeof(want), "%s %" PRId64, p->name, p->serial);
	return !read_line(CONFIRMED, line, sizeof(line)) && !strcmp(line, want);
}

bool arming_was_disarmed(void)
{
	return !access(DISARMED, F_OK);
}

bool arming_is_off(void)
{
	char cmdline[4096], *word, *rest = cmdline;

	if (read_line("/proc/cmdline", cmdline, sizeof(cmdline)))
		return false;
	while ((word = strsep(&rest, " ")))
		if (!strcmp(word, "weir.off"))
			return true;
	return false;
}

int arming_remember_confirmed(const char *name, int64_t serial)
{
	char line[128];

	snprintf(line, sizeof(line), "%s %" PRId64, name, serial);
	return write_line(CONFIRMED, line);
}

int arming_remember_disarmed(const char *reason)
{
	return write_line(DISARMED, reason);
}

int arming_forget_disarmed(void)
{
	return unlink(DISARMED) && errno != ENOENT ? -errno : 0;
}

uint32_t arming_session(void)
{
	unsigned int session = ~0u;
	char line[32];

	if (read_line("/proc/self/sessionid", line, sizeof(line)) ||
	    sscanf(line, "%u", &session) != 1)
		return ~0u;
	return session;
}
