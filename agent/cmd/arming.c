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
#include "cmd/state_file.h"
#include "sense/boot_clock.h"

#define CONFIRMED ARMING_STATE "/confirmed"
#define DISARMED ARMING_STATE "/disarmed"

/* Of this boot only, as its clock is. */
#define RAN_OUT "/run/weir/ran-out"

uint64_t arming_now_ns(void)
{
	return boot_clock_ns();
}

enum armed arming_state(const struct weir_arm *arm, uint64_t now_ns)
{
	if (arm->off_ns > now_ns)
		return ARMED_NO;
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

/* As told last, by us; without a place to write that down nobody tells it all the time. */
static uint64_t ran_out_ns;

bool arming_ran_out(const struct weir_arm *arm)
{
	char line[32], want[32];

	if (!arm->until_ns || arm->until_ns == ran_out_ns || arm->until_ns > arming_now_ns())
		return false;
	snprintf(want, sizeof(want), "%llu", arm->until_ns);
	if (read_line(RAN_OUT, line, sizeof(line)) || strcmp(line, want) != 0)
		return true;
	ran_out_ns = arm->until_ns;
	return false;
}

void arming_told_ran_out(const struct weir_arm *arm)
{
	CLEANUP(fclosep) FILE *f = fopen(RAN_OUT, "we");

	ran_out_ns = arm->until_ns;
	if (!f || fprintf(f, "%llu\n", arm->until_ns) < 0 || fflush(f))
		fprintf(stderr, "weir: %s: the end of an arm may be told twice\n", RAN_OUT);
}

static int write_line(const char *path, const char *line)
{
	char text[512];
	int len = snprintf(text, sizeof(text), "%.510s\n", line);

	return state_write(path, text, (size_t)len);
}

bool arming_was_confirmed(const struct policy *p)
{
	char want[128], line[128];

	snprintf(want, sizeof(want), "%s %" PRId64, p->name, p->serial);
	return !read_line(CONFIRMED, line, sizeof(line)) && !strcmp(line, want);
}

/* "until 1790000000: reason"; anything else is until the next arm. */
int64_t arming_disarmed_left_s(void)
{
	char line[512];
	long long until;
	time_t now = time(NULL);

	if (access(DISARMED, F_OK))
		return 0;
	if (read_line(DISARMED, line, sizeof(line)) || sscanf(line, "until %lld:", &until) != 1)
		return INT64_MAX;
	return until > now ? until - now : 0;
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

int arming_remember_disarmed(const char *reason, uint64_t for_s)
{
	char line[512];

	if (!for_s)
		return write_line(DISARMED, reason);
	snprintf(line, sizeof(line), "until %lld: %s", (long long)time(NULL) + (long long)for_s,
		 reason);
	return write_line(DISARMED, line);
}

int arming_forget_confirmed(void)
{
	return unlink(CONFIRMED) && errno != ENOENT ? -errno : 0;
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
