// SPDX-License-Identifier: GPL-2.0-only
#include "inventory/reach.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/hex.h"
#include "inventory/root.h"

#define TEXT_BYTES_MAX (16U << 20)

struct reading {
	reach_fn fn;
	void *ctx;
	const char *why;
	int (*take)(const struct reading *r, const char *line);
};

static int give(const struct reading *r, const struct prefix *at, bool is_resolver)
{
	const struct reach reach = { .at = *at, .why = r->why, .is_resolver = is_resolver };
	char text[PREFIX_TEXT_MAX];
	struct prefix checked;
	const char *why;

	/* What an indicator may not name is none's. */
	prefix_format(at, text);
	return prefix_parse(text, &checked, &why) ? 0 : r->fn(r->ctx, &reach);
}

/* "eth0 00000000 0102000A 0003 ...": destination and gateway as they are in memory. */
static int take_route4(const struct reading *r, const char *line)
{
	struct prefix at = { .family = AF_INET, .len = 32 };
	uint32_t to, gateway, mask;

	if (sscanf(line, "%*s %8x %8x %*s %*s %*s %*s %8x", &to, &gateway, &mask) != 3 || to ||
	    mask || !gateway)
		return 0;
	memcpy(at.addr, &gateway, sizeof(gateway));
	return give(r, &at, false);
}

/* Destination, its length, source, its length, next hop. */
static int take_route6(const struct reading *r, const char *line)
{
	struct prefix at = { .family = AF_INET6, .len = 128 };
	char to[33], hop[33];
	unsigned int len;

	if (sscanf(line, "%32s %2x %*s %*s %32s", to, &len, hop) != 3 || len ||
	    strspn(to, "0") != 32 || strlen(hop) != 32 || hex_decode(hop, 32, at.addr))
		return 0;
	return strspn(hop, "0") == 32 ? 0 : give(r, &at, false);
}

static int take_server(const struct reading *r, const char *line)
{
	struct prefix at = { .family = AF_INET, .len = 32 };
	char text[INET6_ADDRSTRLEN];

	if (sscanf(line, " nameserver %45[0-9a-fA-F.:]", text) != 1)
		return 0;
	if (inet_pton(AF_INET, text, at.addr) != 1) {
		at.family = AF_INET6;
		at.len = 128;
		if (inet_pton(AF_INET6, text, at.addr) != 1)
			return 0;
	}
	return give(r, &at, true);
}

static int read_lines(int root_fd, const char *path, struct reading *r)
{
	CLEANUP(freep) char *text = NULL;
	char *save = NULL, *line;
	int err = root_text(root_fd, path, TEXT_BYTES_MAX, &text);

	if (err)
		return err == -ENOMEM ? err : 0;
	for (line = strtok_r(text, "\n", &save); line && !err; line = strtok_r(NULL, "\n", &save))
		err = r->take(r, line);
	return err;
}

int reach_each(int root_fd, reach_fn fn, void *ctx)
{
	static const struct {
		const char *path, *why;
		int (*take)(const struct reading *r, const char *line);
	} sources[] = {
		{ "/proc/1/net/route", "default gateway", take_route4 },
		{ "/proc/1/net/ipv6_route", "default gateway", take_route6 },
		{ "/etc/resolv.conf", "resolver in /etc/resolv.conf", take_server },
		/* Behind a stub of systemd or of NetworkManager. */
		{ "/run/systemd/resolve/resolv.conf", "resolver of systemd-resolved", take_server },
		{ "/run/NetworkManager/no-stub-resolv.conf", "resolver of NetworkManager",
		  take_server },
	};
	struct reading r = { .fn = fn, .ctx = ctx };
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sources) && !err; i++) {
		r.why = sources[i].why;
		r.take = sources[i].take;
		err = read_lines(root_fd, sources[i].path, &r);
	}
	return err;
}
