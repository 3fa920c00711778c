// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one suspicious function: bytes from outside to an event.
 *
 * They come from our own programs, but a ring that two consumers drained, a
 * pin left by another build or a forged netlink message look the same. So
 * each way they can lie is looked at, in the order a liar would try, before
 * anything is copied; nothing is read beyond rec.len. A later version may have
 * a longer fixed part: ours is read, the rest is skipped. @len may exceed
 * rec.len, because some kernels can only reserve constant sizes.
 */
#include "event/event.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* Fixed part, path, name, interpreter and arguments, with room to grow. */
#define REC_LEN_MAX (sizeof(struct weir_rec_file) + 4 * WEIR_PATH_MAX + 2 * WEIR_ARGV_MAX)

static const size_t fixed_lens[] = {
	[WEIR_REC_EXEC] = sizeof(struct weir_rec_file),
	[WEIR_REC_LOAD] = sizeof(struct weir_rec_file),
	[WEIR_REC_MODULE] = sizeof(struct weir_rec_file),
	[WEIR_REC_CONNECT] = sizeof(struct weir_rec_connect),
	[WEIR_REC_NEW] = sizeof(struct weir_rec_file),
};
_Static_assert(ARRAY_SIZE(fixed_lens) == WEIR_REC_MAX, "every type has a length");

/* A record while it is looked at: the fixed part copied, since @bytes may be unaligned. */
struct raw {
	const char *bytes;
	uint32_t len; /* rec.len, proven to be there */
	union {
		struct weir_rec rec;
		struct weir_rec_file file;
		struct weir_rec_connect connect;
	};
};

static const char *header_fault(struct raw *raw, size_t len)
{
	if (len < sizeof(raw->rec))
		return "shorter than a record's head";
	memcpy(&raw->rec, raw->bytes, sizeof(raw->rec));
	if (!raw->rec.type || raw->rec.type >= WEIR_REC_MAX)
		return "type unknown";
	if (!raw->rec.version)
		return "version unknown";
	if (raw->rec.len < fixed_lens[raw->rec.type])
		return "length is less than its type needs";
	if (raw->rec.len > len)
		return "length is more than was received";
	if (raw->rec.len > REC_LEN_MAX)
		return "length is beyond any record";
	if (raw->rec.len % 8)
		return "length is not a multiple of 8";
	raw->len = raw->rec.len;
	return NULL;
}

static const char *enum_fault(const struct weir_rec *rec)
{
	if (rec->ring >= WEIR_RING_MAX)
		return "ring unknown";
	if (rec->hook >= WEIR_HOOK_MAX)
		return "hook unknown";
	if (rec->mechanism >= WEIR_VIA_MAX)
		return "mechanism unknown";
	if (rec->strength >= WEIR_STRENGTH_MAX)
		return "strength unknown";
	if (rec->answer.verdict >= WEIR_VERDICT_MAX)
		return "verdict unknown";
	if (rec->answer.reason >= WEIR_REASON_MAX)
		return "reason unknown";
	if (rec->answer.mode >= WEIR_MODE_MAX)
		return "mode unknown";
	if (rec->answer.would > 1)
		return "would is neither 0 nor 1";
	if (rec->key.kind >= WEIR_KEY_MAX)
		return "kind of key unknown";
	if (!memchr(rec->who.comm, 0, WEIR_COMM_LEN) ||
	    !memchr(rec->who.parent_comm, 0, WEIR_COMM_LEN))
		return "process name without end";
	return NULL;
}

/* Is the string at @off (0: absent) whole and in the tail? */
static bool string_ends(const struct raw *raw, uint32_t off)
{
	if (!off)
		return true;
	if (off < sizeof(raw->file) || off >= raw->len)
		return false;
	return memchr(raw->bytes + off, 0, raw->len - off);
}

static const char *argv_fault(const struct raw *raw)
{
	const struct weir_rec_file *f = &raw->file;

	if (f->argv_source > WEIR_ARGV_REGS)
		return "source of arguments unknown";
	if (!f->argv_off != !f->argv_len)
		return "arguments without place or length";
	if (!f->argv_off)
		return NULL;
	if (f->argv_off < sizeof(*f) || f->argv_off >= raw->len)
		return "arguments outside";
	if (f->argv_len > raw->len - f->argv_off)
		return "arguments longer than the record";
	if (raw->bytes[f->argv_off + f->argv_len - 1])
		return "arguments without end";
	return NULL;
}

static const char *file_fault(struct raw *raw)
{
	const struct weir_rec_file *f = &raw->file;

	memcpy(&raw->file, raw->bytes, sizeof(raw->file));
	if (f->path_source > WEIR_PATH_NAME)
		return "source of the path unknown";
	if (!string_ends(raw, f->path_off))
		return "path outside or without end";
	if (!string_ends(raw, f->interp_off))
		return "interpreter outside or without end";
	if (!string_ends(raw, f->name_off))
		return "name outside or without end";
	return argv_fault(raw);
}

static const char *connect_fault(struct raw *raw)
{
	memcpy(&raw->connect, raw->bytes, sizeof(raw->connect));
	if (raw->connect.family != AF_INET && raw->connect.family != AF_INET6)
		return "address family unknown";
	if (raw->connect.call >= WEIR_CALL_MAX)
		return "call unknown";
	return NULL;
}

static const char *raw_fault(struct raw *raw, size_t len)
{
	const char *why = header_fault(raw, len);

	if (!why)
		why = enum_fault(&raw->rec);
	if (why)
		return why;
	return raw->rec.type == WEIR_REC_CONNECT ? connect_fault(raw) : file_fault(raw);
}

const char *event_fault(const void *bytes, size_t len)
{
	struct raw raw = { .bytes = bytes };

	return raw_fault(&raw, len);
}

/* The copy of what stands at @off; the tail was copied to ev->strings. */
static const char *string_at(const struct event *ev, uint32_t off)
{
	return off ? ev->strings + (off - sizeof(ev->file)) : NULL;
}

static void take_file(struct event *ev, const struct raw *raw)
{
	ev->file = raw->file;
	memcpy(ev->strings, raw->bytes + sizeof(ev->file), raw->len - sizeof(ev->file));
	ev->path = string_at(ev, raw->file.path_off);
	ev->interp = string_at(ev, raw->file.interp_off);
	ev->name = string_at(ev, raw->file.name_off);
	ev->argv = string_at(ev, raw->file.argv_off);
	ev->argv_len = raw->file.argv_len;
}

int event_decode(const void *bytes, size_t len, struct event **ret)
{
	struct raw raw = { .bytes = bytes };
	struct event *ev;

	if (raw_fault(&raw, len))
		return -EPROTO;
	ev = malloc(sizeof(*ev) + raw.len);
	if (!ev)
		return -ENOMEM;
	memset(ev, 0, sizeof(*ev));
	ev->kind = (enum event_kind)(raw.rec.type - WEIR_REC_EXEC);
	if (raw.rec.type == WEIR_REC_CONNECT)
		ev->connect = raw.connect;
	else
		take_file(ev, &raw);
	*ret = ev;
	return 0;
}
