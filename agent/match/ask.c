// SPDX-License-Identifier: GPL-2.0-only
/*
 * The questions: which indicators each fact meets.
 */
#include "match/ask.h"

#include <ctype.h>
#include <netinet/in.h>
#include <string.h>

#include "base/hex.h"
#include "base/prefix.h"
#include "match/glob.h"
#include "match/lookup.h"

#define ANY_KIND (-1)

/* Is the value the @len bytes of @text? Of a place, with or without its slash. */
static bool is_value(const char *value, const char *text, size_t len)
{
	return !strncmp(value, text, len) &&
	       (!value[len] || (value[len] == '/' && !value[len + 1]));
}

/* All indicators of @group whose value is the @len bytes of @value. */
static void ask_value(struct query *q, unsigned int group, const char *value,
		      size_t len, uint64_t h)
{
	uint32_t at = lookup_first(q->x, group, h);
	const struct indicator *ind;

	for (; at; at = q->x->next[at - 1]) {
		ind = &q->x->catalog->indicators[at - 1];
		if (lookup_group_of(ind) == group && is_value(ind->value, value, len))
			query_hit(q, at - 1);
	}
}

static void ask_kind(struct query *q, enum indicator_kind kind, const char *value)
{
	size_t len;

	if (!value)
		return;
	len = strlen(value);
	ask_value(q, GROUP_PLAIN + kind, value, len, lookup_hash(value, len));
}

/* Those of a pattern's group, of any kind or of @kind only. */
static void ask_patterns(struct query *q, unsigned int group, int kind, const char *text,
			 uint64_t h)
{
	uint32_t at = lookup_first(q->x, group, h);
	const struct indicator *ind;

	for (; at; at = q->x->next[at - 1]) {
		ind = &q->x->catalog->indicators[at - 1];
		if (lookup_group_of(ind) == group && (kind == ANY_KIND || ind->kind == kind) &&
		    glob_covers(ind->value, text))
			query_hit(q, at - 1);
	}
}

/* A name that the catalogue may know by a pattern. */
static void ask_word(struct query *q, enum indicator_kind kind, const char *name)
{
	uint64_t h = LOOKUP_HASH_SEED;

	for (size_t len = 0; len < WEIR_NAME_MAX; len++) {
		if (q->x->word_at[len])
			ask_patterns(q, GROUP_WORD, (int)kind, name, h);
		if (!name[len])
			return;
		h = lookup_hash_byte(h, (unsigned char)name[len]);
	}
}

/* What a file is called, wherever it lies. */
static void ask_file_name(struct query *q, const char *name)
{
	ask_word(q, IND_INSTALLER, name);
	ask_word(q, IND_FILE_NAME, name);
}

/*
 * An image is known by its repository: without tag and digest, and from any
 * slash on, since each registry and mirror puts its own name before it.
 */
static void ask_image(struct query *q, const char *image)
{
	size_t len = strcspn(image, "@");
	char name[WEIR_NAME_MAX];
	const char *rest, *slash;
	char *tag;

	if (len >= sizeof(name))
		return;
	memcpy(name, image, len);
	name[len] = '\0';
	tag = strrchr(name, ':');
	/* "registry:5000/app" has a port and no tag. */
	if (tag && !strchr(tag, '/'))
		*tag = '\0';
	for (rest = name; rest; rest = slash ? slash + 1 : NULL) {
		slash = strchr(rest, '/');
		ask_word(q, IND_CONTAINER_IMAGE, rest);
	}
}

/* The path, each directory above it, and wherever a pattern's star may begin. */
static void ask_path(struct query *q, const char *path)
{
	const char *slash = strrchr(path, '/');
	uint64_t h = LOOKUP_HASH_SEED;

	for (size_t len = 0; len < WEIR_PATH_MAX; len++) {
		if (q->x->pattern_at[len])
			ask_patterns(q, GROUP_PATTERN, ANY_KIND, path, h);
		if (!path[len] || path[len] == '/')
			ask_value(q, GROUP_PLACE, path, len, h);
		if (!path[len]) {
			ask_value(q, GROUP_FILE, path, len, h);
			break;
		}
		h = lookup_hash_byte(h, (unsigned char)path[len]);
		if (path[len] == '/')
			ask_value(q, GROUP_DIR, path, len + 1, h);
	}
	if (slash && slash[1])
		ask_file_name(q, slash + 1);
}

