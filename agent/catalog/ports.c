// SPDX-License-Identifier: GPL-2.0-only
/*
 * Port ranges with their protocol. A port without a protocol is refused: the
 * same number means another service on UDP.
 */
#include "catalog/ports.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

static const struct {
	const char *name;
	uint8_t protocol;
} protocols[] = {
	{ "tcp/", IPPROTO_TCP },
	{ "udp/", IPPROTO_UDP },
	{ "sctp/", IPPROTO_SCTP },
};

/* The number at *@p, moving it on; 0: none from 1 to 65535. */
static uint16_t take_port(const char **p)
{
	uint32_t value = 0;

	if (**p == '0')
		return 0;
	for (; **p >= '0' && **p <= '9'; ++*p) {
		value = value * 10 + (uint32_t)(**p - '0');
		if (value > 65535)
			return 0;
	}
	return (uint16_t)value;
}

int port_range_parse(const char *text, struct port_range *ret)
{
	struct port_range range = { 0 };
	size_t i;

	for (i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		size_t len = strlen(protocols[i].name);

		if (strncmp(text, protocols[i].name, len) != 0)
			continue;
		text += len;
		range.protocol = protocols[i].protocol;
		break;
	}
	if (!range.protocol)
		return -EINVAL;
	range.first = range.last = take_port(&text);
	if (range.first && *text == '-') {
		text++;
		range.last = take_port(&text);
	}
	if (!range.first || range.last < range.first || *text)
		return -EINVAL;
	*ret = range;
	return 0;
}

int scalar_port(struct reader *r, const struct scalar *s, void *into)
{
	struct ports *p = into;

	if (p->cnt == PORTS_MAX)
		return schema_fail(r, s->at, "\"%s\" has more than %d items",
				   schema_key(r), PORTS_MAX);
	if (port_range_parse(s->text, &p->range[p->cnt]))
		return schema_fail(r, s->at,
				   "\"%s\" must be like tcp/443, udp/53 or "
				   "sctp/1000-2000, ports from 1 to 65535",
				   schema_key(r));
	p->cnt++;
	return 0;
}

int ports_keep(struct arena *a, const struct ports *p,
	       const struct port_range **ret)
{
	struct port_range *kept = NULL;

	if (p->cnt) {
		kept = arena_alloc(a, p->cnt * sizeof(*kept));
		if (!kept)
			return -ENOMEM;
		memcpy(kept, p->range, p->cnt * sizeof(*kept));
	}
	*ret = kept;
	return 0;
}
