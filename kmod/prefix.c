// SPDX-License-Identifier: GPL-2.0-only
#include "prefix.h"

#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#define NO_PARENT (~0u)

struct prefix {
	u8 addr[16];
	u32 len;
	u32 parent; /* index of the one around it */
	struct weir_ports ports;
};

struct weir_prefixes {
	u32 bits, cnt, room;
	struct prefix of[];
};

struct weir_prefixes *weir_prefixes_new(unsigned int bits, u32 cnt)
{
	struct weir_prefixes *p;
	size_t size = struct_size(p, of, cnt);

	if (size == SIZE_MAX)
		return NULL;
	/* Its size is somebody's wish: no reason to kill processes for it. */
	p = kvzalloc(size, GFP_KERNEL | __GFP_NOWARN | __GFP_RETRY_MAYFAIL);
	if (!p)
		return NULL;
	p->bits = bits;
	p->room = cnt;
	return p;
}

void weir_prefixes_free(struct weir_prefixes *p)
{
	kvfree(p);
}

/* Do the first @len bits of @a and @b agree? */
static bool agree(const u8 *a, const u8 *b, u32 len)
{
	u32 bytes = len / 8;

	if (memcmp(a, b, bytes))
		return false;
	return !(len % 8) || !((a[bytes] ^ b[bytes]) & (0xff00 >> (len % 8)));
}

int weir_prefixes_add(struct weir_prefixes *p, const u8 *bytes)
{
	struct prefix *new = &p->of[p->cnt];
	u8 none[16] = {};

	if (p->cnt >= p->room)
		return -E2BIG;
	memset(new, 0, sizeof(*new));
	memcpy(&new->len, bytes, sizeof(new->len));
	memcpy(new->addr, bytes + sizeof(new->len), p->bits / 8);
	memcpy(&new->ports, bytes + sizeof(new->len) + p->bits / 8, sizeof(new->ports));
	if (new->len > p->bits || new->ports.cnt > WEIR_PORTS_MAX)
		return -EINVAL;
	/* Bits behind the prefix would put it where the search does not look. */
	if (new->len % 8 && new->addr[new->len / 8] & (0xff >> (new->len % 8)))
		return -EINVAL;
	if (memcmp(new->addr + DIV_ROUND_UP(new->len, 8), none, 16 - DIV_ROUND_UP(new->len, 8)))
		return -EINVAL;
	p->cnt++;
	return 0;
}

/* By where they begin, the wider one first. */
static int compare(const void *a, const void *b)
{
	const struct prefix *p = a, *q = b;
	int order = memcmp(p->addr, q->addr, sizeof(p->addr));

	return order ? order : (int)p->len - (int)q->len;
}

int weir_prefixes_seal(struct weir_prefixes *p)
{
	u32 i, around;

	sort(p->of, p->cnt, sizeof(p->of[0]), compare, NULL);
	for (i = 0; i < p->cnt; i++) {
		if (i && !compare(&p->of[i - 1], &p->of[i]))
			return -EINVAL;
		around = i ? i - 1 : NO_PARENT;
		while (around != NO_PARENT &&
		       !agree(p->of[around].addr, p->of[i].addr, p->of[around].len))
			around = p->of[around].parent;
		p->of[i].parent = around;
	}
	return 0;
}

/* How many begin at @addr or before it. */
static u32 begun(const struct weir_prefixes *p, const u8 *addr)
{
	u32 low = 0, high = p->cnt, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (memcmp(p->of[middle].addr, addr, p->bits / 8) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct weir_ports *weir_prefixes_find(const struct weir_prefixes *p, const u8 *addr)
{
	u32 n = begun(p, addr);
	u32 i = n ? n - 1 : NO_PARENT;

	while (i != NO_PARENT && !agree(p->of[i].addr, addr, p->of[i].len))
		i = p->of[i].parent;
	return i == NO_PARENT ? NULL : &p->of[i].ports;
}