static void ask_hex(struct query *q, enum indicator_kind kind, const uint8_t *bytes, size_t len)
{
	char text[2 * WEIR_BUILD_ID_MAX + 1];

	if (len > WEIR_BUILD_ID_MAX)
		return;
	hex_encode(bytes, len, text);
	ask_kind(q, kind, text);
}

/* The name itself, then what is left after each dot: rules cover all below. */
static void ask_domain(struct query *q, const char *name)
{
	const unsigned int group = GROUP_PLAIN + IND_DOMAIN;
	char lower[256]; /* 253 is the longest name */
	size_t len = strlen(name);
	const struct indicator *ind;
	const char *rest, *dot;

	if (len && name[len - 1] == '.')
		len--;
	if (!len || len >= sizeof(lower))
		return;
	for (size_t i = 0; i < len; i++)
		lower[i] = (char)tolower((unsigned char)name[i]);
	lower[len] = '\0';
	for (rest = lower; rest; rest = dot ? dot + 1 : NULL) {
		uint32_t at;

		dot = strchr(rest, '.');
		at = lookup_first(q->x, group, lookup_hash(rest, strlen(rest)));
		for (; at; at = q->x->next[at - 1]) {
			ind = &q->x->catalog->indicators[at - 1];
			if (ind->kind == IND_DOMAIN && !strcmp(ind->value, rest) &&
			    (rest == lower || !ind->exact))
				query_hit(q, at - 1);
		}
	}
}

static bool covers_port(const struct indicator *ind, const struct facts *f)
{
	for (unsigned int i = 0; i < ind->port_cnt; i++)
		if (f->protocol == ind->ports[i].protocol && f->port >= ind->ports[i].first &&
		    f->port <= ind->ports[i].last)
			return true;
	return !ind->port_cnt;
}

static void ask_network(struct query *q, const uint8_t *addr, size_t size, unsigned int len)
{
	unsigned int group = size == 4 ? GROUP_NET4 : GROUP_NET6;
	const struct indicator *ind;
	struct prefix net;
	const char *why;
	uint32_t at;

	at = lookup_first(q->x, group, lookup_hash_byte(lookup_hash(addr, size), (uint8_t)len));
	for (; at; at = q->x->next[at - 1]) {
		ind = &q->x->catalog->indicators[at - 1];
		if (lookup_group_of(ind) != group || prefix_parse(ind->value, &net, &why))
			continue;
		if (net.len == len && !memcmp(net.addr, addr, size) &&
		    covers_port(ind, q->facts))
			query_hit(q, at - 1);
	}
}

static void ask_address(struct query *q)
{
	const struct facts *f = q->facts;
	size_t size = f->family == AF_INET ? 4 : 16;
	const bool *used = f->family == AF_INET ? q->x->net4_at : q->x->net6_at;
	uint8_t addr[16];

	memcpy(addr, f->addr, size);
	for (unsigned int len = (unsigned int)size * 8 + 1; len-- > 0;) {
		if (!used[len])
			continue;
		address_mask(addr, size, len);
		ask_network(q, addr, size, len);
	}
}

static void ask_note(struct query *q, const struct package_note *note)
{
	if (!note->type || !note->name)
		return;
	if (!strcmp(note->type, "deb"))
		ask_kind(q, IND_DEB, note->name);
	else if (!strcmp(note->type, "rpm"))
		ask_kind(q, IND_RPM, note->name);
}

static void ask_fact(struct query *q, const struct fact *fact)
{
	switch (fact->kind) {
	case IND_DOMAIN:
		ask_domain(q, fact->value);
		break;
	case IND_CONTAINER_IMAGE:
		ask_image(q, fact->value);
		break;
	case IND_INSTALLER:
	case IND_FILE_NAME:
	case IND_MODULE:
		ask_word(q, fact->kind, fact->value);
		break;
	default:
		ask_kind(q, fact->kind, fact->value);
	}
}

void query_ask(struct query *q)
{
	const struct facts *f = q->facts;

	if (f->path)
		ask_path(q, f->path);
	if (f->is_hashed)
		ask_hex(q, IND_SHA256, f->sha256, WEIR_SHA256_LEN);
	if (f->build_id_len)
		ask_hex(q, IND_BUILD_ID, f->build_id, f->build_id_len);
	ask_kind(q, IND_SONAME, f->soname);
	for (size_t i = 0; i < f->needed_cnt; i++)
		ask_kind(q, IND_NEEDED, f->needed[i]);
	ask_note(q, &f->note);
	for (size_t i = 0; i < f->other_cnt; i++)
		ask_fact(q, &f->others[i]);
	if (f->family == AF_INET || f->family == AF_INET6)
		ask_address(q);
}
