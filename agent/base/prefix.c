// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prefixes, and the ones that would cut a host off from itself.
 *
 * Overlap with a reserved range is refused in both directions: a prefix that
 * holds loopback is as bad as one inside it.
 */
#include "base/prefix.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static const struct {
	struct prefix prefix;
	const char *why;
} reserved[] = {
	{ { { 0 }, AF_INET, 8 }, "is of this host only" },
	{ { { 127 }, AF_INET, 8 }, "is loopback" },
	{ { { 169, 254 }, AF_INET, 16 }, "is link-local" },
	{ { { 224 }, AF_INET, 4 }, "is multicast" },
	{ { { 240 }, AF_INET, 4 }, "is reserved" },
	{ { { 0 }, AF_INET6, 127 }, "is loopback" },
	{ { { 0xfe, 0x80 }, AF_INET6, 10 }, "is link-local" },
	{ { { 0xff }, AF_INET6, 8 }, "is multicast" },
	{ { { [10] = 0xff, [11] = 0xff }, AF_INET6, 96 },
	  "is IPv4-mapped; name the IPv4 prefix" },
};

static int bits_of(uint8_t family)
{
	return family == AF_INET ? 32 : 128;
}

/* Are the first @len bits the same? */
static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned int len)
{
	uint8_t mask = (uint8_t)(0xff00u >> len % 8);

	if (memcmp(a, b, len / 8) != 0)
		return false;
	return !(len % 8) || !((a[len / 8] ^ b[len / 8]) & mask);
}

static bool has_host_bits(const struct prefix *p)
{
	int i;

	for (i = p->len; i < bits_of(p->family); i++)
		if (p->addr[i / 8] & 0x80u >> i % 8)
			return true;
	return false;
}

static const char *refusal(const struct prefix *p)
{
	size_t i;

	/* No vendor owns that much; a slip of the pen does. */
	if (p->len < (p->family == AF_INET ? 8 : 16))
		return "is host-wide";
	if (has_host_bits(p))
		return "has bits set behind its length";
	for (i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
		const struct prefix *r = &reserved[i].prefix;

		if (prefix_covers(r, p) || prefix_covers(p, r))
			return reserved[i].why;
	}
	return NULL;
}

/* One to three digits without leading zero, up to @max. */
static int parse_len(const char *text, int max)
{
	int value = 0;
	size_t i, digits = strlen(text);

	if (!digits || digits > 3 || (digits > 1 && *text == '0'))
		return -EINVAL;
	for (i = 0; i < digits; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -EINVAL;
		value = value * 10 + (text[i] - '0');
	}
	return value <= max ? value : -EINVAL;
}

int prefix_parse(const char *text, struct prefix *ret, const char **ret_why)
{
	const char *slash = strchr(text, '/');
	char addr[INET6_ADDRSTRLEN];
	struct prefix p = { 0 };
	size_t head = slash ? (size_t)(slash - text) : 0;
	int len;

	*ret_why = "is not ADDRESS/BITS";
	if (!head || head >= sizeof(addr))
		return -EINVAL;
	memcpy(addr, text, head);
	addr[head] = '\0';
	p.family = strchr(addr, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(p.family, addr, p.addr) != 1)
		return -EINVAL;
	len = parse_len(slash + 1, bits_of(p.family));
	if (len < 0)
		return -EINVAL;
	p.len = (uint8_t)len;
	*ret_why = refusal(&p);
	if (*ret_why)
		return -EINVAL;
	*ret = p;
	return 0;
}

void prefix_format(const struct prefix *p, char out[PREFIX_TEXT_MAX])
{
	char addr[INET6_ADDRSTRLEN];

	inet_ntop(p->family, p->addr, addr, sizeof(addr));
	snprintf(out, PREFIX_TEXT_MAX, "%s/%u", addr, p->len);
}

bool prefix_covers(const struct prefix *outer, const struct prefix *inner)
{
	return outer->family == inner->family && outer->len <= inner->len &&
	       same_bits(outer->addr, inner->addr, outer->len);
}

int prefix_compare(const struct prefix *a, const struct prefix *b)
{
	int d = (a->family > b->family) - (a->family < b->family);

	if (!d)
		d = memcmp(a->addr, b->addr, sizeof(a->addr));
	return d ? d : (a->len > b->len) - (a->len < b->len);
}
