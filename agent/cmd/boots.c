// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/boots.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cmd/arming.h"
#include "cmd/state_file.h"

#define NS_PER_S 1000000000ULL

/* Where there is no systemd to ask, a host that is up for so long has come up. */
#define SETTLED_NS (600 * NS_PER_S)
#define ASK_EVERY_NS (5 * NS_PER_S)

#define LINES 8

struct boot {
	char id[64];
	long long at_s;
};

/* The last few, oldest first. */
static unsigned int read_boots(const char *file, struct boot *list)
{
	CLEANUP(fclosep) FILE *f = fopen(file, "re");
	struct boot b;
	unsigned int cnt = 0;

	while (f && fscanf(f, "%63s %lld", b.id, &b.at_s) == 2) {
		if (cnt == LINES)
			memmove(list, list + 1, --cnt * sizeof(*list));
		list[cnt++] = b;
	}
	return cnt;
}

static void write_boots(const char *file, const struct boot *list, unsigned int cnt)
{
	char text[LINES * 96 + 1] = "";
	size_t len = 0;

	for (unsigned int i = 0; i < cnt; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s %lld\n", list[i].id,
					list[i].at_s);
	if (state_write(file, text, len))
		fprintf(stderr, "weir: %s: %s: quick reboots cannot be counted\n", file,
			strerror(errno));
}

unsigned int boots_enter(const char *file, const char *boot_id, int64_t now_s)
{
	struct boot list[LINES + 1];
	unsigned int cnt = read_boots(file, list), quick = 1;

	/* The agent was only started again. */
	if (cnt && !strcmp(list[cnt - 1].id, boot_id)) {
		cnt--;
		now_s = list[cnt].at_s;
	}
	if (cnt == LINES)
		memmove(list, list + 1, --cnt * sizeof(*list));
	snprintf(list[cnt].id, sizeof(list[cnt].id), "%s", boot_id);
	list[cnt].at_s = now_s;
	/* A clock that was set back makes them look quick: better once too often. */
	while (quick <= cnt &&
	       list[cnt - quick + 1].at_s - list[cnt - quick].at_s <= BOOTS_APART_S)
		quick++;
	write_boots(file, list, cnt + 1);
	return quick;
}

static void settle(struct boots *b)
{
	b->is_settled = true;
	if (unlink(BOOTS_FILE) && errno != ENOENT)
		fprintf(stderr, "weir: %s: %s\n", BOOTS_FILE, strerror(errno));
}

void boots_tend(struct boots *b)
{
	static const char *const ask[] = { "systemctl", "is-active", "--quiet",
					   "multi-user.target", NULL };
	uint64_t now = arming_now_ns();

	if (b->is_settled)
		return;
	if (now > SETTLED_NS || !errand_poll(&b->ask)) {
		settle(b);
		return;
	}
	if (now < b->next_ns)
		return;
	b->next_ns = now + ASK_EVERY_NS;
	errand_start(&b->ask, ask);
}

void boots_end(struct boots *b)
{
	errand_end(&b->ask);
}
