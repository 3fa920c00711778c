// SPDX-License-Identifier: GPL-2.0-only
#include "inventory/host.h"

#include <ctype.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "base/cleanup.h"
#include "inventory/root.h"

#define SMALL_BYTES_MAX 16384

/* Up to the first control character, so that no file can forge a line. */
static void copy(char *out, size_t size, const char *text)
{
	size_t len = 0;

	while (len + 1 < size && text[len] && !iscntrl((unsigned char)text[len])) {
		out[len] = text[len];
		len++;
	}
	out[len] = '\0';
}

static void read_line(int root_fd, const char *path, char *out, size_t size)
{
	CLEANUP(freep) char *text = NULL;

	if (!root_text(root_fd, path, SMALL_BYTES_MAX, &text))
		copy(out, size, text);
}

/* The value of KEY="value", without quotes, of an os-release line. */
static void take_value(const char *line, const char *key, char *out, size_t size)
{
	size_t len = strlen(key);

	if (strncmp(line, key, len) || line[len] != '=')
		return;
	line += len + 1;
	copy(out, size, line + (*line == '"' || *line == '\''));
	len = strlen(out);
	if (len && (out[len - 1] == '"' || out[len - 1] == '\''))
		out[len - 1] = '\0';
}

static void read_os(int root_fd, struct host *h)
{
	CLEANUP(freep) char *text = NULL;
	char *save = NULL, *line;

	if (root_text(root_fd, "/etc/os-release", SMALL_BYTES_MAX, &text) &&
	    root_text(root_fd, "/usr/lib/os-release", SMALL_BYTES_MAX, &text))
		return;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		take_value(line, "PRETTY_NAME", h->os, sizeof(h->os));
		take_value(line, "ID", h->os_id, sizeof(h->os_id));
	}
}

void host_read(int root_fd, struct host *ret)
{
	struct utsname u;

	memset(ret, 0, sizeof(*ret));
	/* Of a tree that does not run there is no kernel to tell. */
	if (root_is_live(root_fd) <= 0) {
		read_line(root_fd, "/etc/hostname", ret->name, sizeof(ret->name));
	} else if (!uname(&u)) {
		copy(ret->name, sizeof(ret->name), u.nodename);
		copy(ret->kernel, sizeof(ret->kernel), u.release);
		copy(ret->arch, sizeof(ret->arch), u.machine);
	}
	read_line(root_fd, "/etc/machine-id", ret->machine_id, sizeof(ret->machine_id));
	read_line(root_fd, "/proc/sys/kernel/random/boot_id", ret->boot_id,
		  sizeof(ret->boot_id));
	read_os(root_fd, ret);
}

static int64_t clock_ns(clockid_t id)
{
	struct timespec t = {};

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t host_boot_offset_ns(void)
{
	int64_t best_gap = INT64_MAX, offset = 0;

	/* The reading that was least disturbed between its two ends. */
	for (int i = 0; i < 5; i++) {
		int64_t before = clock_ns(CLOCK_BOOTTIME);
		int64_t wall = clock_ns(CLOCK_REALTIME);
		int64_t gap = clock_ns(CLOCK_BOOTTIME) - before;

		if (gap >= best_gap)
			continue;
		best_gap = gap;
		offset = wall - before - gap / 2;
	}
	return offset;
}
