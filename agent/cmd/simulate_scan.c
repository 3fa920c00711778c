// SPDX-License-Identifier: GPL-2.0-only
/*
 * The last inventory: what of listed products runs and is connected, and which
 * units there are. The file may be damaged or somebody else's: it is bounded,
 * and what is odd in it is passed over.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/date.h"
#include "base/hex.h"
#include "cmd/simulation.h"
#include "cmd/source_file.h"
#include "inventory/last.h"

void inventory_exit(struct inventory *i)
{
	while (i->unit_cnt) {
		struct scanned_unit *u = &i->units[--i->unit_cnt];

		free(u->product);
		free(u->name);
		free(u->path);
	}
	free(i->units);
	rehearse_exit(&i->running);
}

static const char *text_in(json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* The bytes of @key, from "KEY_hex" where JSON could not hold them; for free(). */
static char *bytes_in(json_t *object, const char *key)
{
	const char *text = text_in(object, key), *hex;
	char name[32], *bytes;
	size_t len;

	snprintf(name, sizeof(name), "%s_hex", key);
	hex = text_in(object, name);
	if (!hex)
		return text ? strdup(text) : NULL;
	len = strlen(hex);
	bytes = calloc(1, len / 2 + 1);
	if (bytes && hex_decode(hex, len, (uint8_t *)bytes)) {
		free(bytes);
		return NULL;
	}
	return bytes;
}

static bool ends_in(const char *text, const char *tail)
{
	size_t len = strlen(text), tail_len = strlen(tail);

	return len > tail_len && !strcmp(text + len - tail_len, tail);
}

/* What starts it, if that is a unit. */
static const char *unit_of(json_t *thing)
{
	json_t *list = json_object_get(thing, "started_by"), *one;
	size_t i;

	json_array_foreach (list, i, one) {
		const char *name = json_string_value(one);

		if (name && (ends_in(name, ".service") || ends_in(name, ".scope")))
			return name;
	}
	return NULL;
}

/* Is it something by which the kernel, or the agent for it, knows a file? */
static bool is_of_file(const char *kind)
{
	static const enum indicator_kind kinds[] = { IND_DIR, IND_PATH, IND_SHA256, IND_BUILD_ID,
						     IND_SONAME, IND_NEEDED, IND_ELF_STRING,
						     IND_DEB, IND_RPM };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(indicator_kind_name(kinds[i]), kind))
			return true;
	return false;
}

/* The strongest that a file of this thing would be recognised by. */
static void find_evidence(json_t *thing, struct rehearse_record *r)
{
	json_t *list = json_object_get(thing, "evidence"), *one;
	size_t i;

	json_array_foreach (list, i, one) {
		const char *kind = text_in(one, "kind"), *confidence = text_in(one, "confidence");
		bool is_strong = json_is_true(json_object_get(one, "sufficient")) && confidence &&
				 !strcmp(confidence, "high");

		if (!kind || !is_of_file(kind) || (r->kind && !is_strong))
			continue;
		r->kind = kind;
		r->value = text_in(one, "value");
		if (is_strong)
			return;
	}
}

static int take_process(struct simulation *s, json_t *thing, struct rehearse_record *r)
{
	CLEANUP(freep) char *path = bytes_in(thing, "path");
	CLEANUP(freep) char *where = bytes_in(thing, "where");

	r->hook = WEIR_HOOK_EXEC;
	r->path = path ? path : where;
	find_evidence(thing, r);
	return rehearse_add(&s->inventory.running, r);
}

static uint8_t protocol_of(const char *name, size_t len)
{
	static const struct {
		const char *name;
		uint8_t protocol;
	} protocols[] = { { "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP },
			  { "sctp", IPPROTO_SCTP }, { "raw", IPPROTO_RAW } };

	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
		if (strlen(protocols[i].name) == len && !memcmp(name, protocols[i].name, len))
			return protocols[i].protocol;
	return 0;
}

/* "tcp 10.0.0.1:40000 to 203.0.113.5:443 (...)"; false: it is not connected. */
static bool read_remote(const char *where, struct rehearse_record *r, char *ip, size_t size)
{
	const char *to = strstr(where, " to "), *end, *colon;
	unsigned long port = 0;
	size_t len;

	if (!to)
		return false;
	to += 4;
	end = to + strcspn(to, " ");
	colon = *to == '[' ? strchr(to, ']') : memchr(to, ':', (size_t)(end - to));
	to += *to == '[';
	len = (size_t)((colon && colon < end ? colon : end) - to);
	if (len >= size)
		return false;
	memcpy(ip, to, len);
	ip[len] = '\0';
	colon = memchr(to + len, ':', (size_t)(end - to) - len);
	if (colon)
		port = strtoul(colon + 1, NULL, 10);
	r->ip = ip;
	r->port = port > 65535 ? 0 : (uint16_t)port;
	r->protocol = protocol_of(where, strcspn(where, " "));
	r->is_portless = !r->port;
	return true;
}

static int take_socket(struct simulation *s, json_t *thing, struct rehearse_record *r)
{
	CLEANUP(freep) char *where = bytes_in(thing, "where");
	CLEANUP(freep) char *path = bytes_in(thing, "path");
	char ip[INET6_ADDRSTRLEN];

	if (!where || !read_remote(where, r, ip, sizeof(ip)))
		return 0;
	r->hook = WEIR_HOOK_CONNECT;
	r->path = path;
	return rehearse_add(&s->inventory.running, r);
}

static int take_unit(struct simulation *s, json_t *thing, const char *product)
{
	struct inventory *i = &s->inventory;
	struct scanned_unit *more = reallocarray(i->units, i->unit_cnt + 1UL, sizeof(*more)), *u;

	if (!more)
		return -ENOMEM;
	i->units = more;
	u = &more[i->unit_cnt++];
	*u = (struct scanned_unit){ .product = strdup(product),
				    .name = bytes_in(thing, "where"),
				    .path = bytes_in(thing, "path") };
	return u->product ? 0 : -ENOMEM;
}

static int take_thing(struct simulation *s, json_t *thing, const char *product)
{
	const char *kind = text_in(thing, "kind");
	struct rehearse_record r = { .product = product, .unit = unit_of(thing), .cnt = 1,
				     .by = text_in(thing, "user"), .uid = UINT32_MAX,
				     .time_ms = s->inventory.time_s * 1000 };

	if (!kind)
		return 0;
	if (!strcmp(kind, "process"))
		return take_process(s, thing, &r);
	if (!strcmp(kind, "socket"))
		return take_socket(s, thing, &r);
	return strcmp(kind, "unit") != 0 ? 0 : take_unit(s, thing, product);
}

static int take_products(struct simulation *s, json_t *products)
{
	json_t *product, *things, *thing;
	size_t i, k;
	int err = 0;

	json_array_foreach (products, i, product) {
		const char *id = text_in(product, "id");

		things = json_object_get(product, "things");
		json_array_foreach (things, k, thing) {
			if (id && !err)
				err = take_thing(s, thing, id);
		}
	}
	return err;
}

static int64_t time_of(json_t *root)
{
	const char *text = text_in(root, "time");
	struct date d;

	return text && !date_parse(text, strlen(text), &d) && d.has_time ? date_to_epoch(&d) : 0;
}

static int fail(struct inventory *i, int err, const char *why)
{
	i->err = err;
	snprintf(i->why, sizeof(i->why), "%s", why);
	return err == -ENOMEM ? err : 0;
}

int simulate_scan(struct simulation *s)
{
	struct inventory *i = &s->inventory;
	json_auto_t *root = NULL;
	CLEANUP(freep) char *text = NULL;
	struct diag d = { .text = "" };
	size_t len = 0;
	int err = source_read(s->scan, false, &text, &len, &d);

	if (err)
		return fail(i, err, err == -ENOENT ? "there is none" : d.text);
	if (len > LAST_BYTES_MAX)
		return fail(i, -EFBIG, strerror(EFBIG));
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	if (json_integer_value(json_object_get(root, "weir_scan")) != 1 || !time_of(root) ||
	    !json_is_array(json_object_get(root, "products")))
		return fail(i, -EINVAL, "not what weir scan --json writes, of form 1");
	i->time_s = time_of(root);
	i->is_complete = json_is_true(json_object_get(root, "complete")) &&
			 !json_is_array(json_object_get(root, "only"));
	return take_products(s, json_object_get(root, "products"));
}
